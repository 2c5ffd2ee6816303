//! The audit log: who changed what. Append-only in the database itself. It holds ids, never names or
//! addresses, so that erasing a person leaves it whole.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::audit_log;

/// Writes a row, in the caller's transaction: the change and its trace commit together or not at all.
///
/// `actor_id` is empty for the command line and for jobs. `action` is the words between the actor and the
/// object, in the past tense: "changed the role of". `object` is a kind and an id: `person:12`,
/// `department:3`, `insight:7`. `detail` is what changed, without names of people.
///
/// # Errors
/// What the database says.
pub fn record(
    c: &mut Conn,
    actor_id: Option<i64>,
    at: NaiveDateTime,
    action: &str,
    object: &str,
    detail: &str,
) -> QueryResult<()> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(at),
            audit_log::actor_id.eq(actor_id),
            audit_log::action.eq(action),
            audit_log::object.eq(object),
            audit_log::detail.eq(detail),
        ))
        .execute(c)
        .map(|_| ())
}

/// The detail of the newest row about `object` with this action, if there is one.
///
/// # Errors
/// What the database says.
pub fn last_detail(c: &mut Conn, object: &str, action: &str) -> QueryResult<Option<String>> {
    audit_log::table
        .filter(audit_log::object.eq(object))
        .filter(audit_log::action.eq(action))
        .order(audit_log::id.desc())
        .select(audit_log::detail)
        .first(c)
        .optional()
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Entry {
    pub id: i64,
    /// UTC.
    pub at: NaiveDateTime,
    /// Empty for the command line and for jobs.
    pub actor_id: Option<i64>,
    pub action: String,
    pub object: String,
    pub detail: String,
}

/// The newest rows before `before` (exclusive; all of them without), newest first, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn list(c: &mut Conn, before: Option<i64>, limit: i64) -> QueryResult<Vec<Entry>> {
    audit_log::table
        .filter(audit_log::id.lt(before.unwrap_or(i64::MAX)))
        .order(audit_log::id.desc())
        .limit(limit)
        .load(c)
}
