//! What is kept with the figures of a period: the insights behind a figure, and curves and distributions.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::active::Ids;
use crate::db::Conn;
use crate::db::quick::Day;
use crate::db::schema::{
    figure_insights, figure_shapes, insight_values, insights, raters, ratings, remarks, requests, uses,
};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::shape::Shape;
use crate::flow::period::Period;

/// Keeps the insights behind a figure in the place of those there were.
///
/// # Errors
/// What the database says.
pub fn keep_insights(c: &mut Conn, period: Period, metric: &str, ids: &[i64]) -> QueryResult<()> {
    use figure_insights as t;
    let known = t::table.filter(t::from_day.eq(period.from).and(t::to_day.eq(period.to)));
    diesel::delete(known.filter(t::metric.eq(metric))).execute(c)?;
    for id in ids {
        diesel::insert_into(t::table)
            .values((
                t::from_day.eq(period.from),
                t::to_day.eq(period.to),
                t::metric.eq(metric),
                t::insight_id.eq(*id),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// The insights behind a kept figure, by id.
///
/// # Errors
/// What the database says.
pub fn insights_behind(c: &mut Conn, period: Period, metric: &str) -> QueryResult<Vec<i64>> {
    use figure_insights as t;
    t::table
        .filter(t::from_day.eq(period.from).and(t::to_day.eq(period.to)))
        .filter(t::metric.eq(metric))
        .order(t::insight_id)
        .select(t::insight_id)
        .load(c)
}

/// Keeps the shapes of a period in the place of those there were.
///
/// # Errors
/// What the database says.
pub fn keep_shapes(c: &mut Conn, period: Period, shapes: &[Shape]) -> AppResult<()> {
    use figure_shapes as t;
    diesel::delete(t::table.filter(t::from_day.eq(period.from).and(t::to_day.eq(period.to)))).execute(c)?;
    for shape in shapes {
        let text = serde_json::to_string(shape)
            .map_err(|error| AppError::Internal(format!("a shape cannot be kept: {error}")))?;
        diesel::insert_into(t::table)
            .values((
                t::from_day.eq(period.from),
                t::to_day.eq(period.to),
                t::name.eq(&shape.name),
                t::shape.eq(text),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// The shapes of a period.
///
/// # Errors
/// What the database says, or a shape that cannot be read.
pub fn shapes(c: &mut Conn, period: Period) -> AppResult<Vec<Shape>> {
    use figure_shapes as t;
    let rows: Vec<String> = t::table
        .filter(t::from_day.eq(period.from).and(t::to_day.eq(period.to)))
        .order(t::name)
        .select(t::shape)
        .load(c)?;
    rows.iter()
        .map(|row| {
            serde_json::from_str(row)
                .map_err(|error| AppError::Internal(format!("a kept shape cannot be read: {error}")))
        })
        .collect()
}

/// Forgets what is kept with a period.
///
/// # Errors
/// What the database says.
pub(super) fn forget(c: &mut Conn, from: NaiveDate, to: NaiveDate) -> QueryResult<()> {
    let behind =
        figure_insights::table.filter(figure_insights::from_day.eq(from).and(figure_insights::to_day.eq(to)));
    diesel::delete(behind).execute(c)?;
    let drawn =
        figure_shapes::table.filter(figure_shapes::from_day.eq(from).and(figure_shapes::to_day.eq(to)));
    diesel::delete(drawn).execute(c).map(|_| ())
}

/// How many insights show a value, by its tenths of a star: those with raters enough for a number.
///
/// # Errors
/// What the database says.
pub fn shown_values(c: &mut Conn) -> QueryResult<Vec<(i32, i64)>> {
    insight_values::table
        .inner_join(insights::table)
        .filter(insights::withdrawn_at.is_null())
        .filter(insight_values::shown_raters.ge(FEWEST_PEOPLE as i32))
        .group_by(insight_values::shown_tenths)
        .select((insight_values::shown_tenths, count_star()))
        .order(insight_values::shown_tenths)
        .load(c)
}

/// How generous those are who have rated at least so many insights, in stars.
///
/// # Errors
/// What the database says.
pub fn generosity(c: &mut Conn, ratings: i32) -> QueryResult<Vec<f64>> {
    raters::table.filter(raters::ratings.ge(ratings)).select(raters::leniency).load(c)
}

/// Ratings read at a time.
const PAGE: i64 = 20_000;

/// Ratings of a day, given before the value was seen or after.
#[derive(Default)]
struct Given {
    ratings: i64,
    stars: i64,
    people: Ids,
}

/// How people rated on each day.
#[derive(Default)]
pub struct Rated(BTreeMap<NaiveDate, [Given; 2]>);

/// Every rating, day by day.
///
/// # Errors
/// What the database says.
pub fn rated(c: &mut Conn) -> QueryResult<Rated> {
    type Row = (i64, Day, bool, i32, i64);
    let (mut all, mut last) = (Rated::default(), 0);
    loop {
        let rows = ratings::table.filter(ratings::id.gt(last)).order(ratings::id).limit(PAGE).select((
            ratings::id,
            ratings::day,
            ratings::blind,
            ratings::value,
            ratings::person_id,
        ));
        let page: Vec<Row> = each_db!(&mut *c, c => rows.load(c))?;
        let Some((id, ..)) = page.last() else { return Ok(all) };
        last = *id;
        for (_, day, blind, stars, person) in page {
            let given = &mut all.0.entry(day.0).or_default()[usize::from(blind)];
            given.ratings += 1;
            given.stars += i64::from(stars);
            given.people.add(person);
        }
    }
}

impl Rated {
    /// Ratings of a period: whether the value had not been seen, how many, their stars together, and of how many
    /// people.
    pub fn blindness(&self, period: Period) -> Vec<(bool, i64, i64, i64)> {
        let of = |blind: bool| {
            let mut sum = Given::default();
            for (_, given) in self.0.range(period.from..period.to) {
                let given = &given[usize::from(blind)];
                sum.ratings += given.ratings;
                sum.stars += given.stars;
                sum.people.join(&given.people);
            }
            (blind, sum.ratings, sum.stars, sum.people.iter().count() as i64)
        };
        [true, false].map(of).into_iter().filter(|(_, ratings, ..)| *ratings > 0).collect()
    }

    /// Who rated in a span of days.
    fn people(&self, from: NaiveDate, to: NaiveDate) -> HashSet<i64> {
        let given = (from < to).then(|| self.0.range(from..to)).into_iter().flatten();
        given.flat_map(|(_, given)| given).flat_map(|given| given.people.iter()).collect()
    }
}

/// Who took part in a span of days: rated, used, remarked, asked or shared; and who of them shared.
///
/// # Errors
/// What the database says.
pub fn taking_part(
    c: &mut Conn,
    from: NaiveDate,
    to: NaiveDate,
    rated: &Rated,
) -> QueryResult<[HashSet<i64>; 2]> {
    let sharing: HashSet<i64> = insights::table
        .filter(insights::day.ge(from).and(insights::day.lt(to)))
        .filter(insights::undone.eq(false))
        .select(insights::author_id)
        .distinct()
        .load::<i64>(c)?
        .into_iter()
        .collect();
    let mut all = sharing.clone();
    all.extend(rated.people(from, to));
    all.extend(
        uses::table
            .filter(uses::day.ge(from).and(uses::day.lt(to)))
            .select(uses::person_id)
            .distinct()
            .load::<i64>(c)?,
    );
    all.extend(
        remarks::table
            .filter(remarks::day.ge(from).and(remarks::day.lt(to)))
            .select(remarks::person_id)
            .distinct()
            .load::<i64>(c)?,
    );
    all.extend(
        requests::table
            .filter(requests::day.ge(from).and(requests::day.lt(to)))
            .select(requests::asker_id)
            .distinct()
            .load::<i64>(c)?,
    );
    Ok([all, sharing])
}
