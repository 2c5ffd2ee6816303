//! The review: what curators are asked to look at, and what they decide.
//!
//! Cases come from people (a report), from the moment a text is shared or edited ([`personal`], [`similar`])
//! and from jobs that go through the archive and the ratings ([`play`] and [`graph`], [`case::stale`]).
//! [`case`] says what can be decided of which kind. Every decision has a reason and a row in the audit log,
//! and can be taken back.

pub mod case;
pub mod graph;
pub mod jobs;
mod pages;
pub mod personal;
pub mod play;
pub mod similar;
pub mod store;

pub use pages::routes;
