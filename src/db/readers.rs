//! The threads that read: each has a connection of its own, and they share one queue.
//!
//! A pool of connections behind the framework's blocking threads did the same with two queues, three
//! times the threads and their memory, and on PostgreSQL a question before each read whether the
//! connection still lives.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection, TransactionManager};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Conn, DatabaseUrl, in_one_snapshot};
use crate::error::{AppError, AppResult};

/// Reads waiting beyond this are told to come back.
const QUEUE: usize = 1024;
/// A connection to a server that rested this long is asked whether it lives before it is used: a server
/// that was restarted meanwhile showed up as a raw error in a page.
const RESTED: Duration = Duration::from_millis(200);

type Job = Box<dyn FnOnce(&mut Source) + Send>;

/// The door to the reading threads; they end with it.
pub struct Readers {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// The thread that rested last is woken first: its caches are warm, and those of threads that are
    /// never needed stay empty.
    resting: Vec<Thread>,
    closed: bool,
}

impl Shared {
    /// No code that could panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` when there will be no more.
    fn next(&self) -> Option<Job> {
        let own = std::thread::current();
        let mut state = self.lock();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.resting.push(own.clone());
            drop(state);
            std::thread::park();
            state = self.lock();
            // Whoever woke it took it from the list, unless it woke by itself.
            state.resting.retain(|thread| thread.id() != own.id());
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        for thread in state.resting.drain(..) {
            thread.unpark();
        }
    }
}

/// Where a read stands: whoever moves it on from `WAITING` decides.
const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Readers {
    /// Starts so many threads; each connects when it is first needed.
    ///
    /// # Errors
    /// Says in a sentence why a thread could not be started.
    pub fn start(url: &DatabaseUrl, threads: u32) -> Result<Readers, String> {
        Readers::start_as(url, threads, false)
    }

    /// The same for a replica, which refuses every write anyway, and may be away without anybody minding.
    ///
    /// # Errors
    /// As [`Readers::start`].
    pub fn start_reading_only(url: &DatabaseUrl, threads: u32) -> Result<Readers, String> {
        Readers::start_as(url, threads, true)
    }

    fn start_as(url: &DatabaseUrl, threads: u32, is_replica: bool) -> Result<Readers, String> {
        let shared = Arc::new(Shared::default());
        for _ in 0..threads.max(1) {
            let (shared, url) = (shared.clone(), url.clone());
            std::thread::Builder::new()
                .name("reader".into())
                .spawn(move || {
                    let mut source =
                        Source { url, is_replica, conn: None, used: Instant::now(), suspect: false };
                    while let Some(job) = shared.next() {
                        job(&mut source);
                    }
                })
                .map_err(|error| format!("cannot start a reading thread: {error}"))?;
        }
        Ok(Readers { shared })
    }

    /// Runs `work` on a connection: `begin` is how long it may wait for one, `deadline` how long it may
    /// take altogether.
    ///
    /// # Errors
    /// [`AppError::Busy`] when either is over; what the closure returns.
    pub async fn run<T, F>(&self, work: F, begin: Duration, deadline: Duration) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let stands = Arc::new(AtomicU8::new(WAITING));
        let (answer, mut result) = oneshot::channel();
        self.submit({
            let stands = stands.clone();
            Box::new(move |source: &mut Source| {
                // Connecting is waiting too: a server that does not answer must not look like work.
                let conn = source.connect();
                let begins =
                    stands.compare_exchange(WAITING, RUNNING, Ordering::AcqRel, Ordering::Acquire).is_ok();
                // Nobody listens any more where the visitor went away.
                if !begins || answer.is_closed() {
                    source.conn = conn;
                    return;
                }
                let _ = answer.send(match conn {
                    Some(conn) => source.read(conn, work),
                    None => Err(AppError::Busy),
                });
            })
        })?;
        let answered = |result: Result<AppResult<T>, _>| result.unwrap_or(Err(AppError::Busy));
        if let Ok(result) = timeout(begin.min(deadline), &mut result).await {
            return answered(result);
        }
        if stands.compare_exchange(WAITING, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return Err(AppError::Busy);
        }
        // libpq blocks through a hung server, whatever its own time-outs say: the deadline stands here.
        match timeout(deadline.saturating_sub(begin), result).await {
            Ok(result) => answered(result),
            Err(_) => Err(AppError::Busy),
        }
    }

    fn submit(&self, job: Job) -> AppResult<()> {
        let mut state = self.shared.lock();
        if state.waiting.len() >= QUEUE {
            return Err(AppError::Busy);
        }
        state.waiting.push_back(job);
        let woken = state.resting.pop();
        drop(state);
        if let Some(thread) = woken {
            thread.unpark();
        }
        Ok(())
    }
}

/// A thread's connection.
struct Source {
    url: DatabaseUrl,
    /// Nothing is written to it, and its silence is told elsewhere.
    is_replica: bool,
    conn: Option<Conn>,
    used: Instant,
    /// The last read ended in an error of the database.
    suspect: bool,
}

impl Source {
    /// A living connection, taken out: whoever takes it puts it back if it is still good.
    fn connect(&mut self) -> Option<Conn> {
        let ask = self.suspect || self.used.elapsed() > RESTED;
        let kept = self.conn.take().and_then(|mut conn| (!ask || lives(&mut conn)).then_some(conn));
        kept.or_else(|| {
            self.open()
                .inspect_err(|error| match self.is_replica {
                    true => tracing::debug!(%error, "the replica gives no connection"),
                    false => tracing::error!(%error, "a reader has no connection"),
                })
                .ok()
        })
    }

    fn open(&self) -> Result<Conn, diesel::ConnectionError> {
        let mut conn = Conn::open(&self.url)?;
        if self.is_replica {
            conn.batch_execute("SET default_transaction_read_only = on")
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(conn)
    }

    fn read<T>(&mut self, mut conn: Conn, work: impl FnOnce(&mut Conn) -> AppResult<T>) -> AppResult<T> {
        match catch_unwind(AssertUnwindSafe(|| in_one_snapshot(&mut conn, work))) {
            Ok(result) => {
                // A server that went away shows as busy.
                self.suspect = matches!(result, Err(AppError::Database(_) | AppError::Busy));
                self.used = Instant::now();
                if is_at_rest(&mut conn) {
                    self.conn = Some(conn);
                }
                result
            }
            // The connection, with whatever the panic left open in it, is closed here.
            Err(_) => Err(AppError::Internal("a read panicked".into())),
        }
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
    matches!(
        <Conn as Connection>::TransactionManager::transaction_manager_status_mut(conn).transaction_depth(),
        Ok(None)
    )
}
