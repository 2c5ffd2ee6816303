//! What a reading thread reads from: its connection, and the snapshot that is open on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};

use super::Conn;
use super::place::Place;
use crate::error::{AppError, AppResult};

type Transactions = <Conn as Connection>::TransactionManager;

/// A connection to a server that rested this long is asked whether it lives before it is used: a server
/// that was restarted meanwhile showed up as a raw error in a page.
const RESTED: Duration = Duration::from_millis(200);

/// A thread's connection.
///
/// On SQLite all statements of a read see one snapshot, and reads that waited together share it: each
/// snapshot costs the locks of its beginning and its end, and after another's commit it begins with an
/// empty page cache, which was a seventh of the page of an insight. On PostgreSQL a transaction would cost
/// two more round trips and, at its usual isolation, promise nothing.
pub(super) struct Source {
    place: Place,
    /// Nothing is written to it, and its silence is told elsewhere.
    is_replica: bool,
    conn: Option<Conn>,
    used: Instant,
    /// The last read ended in an error of the database.
    suspect: bool,
    /// How many reads had been submitted before the open snapshot began.
    snapshot: Option<u64>,
    /// How many have been submitted now.
    submitted: u64,
}

impl Source {
    /// Connects when it is first asked to.
    pub(super) fn new(place: Place, is_replica: bool) -> Source {
        let used = Instant::now();
        Source { place, is_replica, conn: None, used, suspect: false, snapshot: None, submitted: 0 }
    }

    /// Makes ready for the read that was submitted as the `number`th. A snapshot that began before that may
    /// lack what its visitor has written since, and is let go; `submitted` counts those submitted by now.
    pub(super) fn see(&mut self, number: u64, submitted: impl FnOnce() -> u64) {
        if self.snapshot.is_some_and(|at| at < number) {
            self.let_go();
        }
        if self.snapshot.is_none() {
            self.submitted = submitted();
        }
    }

    /// Ends the open snapshot. Held while nobody reads, it would keep the write-ahead log from beginning
    /// anew.
    pub(super) fn let_go(&mut self) {
        if self.snapshot.take().is_some() {
            // Nothing was written: how it ends does not matter, as long as it does.
            let ends = |conn: &mut Conn| Transactions::commit_transaction(conn).is_ok() && is_at_rest(conn);
            self.conn = self.conn.take().and_then(|mut conn| ends(&mut conn).then_some(conn));
        }
    }

    /// Sees to a living connection; whether there is one.
    pub(super) fn connect(&mut self) -> bool {
        let ask = self.suspect || self.used.elapsed() > RESTED;
        self.conn = self.conn.take().and_then(|mut conn| (!ask || lives(&mut conn)).then_some(conn));
        if self.conn.is_none() {
            self.conn = self
                .open()
                .inspect_err(|error| match self.is_replica {
                    true => tracing::debug!(%error, "the replica gives no connection"),
                    false => tracing::error!(%error, "a reader has no connection"),
                })
                .ok();
        }
        self.conn.is_some()
    }

    fn open(&self) -> Result<Conn, diesel::ConnectionError> {
        let mut conn = self.place.connect()?;
        if self.is_replica {
            conn.batch_execute("SET default_transaction_read_only = on")
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(conn)
    }

    /// Runs `work`, on SQLite in the open snapshot or in a new one.
    ///
    /// # Errors
    /// [`AppError::Busy`] without a connection; what the closure returns.
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&mut Conn) -> AppResult<T>) -> AppResult<T> {
        let Some(mut conn) = self.conn.take() else {
            return Err(AppError::Busy);
        };
        let is_open = self.snapshot.take().is_some();
        let read = |conn: &mut Conn| {
            if !is_open {
                begin(conn)?;
            }
            work(conn)
        };
        // Where it panics, the connection is closed with whatever that left open in it.
        let result = catch_unwind(AssertUnwindSafe(|| read(&mut conn)))
            .map_err(|_| AppError::Internal("a read panicked".into()))?;
        // A server that went away shows as busy.
        self.suspect = matches!(result, Err(AppError::Database(_) | AppError::Busy));
        self.used = Instant::now();
        match depth(&mut conn) {
            Ok(None) => self.conn = Some(conn),
            Ok(Some(1)) if conn.is_sqlite() => {
                (self.conn, self.snapshot) = (Some(conn), Some(self.submitted));
                if self.suspect {
                    self.let_go();
                }
            }
            _ => {}
        }
        result
    }
}

/// Begins a snapshot, where there are any.
fn begin(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        Conn::Postgres(_) => Ok(()),
    }
}

/// Whether a connection lives; a file needs no asking.
fn lives(conn: &mut Conn) -> bool {
    match conn {
        Conn::Sqlite(_) => true,
        Conn::Postgres(c) => c.batch_execute("SELECT 1").is_ok(),
    }
}

/// Whether no transaction is open on it.
fn is_at_rest(conn: &mut Conn) -> bool {
    matches!(depth(conn), Ok(None))
}

/// How many transactions are open on it, one in the other.
fn depth(conn: &mut Conn) -> QueryResult<Option<u32>> {
    let status = Transactions::transaction_manager_status_mut(conn);
    Ok(status.transaction_depth()?.map(std::num::NonZeroU32::get))
}
