//! Openings of insights.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::rollups;
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::{accesses, first_accesses, insight_authors, insights};
use crate::each_db;
use crate::flow::event::{BETWEEN_ACCESSES, Counts, Place, Segment};

/// What is known before an opening is counted.
struct Known {
    from_department: i64,
    segment: Segment,
    last_at: Option<NaiveDateTime>,
    own: bool,
}

/// Records that `actor` opened an insight, and says whether it counts: the first time, or at least half
/// an hour after the last time that counted, and never the insight of an author. Events and roll-ups
/// change together.
///
/// # Errors
/// `NotFound` when there is no such insight.
pub fn record_access(c: &mut Conn, actor: &Actor, insight_id: i64) -> QueryResult<bool> {
    let known = known(c, actor.person_id, insight_id)?;
    if known.own || !claim(c, actor, insight_id, &known)? {
        return Ok(false);
    }
    diesel::insert_into(accesses::table)
        .values((
            accesses::insight_id.eq(insight_id),
            accesses::person_id.eq(actor.person_id),
            accesses::department_id.eq(actor.department_id),
            accesses::manager.eq(actor.manager),
            accesses::segment_id.eq(known.segment.key()),
            accesses::at.eq(actor.at),
            accesses::day.eq(actor.day),
        ))
        .execute(c)?;
    let counts = Counts { accesses: 1, ..Counts::default() };
    rollups::add_activity(c, Place::of(actor, known.segment), counts)?;
    rollups::add_person(c, actor.person_id, actor.day, known.segment, counts)?;
    if known.last_at.is_none() {
        rollups::add_flow(c, known.from_department, actor.department_id, actor.day, known.segment)?;
    }
    Ok(true)
}

fn known(c: &mut Conn, person_id: i64, insight_id: i64) -> QueryResult<Known> {
    let (from_department, segment, last_at, own) = insights::table
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
        ))
        .first::<(i64, Option<i64>, Option<NaiveDateTime>, bool)>(c)?;
    Ok(Known { from_department, segment: Segment(segment), last_at, own })
}

/// Takes the right to count this opening. Two nodes may both have read the same `last_at`; the row count
/// of the write decides which of them counts.
fn claim(c: &mut Conn, actor: &Actor, insight_id: i64, known: &Known) -> QueryResult<bool> {
    use first_accesses::dsl as t;
    let written = match known.last_at {
        Some(last_at) if actor.at - last_at < BETWEEN_ACCESSES => 0,
        Some(last_at) => diesel::update(
            t::first_accesses
                .filter(t::insight_id.eq(insight_id))
                .filter(t::person_id.eq(actor.person_id))
                .filter(t::last_at.eq(last_at)),
        )
        .set(t::last_at.eq(actor.at))
        .execute(c)?,
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
