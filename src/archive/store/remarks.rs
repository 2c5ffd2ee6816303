//! Remarks: what colleagues add to an insight.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{departments, people, remarks};
use crate::each_db;

/// A remark as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub id: i64,
    pub by: Named,
    /// The path of the department they spoke from.
    pub department: String,
    /// Markdown.
    pub body: String,
    /// UTC.
    pub at: NaiveDateTime,
}

/// Adds a remark; returns its id.
///
/// # Errors
/// What the database says.
pub fn add(c: &mut Conn, actor: &Actor, insight_id: i64, body: &str) -> QueryResult<i64> {
    diesel::insert_into(remarks::table)
        .values((
            remarks::insight_id.eq(insight_id),
            remarks::person_id.eq(actor.person_id),
            remarks::department_id.eq(actor.department_id),
            remarks::body.eq(body),
            remarks::at.eq(actor.at),
            remarks::day.eq(actor.day),
        ))
        .returning(remarks::id)
        .get_result(c)
}

/// The remarks of an insight that stand, oldest first, at most `limit` after the one with id `after`.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, insight_id: i64, after: i64, limit: i64) -> QueryResult<Vec<Remark>> {
    type Row = (i64, (i64, String), String, String, NaiveDateTime);
    let part = remarks::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(remarks::insight_id.eq(insight_id))
        .filter(remarks::id.gt(after))
        .filter(remarks::withdrawn_at.is_null())
        .order(remarks::id)
        .limit(limit)
        .select((remarks::id, (people::id, people::name), departments::path, remarks::body, remarks::at));
    let rows = each_db!(c, c => part.load::<Row>(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, by, department, body, at)| Remark { id, by: by.into(), department, body, at })
        .collect())
}

/// Who wrote a remark that stands.
///
/// # Errors
/// `NotFound` when the insight has no such remark, or it was withdrawn.
pub fn author(c: &mut Conn, insight_id: i64, id: i64) -> QueryResult<i64> {
    remarks::table
        .filter(remarks::id.eq(id))
        .filter(remarks::insight_id.eq(insight_id))
        .filter(remarks::withdrawn_at.is_null())
        .select(remarks::person_id)
        .first(c)
}

/// Puts back a remark that was taken back.
///
/// # Errors
/// `NotFound` when it stands.
pub fn restore(c: &mut Conn, insight_id: i64, id: i64) -> QueryResult<()> {
    let changed = diesel::update(
        remarks::table
            .filter(remarks::id.eq(id))
            .filter(remarks::insight_id.eq(insight_id))
            .filter(remarks::withdrawn_at.is_not_null()),
    )
    .set(remarks::withdrawn_at.eq(None::<NaiveDateTime>))
    .execute(c)?;
    if changed == 1 { Ok(()) } else { Err(diesel::NotFound) }
}

/// Takes a remark back.
///
/// # Errors
/// `NotFound` when it does not stand.
pub fn withdraw(c: &mut Conn, insight_id: i64, id: i64, now: NaiveDateTime) -> QueryResult<()> {
    let changed = diesel::update(
        remarks::table
            .filter(remarks::id.eq(id))
            .filter(remarks::insight_id.eq(insight_id))
            .filter(remarks::withdrawn_at.is_null()),
    )
    .set(remarks::withdrawn_at.eq(Some(now)))
    .execute(c)?;
    if changed == 1 { Ok(()) } else { Err(diesel::NotFound) }
}
