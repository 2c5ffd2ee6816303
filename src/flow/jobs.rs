//! What the flow does by itself.

use chrono::Duration;

use super::store::{active, covered};
use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, MORE, Times};

/// A day is over when nothing that was begun on it can still be written.
const OVER: Duration = Duration::minutes(5);

/// Every few minutes: the days that are over are gathered for the pages, which look them up until then.
pub const ACTIVE_DAYS: Job =
    Job { name: "active days", every: Every::Minutes(5), lease_minutes: 10, run: make_days, reads: None };

fn make_days(c: &mut Conn, times: &Times) -> AppResult<String> {
    let until = times.calendar.day(times.now - OVER);
    let covered = covered::make_next(c, covered::over(times.now))?;
    let Some((made, more)) = active::make_next(c, until)? else {
        return Ok(match covered {
            0 => String::new(),
            days => format!("insights with ratings enough on {days} days"),
        });
    };
    let more = if more { MORE } else { "" };
    Ok(format!("{more}who was active from {} to {}", made.from, made.last_day()))
}
