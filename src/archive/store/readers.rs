//! Who has seen an insight, by department. Reads what the flow keeps; writes nothing.

use diesel::dsl::count;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, first_accesses, insight_readers, insight_reads, insights};
use crate::each_db;

/// How many people of each department have opened an insight: the path at the time, and the count. Those of
/// insights that were merged into it come in, each person once, if there are any (`merged`).
///
/// # Errors
/// What the database says.
pub fn by_department(c: &mut Conn, insight_id: i64, merged: bool) -> QueryResult<Vec<(String, i64)>> {
    if merged {
        return with_merged(c, insight_id);
    }
    let kept = insight_readers::table
        .inner_join(departments::table.on(departments::id.eq(insight_readers::department_id)))
        .filter(insight_readers::insight_id.eq(insight_id))
        .filter(insight_readers::readers.gt(0))
        .select((departments::path, insight_readers::readers));
    let kept: Vec<(String, i32)> = each_db!(c, c => kept.load(c))?;
    let mut found: Vec<(String, i64)> = Vec::with_capacity(kept.len());
    for (path, readers) in kept {
        add(&mut found, path, i64::from(readers));
    }
    Ok(found)
}

/// A department that ended and one that began again may have had the same path.
fn add(found: &mut Vec<(String, i64)>, path: String, readers: i64) {
    match found.iter_mut().find(|(known, _)| *known == path) {
        Some((_, sum)) => *sum += readers,
        None => found.push((path, readers)),
    }
}

/// Merged insights are few: their readers are counted person by person.
fn with_merged(c: &mut Conn, insight_id: i64) -> QueryResult<Vec<(String, i64)>> {
    let merged = insights::table.filter(insights::merged_into.eq(Some(insight_id))).select(insights::id);
    let merged: Vec<i64> = each_db!(&mut *c, c => merged.load(c))?;
    let all: Vec<i64> = std::iter::once(insight_id).chain(merged).collect();
    let readers = first_accesses::table
        .inner_join(departments::table.on(departments::id.eq(first_accesses::to_department_id)))
        .filter(first_accesses::insight_id.eq_any(all.clone()))
        .group_by(departments::path)
        .select((departments::path, count(first_accesses::person_id).aggregate_distinct()));
    let mut found: Vec<(String, i64)> = each_db!(&mut *c, c => readers.load(c))?;
    // Readers who were turned into counts; whoever had read two that were merged counts there twice.
    let before = insight_reads::table
        .inner_join(departments::table.on(departments::id.eq(insight_reads::department_id)))
        .filter(insight_reads::insight_id.eq_any(all))
        .filter(insight_reads::readers.gt(0))
        .select((departments::path, insight_reads::readers));
    for (path, readers) in each_db!(c, c => before.load::<(String, i64)>(c))? {
        add(&mut found, path, readers);
    }
    Ok(found)
}
