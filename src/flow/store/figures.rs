//! Figures that were computed from the events and are kept, by period: the whole company's, suppressed as
//! the pages are. What is asked for waits here until a node has its turn.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;

use super::retention;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{figure_runs, figures, kept_months};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::definition;
use crate::flow::metrics::figure::Figure;
use crate::flow::period::Period;

/// The figures of a period as they were computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// UTC; none while they wait for their turn.
    pub computed_at: Option<NaiveDateTime>,
    /// Since when they wait to be computed (again), if they do.
    pub waiting_since: Option<NaiveDateTime>,
    /// In the order of their definitions.
    pub figures: Vec<Figure>,
}

/// The figures of a period; empty where nobody has asked for them.
///
/// One computed by another version of its definition is left out: the next night brings it again.
///
/// # Errors
/// What the database says, or a figure that cannot be read.
pub fn kept(c: &mut Conn, period: Period) -> AppResult<Kept> {
    let run = figure_runs::table
        .find((period.from, period.to))
        .select((figure_runs::asked_at, figure_runs::computed_at))
        .first::<(NaiveDateTime, Option<NaiveDateTime>)>(c)
        .optional()?;
    let Some((asked_at, computed_at)) = run else { return Ok(Kept::default()) };
    let rows: Vec<String> = figures::table
        .filter(figures::from_day.eq(period.from).and(figures::to_day.eq(period.to)))
        .order(figures::place)
        .select(figures::figure)
        .load(c)?;
    let read = |row: &String| {
        serde_json::from_str::<Figure>(row)
            .map_err(|error| AppError::Internal(format!("a kept figure cannot be read: {error}")))
    };
    let mut figures = rows.iter().map(read).collect::<AppResult<Vec<Figure>>>()?;
    figures.retain(|figure| definition(figure.id).is_some_and(|now| now.version == figure.version));
    let waits = computed_at.is_none_or(|computed_at| computed_at < asked_at);
    Ok(Kept { computed_at, waiting_since: waits.then_some(asked_at), figures })
}

/// Keeps the figures of a period in the place of those there were.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, period: Period, now: NaiveDateTime, computed: &[Figure]) -> AppResult<()> {
    ask(c, period, now)?;
    diesel::update(figure_runs::table.find((period.from, period.to)))
        .set(figure_runs::computed_at.eq(Some(now)))
        .execute(c)?;
    diesel::delete(
        figures::table.filter(figures::from_day.eq(period.from).and(figures::to_day.eq(period.to))),
    )
    .execute(c)?;
    for (place, figure) in computed.iter().enumerate() {
        let text = serde_json::to_string(figure)
            .map_err(|error| AppError::Internal(format!("a figure cannot be kept: {error}")))?;
        diesel::insert_into(figures::table)
            .values((
                figures::from_day.eq(period.from),
                figures::to_day.eq(period.to),
                figures::place.eq(i32::try_from(place).unwrap_or(i32::MAX)),
                figures::metric.eq(figure.id),
                figures::version.eq(i32::try_from(figure.version).unwrap_or(i32::MAX)),
                figures::figure.eq(text),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// Asks for the figures of a period, or for them once more.
///
/// # Errors
/// What the database says.
pub fn ask(c: &mut Conn, period: Period, now: NaiveDateTime) -> QueryResult<()> {
    if retention::months(c)?.contains(&period) {
        // Kept for good: its events are gone.
        return Ok(());
    }
    each_db!(c, c => diesel::insert_into(figure_runs::table)
        .values((
            figure_runs::from_day.eq(period.from),
            figure_runs::to_day.eq(period.to),
            figure_runs::asked_at.eq(now),
        ))
        .on_conflict((figure_runs::from_day, figure_runs::to_day))
        .do_update()
        .set(figure_runs::asked_at.eq(now))
        .execute(c))?;
    Ok(())
}

/// Whether a period's figures are there or asked for.
///
/// # Errors
/// What the database says.
pub fn is_known(c: &mut Conn, period: Period) -> QueryResult<bool> {
    diesel::select(exists(figure_runs::table.find((period.from, period.to)))).get_result(c)
}

/// When the figures of a period were asked for last; none where nobody did.
///
/// # Errors
/// What the database says.
pub fn asked_at(c: &mut Conn, period: Period) -> QueryResult<Option<NaiveDateTime>> {
    let run = figure_runs::table.find((period.from, period.to));
    run.select(figure_runs::asked_at).first(c).optional()
}

/// Whether figures are kept of a period that were computed after its end, by the definitions of today, and that
/// nobody has asked for once more.
///
/// # Errors
/// What the database says, or a figure that cannot be read.
pub fn is_whole(c: &mut Conn, period: Period, calendar: Calendar) -> AppResult<bool> {
    let found = kept(c, period)?;
    let rows: i64 = figures::table
        .filter(figures::from_day.eq(period.from).and(figures::to_day.eq(period.to)))
        .count()
        .get_result(c)?;
    let is_after = found.computed_at.is_some_and(|at| at >= calendar.start_of(period.to));
    Ok(is_after && found.waiting_since.is_none() && rows > 0 && found.figures.len() as i64 == rows)
}

/// The periods that wait for their turn, the longest waiting first, and of those the latest and shortest.
///
/// # Errors
/// What the database says.
pub fn waiting(c: &mut Conn) -> QueryResult<Vec<Period>> {
    let rows = figure_runs::table
        .filter(
            figure_runs::computed_at
                .is_null()
                .or(figure_runs::computed_at.lt(figure_runs::asked_at.nullable())),
        )
        .order((figure_runs::asked_at, figure_runs::to_day.desc(), figure_runs::from_day.desc()))
        .select((figure_runs::from_day, figure_runs::to_day))
        .load::<(NaiveDate, NaiveDate)>(c)?;
    let kept = retention::months(c)?;
    let mut periods: Vec<Period> = rows.into_iter().filter_map(|(from, to)| Period::new(from, to)).collect();
    periods.retain(|period| !kept.contains(period));
    Ok(periods)
}

/// Forgets what was computed before `before`: the same days can be computed again.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn, before: NaiveDateTime) -> QueryResult<usize> {
    let old = figure_runs::table
        .filter(figure_runs::asked_at.lt(before))
        .select((figure_runs::from_day, figure_runs::to_day))
        .load::<(NaiveDate, NaiveDate)>(c)?;
    let kept = retention::months(c)?;
    for (from, to) in old.iter().filter(|(from, to)| !kept.contains(&Period { from: *from, to: *to })) {
        diesel::delete(figures::table.filter(figures::from_day.eq(from).and(figures::to_day.eq(to))))
            .execute(c)?;
        super::shapes::forget(c, *from, *to)?;
        diesel::delete(figure_runs::table.find((*from, *to))).execute(c)?;
    }
    Ok(old.len())
}

/// Has everything that is kept computed again: events of days long past were added.
///
/// # Errors
/// What the database says.
pub fn ask_for_all_again(c: &mut Conn) -> QueryResult<()> {
    let kept =
        diesel::dsl::exists(kept_months::table.filter(kept_months::from_day.eq(figure_runs::from_day)));
    // A month that is kept for good has nothing to be computed from; who asked for another period that begins
    // with it waits for the next night.
    diesel::update(figure_runs::table.filter(diesel::dsl::not(kept)))
        .set(figure_runs::computed_at.eq(None::<NaiveDateTime>))
        .execute(c)
        .map(|_| ())
}
