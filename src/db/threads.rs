//! Threads that own connections, and the wait for their end: a process that goes while a connection is open
//! leaves SQLite's log beside the file, and whoever then puts a copy in the file's place finds the old log played
//! back into it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A thread that is still at work after this is left behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// The threads that hold a [`Running`] of it; whoever drops it waits for them. It must be dropped after whatever
/// tells them to end. One of them that drops it itself waits in vain, and no longer than that.
#[derive(Default)]
pub(super) struct Threads {
    count: Arc<(Mutex<usize>, Condvar)>,
}

/// Held by a thread until its connection is closed.
pub(super) struct Running {
    count: Arc<(Mutex<usize>, Condvar)>,
}

impl Threads {
    /// One more.
    pub(super) fn begin(&self) -> Running {
        *self.count.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Running { count: self.count.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *self.count.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.count.1.notify_all();
    }
}

impl Threads {
    /// Waits until all have ended that were told to.
    pub(super) fn wait(&self) {
        let running = self.count.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.count.1.wait_timeout_while(running, PATIENCE, |running| *running > 0);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.wait();
    }
}
