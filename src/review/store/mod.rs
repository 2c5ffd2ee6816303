//! The tables of the review: cases, what speaks for them, what was decided. Everything here runs in the
//! transaction of its caller, so that what happened and the case about it commit together.

pub mod cases;
pub mod reports;
pub mod stale;
pub mod texts;
