//! When figures are computed from the events: by night for the periods that pages offer and for the month
//! that is over, within a minute for what somebody asked for.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::everything::compute_and_keep;
use super::question::Question;
use super::worth::WorthAt;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::period::{Period, WEEKS};
use crate::flow::store::forgetting::{self, Forgotten, Next};
use crate::flow::store::{figures, readings};
use crate::jobs::{MORE, Times};

/// Figures of a period nobody asked for again are forgotten after so many days.
const KEPT_DAYS: i64 = 35;

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
        WEEKS.iter().map(|weeks| Period::last_weeks(*weeks, yesterday).before()).collect();
    periods.extend(before.into_iter().filter(|period| first <= period.from));
    periods.sort_by_key(|period| (period.from, period.to));
    periods.dedup();
    periods
}

/// Asks for what pages offer today and is not there.
///
/// # Errors
/// What the database says.
pub fn ask_for_offered(c: &mut Conn, today: NaiveDate, now: NaiveDateTime) -> QueryResult<()> {
    if let Some(first) = readings::first_day(c)?.filter(|first| *first < today) {
        for period in offered(today, first) {
            if !figures::is_known(c, period)? {
                figures::ask(c, period, now)?;
            }
        }
    }
    Ok(())
}

/// Asks for what pages offer today, and computes the first that waits.
///
/// # Errors
/// What the database says.
pub fn by_night(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<String> {
    figures::forget(c, times.now - Duration::days(KEPT_DAYS))?;
    ask_for_offered(c, times.calendar.day(times.now), times.now)?;
    asked(c, times, worth_at)
}

/// Computes the period that waits longest; empty where none does.
///
/// # Errors
/// What the database says.
pub fn asked(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<String> {
    let waiting = figures::waiting(c)?;
    let Some(period) = waiting.first() else { return Ok(String::new()) };
    let found = compute_and_keep(c, question(*period, times), worth_at, times.now)?;
    let more = if waiting.len() > 1 { MORE } else { "" };
    Ok(format!("{more}{} figures of {} to {}", found.len(), period.from, period.last_day()))
}

/// Turns who opened what before the set number of days into counts: in one run the figures of a month are
/// kept, in the next its days are forgotten, and so on until nothing is left to forget.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn, times: &Times, worth_at: WorthAt) -> AppResult<String> {
    let days = times.config.policy.retention.days.unsigned_abs();
    let today = times.calendar.day(times.now);
    let target = today.checked_sub_days(chrono::Days::new(days)).unwrap_or(today);
    match forgetting::next(c, target)? {
        Next::Nothing => Ok(String::new()),
        Next::Keep(month) => {
            compute_and_keep(c, question(month, times), worth_at, times.now)?;
            let stays = readings::stays(c, times.calendar)?;
            forgetting::keep_month(c, month, &stays, times.now)?;
            Ok(format!("{MORE}figures of {} to {} are kept for good", month.from, month.last_day()))
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
                "2026-10-10 2026-11-02",
                "2026-11-02 2026-11-25"
            ]
        );
        assert_eq!(offered(day("2026-11-25"), day("2026-11-20")).len(), 1);
    }
}
