//! The threads that read: each has a connection of its own ([`Source`]), and they share one queue.
//!
//! A pool of connections behind the framework's blocking threads did the same with two queues, three
//! times the threads and their memory, and on PostgreSQL a question before each read whether the
//! connection still lives.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::place::Place;
use super::source::Source;
use super::threads::Threads;
use super::{Conn, DatabaseUrl};
use crate::error::{AppError, AppResult};

/// Reads waiting beyond this are told to come back.
const QUEUE: usize = 1024;
/// A read that has waited this long in vain wakes another thread: those that are awake are held up by
/// long reads.
const HELD_UP: Duration = Duration::from_millis(2);

/// A waiting read.
struct Job {
    /// How many had been submitted with it.
    number: u64,
    work: Box<dyn FnOnce(&mut Source) + Send>,
}

/// The door to the reading threads; they end with it.
pub struct Readers {
    shared: Arc<Shared>,
    /// Dropped after the queue was closed.
    threads: Threads,
}

struct Shared {
    state: Mutex<State>,
    /// How many reads have been submitted since the start.
    submitted: AtomicU64,
    /// Threads awake at once, unless a read is held up. A read of a file is work for a processor: more
    /// threads than these wake each other to no purpose, and find fewer reads for one snapshot.
    awake: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: usize,
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

    /// A job that waits already.
    fn waiting(&self) -> Option<Job> {
        self.lock().waiting.pop_front()
    }

    /// Wakes a thread that rests, if there is one.
    fn wake(&self) {
        let woken = self.lock().resting.pop();
        if let Some(thread) = woken {
            thread.unpark();
        }
    }

    /// Has every thread end once nothing waits any more.
    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        for thread in state.resting.drain(..) {
            thread.unpark();
        }
    }

    /// The next job, as soon as there is one; `None` when there will be no more.
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
        self.shared.close();
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
    pub fn start(place: &Place, threads: u32) -> Result<Readers, String> {
        Readers::start_as(place, threads, false)
    }

    /// The same for a replica, which refuses every write anyway, and may be away without anybody minding.
    ///
    /// # Errors
    /// As [`Readers::start`].
    pub fn start_reading_only(place: &Place, threads: u32) -> Result<Readers, String> {
        Readers::start_as(place, threads, true)
    }

    fn start_as(place: &Place, threads: u32, is_replica: bool) -> Result<Readers, String> {
        let threads = threads.max(1) as usize;
        let awake = match place.url() {
            DatabaseUrl::Sqlite(_) => std::thread::available_parallelism().map_or(1, usize::from),
            // These wait for the server, not for a processor.
            DatabaseUrl::Postgres(_) => threads,
        };
        Readers::start_with(threads, awake, || Source::new(place.clone(), is_replica))
    }

    fn start_with(threads: usize, awake: usize, source: impl Fn() -> Source) -> Result<Readers, String> {
        let state = Mutex::new(State { threads, ..State::default() });
        let shared = Arc::new(Shared { state, submitted: AtomicU64::new(0), awake });
        let running = Threads::default();
        for _ in 0..threads {
            let (shared, source, running) = (shared.clone(), source(), running.begin());
            std::thread::Builder::new()
                .name("reader".into())
                .spawn(move || {
                    // In this order: it runs until its connection is closed.
                    let _running = running;
                    let mut source = source;
                    loop {
                        let waiting = shared.waiting().or_else(|| {
                            source.let_go();
                            shared.next()
                        });
                        let Some(Job { number, work }) = waiting else {
                            return;
                        };
                        source.see(number, || shared.submitted.load(Ordering::Acquire));
                        work(&mut source);
                    }
                })
                .map_err(|error| format!("cannot start a reading thread: {error}"))?;
        }
        Ok(Readers { shared, threads: running })
    }

    /// Closes every connection once what waits was read. Nothing that comes later is.
    pub fn close(&self) {
        self.shared.close();
        self.threads.wait();
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
                let is_connected = source.connect();
                let begins =
                    stands.compare_exchange(WAITING, RUNNING, Ordering::AcqRel, Ordering::Acquire).is_ok();
                // Nobody listens any more where the visitor went away.
                if begins && !answer.is_closed() {
                    let _ = answer.send(if is_connected { source.read(work) } else { Err(AppError::Busy) });
                }
            })
        })?;
        let answered = |result: Result<AppResult<T>, _>| result.unwrap_or(Err(AppError::Busy));
        let begin = begin.min(deadline);
        let held_up = HELD_UP.min(begin);
        if let Ok(result) = timeout(held_up, &mut result).await {
            return answered(result);
        }
        if stands.load(Ordering::Acquire) == WAITING {
            self.shared.wake();
        }
        if let Ok(result) = timeout(begin - held_up, &mut result).await {
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

    fn submit(&self, work: Box<dyn FnOnce(&mut Source) + Send>) -> AppResult<()> {
        let mut state = self.shared.lock();
        if state.closed || state.waiting.len() >= QUEUE {
            return Err(AppError::Busy);
        }
        let number = self.shared.submitted.fetch_add(1, Ordering::AcqRel) + 1;
        state.waiting.push_back(Job { number, work });
        let is_enough = state.threads - state.resting.len() >= self.shared.awake;
        let woken = if is_enough { None } else { state.resting.pop() };
        drop(state);
        if let Some(thread) = woken {
            thread.unpark();
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "readers_tests.rs"]
mod tests;
