//! Who has seen an insight, by department. Reads what the flow keeps; writes nothing.

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, first_accesses};

/// How many people of each department have opened an insight: the path at the time, and the count.
///
/// # Errors
/// What the database says.
pub fn by_department(c: &mut Conn, insight_id: i64) -> QueryResult<Vec<(String, i64)>> {
    first_accesses::table
        .inner_join(departments::table.on(departments::id.eq(first_accesses::to_department_id)))
        .filter(first_accesses::insight_id.eq(insight_id))
        .group_by(departments::path)
        .select((departments::path, count_star()))
        .load(c)
}
