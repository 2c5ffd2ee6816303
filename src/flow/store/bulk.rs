//! Writing rows of accesses, many at once: the one way in which an import, the demo company and the bench do it.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::accesses;

/// A row to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = accesses, treat_none_as_default_value = false)]
pub(super) struct AccessRow {
    pub insight_id: i64,
    pub person_id: i64,
    pub department_id: i64,
    pub manager: bool,
    pub segment_id: i64,
    pub at: NaiveDateTime,
    pub day: NaiveDate,
}

/// Rows worth a statement of their own.
pub(super) const AT_ONCE: usize = 20_000;

/// Writes rows of accesses and nothing else, and empties the list: COPY on PostgreSQL; on SQLite one
/// prepared statement a row, which does without the text of a long one.
pub(super) fn write(c: &mut Conn, rows: &mut Vec<AccessRow>) -> QueryResult<u64> {
    let count = rows.len() as u64;
    if count == 0 {
        return Ok(0);
    }
    match c {
        Conn::Postgres(c) => {
            diesel::copy_from(accesses::table).from_insertable(std::mem::take(rows)).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for row in rows.drain(..) {
                diesel::insert_into(accesses::table).values(row).execute(c)?;
            }
        }
    }
    Ok(count)
}
