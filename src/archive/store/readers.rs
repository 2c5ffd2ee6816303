//! Who has seen an insight, by department. Reads what the flow keeps; writes nothing.

use diesel::dsl::count;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{departments, first_accesses, insight_readers, insight_reads, insights};
use crate::each_db;

/// People of a department who have opened an insight.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Of {
    /// The path at the time.
    pub path: String,
    pub people: i64,
    /// Whether the outermost department of it may be told by itself.
    pub alone: bool,
}

/// How many people of each department have opened an insight. Those of insights that were merged into it come
/// in, each person once, if there are any (`merged`).
///
/// # Errors
/// What the database says.
pub fn by_department(c: &mut Conn, insight_id: i64, merged: bool) -> QueryResult<Vec<Of>> {
    if merged {
        return with_merged(c, insight_id);
    }
    let kept = insight_readers::table
        .inner_join(departments::table.on(departments::id.eq(insight_readers::department_id)))
        .filter(insight_readers::insight_id.eq(insight_id))
        .filter(insight_readers::readers.gt(0))
        .select((departments::path, insight_readers::readers, departments::told_alone));
    let kept: Vec<(String, i32, bool)> = each_db!(c, c => kept.load(c))?;
    let mut found: Vec<Of> = Vec::with_capacity(kept.len());
    for (path, readers, alone) in kept {
        add(&mut found, Of { path, people: i64::from(readers), alone });
    }
    Ok(found)
}

/// A department that ended and one that began again may have had the same path.
fn add(found: &mut Vec<Of>, more: Of) {
    match found.iter_mut().find(|known| known.path == more.path) {
        Some(known) => known.people += more.people,
        None => found.push(more),
    }
}

/// Merged insights are few: their readers are counted person by person.
fn with_merged(c: &mut Conn, insight_id: i64) -> QueryResult<Vec<Of>> {
    let merged = insights::table.filter(insights::merged_into.eq(Some(insight_id))).select(insights::id);
    let merged: Vec<i64> = each_db!(&mut *c, c => merged.load(c))?;
    let all: Vec<i64> = std::iter::once(insight_id).chain(merged).collect();
    let readers = first_accesses::table
        .inner_join(departments::table.on(departments::id.eq(first_accesses::to_department_id)))
        .filter(first_accesses::insight_id.eq_any(all.clone()))
        .group_by((departments::path, departments::told_alone))
        .select((
            departments::path,
            count(first_accesses::person_id).aggregate_distinct(),
            departments::told_alone,
        ));
    let mut found: Vec<Of> = each_db!(&mut *c, c => readers.load(c))?;
    // Readers who were turned into counts; whoever had read two that were merged counts there twice.
    let before = insight_reads::table
        .inner_join(departments::table.on(departments::id.eq(insight_reads::department_id)))
        .filter(insight_reads::insight_id.eq_any(all))
        .filter(insight_reads::readers.gt(0))
        .select((departments::path, insight_reads::readers, departments::told_alone));
    for before in each_db!(c, c => before.load::<Of>(c))? {
        add(&mut found, before);
    }
    Ok(found)
}
