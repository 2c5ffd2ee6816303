//! The tables of requests. Everything here runs in the caller's transaction; whoever changes a request
//! locks its row first, so that of many at once each sees what the one before did.

mod acting;
mod closing;
mod matching;
mod naming;
mod opening;
mod reading;
mod standing;
mod telling;
mod wanted;

pub(crate) use acting::may_unlink;
pub use acting::{Told, answer, award, cancel, cofund, edit, extend, unlink};
pub use closing::{due, tick};
pub use matching::{FirstAnswer, Match, asked_about, compare, first_answers, matches};
pub use naming::{Called, called};
pub use opening::{Draft, open, open_of};
pub use reading::{
    Answered, Event, Filter, Funder, Given, Listed, Order, Request, Unanswered, about_few,
    answered_by_insight, answers, events, funders, listed, request, unanswered,
};
pub use standing::{locked, standing};
pub use wanted::{Why, wanted_count, wanted_for};
