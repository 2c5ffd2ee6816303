//! What most commands begin with: the settings, the log, the database with its schema up to date.

use std::time::{Duration, Instant};

use tradewind::clock::Clock;
use tradewind::config::Config;
use tradewind::db::migrate::{self, Schema};
use tradewind::db::{Conn, DatabaseUrl, Db, Limits, upkeep};
use tradewind::web::App;

use super::Failure;

/// The settings from the environment; the log goes to standard error from here on.
pub fn config() -> Result<Config, Failure> {
    let config =
        Config::from_env().map_err(|problems| Failure::Usage(problems.replace('\n', "\ntradewind: ")))?;
    start_log(&config);
    Ok(config)
}

fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(&config.log);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second call (a command that starts another) keeps the first log.
    let _ = if config.log_json {
        log.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        log.compact().try_init()
    };
}

/// Opens the database. SQLite is brought up to date after a copy; PostgreSQL is shared by nodes, so an
/// older or newer schema is refused and `migrate` named.
///
/// A PostgreSQL that does not answer yet is waited for: after a power cut nodes and database start
/// together, in any order.
pub fn open(config: Config) -> Result<App, Failure> {
    let limits = config.limits();
    open_with(config, limits)
}

/// Opens a database that must be there already, for commands that only read: a mistyped file name would
/// otherwise make an empty database, and an empty report with exit code 0.
pub fn open_existing(config: Config) -> Result<App, Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database_url
        && !std::path::Path::new(path).exists()
    {
        return Err(Failure::Failed(format!(
            "there is no database at {}; set DATABASE_URL to the one you mean",
            config.database_url
        )));
    }
    open(config)
}

/// As [`open`], with limits of one's own.
pub fn open_with(config: Config, limits: Limits) -> Result<App, Failure> {
    let mut conn = connect_patiently(&config)?;
    prepare(&mut conn, &config)?;
    begin_months(&mut conn, &config);
    drop(conn);
    let mut db = Db::open(config.database_url.clone(), limits).map_err(Failure::Failed)?;
    if let Some(url) = &config.replica_url {
        db = db.with_replica(url, config.replica_patience).map_err(Failure::Failed)?;
    }
    Ok(App::new(db, config, Clock::System, false))
}

/// How long a node waits for its database at the start.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect_patiently(config: &Config) -> Result<Conn, Failure> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        match connect(config) {
            Err(Failure::Failed(problem)) if is_not_up_yet(&problem) && begun.elapsed() < PATIENCE => {
                if !told {
                    eprintln!("waiting for {} (at most {} s)", config.database_url, PATIENCE.as_secs());
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(250));
            }
            other => return other,
        }
    }
}

/// Whether libpq said that nobody listens, or that the server is still starting. A wrong password or a
/// missing database does not get better by waiting.
fn is_not_up_yet(problem: &str) -> bool {
    const SIGNS: [&str; 4] =
        ["Connection refused", "No such file or directory", "the database system is", "Connection reset"];
    problem.contains("postgres") && SIGNS.iter().any(|sign| problem.contains(sign))
}

/// One connection, or a sentence why not.
pub fn connect(config: &Config) -> Result<Conn, Failure> {
    let url = &config.database_url;
    let mut conn = Conn::open(url).map_err(|error| {
        Failure::Failed(match error.to_string() {
            said if upkeep::tells_of_damage(&said) => upkeep::advice(url, &said),
            said => format!("cannot open {url}: {said}"),
        })
    })?;
    // A mistyped address shows here and nowhere else.
    if migrate::is_empty(&mut conn, url).map_err(Failure::Failed)? {
        eprintln!("there was no database at {url} yet: made a new one");
    }
    Ok(conn)
}

/// The nightly job makes the tables of coming months; a node that begins makes those that it found none for.
fn begin_months(conn: &mut Conn, config: &Config) {
    let today = (tradewind::clock::Calendar { zone: config.time_zone }).day(Clock::System.now());
    if let Err(error) = tradewind::db::partitions::begin(conn, today) {
        tracing::warn!(%error, "no table for this month's accesses; they are kept with the rest");
    }
}

fn prepare(conn: &mut Conn, config: &Config) -> Result<(), Failure> {
    match migrate::state(conn).map_err(Failure::Failed)? {
        Schema::Older { .. } if !conn.is_sqlite() => Err(Failure::Failed(format!(
            "the schema of {} is older than this version; run: tradewind migrate",
            config.database_url
        ))),
        _ => up_to_date(conn, config).map(|_| ()),
    }
}

/// Copies an SQLite file, then runs the missing steps and returns how many there were. A schema that is
/// current is left alone, a newer one refused.
pub fn up_to_date(conn: &mut Conn, config: &Config) -> Result<usize, Failure> {
    match migrate::state(conn).map_err(Failure::Failed)? {
        Schema::Current => return Ok(0),
        Schema::Newer => {
            return Err(Failure::Failed(format!(
                "{} was made by a newer version; install that version, or restore the copy made before",
                config.database_url
            )));
        }
        Schema::Older { .. } => {}
    }
    let stamp = Clock::System.now().format("%Y%m%dT%H%M%S").to_string();
    if let Some(copy) = migrate::copy_before(conn, &config.database_url, &stamp).map_err(Failure::Failed)? {
        eprintln!("copied the database to {copy} before changing its schema");
    }
    migrate::run(conn).map_err(Failure::Failed)
}
