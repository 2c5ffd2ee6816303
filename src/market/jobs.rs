//! What the market does by itself.

use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};
use crate::market::store::refit;

/// Each night the leniencies and values of the day are replaced by those of the batch fit.
pub const REFIT: Job =
    Job { name: "value refit", every: Every::DayAt(2, 0), lease_minutes: 60, run: run_refit };

fn run_refit(c: &mut Conn, times: &Times) -> AppResult<String> {
    refit::refit(c, times.now).map(|done| done.to_string())
}
