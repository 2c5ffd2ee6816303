//! A database of its own for each story: a copy of one migrated SQLite file, or a schema of one
//! PostgreSQL database. What a story made is removed after it, also when it failed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use tradewind::clock::Clock;
use tradewind::db::{Conn, DatabaseUrl, migrate};

use super::postgres::Schema;
use super::{TestApp, beginning};

/// Runs a story on SQLite.
pub fn run_on_sqlite<F: Future<Output = ()>>(story: impl FnOnce(TestApp) -> F) {
    let folder = folder();
    let file = folder.path().join("story.db");
    std::fs::write(&file, template()).expect("a copy of the template");
    run(&format!("sqlite:{}", file.display()), story);
}

/// Runs a story on PostgreSQL, or says that it was left out.
pub fn run_on_postgres<F: Future<Output = ()>>(story: impl FnOnce(TestApp) -> F) {
    let Some(schema) = Schema::fresh() else { return };
    run(&schema.url, story);
}

fn run<F: Future<Output = ()>>(url: &str, story: impl FnOnce(TestApp) -> F) {
    actix_rt::System::new().block_on(async move {
        let app = TestApp::open(url, Clock::at(beginning()), |_| ()).await;
        story(app).await;
    });
}

/// A temporary folder, in memory where the system has such a place.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// The bytes of an SQLite database with every table and no row.
pub fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = folder();
        let file: PathBuf = folder.path().join("template.db");
        let mut conn =
            Conn::open(&DatabaseUrl::Sqlite(file.display().to_string())).expect("a new SQLite file");
        migrate::run(&mut conn).expect("the schema");
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
        drop(conn);
        std::fs::read(&file).expect("the template's bytes")
    })
}

/// The address as a setting takes it; its `Display` leaves out what may be secret.
pub fn full_url(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}
