//! What the archive knows about a customer, a segment or a topic: how much, since when, from whom.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::dsl::{count, count_star, max};
use diesel::prelude::*;

use super::listing::{Filter, condition};
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::{FEW, in_few};
use crate::db::schema::{customers, departments, insight_tags, insights, people, segments, tags};
use crate::db::search::{Fits, name_patterns};
use crate::web::paging::Cursor;

/// A segment, customer or tag with what is in the archive about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: i64,
    pub name: String,
    /// Visible insights.
    pub insights: i64,
    /// The latest of them, UTC.
    pub latest: Option<NaiveDateTime>,
}

type KnownRow = (i64, String, i64, Option<NaiveDateTime>);

fn known(rows: Vec<KnownRow>) -> Vec<Known> {
    rows.into_iter().map(|(id, name, insights, latest)| Known { id, name, insights, latest }).collect()
}

/// Writes a query for segments, customers or tags by name, best known first. The names that fit come
/// first, from their own small table: mostly there are none, and asked in one statement SQLite walked all
/// insights to find that out.
macro_rules! named {
    ($c:ident, $table:ident, $joined:expr, $viewer:ident, $words:ident, $limit:ident) => {{
        let fits = || {
            let (begins, inside) = name_patterns($words);
            $table::folded_name.like(begins).escape('\\').or($table::folded_name.like(inside).escape('\\'))
        };
        let ids: Vec<i64> = $table::table.filter(fits()).limit(FEW as i64 + 1).select($table::id).load($c)?;
        macro_rules! best {
            ($condition:expr) => {
                $joined
                    .filter(visible_to($viewer))
                    .filter($condition)
                    .group_by(($table::id, $table::name))
                    .select(($table::id, $table::name, count_star(), max(insights::contributed_at)))
                    .order((count_star().desc(), $table::id))
                    .limit($limit)
                    .load::<KnownRow>($c)
                    .map(known)
            };
        }
        match ids.len() {
            0 => Ok(Vec::new()),
            1..=FEW => best!(in_few($table::id, &ids)),
            _ => best!(fits()),
        }
    }};
}

/// Segments whose name has `words` (folded) at the beginning of a word, those with most insights first.
///
/// # Errors
/// What the database says.
pub fn segments_named(c: &mut Conn, viewer: i64, words: &str, limit: i64) -> QueryResult<Vec<Known>> {
    named!(c, segments, segments::table.inner_join(insights::table), viewer, words, limit)
}

/// Customers whose name has `words` (folded) at the beginning of a word, those with most insights first.
///
/// # Errors
/// What the database says.
pub fn customers_named(c: &mut Conn, viewer: i64, words: &str, limit: i64) -> QueryResult<Vec<Known>> {
    named!(c, customers, customers::table.inner_join(insights::table), viewer, words, limit)
}

/// Tags whose name has `words` (folded) at the beginning of a word, those with most insights first.
///
/// # Errors
/// What the database says.
pub fn tags_named(c: &mut Conn, viewer: i64, words: &str, limit: i64) -> QueryResult<Vec<Known>> {
    let joined = tags::table.inner_join(insight_tags::table.inner_join(insights::table));
    named!(c, tags, joined, viewer, words, limit)
}

/// A page of the customers by name, those only that have a visible insight, and where the next begins.
/// `words` (folded) narrows by name; empty for all.
///
/// # Errors
/// What the database says.
pub fn customers_page(
    c: &mut Conn,
    viewer: i64,
    words: &str,
    after: Option<&Cursor>,
    limit: usize,
) -> QueryResult<(Vec<Known>, Option<Cursor>)> {
    let (begins, inside) = name_patterns(words);
    // A cursor is numbers: the last customer's id stands for its name.
    let last = match after.and_then(|cursor| cursor.0.first().copied()) {
        Some(id) => customers::table.find(id).select(customers::folded_name).first::<String>(c).optional()?,
        None => None,
    };
    let mut rows: Vec<KnownRow> = customers::table
        .inner_join(insights::table)
        .filter(visible_to(viewer))
        .filter(
            customers::folded_name
                .like(begins)
                .escape('\\')
                .or(customers::folded_name.like(inside).escape('\\')),
        )
        .filter(customers::folded_name.gt(last.unwrap_or_default()))
        .group_by((customers::id, customers::name, customers::folded_name))
        .select((customers::id, customers::name, count_star(), max(insights::contributed_at)))
        .order(customers::folded_name)
        .limit(limit as i64 + 1)
        .load(c)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(id, ..)| Cursor(vec![*id]));
    Ok((known(rows), next))
}

/// Somebody who shared what a page shows, with their department of today.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Knower {
    pub id: i64,
    pub name: String,
    /// A path, as in `Service/North`.
    pub department: String,
    pub insights: i64,
}

/// Who shared the insights that fit, most of them first: whom to ask. Nothing about who read them.
///
/// # Errors
/// What the database says.
pub fn knowers(c: &mut Conn, viewer: i64, filter: &Filter, limit: i64) -> QueryResult<Vec<Knower>> {
    let counts: Vec<(i64, i64)> = insights::table
        .filter(condition(c, viewer, filter))
        .group_by(insights::author_id)
        .select((insights::author_id, count_star()))
        .order((count_star().desc(), insights::author_id))
        .limit(limit.min(FEW as i64))
        .load(c)?;
    let ids: Vec<i64> = counts.iter().map(|(id, _)| *id).collect();
    let people: Vec<(i64, String, String)> = people::table
        .inner_join(departments::table)
        .filter(in_few(people::id, &ids))
        .select((people::id, people::name, departments::path))
        .load(c)?;
    Ok(counts
        .into_iter()
        .filter_map(|(id, insights)| {
            let (_, name, department) = people.iter().find(|(known, ..)| *known == id)?;
            Some(Knower { id, name: name.clone(), department: department.clone(), insights })
        })
        .collect())
}

/// How much is known: insights, authors, departments of the authors (the first names of their paths, as
/// everywhere in the market), and the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub insights: i64,
    pub people: i64,
    pub departments: i64,
    pub latest: Option<NaiveDateTime>,
}

/// The extent of the insights that fit.
///
/// # Errors
/// What the database says.
pub fn extent(c: &mut Conn, viewer: i64, filter: &Filter) -> QueryResult<Extent> {
    let (insights, people, latest) = insights::table
        .filter(condition(c, viewer, filter))
        .select((
            count_star(),
            count(insights::author_id).aggregate_distinct(),
            max(insights::contributed_at),
        ))
        .first(c)?;
    let paths: Vec<String> = departments::table
        .inner_join(insights::table)
        .filter(Fits(condition(c, viewer, filter)))
        .select(departments::path)
        .distinct()
        .load(c)?;
    let first: HashSet<&str> = paths.iter().filter_map(|path| path.split('/').next()).collect();
    Ok(Extent { insights, people, departments: first.len() as i64, latest })
}

/// The tags of the insights that fit, the most frequent first; without the latest.
///
/// # Errors
/// What the database says.
pub fn tags_of(c: &mut Conn, viewer: i64, filter: &Filter, limit: i64) -> QueryResult<Vec<Known>> {
    let rows: Vec<(i64, String, i64)> = tags::table
        .inner_join(insight_tags::table.inner_join(insights::table))
        .filter(Fits(condition(c, viewer, filter)))
        .group_by((tags::id, tags::name))
        .select((tags::id, tags::name, count_star()))
        .order((count_star().desc(), tags::id))
        .limit(limit)
        .load(c)?;
    Ok(rows.into_iter().map(|(id, name, insights)| Known { id, name, insights, latest: None }).collect())
}

/// The customers of the insights that fit, the most frequent first; at most [`FEW`].
///
/// # Errors
/// What the database says.
pub fn customers_of(c: &mut Conn, viewer: i64, filter: &Filter) -> QueryResult<Vec<Known>> {
    type Row = (Option<i64>, i64, Option<NaiveDateTime>);
    let counts: Vec<Row> = insights::table
        .filter(condition(c, viewer, filter))
        .filter(insights::customer_id.is_not_null())
        .group_by(insights::customer_id)
        .select((insights::customer_id, count_star(), max(insights::contributed_at)))
        .order((count_star().desc(), insights::customer_id))
        .limit(FEW as i64)
        .load(c)?;
    let ids: Vec<i64> = counts.iter().filter_map(|(id, ..)| *id).collect();
    let names: Vec<(i64, String)> = customers::table
        .filter(in_few(customers::id, &ids))
        .select((customers::id, customers::name))
        .load(c)?;
    Ok(counts
        .into_iter()
        .filter_map(|(id, insights, latest)| {
            let (id, name) = names.iter().find(|(known, _)| Some(*known) == id)?;
            Some(Known { id: *id, name: name.clone(), insights, latest })
        })
        .collect())
}
