//! Who belonged where when. The open row of a person agrees with the person's own row.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, memberships};

/// Opens the first membership of a person; without a day it has always been so.
pub fn open(
    c: &mut Conn,
    person_id: i64,
    department_id: i64,
    manager: bool,
    from: Option<NaiveDate>,
) -> QueryResult<()> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::person_id.eq(person_id),
            memberships::department_id.eq(department_id),
            memberships::manager.eq(manager),
            memberships::from_day.eq(from),
        ))
        .execute(c)
        .map(|_| ())
}

/// From `today` on the person belongs to `department_id`. A membership that began today is corrected
/// instead of closed: nobody belonged anywhere for no time.
pub fn change(
    c: &mut Conn,
    person_id: i64,
    department_id: i64,
    manager: bool,
    today: NaiveDate,
) -> QueryResult<()> {
    let current = memberships::table
        .filter(memberships::person_id.eq(person_id))
        .filter(memberships::to_day.is_null())
        .select((memberships::id, memberships::from_day))
        .first::<(i64, Option<NaiveDate>)>(c)
        .optional()?;
    match current {
        Some((id, Some(from))) if from >= today => {
            diesel::update(memberships::table.find(id))
                .set((memberships::department_id.eq(department_id), memberships::manager.eq(manager)))
                .execute(c)?;
        }
        current => {
            if let Some((id, _)) = current {
                diesel::update(memberships::table.find(id)).set(memberships::to_day.eq(today)).execute(c)?;
            }
            open(c, person_id, department_id, manager, Some(today))?;
        }
    }
    Ok(())
}

/// Has the first membership of a person begin on another day, unless it had ended by then: then that end is
/// returned.
pub fn begin_first(c: &mut Conn, person_id: i64, from: NaiveDate) -> QueryResult<Option<NaiveDate>> {
    let (id, ended) = memberships::table
        .filter(memberships::person_id.eq(person_id))
        .order(memberships::id)
        .select((memberships::id, memberships::to_day))
        .first::<(i64, Option<NaiveDate>)>(c)?;
    if let Some(ended) = ended.filter(|ended| *ended <= from) {
        return Ok(Some(ended));
    }
    diesel::update(memberships::table.find(id)).set(memberships::from_day.eq(from)).execute(c)?;
    Ok(None)
}

/// A time somebody belonged to a department.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Membership {
    pub department: String,
    pub manager: bool,
    /// Empty: always.
    pub from_day: Option<NaiveDate>,
    /// The first day on which it was no longer so; empty: still.
    pub to_day: Option<NaiveDate>,
}

/// Where somebody belonged, latest first.
///
/// # Errors
/// What the database says.
pub fn memberships_of(c: &mut Conn, person_id: i64) -> QueryResult<Vec<Membership>> {
    memberships::table
        .inner_join(departments::table.on(departments::id.eq(memberships::department_id)))
        .filter(memberships::person_id.eq(person_id))
        .order(memberships::id.desc())
        .select((departments::path, memberships::manager, memberships::from_day, memberships::to_day))
        .load(c)
}
