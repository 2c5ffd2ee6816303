//! What the accounts do by themselves: forgetting what has ended.

use crate::accounts::{links, session, submission};
use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};

/// Each hour: sessions that have ended.
pub const SWEEP_SESSIONS: Job =
    Job { name: "session sweep", every: Every::Minutes(60), lease_minutes: 10, run: sweep_sessions };

/// Each day: old keys of forms and old one-time links.
pub const SWEEP_TRACES: Job =
    Job { name: "trace sweep", every: Every::DayAt(3, 0), lease_minutes: 10, run: sweep_traces };

fn sweep_sessions(c: &mut Conn, times: &Times) -> AppResult<String> {
    let lifetime = session::Lifetime { idle: times.config.session_idle, total: times.config.session_total };
    let gone = session::sweep(c, times.now, lifetime)?;
    Ok(format!("{gone} ended sessions removed"))
}

fn sweep_traces(c: &mut Conn, times: &Times) -> AppResult<String> {
    let keys = submission::sweep(c, times.now)?;
    let links = links::sweep(c, times.now)?;
    Ok(format!("{keys} keys of forms and {links} one-time links removed"))
}
