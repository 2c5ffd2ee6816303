//! What the register does by itself: measuring, reminding, ending trials, forgetting who answered.

use chrono::{Datelike, Months};

use super::store::{measures, reasons, telling, trials};
use crate::db::Conn;
use crate::error::AppResult;
use crate::jobs::{Every, Job, MORE, Times};

/// Every few minutes: the figures of obstacles that were opened, and after each week those of all.
pub const MEASURES: Job =
    Job { name: "obstacle figures", every: Every::Minutes(2), lease_minutes: 30, run: measure, reads: None };

/// Every ten minutes: trials whose time is over, what is due, and marks of months that are over.
pub const CLOCK: Job =
    Job { name: "obstacle clock", every: Every::Minutes(10), lease_minutes: 30, run: clock, reads: None };

fn measure(c: &mut Conn, times: &Times) -> AppResult<String> {
    let weeks = times.config.policy.obstacles.weeks;
    let written = measures::measure_due(c, times.now, times.calendar, weeks)?;
    Ok(match written {
        0 => String::new(),
        written => format!("{MORE}{written} figures of obstacles"),
    })
}

/// One trial a turn: it tells many people.
fn clock(c: &mut Conn, times: &Times) -> AppResult<String> {
    let today = times.calendar.day(times.now);
    let forgotten = reasons::forget(c, today)?;
    if forgotten > 0
        && let Some(month) = today.checked_sub_months(Months::new(1)).and_then(|day| day.with_day(1))
    {
        telling::reasons_are_there(c, month, times.now)?;
    }
    telling::due(c, times.now, today, times.config.policy.obstacles.due_days)?;
    if let Some((id, obstacle)) = trials::next_due(c, today)? {
        trials::finish(c, obstacle, id, times.now, times.calendar)?;
        return Ok(format!("{MORE}trial {id} ended"));
    }
    Ok(if forgotten > 0 { format!("{forgotten} marks of last month removed") } else { String::new() })
}
