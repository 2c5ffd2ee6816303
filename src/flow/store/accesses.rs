//! Openings of insights.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::rollups;
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{accesses, first_accesses, insight_authors, insights};
use crate::each_db;
use crate::flow::event::{BETWEEN_ACCESSES, Counts, Place, Segment};

/// What decides whether somebody's opening of an insight counts.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    from_department: i64,
    segment: Segment,
    /// When they last opened it so that it counted.
    last_at: Option<NaiveDateTime>,
    own: bool,
}

impl Opening {
    /// Whether an opening at `now` counts: the first one, or at least half an hour after the last that
    /// counted, and never the insight of an author.
    pub fn counts(&self, now: NaiveDateTime) -> bool {
        !self.own && self.last_at.is_none_or(|last_at| now - last_at >= BETWEEN_ACCESSES)
    }
}

/// Records that `actor` opened an insight, and says whether it counts ([`Opening::counts`]).
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn record_access(c: &mut Conn, actor: &Actor, insight_id: i64) -> QueryResult<bool> {
    let opening = opening(c, actor.person_id, insight_id)?;
    record_opening(c, actor, insight_id, &opening)
}

/// As [`record_access`], after [`opening`] was read elsewhere: of two requests that read the same, one
/// counts. Events and roll-ups change together.
///
/// # Errors
/// What the database says.
pub fn record_opening(c: &mut Conn, actor: &Actor, insight_id: i64, known: &Opening) -> QueryResult<bool> {
    if !known.counts(actor.at) || !claim(c, actor, insight_id, known)? {
        return Ok(false);
    }
    let event = (
        accesses::insight_id.eq(insight_id),
        accesses::person_id.eq(actor.person_id),
        accesses::department_id.eq(actor.department_id),
        accesses::manager.eq(actor.manager),
        accesses::segment_id.eq(known.segment.key()),
        accesses::at.eq(actor.at),
        accesses::day.eq(actor.day),
    );
    each_db!(&mut *c, c => diesel::insert_into(accesses::table).values(event).execute(c))?;
    let counts = Counts { accesses: 1, ..Counts::default() };
    rollups::add_activity(c, Place::of(actor, known.segment), counts)?;
    rollups::add_person(c, actor.person_id, actor.day, known.segment, counts)?;
    if known.last_at.is_none() {
        rollups::add_flow(c, known.from_department, actor.department_id, actor.day, known.segment)?;
        rollups::add_reader(c, insight_id, actor.department_id)?;
    }
    Ok(true)
}

/// What is known before a person's opening of an insight is counted.
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn opening(c: &mut Conn, person_id: i64, insight_id: i64) -> QueryResult<Opening> {
    let known = insights::table
        .left_join(
            first_accesses::table
                .on(first_accesses::insight_id.eq(insights::id).and(first_accesses::person_id.eq(person_id))),
        )
        .filter(insights::id.eq(insight_id))
        .select((
            insights::department_id,
            insights::segment_id,
            first_accesses::last_at.nullable(),
            exists(
                insight_authors::table
                    .filter(insight_authors::insight_id.eq(insight_id))
                    .filter(insight_authors::person_id.eq(person_id)),
            ),
        ));
    type Known = (i64, Option<i64>, Option<NaiveDateTime>, bool);
    let (from_department, segment, last_at, own) = each_db!(c, c => known.first::<Known>(c))?;
    Ok(Opening { from_department, segment: Segment(segment), last_at, own })
}

/// Takes the right to count this opening. Two requests may both have read the same `last_at`; the row
/// count of the write decides which of them counts.
fn claim(c: &mut Conn, actor: &Actor, insight_id: i64, known: &Opening) -> QueryResult<bool> {
    use first_accesses::dsl as t;
    let written = match known.last_at {
        Some(last_at) => {
            let again = t::first_accesses
                .filter(t::insight_id.eq(insight_id))
                .filter(t::person_id.eq(actor.person_id))
                .filter(t::last_at.eq(last_at));
            let again = Prepared(diesel::update(again).set(t::last_at.eq(actor.at)).returning(t::person_id));
            each_db!(c, c => again.execute(c))?
        }
        None => each_db!(c, c => diesel::insert_into(t::first_accesses)
            .values((
                t::insight_id.eq(insight_id),
                t::person_id.eq(actor.person_id),
                t::from_department_id.eq(known.from_department),
                t::to_department_id.eq(actor.department_id),
                t::segment_id.eq(known.segment.key()),
                t::manager.eq(actor.manager),
                t::at.eq(actor.at),
                t::day.eq(actor.day),
                t::last_at.eq(actor.at),
            ))
            .on_conflict((t::insight_id, t::person_id))
            .do_nothing()
            .execute(c))?,
    };
    Ok(written == 1)
}

/// Whether a person ever opened an insight.
pub fn has_opened(c: &mut Conn, insight_id: i64, person_id: i64) -> QueryResult<bool> {
    diesel::select(exists(
        first_accesses::table
            .filter(first_accesses::insight_id.eq(insight_id))
            .filter(first_accesses::person_id.eq(person_id)),
    ))
    .get_result(c)
}
