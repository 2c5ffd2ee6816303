//! Two servers of a story: a database, and its replica.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tradewind::db::{Conn, migrate as schema};

use crate::support::postgres_url;

/// A server of its own, in a folder of its own; dropped with this value.
pub struct Server {
    folder: String,
    pub url: String,
}

/// The database and its replica.
pub struct Pair {
    pub main: Server,
    pub copy: Server,
}

/// Both, with every table; nothing where PostgreSQL is left out.
pub fn pair() -> Option<Pair> {
    let main = Server::start()?;
    migrate(&main.url);
    let copy = Server::of("replica", Some(&main));
    copy.has(&main);
    Some(Pair { main, copy })
}

impl Server {
    /// An empty database; nothing where PostgreSQL is left out.
    pub fn start() -> Option<Server> {
        postgres_url()?;
        Some(Server::of("start", None))
    }

    fn of(action: &str, main: Option<&Server>) -> Server {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Not in TMPDIR: a socket's path must be short.
        let folder = format!("/tmp/tradewind-rp.{}.{number}", std::process::id());
        let mut server = Server { folder: folder.clone(), url: String::new() };
        let others: Vec<&str> = main.iter().map(|main| main.folder.as_str()).collect();
        server.url = cluster(action, &folder, &others);
        server
    }

    pub fn stop(&self) {
        cluster("stop", &self.folder, &[]);
    }

    pub fn start_again(&self) {
        cluster("start", &self.folder, &[]);
    }

    fn tell(&self, statement: &str) {
        open(&self.url).batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    fn says(&self, question: &str) -> bool {
        #[derive(QueryableByName)]
        struct Answer {
            #[diesel(sql_type = diesel::sql_types::Bool)]
            is: bool,
        }
        let question = format!("SELECT ({question}) AS is");
        sql_query(&question).get_result::<Answer>(&mut open(&self.url)).expect("an answer").is
    }

    #[track_caller]
    fn wait(&self, question: &str) {
        let begun = Instant::now();
        while !self.says(question) {
            assert!(begun.elapsed() < PATIENCE, "never true: {question}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// From here on it shows what it shows now.
    pub fn pause(&self) {
        self.tell("SELECT pg_wal_replay_pause()");
        self.wait("pg_get_wal_replay_pause_state() = 'paused'");
    }

    pub fn resume(&self) {
        self.tell("SELECT pg_wal_replay_resume()");
    }

    /// It stops following and takes writes.
    pub fn promote(&mut self) {
        self.tell("SELECT pg_promote()");
        self.wait("NOT pg_is_in_recovery()");
    }

    /// Waits until it has what the other has.
    pub fn has(&self, other: &Server) {
        #[derive(QueryableByName)]
        struct At {
            #[diesel(sql_type = diesel::sql_types::Text)]
            at: String,
        }
        let at: At = sql_query("SELECT pg_current_wal_lsn()::text AS at")
            .get_result(&mut open(&other.url))
            .expect("where it is");
        self.wait(&format!("pg_last_wal_replay_lsn() >= '{}'::pg_lsn", at.at));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(script()).args(["drop", &self.folder]).status();
    }
}

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that must happen.
pub async fn until<F: Future<Output = bool>>(what: &str, happened: impl Fn() -> F) {
    let begun = Instant::now();
    while !happened().await {
        assert!(begun.elapsed() < PATIENCE, "never true: {what}");
        actix_rt::time::sleep(Duration::from_millis(10)).await;
    }
}

fn script() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster")
}

fn cluster(action: &str, folder: &str, others: &[&str]) -> String {
    let output = Command::new(script()).arg(action).arg(folder).args(others).output().expect("tests/cluster");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn open(url: &str) -> Conn {
    let url = url.parse().expect("an address");
    // A server that has just started may still be opening.
    let begun = Instant::now();
    loop {
        match Conn::open(&url) {
            Ok(conn) => return conn,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Gives a database its tables.
pub fn migrate(url: &str) {
    schema::run(&mut open(url)).expect("the tables");
}

/// Makes a database look as an older version left it.
pub fn forget_last_step(url: &str) {
    let steps = std::fs::read_dir("migrations/postgres").expect("the steps");
    let last = steps.map(|step| step.expect("a step").path()).max().expect("a last step");
    let down = std::fs::read_to_string(last.join("down.sql")).expect("a way down");
    let mut conn = open(url);
    conn.batch_execute(&down).expect("down");
    conn.batch_execute(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    )
    .expect("forgotten");
}
