//! Who did something between two days: five people, or all where they are fewer.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{accesses, searches};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::period::Period;
use crate::flow::store::rows::Searchers;

/// Openings that are looked at first: among so many are mostly five people.
const FIRST: i64 = 50;

/// Who opened something.
///
/// # Errors
/// What the database says.
pub fn opened(c: &mut Conn, days: Period, of: Searchers) -> QueryResult<HashSet<i64>> {
    use accesses as t;
    let all = || {
        let mut query =
            t::table.filter(t::day.ge(days.from).and(t::day.lt(days.to))).select(t::person_id).into_boxed();
        if let Some(ids) = of.departments {
            query = query.filter(t::department_id.eq_any(ids.to_vec()));
        }
        if of.managers { query.filter(t::manager.eq(true)) } else { query }
    };
    let some: HashSet<i64> = all().limit(FIRST).load(c)?.into_iter().collect();
    if some.len() as u64 >= FEWEST_PEOPLE {
        return Ok(some);
    }
    Ok(all().distinct().limit(FEWEST_PEOPLE.cast_signed()).load(c)?.into_iter().collect())
}

/// Who searched words that found nothing.
///
/// # Errors
/// What the database says.
pub fn searched_in_vain(c: &mut Conn, days: Period, of: Searchers) -> QueryResult<HashSet<i64>> {
    use searches as t;
    let mut query = t::table
        .filter(t::results.eq(0))
        .filter(t::day.ge(days.from).and(t::day.lt(days.to)))
        .select(t::person_id)
        .distinct()
        .limit(FEWEST_PEOPLE.cast_signed())
        .into_boxed();
    if let Some(ids) = of.departments {
        query = query.filter(t::department_id.eq_any(ids.to_vec()));
    }
    if of.managers {
        query = query.filter(t::manager.eq(true));
    }
    Ok(query.load(c)?.into_iter().collect())
}
