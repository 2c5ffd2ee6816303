//! What the review does by itself. Each run finds the same cases again where nothing changed, and opens
//! none of them twice.

use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, MORE, Times};
use crate::review::store::{play, stale, texts};

/// Texts that came by an import, or before this was looked for, are searched for personal data and for
/// others that say the same.
pub const TEXTS: Job =
    Job { name: "review texts", every: Every::Minutes(10), lease_minutes: 30, run: run_texts, reads: None };

/// Each night the oldest insights are asked about.
pub const STALE: Job =
    Job { name: "review stale", every: Every::DayAt(2, 30), lease_minutes: 60, run: run_stale, reads: None };

/// Each night series of ratings and bounties that go back and forth are looked for, after the refit.
pub const SERIES: Job = Job {
    name: "review series",
    every: Every::DayAt(2, 45),
    lease_minutes: 60,
    run: run_series,
    reads: None,
};

/// Each week people whose ratings do not look independent are looked for.
pub const COMMUNITIES: Job = Job {
    name: "review rings",
    every: Every::MondayAt(3, 0),
    lease_minutes: 60,
    run: run_communities,
    reads: None,
};

fn run_series(c: &mut Conn, times: &Times) -> AppResult<String> {
    let series = play::find_series(c, times)?;
    let rounds = if times.config.policy.credits.on {
        play::find_round_trips(c, times)?
    } else {
        play::Findings::default()
    };
    Ok(format!("series: {series}; round trips: {rounds}"))
}

fn run_communities(c: &mut Conn, times: &Times) -> AppResult<String> {
    play::find_communities(c, times).map(|found| found.to_string())
}

fn run_texts(c: &mut Conn, times: &Times) -> AppResult<String> {
    let looked = texts::scan(c, times.now, &times.config.policy.review)?;
    let more = if looked > 0 { MORE } else { "" };
    Ok(format!("{more}{looked} insights looked at"))
}

fn run_stale(c: &mut Conn, times: &Times) -> AppResult<String> {
    let opened = stale::find(c, times)?;
    Ok(format!("{opened} insights to ask about"))
}
