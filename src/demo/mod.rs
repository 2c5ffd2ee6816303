//! The demo company: Example Industries, 312 people in six departments, 26 weeks of insights, openings,
//! ratings, uses, remarks and searches. Made from texts written by hand and a fixed seed; dates count back
//! from the clock.
//!
//! [`story`] and what it uses are pure; [`make`] writes a story into a database through the same functions
//! as an import.

pub mod company;
pub mod content;
pub mod dice;
pub mod file;
pub mod hours;
mod idle;
pub mod ledger;
pub mod make;
mod notices;
mod obstacles;
pub mod play;
mod readers;
mod reports;
mod requests;
pub mod story;
mod voices;
pub mod write;
