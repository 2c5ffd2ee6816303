//! `value_state`: how far the stored leniencies may be from the solution, and other signs of health.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable};

use crate::db::Conn;
use crate::db::schema::{ratings, value_changes, value_epochs, value_queue, value_state};

/// The row.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct State {
    /// `q`: what a look leaves of a distance from the solution, at the most.
    pub factor: f64,
    pub residual: f64,
    pub refit_bound: f64,
    pub refit_at: Option<NaiveDateTime>,
    pub drained_at: Option<NaiveDateTime>,
}

const ROW: (
    value_state::factor,
    value_state::residual,
    value_state::refit_bound,
    value_state::refit_at,
    value_state::drained_at,
) = (
    value_state::factor,
    value_state::residual,
    value_state::refit_bound,
    value_state::refit_at,
    value_state::drained_at,
);

/// The row, held until the end of the transaction: whoever changes leniencies holds it first, so that a
/// turn of the queue never overwrites what a refit has just computed.
pub(super) fn lock(c: &mut Conn) -> QueryResult<State> {
    let row = value_state::table.find(1).select(ROW);
    match c {
        Conn::Sqlite(c) => row.first(c),
        Conn::Postgres(c) => row.for_update().first(c),
    }
}

/// Notes what a turn of the queue left.
pub(super) fn drained(c: &mut Conn, factor: f64, residual: f64, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(value_state::table.find(1))
        .set((
            value_state::factor.eq(factor),
            value_state::residual.eq(residual),
            value_state::drained_at.eq(Some(now)),
        ))
        .execute(c)
        .map(|_| ())
}

/// Notes what a refit left.
pub(super) fn refitted(c: &mut Conn, factor: f64, bound: f64, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(value_state::table.find(1))
        .set((
            value_state::factor.eq(factor),
            value_state::residual.eq(0.0),
            value_state::refit_bound.eq(bound),
            value_state::refit_at.eq(Some(now)),
        ))
        .execute(c)
        .map(|_| ())
}

/// Ratings of a kind: how many, and their mean in stars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    pub ratings: i64,
    pub mean: f64,
}

/// How well the model stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// No leniency is further from the solution than this, in stars: `max |T(b) - b| / (1 - q)` over the
    /// raters that wait, and what the last refit left. Corrections below the policy's `tau` are not in it.
    pub bound: f64,
    /// Insights whose ratings changed and that no turn has taken yet.
    pub changed: i64,
    /// Raters whose leniency is to be looked at again.
    pub waiting: i64,
    pub refit_at: Option<NaiveDateTime>,
    pub drained_at: Option<NaiveDateTime>,
    /// Beginning and common level of every epoch, the latest first.
    pub epochs: Vec<(NaiveDateTime, f64)>,
    /// Ratings given before their rater could know the number, and the others.
    pub blind: Share,
    pub seen: Share,
}

/// How well the model stands.
///
/// # Errors
/// What the database says.
pub fn health(c: &mut Conn) -> QueryResult<Health> {
    let state: State = value_state::table.find(1).select(ROW).first(c)?;
    // A factor of 1 can only be rounding: the model's is below.
    let left = (1.0 - state.factor).max(1e-9);
    Ok(Health {
        bound: state.refit_bound + state.residual / left,
        changed: value_changes::table
            .select(diesel::dsl::count(value_changes::insight_id).aggregate_distinct())
            .first(c)?,
        waiting: value_queue::table.count().get_result(c)?,
        refit_at: state.refit_at,
        drained_at: state.drained_at,
        epochs: value_epochs::table
            .order(value_epochs::id.desc())
            .select((value_epochs::started_at, value_epochs::mu))
            .load(c)?,
        blind: share(c, true)?,
        seen: share(c, false)?,
    })
}

fn share(c: &mut Conn, blind: bool) -> QueryResult<Share> {
    let (ratings, mean): (i64, Option<f64>) = ratings::table
        .filter(ratings::blind.eq(blind))
        .select((
            diesel::dsl::sql::<BigInt>("COUNT(*)"),
            diesel::dsl::sql::<Nullable<Double>>("CAST(AVG(ratings.value) AS DOUBLE PRECISION)"),
        ))
        .first(c)?;
    Ok(Share { ratings, mean: mean.unwrap_or_default() })
}
