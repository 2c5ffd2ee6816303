//! The figures of obstacles as they were computed.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::register;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{obstacle_measures, obstacles};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::figure::Figure;
use crate::flow::period::Period;
use crate::obstacles::measure::{self, Weeks, weeks_before};
use crate::obstacles::obstacle::Obstacle;
use crate::obstacles::words::Measure;

/// Obstacles whose figure is looked at in one turn of the job.
pub const A_TURN: usize = 20;

fn read(figure: &str) -> AppResult<Figure> {
    serde_json::from_str(figure)
        .map_err(|error| AppError::Internal(format!("the figure of an obstacle cannot be read: {error}")))
}

/// The figures of an obstacle, oldest first: the first is that of its opening.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, obstacle_id: i64) -> AppResult<Vec<Measure>> {
    let rows: Vec<(NaiveDate, NaiveDate, String)> = obstacle_measures::table
        .filter(obstacle_measures::obstacle_id.eq(obstacle_id))
        .order(obstacle_measures::to_day)
        .select((obstacle_measures::from_day, obstacle_measures::to_day, obstacle_measures::figure))
        .load(c)?;
    rows.into_iter()
        .map(|(from, to, figure)| Ok(Measure { period: Period { from, to }, figure: read(&figure)? }))
        .collect()
}

/// Before and now of an obstacle; now is none until a week later than before was measured.
///
/// # Errors
/// What the database says.
pub fn before_and_now(c: &mut Conn, obstacle_id: i64) -> AppResult<(Option<Measure>, Option<Measure>)> {
    let mut all = of(c, obstacle_id)?;
    let now = if all.len() > 1 { all.pop() } else { None };
    let before = all.into_iter().next();
    Ok((before, now))
}

/// The chart of an obstacle; empty until it is drawn.
///
/// # Errors
/// What the database says.
pub fn weeks(c: &mut Conn, obstacle_id: i64) -> AppResult<Weeks> {
    let text: String = obstacles::table.find(obstacle_id).select(obstacles::weeks).first(c)?;
    if text.is_empty() {
        return Ok(Weeks::default());
    }
    serde_json::from_str(&text)
        .map_err(|error| AppError::Internal(format!("the chart of an obstacle cannot be read: {error}")))
}

/// Measures whatever is due: the weeks before the opening once, then the weeks before each Monday; so
/// many at once. Returns how many figures were written.
///
/// # Errors
/// What the database says.
pub fn measure_due(
    c: &mut Conn,
    now: NaiveDateTime,
    calendar: Calendar,
    over_weeks: i64,
) -> AppResult<usize> {
    let mut written = 0;
    for obstacle in register::list(c, None)? {
        written += usize::from(measure_one_due(c, &obstacle, now, calendar, over_weeks)?);
        if written == A_TURN {
            break;
        }
    }
    Ok(written)
}

/// Measures an obstacle if that is due, after its end too, which shows whether it lasts; whether a figure was written.
///
/// # Errors
/// What the database says.
pub fn measure_one_due(
    c: &mut Conn,
    obstacle: &Obstacle,
    now: NaiveDateTime,
    calendar: Calendar,
    over_weeks: i64,
) -> AppResult<bool> {
    let first = weeks_before(obstacle.opened_on, over_weeks);
    let last = weeks_before(calendar.day(now), over_weeks);
    let newest: Option<NaiveDate> = obstacle_measures::table
        .filter(obstacle_measures::obstacle_id.eq(obstacle.id))
        .select(diesel::dsl::max(obstacle_measures::to_day))
        .first(c)?;
    let wanted = match newest {
        None => first,
        Some(newest) if newest < last.to => last,
        Some(_) => return Ok(false),
    };
    one(c, obstacle, wanted, now, calendar)
}

/// Measures an obstacle over these days and draws its chart anew; false while it waits for its interval.
///
/// # Errors
/// What the database says.
pub fn one(
    c: &mut Conn,
    obstacle: &Obstacle,
    period: Period,
    now: NaiveDateTime,
    calendar: Calendar,
) -> AppResult<bool> {
    let Some(figure) = measure::measure(c, &obstacle.target, period, calendar, now)? else {
        return Ok(false);
    };
    let text = serde_json::to_string(&figure).map_err(|error| AppError::Internal(error.to_string()))?;
    let row = (
        obstacle_measures::obstacle_id.eq(obstacle.id),
        obstacle_measures::to_day.eq(period.to),
        obstacle_measures::from_day.eq(period.from),
        obstacle_measures::figure.eq(text),
        obstacle_measures::at.eq(now),
    );
    each_db!(&mut *c, c => diesel::insert_into(obstacle_measures::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    let measured: Vec<(NaiveDate, Figure)> =
        of(c, obstacle.id)?.into_iter().map(|measure| (measure.period.to, measure.figure)).collect();
    let weeks = measure::weeks(c, &obstacle.target, obstacle.opened_on, period.to, calendar, &measured)?;
    let text = serde_json::to_string(&weeks).map_err(|error| AppError::Internal(error.to_string()))?;
    diesel::update(obstacles::table.find(obstacle.id)).set(obstacles::weeks.eq(text)).execute(c)?;
    Ok(true)
}
