//! Files of an import made in memory, and imports and exports of a story's database.

use std::path::Path;

use tradewind::clock::{Calendar, Clock};
use tradewind::db::{Conn, DatabaseUrl, migrate};
use tradewind::exchange::cell::Today;
use tradewind::exchange::export;
use tradewind::exchange::import::{self, Files, Options, Source};
use tradewind::exchange::progress::Silent;
use tradewind::exchange::report::Report;

use crate::support::*;

/// A file from its header and rows; each row's cells are separated by `|`.
pub fn table(header: &str, rows: &[&str]) -> Option<Source> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect();
    Some(Source::Bytes(csv_of(&header.split(',').collect::<Vec<_>>(), &rows)))
}

/// The bytes of a CSV file.
pub fn csv_of(header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_record(header).expect("a header");
    for row in rows {
        writer.write_record(row).expect("a row");
    }
    writer.into_inner().expect("bytes")
}

/// Two people who may share, open and rate.
pub fn people() -> Option<Source> {
    table(
        "email,name,department,manager",
        &["ann@example.com|Ann Sample|Service/North|no", "bob@example.com|Bob Example|Sales|yes"],
    )
}

/// One insight by Ann.
pub fn one_insight() -> Option<Source> {
    table(
        "ref,author,contributed_at,title,body",
        &["s1|ann@example.com|2026-01-05T09:00:00Z|Crates|They count them."],
    )
}

/// Everything of an import but its files.
pub fn options(app: &TestApp, write: bool) -> Options {
    let today = Today { calendar: app.calendar(), now: app.now() };
    Options { today, write, actor: None, most_rows: None, credits: app.config.policy.credits }
}

/// Imports into the database of a story.
pub async fn import(app: &TestApp, files: Files) -> Report {
    let options = options(app, true);
    app.db.write_alone(move |c| import::run(c, &files, options, &mut Silent)).await.expect("an import")
}

/// Checks files against the database of a story.
pub async fn dry_run(app: &TestApp, files: Files) -> Report {
    let options = options(app, false);
    app.db.read_alone(move |c| import::run(c, &files, options, &mut Silent)).await.expect("a check")
}

/// Exports everything from the database of a story.
pub async fn export_all(app: &TestApp, folder: &Path) {
    let (folder, calendar) = (folder.to_owned(), app.calendar());
    app.db
        .read_alone(move |c| export::run(c, &folder, calendar, true, &mut Silent))
        .await
        .expect("an export");
}

/// An empty database of its own, on SQLite whatever the story runs on: an archive moves between the two.
pub struct Other {
    pub conn: Conn,
    pub calendar: Calendar,
    _folder: tempfile::TempDir,
}

impl Other {
    pub fn new(app: &TestApp) -> Other {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.db").display().to_string();
        let mut conn = Conn::open(&DatabaseUrl::Sqlite(path)).expect("a database");
        migrate::run(&mut conn).expect("its tables");
        Other { conn, calendar: app.calendar(), _folder: folder }
    }

    pub fn import(&mut self, app: &TestApp, folder: &Path) -> Report {
        let files = Files::in_folder(folder).expect("the exported files");
        let options = options(app, true);
        // In a transaction, as every caller: without one each row is a commit of its own.
        #[allow(clippy::disallowed_methods)]
        // nobody else writes to this test's database
        diesel::Connection::transaction(&mut self.conn, |c| import::run(c, &files, options, &mut Silent))
            .expect("an import")
    }

    pub fn export(&mut self, folder: &Path) {
        export::run(&mut self.conn, folder, self.calendar, true, &mut Silent).expect("an export");
    }
}

/// The rows of a CSV file, without its header, in no particular order.
pub fn rows_of(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    rows.sort();
    rows
}

/// A clock for what needs one outside of a story.
pub fn now() -> chrono::NaiveDateTime {
    Clock::at(beginning()).now()
}

/// How many rows the tables have that an import writes.
pub async fn row_counts(app: &TestApp) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in [
        "people",
        "memberships",
        "departments",
        "insights",
        "insight_versions",
        "insight_tags",
        "tags",
        "segments",
        "customers",
        "accesses",
        "first_accesses",
        "activity_daily",
        "flow_daily",
        "person_daily",
        "ratings",
        "insight_values",
        "raters",
        "audit_log",
        "insight_search",
    ] {
        counts.push(app.count(table).await);
    }
    counts
}
