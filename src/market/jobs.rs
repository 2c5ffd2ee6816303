//! What the market does by itself.

use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::metrics::nightly;
use crate::jobs::{Every, Job, MORE, Stores, Times};
use crate::market::store::{agreed, queue, refit, standing, worth};

/// Each night the leniencies and values of the day are replaced by those of the batch fit.
pub const REFIT: Job =
    Job { name: "value refit", every: Every::DayAt(2, 0), lease_minutes: 60, run: run_refit, reads: None };

fn run_refit(c: &mut Conn, times: &Times) -> AppResult<String> {
    standing::release_due(c, times.calendar.day(times.now), times.now)?;
    let policy = agreed::held(c, times.config.policy.value, times.now)?;
    refit::refit_with(c, times.now, &policy).map(|done| done.to_string())
}

/// What ratings have left in the queue: leniencies, and the values that follow from them.
pub const QUEUE: Job =
    Job { name: "value queue", every: Every::Minutes(1), lease_minutes: 5, run: run_queue, reads: None };

fn run_queue(c: &mut Conn, times: &Times) -> AppResult<String> {
    standing::release_due(c, times.calendar.day(times.now), times.now)?;
    let drained = queue::drain(c, times.now)?;
    if drained == queue::Drained::default() {
        return Ok(String::new());
    }
    Ok(format!("{}{drained}", if drained.more { MORE } else { "" }))
}

/// Each night: the figures of the flow that take the events. Here, because they ask what ratings said at the
/// end of each period, and the flow comes before the market.
pub const FIGURES: Job = Job {
    name: "figures",
    every: Every::DayAt(3, 0),
    lease_minutes: 60,
    run: run_figures,
    reads: Some(read_figures),
};

fn read_figures(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    nightly::by_night(c, times, worth::as_of)
}

/// What is left where nothing was to be computed.
fn run_figures(c: &mut Conn, times: &Times) -> AppResult<String> {
    nightly::forget_old(c, times)?;
    Ok(String::new())
}

/// The figures of periods that somebody asked for.
pub const FIGURES_ASKED: Job = Job {
    name: "figures asked for",
    every: Every::Minutes(1),
    lease_minutes: 60,
    run: nobody_asked,
    reads: Some(read_figures_asked),
};

fn read_figures_asked(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    nightly::asked(c, times, worth::as_of)
}

fn nobody_asked(_: &mut Conn, _: &Times) -> AppResult<String> {
    Ok(String::new())
}

/// Each night, after the figures: who opened what before `RETENTION_DAYS` is turned into counts.
pub const RETENTION: Job = Job {
    name: "retention",
    every: Every::DayAt(3, 50),
    lease_minutes: 60,
    run: run_retention,
    reads: Some(read_retention),
};

fn read_retention(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    nightly::before_forgetting(c, times, worth::as_of)
}

fn run_retention(c: &mut Conn, times: &Times) -> AppResult<String> {
    nightly::forget(c, times, worth::as_of)
}
