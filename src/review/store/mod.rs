//! The tables of the review: cases, what speaks for them, what was decided. Everything here runs in the
//! transaction of its caller, so that what happened and the case about it commit together.

pub mod cases;
mod credits;
pub mod deciding;
mod effects;
pub mod evidence;
pub mod play;
mod publishing;
pub mod reports;
pub mod stale;
pub mod texts;
pub mod titles;

pub use publishing::publish;
