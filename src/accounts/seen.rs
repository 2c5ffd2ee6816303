//! Who was here on which day: the rung of the ladder between having an account and opening something.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::seen_days;
use crate::each_db;

/// Notes that somebody was here on a day; once is enough.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, person_id: i64, day: NaiveDate) -> QueryResult<()> {
    let row = (seen_days::day.eq(day), seen_days::person_id.eq(person_id));
    each_db!(c, c => diesel::insert_into(seen_days::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Who was here from a day on and before another.
///
/// # Errors
/// What the database says.
pub fn people(c: &mut Conn, from: NaiveDate, to: NaiveDate) -> QueryResult<HashSet<i64>> {
    let seen: Vec<i64> = seen_days::table
        .filter(seen_days::day.ge(from).and(seen_days::day.lt(to)))
        .select(seen_days::person_id)
        .distinct()
        .load(c)?;
    Ok(seen.into_iter().collect())
}

/// Forgets who was here before a day.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, before: NaiveDate) -> QueryResult<usize> {
    diesel::delete(seen_days::table.filter(seen_days::day.lt(before))).execute(c)
}
