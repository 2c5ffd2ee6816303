//! Rows are read by one thread and taken by another: asking the database for twenty million takes about as long
//! as adding them up.

use std::sync::mpsc::sync_channel;

use diesel::QueryResult;

/// Rows handed over at once, and how often more may wait.
const FEW: usize = 4_096;
const WAITING: usize = 8;

/// Gives `take` what `read` brings, in the same order, on a thread of its own. All is taken when it returns, also
/// where reading failed.
///
/// # Errors
/// What `read` says.
pub(super) fn beside<T: Send>(
    read: impl FnOnce(&mut dyn FnMut(T)) -> QueryResult<()>,
    mut take: impl FnMut(T) + Send,
) -> QueryResult<()> {
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<T>>(WAITING);
        let taking = scope.spawn(move || {
            for few in receive {
                few.into_iter().for_each(&mut take);
            }
        });
        let mut few = Vec::with_capacity(FEW);
        // Nobody receives any more only after a panic, which is told below.
        let done = read(&mut |one| {
            few.push(one);
            if few.len() == FEW {
                let _ = send.send(std::mem::replace(&mut few, Vec::with_capacity(FEW)));
            }
        });
        let _ = send.send(few);
        drop(send);
        match taking.join() {
            Ok(()) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use diesel::result::Error;

    use super::*;

    #[test]
    fn all_is_taken_in_order() {
        for count in [0, 1, FEW, FEW * 3 + 7] {
            let mut taken = Vec::new();
            let read = |take: &mut dyn FnMut(usize)| {
                (0..count).for_each(take);
                Ok(())
            };
            assert_eq!(beside(read, |one| taken.push(one)), Ok(()));
            assert!(taken.iter().copied().eq(0..count), "{count}");
        }
    }

    #[test]
    fn what_went_wrong_is_told() {
        let read = |take: &mut dyn FnMut(usize)| {
            take(1);
            Err(Error::NotFound)
        };
        let mut taken = 0;
        assert_eq!(beside(read, |one| taken += one), Err(Error::NotFound));
        assert_eq!(taken, 1);
    }
}
