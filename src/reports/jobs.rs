//! What reports do by themselves: each month's is made when the month is over, and mailed on the first
//! working day.

use chrono::{NaiveDateTime, NaiveTime};

use super::periods;
use super::store::baselines;
use super::store::freezing::{self, Wish};
use super::store::kept::{self, New};
use super::store::mailing;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::period::Period;
use crate::flow::store::retention::{self, Grain};
use crate::flow::store::{figures, readings};
use crate::jobs::{Every, Job, Stores, Times};
use crate::reports::frozen::Frozen;

/// Each night, before the figures: asks for those that the reports of the night will tell, so that one pass over
/// the events finds them all.
pub const ASK: Job =
    Job { name: "report figures", every: Every::DayAt(3, 0), lease_minutes: 10, run: ask, reads: None };

/// Each night: last month's report, if it is not there yet.
pub const MONTH: Job = Job {
    name: "monthly report",
    every: Every::DayAt(3, 40),
    lease_minutes: 60,
    run: make,
    reads: Some(read),
};

/// Every few minutes: the mail of last month's report, once, from the first working day on.
pub const MAIL: Job =
    Job { name: "report mail", every: Every::Minutes(10), lease_minutes: 10, run: mail, reads: None };

/// Each night until there is one: the report of the first four full weeks in which people opened something, as
/// the baseline. Before the retention, which would take days of them away on which its figures were computed.
pub const BASELINE: Job = Job {
    name: "baseline",
    every: Every::DayAt(3, 45),
    lease_minutes: 60,
    run: mark_baseline,
    reads: Some(read_baseline),
};

/// The four weeks that are to be the baseline, once they are over; none where there is one.
fn due_baseline(c: &mut Conn, times: &Times) -> AppResult<Option<Period>> {
    if baselines::baseline(c)?.is_some() {
        return Ok(None);
    }
    let percent = times.config.policy.reports.baseline_percent;
    Ok(baselines::first_weeks(c, times.calendar, times.calendar.day(times.now), percent)?)
}

/// The periods of the reports that are due and what these compare with, as far as nobody has computed them.
fn ask(c: &mut Conn, times: &Times) -> AppResult<String> {
    let due = [due_report(c, times)?.ok().map(|wish| wish.period), due_baseline(c, times)?];
    let Some(first) = readings::first_event_day(c)? else { return Ok(String::new()) };
    let mut asked = Vec::new();
    for period in due.into_iter().flatten() {
        let others = [period.previous(), period.a_year_before()];
        let compared = others.into_iter().filter(|other| first <= other.from);
        for one in std::iter::once(period).chain(compared) {
            let is_there = kept::about(c, one, None)?.is_some() || figures::is_known(c, one)?;
            if !is_there && matches!(retention::grain(c, one), Ok(Grain::Events)) {
                figures::ask(c, one, times.now)?;
                asked.push(periods::name(one));
            }
        }
    }
    Ok(asked.join(", "))
}

/// Computes its report before anything is held, where there is none about these weeks.
fn read_baseline(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    let Some(period) = due_baseline(c, times)? else { return Ok(None) };
    if kept::about(c, period, None)?.is_some() {
        return Ok(None);
    }
    let frozen = freezing::freeze(c, Wish { period, segment: None }, times.calendar)?;
    Ok(Some(Box::new(move |c, times| match due_baseline(c, times)? {
        Some(due) if due == period => mark(c, times, period, Some(&frozen)),
        _ => Ok(String::new()),
    })))
}

fn mark_baseline(c: &mut Conn, times: &Times) -> AppResult<String> {
    match due_baseline(c, times)? {
        Some(period) => mark(c, times, period, None),
        None => Ok(String::new()),
    }
}

/// Marks the report about these weeks: the one there is, or this one.
fn mark(c: &mut Conn, times: &Times, period: Period, frozen: Option<&Frozen>) -> AppResult<String> {
    let wish = Wish { period, segment: None };
    let id = match (kept::about(c, period, None)?, frozen) {
        (Some((id, _)), _) => Some(id),
        (None, Some(frozen)) => {
            kept::keep(c, &New { month: None, wish, made_by: None, made_at: times.now, frozen })?
        }
        // Somebody has taken it away meanwhile: tomorrow it is made.
        (None, None) => None,
    };
    let Some(id) = id else { return Ok(String::new()) };
    baselines::mark(c, id, None, times.now)?;
    Ok(format!("report {id} is the baseline"))
}

/// What last month's report is to be about, or the note on why there is nothing to do.
fn due_report(c: &mut Conn, times: &Times) -> AppResult<Result<Wish, &'static str>> {
    let period = periods::month_before(times.calendar.day(times.now));
    if kept::of_month(c, period.from)?.is_some() {
        return Ok(Err(""));
    }
    // A month in which the company had not begun has nothing to tell.
    let begun = readings::first_event_day(c)?.is_some_and(|first| first < period.to);
    Ok(if begun { Ok(Wish { period, segment: None }) } else { Err("nothing had happened last month") })
}

/// Computes it before anything is held: a node that dies leaves nothing, and another begins anew.
fn read(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    let Ok(wish) = due_report(c, times)? else { return Ok(None) };
    let frozen = freezing::freeze(c, wish, times.calendar)?;
    Ok(Some(Box::new(move |c, times| keep(c, times, wish, &frozen))))
}

/// Stores it; nothing where another node was faster.
fn keep(c: &mut Conn, times: &Times, wish: Wish, frozen: &Frozen) -> AppResult<String> {
    let month = Some(wish.period.from);
    let new = New { month, wish, made_by: None, made_at: times.now, frozen };
    Ok(match kept::keep(c, &new)? {
        Some(id) => format!("report {id} of {}", periods::name(wish.period)),
        None => String::new(),
    })
}

/// Both in one transaction, where nobody read beforehand.
fn make(c: &mut Conn, times: &Times) -> AppResult<String> {
    let wish = match due_report(c, times)? {
        Ok(wish) => wish,
        Err(note) => return Ok(note.to_owned()),
    };
    let frozen = freezing::freeze(c, wish, times.calendar)?;
    keep(c, times, wish, &frozen)
}

fn mail(c: &mut Conn, times: &Times) -> AppResult<String> {
    let config = &times.config;
    if config.mail.is_none() || times.now < due(times) {
        return Ok(String::new());
    }
    let period = periods::month_before(times.calendar.day(times.now));
    let Some(id) = kept::of_month(c, period.from)? else { return Ok(String::new()) };
    if mailing::was_mailed(c, id)? {
        return Ok(String::new());
    }
    let mailed = mailing::mail(c, id, times.now, &config.public_url)?;
    Ok(if mailed == 0 { String::new() } else { format!("report {id} mailed to {mailed}") })
}

/// The hour at which mail goes out, on the first working day of this month.
fn due(times: &Times) -> NaiveDateTime {
    let day = periods::first_working_day(times.calendar.day(times.now));
    let hour = u32::try_from(times.config.policy.notices.mail_hour).unwrap_or(8);
    times.calendar.to_utc(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)))
}
