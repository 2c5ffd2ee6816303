//! What pages call the things that cases are about.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{insights, people};

/// The title of an insight, in the archive or not: for curators.
///
/// # Errors
/// What the database says.
pub fn insight(c: &mut Conn, id: i64) -> QueryResult<String> {
    insights::table.find(id).select(insights::title).first(c)
}

/// The name of a person.
///
/// # Errors
/// What the database says.
pub fn person(c: &mut Conn, id: i64) -> QueryResult<String> {
    people::table.find(id).select(people::name).first(c)
}
