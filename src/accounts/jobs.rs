//! What the accounts do by themselves: forgetting what has ended, and shutting out who has left.

use crate::accounts::{attempts, audit, link_requests, links, seen, session, store, submission};
use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};

/// Each hour: sessions that have ended.
pub const SWEEP_SESSIONS: Job = Job {
    name: "session sweep",
    every: Every::Minutes(60),
    lease_minutes: 10,
    run: sweep_sessions,
    reads: None,
};

/// Each day: old keys of forms, old one-time links, failed sign-ins that no longer count, and who was here
/// longer ago than is remembered.
pub const SWEEP_TRACES: Job =
    Job { name: "trace sweep", every: Every::DayAt(3, 0), lease_minutes: 10, run: sweep_traces, reads: None };

/// Just after midnight: whoever has left is shut out.
pub const LEAVERS: Job =
    Job { name: "leavers", every: Every::DayAt(0, 5), lease_minutes: 10, run: shut_out_leavers, reads: None };

fn sweep_sessions(c: &mut Conn, times: &Times) -> AppResult<String> {
    let lifetime = session::Lifetime { idle: times.config.session_idle, total: times.config.session_total };
    let gone = session::sweep(c, times.now, lifetime)?;
    Ok(format!("{gone} ended sessions removed"))
}

fn sweep_traces(c: &mut Conn, times: &Times) -> AppResult<String> {
    let keys = submission::sweep(c, times.now)?;
    let links = links::sweep(c, times.now)?;
    let failures = attempts::sweep(c, times.now)?;
    link_requests::sweep(c, times.now)?;
    let kept = chrono::Days::new(times.config.policy.retention.days.unsigned_abs());
    if let Some(line) = times.calendar.day(times.now).checked_sub_days(kept) {
        seen::sweep(c, line)?;
    }
    Ok(format!("{keys} keys of forms, {links} one-time links and {failures} failed sign-ins removed"))
}

fn shut_out_leavers(c: &mut Conn, times: &Times) -> AppResult<String> {
    let left = store::disable_leavers(c, times.now, times.calendar.day(times.now))?;
    for id in &left {
        audit::record(c, None, times.now, "disabled", &format!("person:{id}"), "has left")?;
    }
    Ok(format!("{} people have left", left.len()))
}
