//! When figures are computed from the events: by night for the periods that pages offer and for the month
//! that is over, within a minute for what somebody asked for.

use chrono::{Datelike, Duration, NaiveDate};
use diesel::QueryResult;

use super::everything::{compute, compute_and_keep};
use super::question::Question;
use super::worth::WorthAt;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::period::{Period, WEEKS};
use crate::flow::store::forgetting::{self, Forgotten, Next};
use crate::flow::store::{figures, readings};
use crate::jobs::{MORE, Stores, Times};

/// Figures of a period nobody asked for again are forgotten after so many days.
const KEPT_DAYS: i64 = 35;

/// Periods computed at once for those who ask: more wait for the next minute.
const AT_ONCE: usize = 8;

/// The question whose figures are kept: the whole company, as the pages show it.
pub fn question(period: Period, times: &Times) -> Question {
    Question { period, segment: None, view: View::default(), calendar: times.calendar }
}

/// The periods that pages offer today and what they compare them with, and the month that is over; those that
/// begin before the company did are cut to its first day.
pub fn offered(today: NaiveDate, first: NaiveDate) -> Vec<Period> {
    let yesterday = today.pred_opt().unwrap_or(today);
    let mut periods: Vec<Period> =
        WEEKS.iter().map(|weeks| Period::last_weeks(*weeks, yesterday).since(first)).collect();
    let this_month = today.with_day(1).unwrap_or(today);
    let last_month = this_month.pred_opt().and_then(|day| day.with_day(1)).unwrap_or(this_month);
    periods.extend(Period::new(last_month, this_month).filter(|month| month.to > first));
    // What the weeks are compared with, as far as it lies whole in the company's life.
    let before: Vec<Period> =
        WEEKS.iter().map(|weeks| Period::last_weeks(*weeks, yesterday).previous()).collect();
    periods.extend(before.into_iter().filter(|period| first <= period.from));
    periods.sort_by_key(|period| (period.from, period.to));
    periods.dedup();
    periods
}

/// Computes what pages offer today and what else waits, all in one pass over the events, and returns what keeps it.
/// Reads only.
///
/// # Errors
/// What the database says.
pub fn by_night(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<Option<Stores>> {
    let today = times.calendar.day(times.now);
    let mut periods = figures::waiting(c)?;
    if let Some(first) = readings::first_day(c)?.filter(|first| *first < today) {
        for period in offered(today, first) {
            if !periods.contains(&period) && !figures::is_known(c, period)? {
                periods.push(period);
            }
        }
    }
    // The months that are about to become counts: their figures are kept for good.
    let target_day = target(c, times)?;
    for month in forgetting::months_to_keep(c, target_day)? {
        if !periods.contains(&month) && !figures::is_known(c, month)? {
            periods.push(month);
        }
    }
    if periods.is_empty() {
        return Ok(None);
    }
    compute_them(c, times, &periods, worth_at).map(Some)
}

/// Forgets what nobody has asked for in a long time: what is left to do by night where nothing waits.
///
/// # Errors
/// What the database says.
pub fn forget_old(c: &mut Conn, times: &Times) -> AppResult<()> {
    figures::forget(c, times.now - Duration::days(KEPT_DAYS))?;
    Ok(())
}

/// Computes the periods that wait, and returns what keeps them; none where none does. Reads only.
///
/// # Errors
/// What the database says.
pub fn asked(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<Option<Stores>> {
    let mut waiting = figures::waiting(c)?;
    waiting.truncate(AT_ONCE);
    if waiting.is_empty() {
        return Ok(None);
    }
    compute_them(c, times, &waiting, worth_at).map(Some)
}

fn compute_them(c: &mut Conn, times: &Times, periods: &[Period], worth_at: WorthAt) -> AppResult<Stores> {
    let questions: Vec<Question> = periods.iter().map(|period| question(*period, times)).collect();
    let computed = compute(c, &questions, worth_at, times.now)?;
    let today = times.calendar.day(times.now);
    let past = readings::before(c, today)?;
    let since =
        periods.iter().map(|period| figures::asked_at(c, *period)).collect::<QueryResult<Vec<_>>>()?;
    Ok(Box::new(move |c, times| {
        // An import brought events of the past while these were computed without them.
        if readings::before(c, today)? != past {
            return Ok(format!("{MORE}events of past days were added meanwhile"));
        }
        forget_old(c, times)?;
        let mut kept = Vec::new();
        for (one, since) in computed.iter().zip(since) {
            // Whoever asked once more meanwhile is answered the next time.
            if figures::asked_at(c, one.period)? == since {
                one.keep(c, times.now)?;
                kept.push(format!("{} to {}", one.period.from, one.period.last_day()));
            }
        }
        Ok(format!("figures of {} periods: {}", kept.len(), kept.join(", ")))
    }))
}

/// Who opened what before this day is to be forgotten: never what a trial that runs still counts, which began
/// when it was remembered for longer.
fn target(c: &mut Conn, times: &Times) -> QueryResult<NaiveDate> {
    let days = times.config.policy.retention.days.unsigned_abs();
    let today = times.calendar.day(times.now);
    let target = today.checked_sub_days(chrono::Days::new(days)).unwrap_or(today);
    Ok(forgetting::needed_from(c)?.map_or(target, |needed| target.min(needed)))
}

/// Computes the figures of the month that is to be kept for good next, if nobody has yet. Reads only.
///
/// # Errors
/// What the database says.
pub fn before_forgetting(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<Option<Stores>> {
    let target_day = target(c, times)?;
    let Next::Keep(month) = forgetting::next(c, target_day)? else { return Ok(None) };
    let computed = match figures::is_whole(c, month, times.calendar)? {
        true => Vec::new(),
        false => compute(c, &[question(month, times)], worth_at, times.now)?,
    };
    Ok(Some(Box::new(move |c, times| {
        // Another node may have kept it.
        let target_day = target(c, times)?;
        if forgetting::next(c, target_day)? != Next::Keep(month) {
            return Ok(MORE.to_owned());
        }
        computed.iter().try_for_each(|one| one.keep(c, times.now))?;
        keep_for_good(c, times, month)
    })))
}

/// Turns who opened what before the set number of days into counts: in one run the figures of a month are
/// kept, in the next its days are forgotten, and so on until nothing is left to forget.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<String> {
    let target = target(c, times)?;
    match forgetting::next(c, target)? {
        Next::Nothing => Ok(String::new()),
        Next::Keep(month) => {
            if !figures::is_whole(c, month, times.calendar)? {
                compute_and_keep(c, &[question(month, times)], worth_at, times.now)?;
            }
            keep_for_good(c, times, month)
        }
        Next::Forget => {
            let start_of = |day| times.calendar.start_of(day);
            let forgotten = forgetting::forget_days(c, target, start_of, times.now)?;
            Ok(forgotten.map_or_else(String::new, |Forgotten { accesses, days }| {
                format!("{MORE}{accesses} accesses of {} to {} are counts now", days.from, days.last_day())
            }))
        }
    }
}

fn keep_for_good(c: &mut Conn, times: &Times, month: Period) -> AppResult<String> {
    let stays = readings::stays(c, times.calendar)?;
    forgetting::keep_month(c, month, &stays, times.now)?;
    Ok(format!("{MORE}figures of {} to {} are kept for good", month.from, month.last_day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_offer_weeks_up_to_yesterday_and_the_month_that_is_over() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let found: Vec<String> = offered(day("2026-11-25"), day("2026-09-10"))
            .into_iter()
            .map(|period| format!("{} {}", period.from, period.to))
            .collect();
        assert_eq!(
            found,
            [
                "2026-09-10 2026-11-25",
                "2026-10-01 2026-11-01",
                "2026-10-05 2026-10-28",
                "2026-11-02 2026-11-25"
            ]
        );
        assert_eq!(offered(day("2026-11-25"), day("2026-11-20")).len(), 1);
    }
}
