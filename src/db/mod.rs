//! The database: SQLite or PostgreSQL behind one connection type, with two doors, [`Db::read`] and
//! [`Db::write`]. Pages of the flow read through a third, [`Db::flow_reader`], which leads to a replica where
//! one is set.
//!
//! A write goes to one writer thread per node, which runs what is waiting in one transaction and answers
//! everybody after the one commit (group commit). SQLite has a single writer anyway; on PostgreSQL it
//! keeps concurrent requests of a node from queueing on the same roll-up rows, one fsync each.

pub mod fragments;
pub mod migrate;
pub mod partitions;
pub mod place;
pub mod quick;
mod readers;
mod replica;
pub mod schema;
pub mod search;
mod source;
mod threads;
pub mod upkeep;
mod url;
pub mod wanted;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use self::place::Place;
pub use self::replica::{FlowReader, Patience, Position, Trouble};
pub use self::url::DatabaseUrl;
use crate::error::{AppError, AppResult};

/// A connection to either database. Queries that the enum cannot express go through [`each_db!`].
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Writes a query once and compiles it for each database: `each_db!(c, c => query.execute(c))`.
///
/// Needed for what the enum does not know: `on_conflict`, inserting a `Vec`, `returning(as_returning)`,
/// window functions, `union`, `for_update`.
#[macro_export]
macro_rules! each_db {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($c) => $query,
            $crate::db::Conn::Postgres($c) => $query,
        }
    };
}

impl Conn {
    /// Opens a connection and sets it up; readers, the writer and the migrations use it.
    pub fn open(url: &DatabaseUrl) -> Result<Conn, diesel::ConnectionError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                place::make_private(path)?;
                let mut conn = SqliteConnection::establish(path)?;
                // busy_timeout first: switching to WAL takes a lock. synchronous=FULL: an answered
                // request survives a power cut. foreign_keys is off in SQLite until said otherwise.
                // A checkpoint after 16 MB instead of 4: pages that many commits change are copied once,
                // and seldom does a request wait for it (p99 of opening an insight fell from 8 to 1.3 ms).
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; \
                     PRAGMA wal_autocheckpoint = 4000;",
                )
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Conn::Sqlite(conn))
            }
            DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages = warning")
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(Conn::Postgres(conn))
            }
        }
    }

    /// Makes it the one that writes: it keeps more of SQLite's file in memory. What others commit empties a
    /// connection's memory, what it commits itself does not; reading pages again was a tenth of what the writer did.
    fn for_writing(mut self) -> Result<Conn, diesel::ConnectionError> {
        if let Conn::Sqlite(c) = &mut self {
            c.batch_execute("PRAGMA cache_size = -32768")
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(self)
    }

    /// Whether this is SQLite; for the few places that explain themselves to an operator.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Conn::Sqlite(_))
    }
}

/// How patient the database layer is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections for reading.
    pub pool: u32,
    /// How long a request waits for a connection before it is told to come back.
    pub checkout: Duration,
    /// How long a request waits for its answer altogether.
    pub deadline: Duration,
    /// How many waiting writes share a commit at the most.
    pub group: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { pool: 8, checkout: Duration::from_millis(500), deadline: Duration::from_secs(10), group: 64 }
    }
}

/// The database of a running node; cheap to clone. With the last clone, or [`Db::close`], its connections are
/// closed, and what SQLite keeps beside the file goes with the last of them.
#[derive(Clone)]
pub struct Db {
    place: Place,
    readers: Arc<readers::Readers>,
    writer: Arc<writer::Writer>,
    replica: Option<Arc<replica::Replica>>,
    limits: Limits,
}

impl Db {
    /// Starts the readers and the writer. The schema must be there already ([`migrate`]).
    ///
    /// # Errors
    /// Says in a sentence why no connection could be made.
    pub fn open(url: DatabaseUrl, limits: Limits) -> Result<Db, String> {
        // One connection by hand: its error is a sentence, a reader's is only busy.
        Conn::open(&url).map_err(|error| format!("cannot open {url}: {error}"))?;
        let place = Place::of(url);
        let readers = Arc::new(readers::Readers::start(&place, limits.pool)?);
        let writer = Arc::new(writer::Writer::start(place.clone(), limits.group)?);
        Ok(Db { place, readers, writer, replica: None, limits })
    }

    /// Runs a reading closure on one of the reading connections.
    ///
    /// # Errors
    /// [`AppError::Busy`] when no connection is free or the deadline passes; what the closure returns.
    pub async fn read<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        self.readers.run(work, self.limits.checkout, self.limits.deadline).await
    }

    /// Runs a short writing closure in a transaction that may be shared with other requests: it is
    /// answered after the commit. An `Err` takes back what this closure wrote and nothing else. The
    /// closure may run more than once (after a deadlock, or when a neighbour broke the transaction), so
    /// it must have no effect outside the database.
    ///
    /// # Errors
    /// [`AppError::Busy`] when the queue is full, the deadline passes, or the commit failed: then the
    /// outcome is not known, and the idempotency key of the form decides on the next try.
    pub async fn write<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let answer = self.writer.submit(work)?;
        match tokio::time::timeout(self.limits.deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(AppError::Busy),
        }
    }

    /// Runs a long writing closure (an import, a refit, a rebuild) in a transaction and on a connection
    /// of its own, without the request deadline. On SQLite other writes wait meanwhile.
    ///
    /// # Errors
    /// What the closure returns; nothing is written then.
    pub async fn write_alone<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let place = self.place.clone();
        actix_web::web::block(move || {
            let mut conn = place
                .connect()
                .map_err(|error| AppError::Internal(format!("cannot open {}: {error}", place.url())))?;
            in_write_transaction(&mut conn, work)
        })
        .await
        .map_err(|_| AppError::Busy)?
    }

    /// Runs a long reading closure (a check of an import, an export) on a connection of its own, without
    /// the request deadline, and sees the database as it is at its beginning.
    ///
    /// # Errors
    /// What the closure returns.
    pub async fn read_alone<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let place = self.place.clone();
        actix_web::web::block(move || {
            let mut conn = place
                .connect()
                .map_err(|error| AppError::Internal(format!("cannot open {}: {error}", place.url())))?;
            in_read_transaction(&mut conn, work)
        })
        .await
        .map_err(|_| AppError::Busy)?
    }

    /// Where this database is.
    pub fn url(&self) -> &DatabaseUrl {
        self.place.url()
    }

    /// Whether the file that was opened is still where it was; nothing is written when it is not.
    pub fn is_in_place(&self) -> bool {
        self.place.is_there()
    }

    /// Closes the connections once what waits was done, whoever else holds this database: what is asked of it
    /// later is answered as busy. Takes as long as the slowest read, five seconds at the most.
    pub fn close(&self) {
        self.readers.close();
        self.writer.close();
    }

    /// Commits done and writes answered since the start, for the bench.
    pub fn write_counts(&self) -> (u64, u64) {
        self.writer.counts()
    }
}

/// Begins a transaction that may write. On SQLite it takes the write lock at BEGIN: a deferred
/// transaction that reads first failed 438 of 600 times under four writers, in spite of busy_timeout.
fn begin_write(conn: &mut Conn) -> diesel::QueryResult<()> {
    use diesel::connection::AnsiTransactionManager;
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
    }
}

/// Makes every other writer of these tables wait until this transaction ends. SQLite has one writer at a
/// time anyway; readers go on.
///
/// # Errors
/// What the database refuses.
pub fn exclude_writers(conn: &mut Conn, tables: &[&'static str]) -> diesel::QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(c) => {
            c.batch_execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", tables.join(", ")))
        }
    }
}

/// Runs `work` in one transaction that sees one state of the database; what it writes is taken back.
pub(crate) fn in_read_transaction<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> AppResult<T>,
) -> AppResult<T> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    type Manager = <Conn as Connection>::TransactionManager;
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
        Conn::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )?,
    }
    let result = work(conn);
    Manager::rollback_transaction(conn)?;
    result
}

/// Runs `work` in one writing transaction: commits an `Ok`, takes back an `Err`.
pub(crate) fn in_write_transaction<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> AppResult<T>,
) -> AppResult<T> {
    use diesel::connection::TransactionManager;
    type Manager = <Conn as Connection>::TransactionManager;
    begin_write(conn)?;
    match work(conn) {
        Ok(value) => {
            Manager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => {
            // The rollback fails only where the database has rolled back already.
            let _ = Manager::rollback_transaction(conn);
            Err(error)
        }
    }
}
