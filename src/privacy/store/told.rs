//! What pages, reports and mails have told, as far as the nightly check asks: which periods, and of which
//! insights it looks at the lists.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{figure_runs, first_accesses, insights, obstacle_measures, reports};

/// Periods of reports, obstacles and figures that somebody asked for, the latest of each.
const EACH: i64 = 12;

/// Periods of which figures are told beside those that the pages offer: `(from, to)`, half-open.
///
/// # Errors
/// What the database says.
pub fn periods(c: &mut Conn) -> QueryResult<Vec<(NaiveDate, NaiveDate)>> {
    let mut all: Vec<(NaiveDate, NaiveDate)> = reports::table
        .order(reports::id.desc())
        .limit(EACH)
        .select((reports::period_from, reports::period_to))
        .load(c)?;
    all.extend(
        obstacle_measures::table
            .group_by((obstacle_measures::from_day, obstacle_measures::to_day))
            .order(obstacle_measures::to_day.desc())
            .limit(EACH)
            .select((obstacle_measures::from_day, obstacle_measures::to_day))
            .load::<(NaiveDate, NaiveDate)>(c)?,
    );
    all.extend(
        figure_runs::table
            .filter(figure_runs::computed_at.is_not_null())
            .order(figure_runs::asked_at.desc())
            .limit(EACH)
            .select((figure_runs::from_day, figure_runs::to_day))
            .load::<(NaiveDate, NaiveDate)>(c)?,
    );
    Ok(all)
}

/// The newest insights, and as many drawn from all of them, others each day.
///
/// # Errors
/// What the database says.
pub fn insights(c: &mut Conn, today: NaiveDate, many: i64) -> QueryResult<Vec<i64>> {
    let mut ids: Vec<i64> =
        insights::table.order(insights::id.desc()).limit(many).select(insights::id).load(c)?;
    let Some(last) = ids.first().copied() else { return Ok(ids) };
    let day = today.signed_duration_since(NaiveDate::default()).num_days();
    let drawn: Vec<i64> = (1..=many).map(|n| (day * many + n) * 40_503 % last + 1).collect();
    let drawn = insights::table.filter(insights::id.eq_any(drawn)).select(insights::id).load::<i64>(c)?;
    ids.extend(drawn);
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The day on which each of these was opened for the first time, of those that were.
///
/// # Errors
/// What the database says.
pub fn first_opened(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, NaiveDate)>> {
    let rows: Vec<(i64, Option<NaiveDate>)> = first_accesses::table
        .filter(first_accesses::insight_id.eq_any(ids.to_vec()))
        .group_by(first_accesses::insight_id)
        .select((first_accesses::insight_id, diesel::dsl::min(first_accesses::day)))
        .load(c)?;
    Ok(rows.into_iter().filter_map(|(id, day)| Some((id, day?))).collect())
}
