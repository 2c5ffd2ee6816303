//! One's own reading, and who uses what one shared: for oneself alone.

use std::collections::{BTreeMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::schema::{accesses, departments, insights, uses};
use crate::each_db;

/// Insights of the list of what somebody opened last.
const LATEST: usize = 8;

/// What somebody opened, from a day on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Openings that counted.
    pub openings: i64,
    /// Different insights among them.
    pub insights: i64,
    /// Openings of each day with any, in the order of the days.
    pub days: Vec<(NaiveDate, i64)>,
    /// Different insights by the department that shared them, most first.
    pub from: Vec<(String, i64)>,
    /// The insights opened last, each once, the latest first.
    pub latest: Vec<Opened>,
}

/// An insight, and when it was opened last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub id: i64,
    pub title: String,
    /// UTC.
    pub at: NaiveDateTime,
}

/// What a person opened from a moment on (UTC). By the index that begins with the person: as long as what
/// they themselves opened.
///
/// # Errors
/// What the database says.
pub fn reading(c: &mut Conn, person_id: i64, since: NaiveDateTime) -> QueryResult<Reading> {
    type Row = (i64, NaiveDateTime, NaiveDate, String);
    let rows: Vec<Row> = accesses::table
        .inner_join(insights::table.inner_join(departments::table))
        .filter(accesses::person_id.eq(person_id))
        .filter(accesses::at.ge(since))
        .order((accesses::at.desc(), accesses::id.desc()))
        .select((accesses::insight_id, accesses::at, accesses::day, departments::path))
        .load(c)?;
    let mut seen = HashSet::new();
    let (mut days, mut from) = (BTreeMap::new(), BTreeMap::new());
    let mut latest = Vec::new();
    for (insight, at, day, department) in &rows {
        *days.entry(*day).or_default() += 1;
        if !seen.insert(*insight) {
            continue;
        }
        let market = department.split('/').next().unwrap_or(department);
        *from.entry(market.to_owned()).or_default() += 1;
        latest.push((*insight, *at));
    }
    let mut from: Vec<(String, i64)> = from.into_iter().collect();
    from.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    // Some of them may have been withdrawn since.
    latest.truncate(2 * LATEST);
    let ids: Vec<i64> = latest.iter().map(|(id, _)| *id).collect();
    let titles: Vec<(i64, String)> = insights::table
        .filter(insights::id.eq_any(&ids))
        .filter(visible_to(person_id))
        .select((insights::id, insights::title))
        .load(c)?;
    let latest = latest
        .into_iter()
        .filter_map(|(id, at)| {
            let title = titles.iter().find(|title| title.0 == id)?.1.clone();
            Some(Opened { id, title, at })
        })
        .take(LATEST)
        .collect();
    Ok(Reading {
        openings: rows.len() as i64,
        insights: seen.len() as i64,
        days: days.into_iter().collect(),
        from,
        latest,
    })
}

/// How many times people of each department said that they used what a person shared, most first.
///
/// # Errors
/// What the database says.
pub fn uses_by_department(c: &mut Conn, person_id: i64) -> QueryResult<Vec<(String, i64)>> {
    let rows = uses::table
        .inner_join(insights::table)
        .inner_join(departments::table.on(departments::id.eq(uses::department_id)))
        .filter(insights::author_id.eq(person_id))
        .filter(insights::undone.eq(false))
        .group_by(departments::path)
        .select((departments::path, count_star()));
    let rows: Vec<(String, i64)> = each_db!(c, c => rows.load(c))?;
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (path, count) in rows {
        *sums.entry(path.split('/').next().unwrap_or(&path).to_owned()).or_default() += count;
    }
    let mut sums: Vec<(String, i64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(sums)
}
