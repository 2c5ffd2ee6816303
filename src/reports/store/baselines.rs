//! The report that later ones are compared with: that of the first four full weeks in which people opened
//! something, marked by itself, or one that the Chief Customer Officer chose, once. The database itself refuses
//! to change the mark.

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::dsl::count;
use diesel::prelude::*;

use crate::accounts::audit;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{activity_daily, people, person_daily, report_baselines, reports};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::period::Period;
use crate::flow::store::readings;
use crate::reports::periods;

/// Fewest days of a baseline.
pub const FEWEST_DAYS: i64 = 28;

/// The baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    pub report: i64,
    pub period: Period,
    /// Who chose it; none where it was marked by itself.
    pub by: Option<String>,
    pub by_hand: bool,
    /// UTC.
    pub at: NaiveDateTime,
}

/// The baseline that counts: the one by hand before the one marked by itself; none where neither is there.
///
/// # Errors
/// What the database says.
pub fn baseline(c: &mut Conn) -> QueryResult<Option<Baseline>> {
    type Row = (i64, chrono::NaiveDate, chrono::NaiveDate, Option<String>, bool, NaiveDateTime);
    let row: Option<Row> = report_baselines::table
        .inner_join(reports::table)
        .left_join(people::table.on(people::id.nullable().eq(report_baselines::marked_by)))
        .order(report_baselines::by_hand.desc())
        .select((
            reports::id,
            reports::period_from,
            reports::period_to,
            people::name.nullable(),
            report_baselines::by_hand,
            report_baselines::marked_at,
        ))
        .first(c)
        .optional()?;
    Ok(row.map(|(report, from, to, by, by_hand, at)| Baseline {
        report,
        period: Period { from, to },
        by,
        by_hand,
        at,
    }))
}

/// The first four full weeks that are over on a day and in which `percent` of those who were there, at least
/// five people, opened something, five of them in the first week already; none yet where that has not been. An
/// archive that is filled before people know of it would otherwise be compared with weeks of nothing.
///
/// # Errors
/// What the database says.
pub fn first_weeks(
    c: &mut Conn,
    calendar: Calendar,
    today: NaiveDate,
    percent: i64,
) -> QueryResult<Option<Period>> {
    let Some(first) = readings::first_day(c)? else { return Ok(None) };
    let opened: Option<NaiveDate> = activity_daily::table
        .filter(activity_daily::accesses.gt(0))
        .filter(activity_daily::day.ge(first))
        .order(activity_daily::day)
        .select(activity_daily::day)
        .first(c)
        .optional()?;
    let Some(opened) = opened else { return Ok(None) };
    let stays = readings::stays(c, calendar)?;
    let mut weeks = periods::first_four_weeks(first);
    while weeks.to <= today {
        let begins = weeks.from.checked_add_days(Days::new(7)).unwrap_or(weeks.to);
        let first_week = Period { to: begins, ..weeks };
        if opened < begins && openers(c, first_week)? >= FEWEST_PEOPLE as i64 {
            let there = stays.iter().filter(|stay| stay.is_at_end_of(weeks)).count() as i64;
            let wanted = ((there * percent + 99) / 100).max(FEWEST_PEOPLE as i64);
            if openers(c, weeks)? >= wanted {
                return Ok(Some(weeks));
            }
        }
        let Some(next) = weeks.from.checked_add_days(Days::new(7)) else { break };
        weeks = periods::first_four_weeks(next);
    }
    Ok(None)
}

/// How many people opened something.
fn openers(c: &mut Conn, period: Period) -> QueryResult<i64> {
    person_daily::table
        .filter(person_daily::day.ge(period.from).and(person_daily::day.lt(period.to)))
        .filter(person_daily::accesses.gt(0))
        .select(count(person_daily::person_id).aggregate_distinct())
        .first(c)
}

/// Marks a report as the baseline, with its trace; false where there is one of this kind already.
///
/// # Errors
/// What the database says.
pub fn mark(c: &mut Conn, report: i64, by: Option<i64>, at: NaiveDateTime) -> QueryResult<bool> {
    let row = (
        report_baselines::by_hand.eq(by.is_some()),
        report_baselines::report_id.eq(report),
        report_baselines::marked_by.eq(by),
        report_baselines::marked_at.eq(at),
    );
    let new = each_db!(&mut *c, c => diesel::insert_into(report_baselines::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if new > 0 {
        audit::record(c, by, at, "marked as the baseline", &format!("report:{report}"), "")?;
    }
    Ok(new > 0)
}

/// Marks a report by hand: of the whole company, over four weeks at least, and only once.
///
/// # Errors
/// 409 with the reason why it cannot be; what the database says.
pub fn choose(c: &mut Conn, report: i64, person: i64, at: NaiveDateTime) -> AppResult<()> {
    let (from, to, segment): (chrono::NaiveDate, chrono::NaiveDate, Option<i64>) = reports::table
        .find(report)
        .select((reports::period_from, reports::period_to, reports::segment_id))
        .first(c)
        .optional()?
        .ok_or(AppError::NotFound)?;
    if segment.is_some() {
        return Err(AppError::Conflict(
            "A baseline is of the whole company. Choose a report without a segment.",
        ));
    }
    if (to - from).num_days() < FEWEST_DAYS {
        return Err(AppError::Conflict("A baseline covers four weeks at least. Make a longer report first."));
    }
    if !mark(c, report, Some(person), at)? {
        return Err(AppError::Conflict("A baseline was chosen by hand already. That is done once."));
    }
    Ok(())
}
