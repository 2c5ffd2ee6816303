//! One statement per roll-up and event.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{activity_daily, flow_daily, insight_readers, person_daily};
use crate::each_db;
use crate::flow::event::{Counts, Place, Segment};

/// Adds to the counts of a department on a day.
pub(super) fn add_activity(c: &mut Conn, place: Place, counts: Counts) -> QueryResult<()> {
    use activity_daily::dsl as t;
    each_db!(c, c => Prepared(diesel::insert_into(t::activity_daily)
        .values((
            t::day.eq(place.day),
            t::department_id.eq(place.department_id),
            t::manager.eq(place.manager),
            t::segment_id.eq(place.segment.key()),
            t::contributions.eq(counts.contributions),
            t::accesses.eq(counts.accesses),
            t::uses.eq(counts.uses),
            t::searches.eq(counts.searches),
            t::zero_result_searches.eq(counts.zero_result_searches),
        ))
        .on_conflict((t::day, t::department_id, t::manager, t::segment_id))
        .do_update()
        .set((
            t::contributions.eq(t::contributions + excluded(t::contributions)),
            t::accesses.eq(t::accesses + excluded(t::accesses)),
            t::uses.eq(t::uses + excluded(t::uses)),
            t::searches.eq(t::searches + excluded(t::searches)),
            t::zero_result_searches.eq(t::zero_result_searches + excluded(t::zero_result_searches)),
        ))
        .returning(t::day))
        .execute(c))?;
    Ok(())
}

/// Adds to the counts of a person on a day; uses and searches are not kept per person.
pub(super) fn add_person(
    c: &mut Conn,
    person_id: i64,
    day: NaiveDate,
    segment: Segment,
    counts: Counts,
) -> QueryResult<()> {
    use person_daily::dsl as t;
    each_db!(c, c => Prepared(diesel::insert_into(t::person_daily)
        .values((
            t::person_id.eq(person_id),
            t::day.eq(day),
            t::segment_id.eq(segment.key()),
            t::contributions.eq(counts.contributions),
            t::accesses.eq(counts.accesses),
        ))
        .on_conflict((t::person_id, t::day, t::segment_id))
        .do_update()
        .set((
            t::contributions.eq(t::contributions + excluded(t::contributions)),
            t::accesses.eq(t::accesses + excluded(t::accesses)),
        ))
        .returning(t::day))
        .execute(c))?;
    Ok(())
}

/// Adds a reader of a department to those of an insight.
pub(super) fn add_reader(c: &mut Conn, insight_id: i64, department_id: i64) -> QueryResult<()> {
    use insight_readers::dsl as t;
    each_db!(c, c => Prepared(diesel::insert_into(t::insight_readers)
        .values((t::insight_id.eq(insight_id), t::department_id.eq(department_id), t::readers.eq(1)))
        .on_conflict((t::insight_id, t::department_id))
        .do_update()
        .set(t::readers.eq(t::readers + excluded(t::readers)))
        .returning(t::readers))
        .execute(c))?;
    Ok(())
}

/// Adds a first access to the flow between two departments.
pub(super) fn add_flow(
    c: &mut Conn,
    from_department: i64,
    to_department: i64,
    day: NaiveDate,
    segment: Segment,
) -> QueryResult<()> {
    use flow_daily::dsl as t;
    each_db!(c, c => Prepared(diesel::insert_into(t::flow_daily)
        .values((
            t::from_department_id.eq(from_department),
            t::to_department_id.eq(to_department),
            t::day.eq(day),
            t::segment_id.eq(segment.key()),
            t::first_accesses.eq(1),
        ))
        .on_conflict((t::from_department_id, t::to_department_id, t::day, t::segment_id))
        .do_update()
        .set(t::first_accesses.eq(t::first_accesses + excluded(t::first_accesses)))
        .returning(t::day))
        .execute(c))?;
    Ok(())
}
