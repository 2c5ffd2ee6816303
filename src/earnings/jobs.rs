//! What earning does by itself.

use crate::db::Conn;
use crate::earnings::store;
use crate::earnings::week::Week;
use crate::error::AppResult;
use crate::jobs::{Every, Job, Times};

/// Weeks that are settled late at the most, when no node ran on their Mondays.
const LATE_WEEKS: usize = 4;

/// Each Monday, after the nightly refit: what the readers of last week were worth.
pub const EARNINGS: Job =
    Job { name: "earnings", every: Every::MondayAt(4, 0), lease_minutes: 60, run: run_earnings, reads: None };

/// Each night: the credits for yesterday's first ratings.
pub const RATERS: Job =
    Job { name: "rater credits", every: Every::DayAt(1, 0), lease_minutes: 60, run: run_raters, reads: None };

fn run_earnings(c: &mut Conn, times: &Times) -> AppResult<String> {
    let policy = times.config.policy.credits;
    if !policy.on {
        return Ok("credits are off".into());
    }
    let mut notes = Vec::new();
    for week in due(c, times)? {
        notes.push(store::settle_week(c, week, &policy, times.calendar, times.now)?.to_string());
    }
    Ok(notes.join("; "))
}

fn run_raters(c: &mut Conn, times: &Times) -> AppResult<String> {
    let policy = times.config.policy.credits;
    if !policy.on {
        return Ok("credits are off".into());
    }
    store::settle_ratings(c, &policy, times.calendar, times.now).map(|paid| paid.to_string())
}

/// The weeks to settle, the oldest first: last week, and those since the last settled one. Before the first
/// one nothing is late: an imported past is paid only by hand.
fn due(c: &mut Conn, times: &Times) -> AppResult<Vec<Week>> {
    let last = Week::last_over(times.calendar.day(times.now));
    let settled = store::last_settled(c)?;
    let mut weeks = vec![last];
    while let (Some(settled), Some(first)) = (settled, weeks.last().copied()) {
        if first.before() <= settled || weeks.len() == LATE_WEEKS {
            break;
        }
        weeks.push(first.before());
    }
    weeks.reverse();
    Ok(weeks)
}
