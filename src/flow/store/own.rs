//! How much each person stands between others, as the night left it: for that person alone.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::own_brokerage as t;
use crate::flow::period::Period;

/// Rows a statement takes.
const BATCH: usize = 400;

/// Somebody's own C10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own {
    pub person_id: i64,
    /// The part of all pairs of others whose shortest paths lead over them, 0 to 1.
    pub betweenness: f64,
    /// Burt's constraint; none for somebody beside whom there is nobody, or where there are too many people.
    pub constraint: Option<f64>,
    /// Whether the betweenness was estimated.
    pub is_estimate: bool,
}

/// Keeps everybody's in the place of those there were.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, period: Period, all: &[Own]) -> QueryResult<()> {
    diesel::delete(t::table).execute(c)?;
    for some in all.chunks(BATCH) {
        let rows: Vec<_> = some
            .iter()
            .map(|own| {
                (
                    t::person_id.eq(own.person_id),
                    t::from_day.eq(period.from),
                    t::to_day.eq(period.to),
                    t::betweenness.eq(own.betweenness),
                    t::burt_constraint.eq(own.constraint),
                    t::is_estimate.eq(own.is_estimate),
                )
            })
            .collect();
        crate::each_db!(&mut *c, c => diesel::insert_into(t::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Somebody's, and of which days; none before the first night.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, person_id: i64) -> QueryResult<Option<(Period, Own)>> {
    type Row = (chrono::NaiveDate, chrono::NaiveDate, f64, Option<f64>, bool);
    let row: Option<Row> = t::table
        .find(person_id)
        .select((t::from_day, t::to_day, t::betweenness, t::burt_constraint, t::is_estimate))
        .first(c)
        .optional()?;
    Ok(row.map(|(from, to, betweenness, constraint, is_estimate)| {
        (Period { from, to }, Own { person_id, betweenness, constraint, is_estimate })
    }))
}
