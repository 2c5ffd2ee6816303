//! Why people did not share. A count goes up and no row says who: for the rest of the month it is written
//! down that somebody has answered, so that nobody counts twice, and not what.

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::{unshared_counts, unshared_marks};
use crate::each_db;
use crate::obstacles::reasons::Reason;

/// The first day of the month of a day.
fn month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// Counts somebody's reason; false where they have told one this month.
///
/// # Errors
/// What the database says.
pub fn tell(c: &mut Conn, actor: &Actor, reason: Reason) -> QueryResult<bool> {
    let mark = (unshared_marks::month.eq(month(actor.day)), unshared_marks::person_id.eq(actor.person_id));
    let new = each_db!(&mut *c, c => diesel::insert_into(unshared_marks::table)
        .values(mark)
        .on_conflict_do_nothing()
        .execute(c))?;
    if new == 0 {
        return Ok(false);
    }
    add(c, month(actor.day), actor.department_id, reason, 1)?;
    Ok(true)
}

/// Adds people to a count.
///
/// # Errors
/// What the database says.
pub fn add(
    c: &mut Conn,
    month: NaiveDate,
    department_id: i64,
    reason: Reason,
    people: i32,
) -> QueryResult<()> {
    use unshared_counts as t;
    each_db!(c, c => diesel::insert_into(t::table)
        .values((
            t::month.eq(month),
            t::department_id.eq(department_id),
            t::reason.eq(reason.name()),
            t::people.eq(people),
        ))
        .on_conflict((t::month, t::department_id, t::reason))
        .do_update()
        .set(t::people.eq(t::people + people))
        .execute(c))?;
    Ok(())
}

/// Whether somebody has told a reason this month.
///
/// # Errors
/// What the database says.
pub fn has_told(c: &mut Conn, actor: &Actor) -> QueryResult<bool> {
    let mark = unshared_marks::table.find((month(actor.day), actor.person_id));
    diesel::select(diesel::dsl::exists(mark)).get_result(c)
}

/// The first of the months that are told on a day: those of a year.
pub fn since(today: NaiveDate) -> NaiveDate {
    let this_month = month(today);
    this_month.checked_sub_months(chrono::Months::new(12)).unwrap_or(this_month)
}

/// What was told in all months that are over on a day: month, department, reason and how many.
///
/// # Errors
/// What the database says.
pub fn finished(c: &mut Conn, today: NaiveDate) -> QueryResult<Vec<(NaiveDate, i64, Reason, u64)>> {
    let this_month = month(today);
    let rows: Vec<(NaiveDate, i64, String, i32)> = unshared_counts::table
        .filter(unshared_counts::month.lt(this_month))
        .order((unshared_counts::month, unshared_counts::department_id, unshared_counts::reason))
        .select((
            unshared_counts::month,
            unshared_counts::department_id,
            unshared_counts::reason,
            unshared_counts::people,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .filter_map(|(month, department, reason, people)| {
            Some((month, department, Reason::named(&reason)?, u64::try_from(people).unwrap_or(0)))
        })
        .collect())
}

/// Of how many people an answer was counted in a month.
///
/// # Errors
/// What the database says.
pub fn answered(c: &mut Conn, day: NaiveDate) -> QueryResult<i64> {
    let people: Option<i64> = unshared_counts::table
        .filter(unshared_counts::month.eq(month(day)))
        .select(diesel::dsl::sum(unshared_counts::people))
        .first(c)?;
    Ok(people.unwrap_or(0))
}

/// Forgets who answered in months that are over.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn, today: NaiveDate) -> QueryResult<usize> {
    diesel::delete(unshared_marks::table.filter(unshared_marks::month.lt(month(today)))).execute(c)
}
