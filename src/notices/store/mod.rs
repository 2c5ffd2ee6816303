//! The rows of notices and mail. Everything here runs in the caller's transaction.

pub mod composing;
pub mod outbox;
pub mod reading;
mod telling;
pub mod unsubscribe;
pub mod wishes;

pub use telling::{tell, untell};
