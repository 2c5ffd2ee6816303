//! Obstacles, their history, their figures; trials; and why people did not share.

pub mod history;
pub mod measures;
pub mod reasons;
pub mod register;
pub mod telling;
pub mod trials;
