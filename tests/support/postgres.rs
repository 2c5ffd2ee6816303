//! A PostgreSQL schema per story, chosen by `search_path` in the address, in the database that
//! `TEST_POSTGRES` names.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use tradewind::db::{Conn, DatabaseUrl, migrate};

/// The database for tests. Without it the PostgreSQL half of a story is left out, except where
/// `REQUIRE_POSTGRES=1` makes that a failure.
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        left_out("REQUIRE_POSTGRES", "the PostgreSQL half; set TEST_POSTGRES, or run tests/run");
    }
    url
}

/// Says that something was not tested, or fails where `required` is set.
#[track_caller]
pub fn left_out(required: &str, what: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    assert!(std::env::var_os(required).is_none(), "{test} may not be left out: {what}");
    // Not by println!, which is kept from whoever reads of a test that passed.
    let _ = writeln!(std::io::stderr(), "left out: {test}: {what}");
}

/// A schema with every table and no row; dropped with this value.
pub struct Schema {
    /// The address that leads into it.
    pub url: String,
    home: String,
    name: String,
}

impl Schema {
    /// A new schema with its tables.
    pub fn fresh() -> Option<Schema> {
        let schema = Schema::empty()?;
        let mut conn = Conn::open(&DatabaseUrl::Postgres(schema.url.clone())).expect("the new schema");
        migrate::run(&mut conn).expect("the tables");
        Some(schema)
    }

    /// A new schema without tables.
    pub fn empty() -> Option<Schema> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let home = postgres_url()?;
        let name = format!("story_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let joint = if home.contains('?') { '&' } else { '?' };
        let url = format!("{home}{joint}options=-c%20search_path%3D{name}");
        // A test that was killed may have left one of the same name.
        command(&home, &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
            .unwrap_or_else(|error| panic!("TEST_POSTGRES does not let us make a schema: {error}"));
        Some(Schema { url, home, name })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Err(error) = command(&self.home, &format!("DROP SCHEMA {} CASCADE", self.name)) {
            eprintln!("the schema {} is left over: {error}", self.name);
        }
    }
}

fn command(url: &str, sql: &str) -> Result<(), String> {
    let mut conn = Conn::open(&DatabaseUrl::Postgres(url.to_owned())).map_err(|error| error.to_string())?;
    conn.batch_execute(sql).map_err(|error| error.to_string())
}
