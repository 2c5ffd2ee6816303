//! The rows of notices and mail. Everything here runs in the caller's transaction.

mod telling;

pub use telling::{tell, untell};
