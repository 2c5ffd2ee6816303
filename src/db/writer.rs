//! Group commit: one thread per node runs the writes that are waiting in one transaction and answers
//! them all after its commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::{Connection, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::{mpsc, oneshot};

use super::place::Place;
use super::threads::Threads;
use super::{Conn, begin_write, in_write_transaction};
use crate::error::{AppError, AppResult};

type Transactions = <Conn as Connection>::TransactionManager;

/// Writes waiting beyond this are told to come back.
const QUEUE: usize = 1024;
/// How often a write is tried again after a deadlock.
const TRIES: u32 = 5;

/// The door to the writer thread.
pub struct Writer {
    queue: mpsc::Sender<Message>,
    counts: Arc<Counts>,
    /// Dropped after the queue, whose end is the thread's.
    thread: Threads,
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    writes: AtomicU64,
}

/// What the thread is told.
enum Message {
    Write(Box<dyn Job>),
    /// Close the connection, after what was told before.
    Close,
}

/// A waiting write, without its result type.
trait Job: Send {
    /// Runs the closure and keeps its result; `Err` says that the transaction it ran in cannot go on.
    fn run(&mut self, conn: &mut Conn) -> Result<(), Broken>;
    /// Whether the closure itself succeeded, so that its rows should stay.
    fn succeeded(&self) -> bool;
    /// Answers the request with the kept result.
    fn answer(self: Box<Self>);
    /// Answers the request with an error instead.
    fn refuse(self: Box<Self>, error: AppError);
}

/// Why a transaction cannot go on after one of its writes.
enum Broken {
    /// Another transaction stood in the way: trying again is right.
    Again,
    /// The database said something unexpected, or the closure panicked.
    Failed,
}

struct Waiting<T, F> {
    work: F,
    result: Option<AppResult<T>>,
    answer: oneshot::Sender<AppResult<T>>,
}

impl<T, F> Job for Waiting<T, F>
where
    T: Send,
    F: Fn(&mut Conn) -> AppResult<T> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> Result<(), Broken> {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(conn)));
        let (result, state) = match result {
            Ok(Err(AppError::Database(error))) if is_in_the_way(&error) => {
                (Err(AppError::Busy), Err(Broken::Again))
            }
            Ok(Err(AppError::Database(error))) => (Err(AppError::Database(error)), Err(Broken::Failed)),
            Ok(result) => (result, Ok(())),
            Err(_) => (Err(AppError::Internal("a write panicked".into())), Err(Broken::Failed)),
        };
        self.result = Some(result);
        state
    }

    fn succeeded(&self) -> bool {
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or(Err(AppError::Busy));
        // Nobody listens any more where the request was given up: the row is written all the same.
        let _ = self.answer.send(result);
    }

    fn refuse(self: Box<Self>, error: AppError) {
        let _ = self.answer.send(Err(error));
    }
}

/// Whether trying the same transaction again may well succeed.
fn is_in_the_way(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(_, info) => {
            info.message().contains("deadlock detected") || info.message().contains("database is locked")
        }
        _ => false,
    }
}

impl Writer {
    /// Starts the thread; it ends with the writer.
    pub fn start(place: Place, group: usize) -> Result<Writer, String> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        let thread = Threads::default();
        let running = thread.begin();
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let _running = running;
                run(&place, waiting, group.max(1), &shared);
            })
            .map_err(|error| format!("cannot start the writer thread: {error}"))?;
        Ok(Writer { queue, counts, thread })
    }

    /// Puts a write into the queue; the receiver gets its result after the commit.
    pub fn submit<T, F>(&self, work: F) -> AppResult<oneshot::Receiver<AppResult<T>>>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> AppResult<T> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job = Box::new(Waiting { work, result: None, answer });
        self.queue.try_send(Message::Write(job)).map_err(|_| AppError::Busy)?;
        Ok(receiver)
    }

    /// Closes the connection once what waits was written. Nothing that comes later is.
    pub fn close(&self) {
        // A queue that is full stays so only while its writes are run.
        while let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(Message::Close) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        self.thread.wait();
    }

    /// Commits done and writes answered since the start.
    pub fn counts(&self) -> (u64, u64) {
        (self.counts.commits.load(Ordering::Relaxed), self.counts.writes.load(Ordering::Relaxed))
    }
}

fn run(place: &Place, mut waiting: mpsc::Receiver<Message>, group: usize, counts: &Counts) {
    let mut conn: Option<Conn> = None;
    let mut closes = false;
    while !closes && let Some(Message::Write(first)) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < group {
            match waiting.try_recv() {
                Ok(Message::Write(job)) => jobs.push(job),
                Ok(Message::Close) => {
                    closes = true;
                    break;
                }
                Err(_) => break,
            }
        }
        counts.writes.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        conn = together(conn.take().filter(|_| place.is_there()), place, jobs, counts);
    }
}

/// Runs the group in one transaction. Almost always every write succeeds: then none needs a savepoint,
/// which is two round trips to a server. Where one is refused, all are taken back and run again, each
/// within a savepoint; where one breaks the transaction, each in a transaction of its own, so that a
/// neighbour's misfortune is nobody else's. Returns the connection if it is still good.
fn together(conn: Option<Conn>, place: &Place, mut jobs: Vec<Box<dyn Job>>, counts: &Counts) -> Option<Conn> {
    if jobs.len() == 1 {
        return alone(conn, place, jobs, counts);
    }
    let Some(mut conn) = conn.or_else(|| open(place)) else {
        return alone(None, place, jobs, counts);
    };
    if begin_write(&mut conn).is_err() {
        return alone(None, place, jobs, counts);
    }
    match plainly(&mut conn, &mut jobs) {
        Plainly::Whole => {}
        Plainly::Refused => {
            let again = Transactions::rollback_transaction(&mut conn).is_ok()
                && begin_write(&mut conn).is_ok()
                && within_savepoints(&mut conn, &mut jobs);
            if !again {
                // Closing the connection takes back whatever is open, also what an error left half closed.
                drop(conn);
                return alone(None, place, jobs, counts);
            }
        }
        Plainly::Broken => {
            drop(conn);
            return alone(None, place, jobs, counts);
        }
    }
    if let Err(error) = Transactions::commit_transaction(&mut conn) {
        // The outcome of a failed commit is not known: nobody may run again.
        tracing::error!(%error, "a group of writes could not be committed");
        for job in jobs {
            job.refuse(AppError::Busy);
        }
        return None;
    }
    counts.commits.fetch_add(1, Ordering::Relaxed);
    for job in jobs {
        job.answer();
    }
    Some(conn)
}

/// What came of a group without savepoints.
enum Plainly {
    /// Every write succeeded.
    Whole,
    /// One was refused, and may have written before it was.
    Refused,
    /// One broke the transaction.
    Broken,
}

fn plainly(conn: &mut Conn, jobs: &mut [Box<dyn Job>]) -> Plainly {
    for job in jobs {
        if job.run(conn).is_err() {
            return Plainly::Broken;
        }
        if !job.succeeded() {
            return Plainly::Refused;
        }
    }
    Plainly::Whole
}

/// Runs each write within a savepoint; `false` when one of them broke the transaction.
fn within_savepoints(conn: &mut Conn, jobs: &mut [Box<dyn Job>]) -> bool {
    jobs.iter_mut().all(|job| {
        Transactions::begin_transaction(conn).is_ok()
            && job.run(conn).is_ok()
            && if job.succeeded() {
                Transactions::commit_transaction(conn).is_ok()
            } else {
                Transactions::rollback_transaction(conn).is_ok()
            }
    })
}

/// Runs each write in a transaction of its own.
fn alone(mut conn: Option<Conn>, place: &Place, jobs: Vec<Box<dyn Job>>, counts: &Counts) -> Option<Conn> {
    for mut job in jobs {
        for tried in 1.. {
            let Some(mut open) = conn.take().or_else(|| open(place)) else {
                job.refuse(AppError::Busy);
                break;
            };
            let mut ran = None;
            let outcome = in_write_transaction(&mut open, |c| {
                let state = job.run(c);
                let keep = state.is_ok() && job.succeeded();
                ran = Some(state);
                // The error only takes the transaction back; the job keeps its own.
                if keep { Ok(()) } else { Err(AppError::NotFound) }
            });
            match (ran, outcome) {
                (Some(Err(Broken::Again)), _) if tried < TRIES => {}
                (None, Err(AppError::Database(error))) if tried < TRIES && is_in_the_way(&error) => {}
                (Some(_), Ok(())) | (Some(Ok(())), Err(AppError::NotFound)) => {
                    counts.commits.fetch_add(1, Ordering::Relaxed);
                    conn = Some(open);
                    job.answer();
                    break;
                }
                (Some(Err(_)), _) => {
                    job.answer();
                    break;
                }
                (_, Err(error)) => {
                    // BEGIN or COMMIT failed: the disk is full, the server is gone.
                    tracing::error!(%error, "a write could not be committed");
                    job.refuse(AppError::Busy);
                    break;
                }
                (None, Ok(())) => unreachable!("a transaction commits only what ran"),
            }
        }
    }
    conn
}

fn open(place: &Place) -> Option<Conn> {
    place
        .connect()
        .and_then(Conn::for_writing)
        .inspect_err(|error| tracing::error!(%error, "the writer has no connection"))
        .ok()
}
