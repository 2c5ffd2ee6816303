//! What is kept of figures that pages tell: numbers, curves, and the ratings they come from.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::quick::Day;
use crate::db::schema::{figure_runs, figure_shapes, figures, insight_values, insights, ratings};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::figure::Figure;
use crate::flow::metrics::shape::Shape;
use crate::flow::period::Period;

/// Ratings read at a time.
const PAGE: i64 = 20_000;

/// Who gave a rating on each day, counted up to five.
///
/// # Errors
/// What the database says.
pub fn raters(c: &mut Conn) -> QueryResult<BTreeMap<NaiveDate, Vec<i64>>> {
    let mut days: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    let mut last = 0;
    loop {
        let rows = ratings::table.filter(ratings::id.gt(last)).order(ratings::id).limit(PAGE).select((
            ratings::id,
            ratings::person_id,
            ratings::day,
        ));
        let page: Vec<(i64, i64, Day)> = each_db!(&mut *c, c => rows.load(c))?;
        let Some(&(id, ..)) = page.last() else { return Ok(days) };
        last = id;
        for (_, person, Day(day)) in page {
            let people = days.entry(day).or_default();
            if (people.len() as u64) < FEWEST_PEOPLE && !people.contains(&person) {
                people.push(person);
            }
        }
    }
}

/// A figure that is kept, of a period, and when it was computed.
pub type Known = (Period, NaiveDateTime, Figure);

/// What is kept of these metrics.
///
/// # Errors
/// What the database says, or a figure that cannot be read.
pub fn figures(c: &mut Conn, metrics: &[&str]) -> AppResult<Vec<Known>> {
    let runs: Vec<(NaiveDate, NaiveDate, Option<NaiveDateTime>)> = figure_runs::table
        .select((figure_runs::from_day, figure_runs::to_day, figure_runs::computed_at))
        .load(c)?;
    let computed: BTreeMap<(NaiveDate, NaiveDate), NaiveDateTime> =
        runs.into_iter().filter_map(|(from, to, at)| Some(((from, to), at?))).collect();
    let rows: Vec<(NaiveDate, NaiveDate, String)> = figures::table
        .filter(figures::metric.eq_any(metrics.to_vec()))
        .order((figures::from_day, figures::to_day, figures::place))
        .select((figures::from_day, figures::to_day, figures::figure))
        .load(c)?;
    let read = |(from, to, text): (NaiveDate, NaiveDate, String)| {
        let figure = serde_json::from_str::<Figure>(&text)
            .map_err(|error| AppError::Internal(format!("a kept figure cannot be read: {error}")))?;
        Ok(computed.get(&(from, to)).map(|at| (Period { from, to }, *at, figure)))
    };
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
}

/// Whether a value followed a rating after `from` and until `until`, or an insight was withdrawn.
///
/// # Errors
/// What the database says.
pub fn ratings_moved(c: &mut Conn, from: NaiveDateTime, until: NaiveDateTime) -> QueryResult<bool> {
    use insight_values::computed_at;
    let moved = insight_values::table.filter(computed_at.gt(from).and(computed_at.le(until)));
    let gone = insights::table.filter(insights::withdrawn_at.gt(from).and(insights::withdrawn_at.le(until)));
    diesel::select(exists(moved).or(exists(gone))).get_result(c)
}

/// Every curve and distribution that is kept, of months whose events are gone too.
///
/// # Errors
/// What the database says, or one that cannot be read.
pub fn shapes(c: &mut Conn) -> AppResult<Vec<Shape>> {
    let rows: Vec<String> = figure_shapes::table.select(figure_shapes::shape).load(c)?;
    rows.iter()
        .map(|row| {
            serde_json::from_str(row)
                .map_err(|error| AppError::Internal(format!("a kept shape cannot be read: {error}")))
        })
        .collect()
}
