//! Who has seen an insight, by department. Reads what the flow keeps; writes nothing.

use diesel::dsl::count;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, first_accesses, insights};
use crate::each_db;

/// How many people of each department have opened an insight, or one that was merged into it, each once:
/// the path at the time, and the count.
///
/// # Errors
/// What the database says.
pub fn by_department(c: &mut Conn, insight_id: i64) -> QueryResult<Vec<(String, i64)>> {
    let merged = insights::table.filter(insights::merged_into.eq(Some(insight_id))).select(insights::id);
    let merged: Vec<i64> = each_db!(&mut *c, c => merged.load(c))?;
    // Asked in one statement with OR, PostgreSQL walks all accesses there are.
    macro_rules! readers {
        ($of:expr) => {
            first_accesses::table
                .inner_join(departments::table.on(departments::id.eq(first_accesses::to_department_id)))
                .filter($of)
                .group_by(departments::path)
                .select((departments::path, count(first_accesses::person_id).aggregate_distinct()))
        };
    }
    if merged.is_empty() {
        let readers = readers!(first_accesses::insight_id.eq(insight_id));
        return each_db!(c, c => readers.load(c));
    }
    let all: Vec<i64> = std::iter::once(insight_id).chain(merged).collect();
    let readers = readers!(first_accesses::insight_id.eq_any(all));
    each_db!(c, c => readers.load(c))
}
