//! The schema: two embedded lists of the same steps, one per database.

use diesel::connection::SimpleConnection;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, DatabaseUrl};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as nobody else takes it: "tradewin" in ASCII.
const ADVISORY_LOCK: i64 = 0x7472_6164_6577_696e;

/// Where the library notes which steps were run.
const STEPS: &str = "__diesel_schema_migrations";

/// How the schema of a database stands to this binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Every step is there.
    Current,
    /// `missing` steps are to be run.
    Older { missing: usize },
    /// A newer binary made it.
    Newer,
}

/// Whether nothing is in the database yet; asked before [`state`], which makes the table of steps.
///
/// # Errors
/// Says in a sentence that an SQLite file holds something else: its tables would be mixed with ours.
pub fn is_empty(conn: &mut Conn, url: &DatabaseUrl) -> Result<bool, String> {
    let unreadable = |error| format!("cannot read {url}: {error}");
    let Conn::Sqlite(c) = conn else { return Ok(false) };
    let mut tables = tables(c).map_err(unreadable)?;
    tables.retain(|table| !table.starts_with("sqlite_"));
    if tables.is_empty() || tables.iter().any(|table| table == STEPS) {
        return Ok(tables.is_empty());
    }
    Err(format!(
        "{url} holds something else (its first table is \"{}\"); set DATABASE_URL to a file of Tradewind's, \
         or to one that is not there yet",
        tables[0]
    ))
}

/// Names of the tables in an SQLite file, its own notes of their sizes among them.
fn tables(c: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let found: Vec<Table> =
        diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").load(c)?;
    Ok(found.into_iter().map(|table| table.name).collect())
}

/// Compares the schema with this binary's steps.
///
/// # Errors
/// Says in a sentence what the database answered.
pub fn state(conn: &mut Conn) -> Result<Schema, String> {
    let (applied, known) = match conn {
        Conn::Sqlite(c) => (applied(c)?, names::<diesel::sqlite::Sqlite>(SQLITE)?),
        Conn::Postgres(c) => (applied(c)?, names::<diesel::pg::Pg>(POSTGRES)?),
    };
    Ok(compared(&applied, &known))
}

/// The same of a replica: [`state`] makes the table of steps where there is none, which a replica refuses.
///
/// # Errors
/// Says in a sentence what the replica answered.
pub fn state_of_replica(c: &mut diesel::PgConnection) -> Result<Schema, String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let applied: Vec<Step> =
        diesel::sql_query("SELECT version::text AS version FROM __diesel_schema_migrations")
            .load(c)
            .map_err(|error| format!("cannot read the schema version: {error}"))?;
    let applied: Vec<String> = applied.into_iter().map(|step| step.version).collect();
    Ok(compared(&applied, &names::<diesel::pg::Pg>(POSTGRES)?))
}

fn compared(applied: &[String], known: &[String]) -> Schema {
    if applied.iter().any(|version| !known.contains(version)) {
        return Schema::Newer;
    }
    match known.len() - applied.len() {
        0 => Schema::Current,
        missing => Schema::Older { missing },
    }
}

fn applied<DB, C>(conn: &mut C) -> Result<Vec<String>, String>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    conn.applied_migrations()
        .map(|versions| versions.iter().map(ToString::to_string).collect())
        .map_err(|error| format!("cannot read the schema version: {error}"))
}

fn names<DB: diesel::backend::Backend>(source: EmbeddedMigrations) -> Result<Vec<String>, String> {
    use diesel::migration::MigrationSource;
    MigrationSource::<DB>::migrations(&source)
        .map(|steps| steps.iter().map(|step| step.name().version().to_string()).collect())
        .map_err(|error| format!("cannot read the embedded schema: {error}"))
}

/// Runs the missing steps, each in a transaction, and returns how many there were. Two nodes may start
/// together: on PostgreSQL they take turns under an advisory lock (without it one of them failed).
///
/// # Errors
/// Says in a sentence which step failed and why; steps before it stay.
pub fn run(conn: &mut Conn) -> Result<usize, String> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        format!("cannot bring the schema up to date: {error}")
    };
    match conn {
        Conn::Sqlite(c) => {
            let steps = c.run_pending_migrations(SQLITE).map(|steps| steps.len()).map_err(failed)?;
            if steps > 0 {
                know_new_indexes(conn);
            }
            Ok(steps)
        }
        Conn::Postgres(c) => {
            let locked = c.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"));
            locked.map_err(|error| format!("cannot take the migration lock: {error}"))?;
            let result = c.run_pending_migrations(POSTGRES).map(|steps| steps.len()).map_err(failed);
            // Closing the connection would release it too; this is for callers that go on using it.
            let _ = c.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"));
            result
        }
    }
}

/// Where SQLite knows how large tables are, it has to know it of a step's new indexes too: it passed over one that
/// a list needed, in favour of those it knew, and sorted ten thousand rows for thirty. The night makes good what
/// fails here.
fn know_new_indexes(conn: &mut Conn) {
    let Conn::Sqlite(c) = conn else { return };
    if has_table(c, "sqlite_stat1").is_ok_and(|known| known)
        && let Err(error) = super::upkeep::look_at_sizes(conn)
    {
        tracing::warn!(%error, "the sizes of tables could not be looked at after the schema changed");
    }
}

fn has_table(c: &mut SqliteConnection, name: &str) -> QueryResult<bool> {
    Ok(tables(c)?.iter().any(|table| table == name))
}

/// Copies an SQLite database beside itself before its schema changes, and returns the copy's path.
/// `None` where there is nothing to copy yet.
///
/// # Errors
/// Says in a sentence why the copy could not be written; nothing was changed then.
pub fn copy_before(conn: &mut Conn, url: &DatabaseUrl, stamp: &str) -> Result<Option<String>, String> {
    let (Conn::Sqlite(c), DatabaseUrl::Sqlite(path)) = (conn, url) else {
        return Ok(None);
    };
    if !has_table(c, "people").map_err(|error| format!("cannot read {path}: {error}"))? {
        return Ok(None);
    }
    let copy = format!("{path}.before-{stamp}");
    // An empty file of its own rights: the copy is no more readable than the database.
    super::place::make_private(&copy).map_err(|error| format!("cannot make {copy}: {error}"))?;
    diesel::sql_query("VACUUM INTO $1")
        .bind::<diesel::sql_types::Text, _>(&copy)
        .execute(c)
        .map_err(|error| format!("cannot copy {path} to {copy} before changing its schema: {error}"))?;
    Ok(Some(copy))
}
