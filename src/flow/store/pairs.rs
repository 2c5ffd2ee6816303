//! Who opened what of whom: for intervals and comparisons that are computed by jobs. What it says of single
//! people never leaves the first floors.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{first_accesses, uses};
use crate::flow::period::Period;
use crate::flow::spans::{OfWeek, Span, spans};

/// How many insights of `from` each person of `to` opened for the first time in the period.
///
/// # Errors
/// What the database says.
pub fn first_openings(
    c: &mut Conn,
    period: Period,
    from: &[i64],
    to: &[i64],
) -> QueryResult<Vec<(i64, i64)>> {
    use first_accesses as t;
    t::table
        .filter(t::from_department_id.eq_any(from.to_vec()))
        .filter(t::to_department_id.eq_any(to.to_vec()))
        .filter(t::day.ge(period.from).and(t::day.lt(period.to)))
        .group_by(t::person_id)
        .order(t::person_id)
        .select((t::person_id, diesel::dsl::count_star()))
        .load(c)
}

/// From so many first openings of a week on it is not asked who made them: they are not of four people.
const MANY: i64 = 200;

/// First openings of what `from` shared by `to`, week by week, as far as weeks are told apart ([`spans`]).
///
/// # Errors
/// What the database says.
pub fn weekly(
    c: &mut Conn,
    period: Period,
    segment: Option<i64>,
    from: &[i64],
    to: &[i64],
) -> QueryResult<Vec<Span>> {
    let days = super::rows::flow_days(c, period, segment, from, to)?;
    let mut weeks: Vec<OfWeek> = Vec::new();
    for week in period.weeks() {
        let count = days.iter().filter(|(day, _)| week.part.holds(*day)).map(|(_, count)| count).sum();
        let readers = match count {
            0 => Some(HashSet::new()),
            MANY.. => None,
            _ => Some(readers(c, week.part, segment, from, to)?),
        };
        weeks.push((week, count, readers));
    }
    Ok(spans(&weeks))
}

fn readers(
    c: &mut Conn,
    days: Period,
    segment: Option<i64>,
    from: &[i64],
    to: &[i64],
) -> QueryResult<HashSet<i64>> {
    use first_accesses as t;
    let mut query = t::table
        .filter(t::from_department_id.eq_any(from.to_vec()))
        .filter(t::to_department_id.eq_any(to.to_vec()))
        .filter(t::day.ge(days.from).and(t::day.lt(days.to)))
        .select(t::person_id)
        .into_boxed();
    if let Some(segment) = segment {
        query = query.filter(t::segment_id.eq(segment));
    }
    Ok(query.load::<i64>(c)?.into_iter().collect())
}

/// The people of some departments who opened an insight for the first time, by insight.
///
/// # Errors
/// What the database says.
pub fn readers_of_each(
    c: &mut Conn,
    insights: &[i64],
    departments: &[i64],
    (from, to): (Option<NaiveDate>, NaiveDate),
) -> QueryResult<BTreeMap<i64, HashSet<i64>>> {
    use first_accesses as t;
    let mut query = t::table
        .filter(t::insight_id.eq_any(insights.to_vec()))
        .filter(t::to_department_id.eq_any(departments.to_vec()))
        .filter(t::day.lt(to))
        .select((t::insight_id, t::person_id))
        .into_boxed();
    if let Some(from) = from {
        query = query.filter(t::day.ge(from));
    }
    let mut readers: BTreeMap<i64, HashSet<i64>> = BTreeMap::new();
    for (insight, person) in query.load::<(i64, i64)>(c)? {
        readers.entry(insight).or_default().insert(person);
    }
    Ok(readers)
}

/// How often people of some departments said in a period that they used an insight, by insight.
///
/// # Errors
/// What the database says.
pub fn uses_of_each(
    c: &mut Conn,
    insights: &[i64],
    departments: &[i64],
    period: Period,
) -> QueryResult<BTreeMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = uses::table
        .filter(uses::insight_id.eq_any(insights.to_vec()))
        .filter(uses::department_id.eq_any(departments.to_vec()))
        .filter(uses::day.ge(period.from).and(uses::day.lt(period.to)))
        .group_by(uses::insight_id)
        .select((uses::insight_id, diesel::dsl::count_star()))
        .load(c)?;
    Ok(rows.into_iter().collect())
}
