//! What the review does by itself. Each run finds the same cases again where nothing changed, and opens
//! none of them twice.

use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};
use crate::review::store::{stale, texts};

/// Texts that came by an import, or before this was looked for, are searched for personal data and for
/// others that say the same.
pub const TEXTS: Job =
    Job { name: "review texts", every: Every::Minutes(10), lease_minutes: 30, run: run_texts };

/// Each night the oldest insights are asked about.
pub const STALE: Job =
    Job { name: "review stale", every: Every::DayAt(2, 30), lease_minutes: 60, run: run_stale };

fn run_texts(c: &mut Conn, times: &Times) -> AppResult<String> {
    let looked = texts::scan(c, times.now, &times.config.policy.review)?;
    Ok(format!("{looked} insights looked at"))
}

fn run_stale(c: &mut Conn, times: &Times) -> AppResult<String> {
    let opened = stale::find(c, times)?;
    Ok(format!("{opened} insights to ask about"))
}
