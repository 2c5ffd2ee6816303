//! How many insights came to have ratings enough on each day that is over: counting them all took a page a
//! fiftieth of a second with two hundred thousand insights.
//!
//! A day is in UTC, and an insight's is that on which it both had its ratings and was old enough. Days are made
//! when they have been over for some minutes ([`make_next`]). From then on the database itself counts what
//! changes of them, in the transaction that changes it; it keeps no day that is not there. Whatever changes
//! values in bulk forgets all days first and makes them afterwards.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date};

use super::readings::OLD_ENOUGH_DAYS;
use crate::db::schema::{covered_days, insight_values, insights};
use crate::db::{Conn, exclude_writers};
use crate::each_db;

/// How many insights every day has; the two databases have other words for the day of a time.
fn counted(c: &Conn) -> &'static str {
    match c {
        Conn::Sqlite(_) => {
            "SELECT max(date(enough_since), date(contributed_at, '+14 days')) AS day, COUNT(*) AS insights \
             FROM insight_values WHERE enough_since IS NOT NULL GROUP BY 1"
        }
        Conn::Postgres(_) => {
            "SELECT GREATEST(CAST(enough_since AS DATE), CAST(contributed_at AS DATE) + 14) AS day, \
             COUNT(*) AS insights FROM insight_values WHERE enough_since IS NOT NULL GROUP BY 1"
        }
    }
}

#[derive(QueryableByName)]
struct OfDay {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(sql_type = BigInt)]
    insights: i64,
}

/// The first day that an insight may have.
fn first(c: &mut Conn) -> QueryResult<Option<NaiveDate>> {
    let first: Option<NaiveDateTime> = insight_values::table
        .filter(insight_values::enough_since.is_not_null())
        .select(diesel::dsl::min(insight_values::enough_since))
        .first(c)?;
    Ok(first.map(|at| at.date()))
}

fn number_of_days(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days().max(0)
}

/// How many insights had ratings enough before `end` and were shared by `limit`, which is two weeks earlier; none
/// where not every day is there.
///
/// # Errors
/// What the database says.
pub fn before(c: &mut Conn, end: NaiveDateTime, limit: NaiveDateTime) -> QueryResult<Option<i64>> {
    use covered_days as t;
    let Some(first) = first(c)? else { return Ok(Some(0)) };
    let day = end.date();
    let begins = day.and_time(NaiveTime::MIN);
    let (days, kept): (i64, i64) = t::table
        .filter(t::day.ge(first).and(t::day.lt(day)))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(insights), 0) AS BIGINT)"),
        ))
        .first(c)?;
    if days != number_of_days(first, day) {
        return Ok(None);
    }
    // Of the day on which the period ends, which is over in no more than one time zone: those whose ratings came
    // on it, and those that became old enough on it.
    let rated: i64 = insight_values::table
        .filter(insight_values::enough_since.ge(begins).and(insight_values::enough_since.lt(end)))
        .filter(insight_values::contributed_at.le(limit))
        .count()
        .get_result(c)?;
    let aged: i64 = insights::table
        .inner_join(insight_values::table)
        .filter(insights::contributed_at.ge(begins - chrono::Duration::days(OLD_ENOUGH_DAYS)))
        .filter(insights::contributed_at.le(limit))
        .filter(insight_values::enough_since.lt(begins))
        .count()
        .get_result(c)?;
    Ok(Some(kept + rated + aged))
}

/// Makes the days before `until` that are not there, and returns how many.
///
/// # Errors
/// What the database says.
pub fn make_next(c: &mut Conn, until: NaiveDate) -> QueryResult<usize> {
    use covered_days as t;
    let Some(from) = first(c)?.filter(|first| *first < until) else { return Ok(0) };
    let days = t::table.filter(t::day.ge(from).and(t::day.lt(until))).count();
    if days.get_result::<i64>(c)? == number_of_days(from, until) {
        return Ok(0);
    }
    // Whoever changes a value counts in the days that are there, so it waits, or is waited for.
    exclude_writers(c, &["insight_values", "covered_days"])?;
    let kept: Vec<NaiveDate> = t::table.select(t::day).load(c)?;
    let counted = diesel::sql_query(counted(c)).load::<OfDay>(c)?;
    let counted: std::collections::HashMap<NaiveDate, i64> =
        counted.into_iter().map(|of| (of.day, of.insights)).collect();
    let missing: Vec<_> = from
        .iter_days()
        .take_while(|day| *day < until)
        .filter(|day| !kept.contains(day))
        .map(|day| (t::day.eq(day), t::insights.eq(counted.get(&day).copied().unwrap_or(0))))
        .collect();
    let made = missing.len();
    each_db!(c, c => diesel::insert_into(t::table).values(missing).execute(c))?;
    Ok(made)
}

/// Forgets all days, before values are changed in bulk.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn) -> QueryResult<()> {
    diesel::delete(covered_days::table).execute(c).map(|_| ())
}

/// The last day that is over for certain at a time: nothing that began on it is still under way.
pub fn over(now: NaiveDateTime) -> NaiveDate {
    (now - chrono::Duration::minutes(5)).date()
}

/// Mends days that do not agree with the values and returns how many. One statement sees both, so nobody has to
/// wait meanwhile.
///
/// # Errors
/// What the database says.
pub fn settle(c: &mut Conn) -> QueryResult<i64> {
    let differing = format!(
        "SELECT k.day AS day, COALESCE(v.insights, 0) - k.insights AS insights FROM covered_days k \
         LEFT JOIN ({}) AS v ON v.day = k.day WHERE k.insights <> COALESCE(v.insights, 0)",
        counted(c)
    );
    let differing = diesel::sql_query(differing).load::<OfDay>(c)?;
    for OfDay { day, insights } in &differing {
        diesel::update(covered_days::table.find(day))
            .set(covered_days::insights.eq(covered_days::insights + *insights))
            .execute(c)?;
    }
    Ok(i64::try_from(differing.len()).unwrap_or(i64::MAX))
}
