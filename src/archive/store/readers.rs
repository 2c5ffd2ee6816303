//! Who has seen an insight, by department. Reads what the flow keeps; writes nothing.

use diesel::dsl::count;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, first_accesses, insight_reads, insights};
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
    let all: Vec<i64> = std::iter::once(insight_id).chain(merged).collect();
    let mut found: Vec<(String, i64)> = if let [only] = all[..] {
        let readers = readers!(first_accesses::insight_id.eq(only));
        each_db!(&mut *c, c => readers.load(c))?
    } else {
        let readers = readers!(first_accesses::insight_id.eq_any(all.clone()));
        each_db!(&mut *c, c => readers.load(c))?
    };
    // Readers who were turned into counts; whoever had read two that were merged counts there twice.
    let before = insight_reads::table
        .inner_join(departments::table.on(departments::id.eq(insight_reads::department_id)))
        .filter(insight_reads::insight_id.eq_any(all))
        .filter(insight_reads::readers.gt(0))
        .select((departments::path, insight_reads::readers));
    for (path, count) in each_db!(c, c => before.load::<(String, i64)>(c))? {
        match found.iter_mut().find(|(known, _)| *known == path) {
            Some((_, sum)) => *sum += count,
            None => found.push((path, count)),
        }
    }
    Ok(found)
}
