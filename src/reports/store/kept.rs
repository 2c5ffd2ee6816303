//! The reports there are. The database itself refuses to change or remove one.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::freezing::Wish;
use crate::db::Conn;
use crate::db::schema::{people, reports};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::period::Period;
use crate::reports::frozen::Frozen;

/// A report to be kept.
pub struct New<'a> {
    /// The first day of the month it is the company's report of; none for one made by hand.
    pub month: Option<NaiveDate>,
    pub wish: Wish,
    /// None for one that was made by itself.
    pub made_by: Option<i64>,
    pub made_at: NaiveDateTime,
    pub frozen: &'a Frozen,
}

/// A report without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub id: i64,
    pub month: Option<NaiveDate>,
    pub period: Period,
    /// The name of who made it; none where it was made by itself.
    pub made_by: Option<String>,
    pub made_at: NaiveDateTime,
    pub sentence: String,
}

/// Keeps a report and returns its number; none where this month has its report already.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, new: &New<'_>) -> AppResult<Option<i64>> {
    let frozen = serde_json::to_string(new.frozen)
        .map_err(|error| AppError::Internal(format!("a report cannot be written down: {error}")))?;
    let row = (
        reports::month.eq(new.month),
        reports::period_from.eq(new.wish.period.from),
        reports::period_to.eq(new.wish.period.to),
        reports::segment_id.eq(new.wish.segment),
        reports::made_by.eq(new.made_by),
        reports::made_at.eq(new.made_at),
        reports::sentence.eq(&new.frozen.sentence),
        reports::frozen.eq(frozen),
    );
    Ok(each_db!(c, c => diesel::insert_into(reports::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(reports::id)
        .get_result::<i64>(c)
        .optional())?)
}

type Found = (i64, Option<NaiveDate>, NaiveDate, NaiveDate, Option<String>, NaiveDateTime, String);

fn head((id, month, from, to, made_by, made_at, sentence): Found) -> Head {
    Head { id, month, period: Period { from, to }, made_by, made_at, sentence }
}

/// The newest reports before `before` (exclusive; all of them without), newest first.
///
/// # Errors
/// What the database says.
pub fn list(c: &mut Conn, before: Option<i64>, limit: i64) -> QueryResult<Vec<Head>> {
    let found: Vec<Found> = reports::table
        .left_join(people::table)
        .filter(reports::id.lt(before.unwrap_or(i64::MAX)))
        .order(reports::id.desc())
        .limit(limit)
        .select((
            reports::id,
            reports::month,
            reports::period_from,
            reports::period_to,
            people::name.nullable(),
            reports::made_at,
            reports::sentence,
        ))
        .load(c)?;
    Ok(found.into_iter().map(head).collect())
}

/// A report.
///
/// # Errors
/// 404 when there is none; what the database says.
pub fn report(c: &mut Conn, id: i64) -> AppResult<(Head, Frozen)> {
    let (found, frozen): (Found, String) = reports::table
        .left_join(people::table)
        .filter(reports::id.eq(id))
        .select((
            (
                reports::id,
                reports::month,
                reports::period_from,
                reports::period_to,
                people::name.nullable(),
                reports::made_at,
                reports::sentence,
            ),
            reports::frozen,
        ))
        .first(c)
        .optional()?
        .ok_or(AppError::NotFound)?;
    Ok((head(found), read(&frozen)?))
}

fn read(frozen: &str) -> AppResult<Frozen> {
    serde_json::from_str(frozen)
        .map_err(|error| AppError::Internal(format!("a report cannot be read: {error}")))
}

/// The number of the company's report of a month.
///
/// # Errors
/// What the database says.
pub fn of_month(c: &mut Conn, month: NaiveDate) -> QueryResult<Option<i64>> {
    reports::table.filter(reports::month.eq(month)).select(reports::id).first(c).optional()
}

/// The newest of the company's reports of months.
///
/// # Errors
/// What the database says.
pub fn latest_month(c: &mut Conn) -> AppResult<Option<(Period, Frozen)>> {
    let found: Option<(NaiveDate, NaiveDate, String)> = reports::table
        .filter(reports::month.is_not_null())
        .order(reports::month.desc())
        .select((reports::period_from, reports::period_to, reports::frozen))
        .first(c)
        .optional()?;
    found.map(|(from, to, frozen)| Ok((Period { from, to }, read(&frozen)?))).transpose()
}

/// The company's reports of the last months, the oldest first.
///
/// # Errors
/// What the database says.
pub fn months(c: &mut Conn, most: i64) -> AppResult<Vec<(i64, Frozen)>> {
    let found: Vec<(i64, String)> = reports::table
        .filter(reports::month.is_not_null())
        .order(reports::month.desc())
        .limit(most)
        .select((reports::id, reports::frozen))
        .load(c)?;
    found.into_iter().rev().map(|(id, frozen)| Ok((id, read(&frozen)?))).collect()
}

/// The report of exactly this period and segment: that of the month before those made by hand, and of
/// these the first, which has been quoted longest.
///
/// # Errors
/// What the database says.
pub fn about(c: &mut Conn, period: Period, segment: Option<i64>) -> AppResult<Option<(i64, Frozen)>> {
    let of_period: Vec<(i64, Option<i64>)> = reports::table
        .filter(reports::period_from.eq(period.from))
        .filter(reports::period_to.eq(period.to))
        .order((reports::month.is_null(), reports::id))
        .select((reports::id, reports::segment_id))
        .load(c)?;
    let Some((id, _)) = of_period.into_iter().find(|(_, of)| *of == segment) else { return Ok(None) };
    let frozen: String = reports::table.find(id).select(reports::frozen).first(c)?;
    Ok(Some((id, read(&frozen)?)))
}
