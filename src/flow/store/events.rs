//! What is counted besides openings: contributions, uses, searches.
//!
//! The rows of contributions and uses belong to the archive; here only their counts are kept.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{active, rollups};
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::{insights, searches, uses};
use crate::flow::event::{Counts, Place, Segment};

/// Counts a contribution of `actor`.
pub fn record_contribution(c: &mut Conn, actor: &Actor, segment_id: Option<i64>) -> QueryResult<()> {
    contribution(c, actor.person_id, Place::of(actor, Segment(segment_id)), 1)
}

/// Takes a contribution back that was undone within ten minutes, so that it never was one. All
/// arguments are the insight's own: what was true when it was contributed.
pub fn undo_contribution(
    c: &mut Conn,
    author_id: i64,
    department_id: i64,
    manager: bool,
    day: NaiveDate,
    segment_id: Option<i64>,
) -> QueryResult<()> {
    let place = Place { department_id, manager, day, segment: Segment(segment_id) };
    contribution(c, author_id, place, -1)
}

fn contribution(c: &mut Conn, author_id: i64, place: Place, by: i64) -> QueryResult<()> {
    let counts = Counts { contributions: by, ..Counts::default() };
    rollups::add_activity(c, place, counts)?;
    rollups::add_person(c, author_id, place.day, place.segment, counts)?;
    // An import brings the past, and what is moved or taken back may be of yesterday.
    active::changed(c, [place.day])
}

/// Counts that `actor` used an insight. Call it where a row of `uses` was really added.
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn record_use(c: &mut Conn, actor: &Actor, insight_id: i64) -> QueryResult<()> {
    let segment = segment_of(c, insight_id)?;
    rollups::add_activity(c, Place::of(actor, segment), Counts { uses: 1, ..Counts::default() })
}

/// Takes a use back. Department, manager flag and day are those of the row of `uses` that goes.
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn undo_use(
    c: &mut Conn,
    insight_id: i64,
    department_id: i64,
    manager: bool,
    day: NaiveDate,
) -> QueryResult<()> {
    let segment = segment_of(c, insight_id)?;
    let place = Place { department_id, manager, day, segment };
    rollups::add_activity(c, place, Counts { uses: -1, ..Counts::default() })
}

fn segment_of(c: &mut Conn, insight_id: i64) -> QueryResult<Segment> {
    insights::table.find(insight_id).select(insights::segment_id).first(c).map(Segment)
}

/// Records a search that somebody submitted; one that finds nothing is demand.
pub fn record_search(c: &mut Conn, actor: &Actor, words: &str, results: i64) -> QueryResult<()> {
    diesel::insert_into(searches::table)
        .values((
            searches::person_id.eq(actor.person_id),
            searches::department_id.eq(actor.department_id),
            searches::manager.eq(actor.manager),
            searches::words.eq(words),
            searches::results.eq(i32::try_from(results).unwrap_or(i32::MAX)),
            searches::at.eq(actor.at),
            searches::day.eq(actor.day),
        ))
        .execute(c)?;
    let counts = Counts { searches: 1, zero_result_searches: i64::from(results == 0), ..Counts::default() };
    rollups::add_activity(c, Place::of(actor, Segment(None)), counts)
}

/// Follows an edit that gave an insight another segment: its contribution and its uses are counted
/// there from now on. Accesses keep the segment of their time.
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn move_segment(c: &mut Conn, insight_id: i64, old: Option<i64>, new: Option<i64>) -> QueryResult<()> {
    if old == new {
        return Ok(());
    }
    let (author_id, department_id, manager, day, undone) = insights::table
        .find(insight_id)
        .select((
            insights::author_id,
            insights::department_id,
            insights::manager,
            insights::day,
            insights::undone,
        ))
        .first::<(i64, i64, bool, NaiveDate, bool)>(c)?;
    let sides = [(Segment(old), -1), (Segment(new), 1)];
    if !undone {
        for (segment, by) in sides {
            contribution(c, author_id, Place { department_id, manager, day, segment }, by)?;
        }
    }
    let used = uses::table
        .filter(uses::insight_id.eq(insight_id))
        .select((uses::department_id, uses::manager, uses::day))
        .load::<(i64, bool, NaiveDate)>(c)?;
    for (department_id, manager, day) in used {
        for (segment, by) in sides {
            let place = Place { department_id, manager, day, segment };
            rollups::add_activity(c, place, Counts { uses: by, ..Counts::default() })?;
        }
    }
    Ok(())
}
