//! The tables of what was earned: decided once, with the figures it was decided by.

mod explained;
mod first_ratings;
mod readers;
mod settling;

pub use explained::{
    Explained, RatedThen, Raterly, Settled, WeekSum, explained_to, raterly, ratings_of, settled_insights,
    settled_weeks,
};
pub use first_ratings::{RatersPaid, settle_between, settle_ratings};
pub use settling::{SettledWeek, last_settled, settle_week};
