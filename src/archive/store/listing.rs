//! Which insights stand in a list, in which order: ids first, page by page through an index; what a list
//! shows of them is read by id afterwards.

use chrono::{DateTime, NaiveDateTime};
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Timestamp};

use crate::archive::insight::Source;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::{FEW, before};
use crate::db::schema::{departments, insight_authors, insight_tags, insight_values, insights, ratings};
use crate::db::search::{self, Condition, Fits};
use crate::each_db;
use crate::text::fold;
use crate::web::paging::Cursor;

/// How many insights a page of a list has.
pub const PAGE: usize = FEW;

/// Which insights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub segment: Option<i64>,
    pub customer: Option<i64>,
    pub tag: Option<i64>,
    /// The path of a department; everything below it is in.
    pub department: Option<String>,
    pub source: Option<Source>,
    pub author: Option<i64>,
    /// Every one of these terms ([`search::terms`]) is contained; none for no search.
    pub terms: Vec<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The latest first.
    Newest,
    /// By shown value, then uses, then date.
    Valued,
    /// By how well it fits the search.
    Best,
    /// What the viewer has neither rated nor shared, the latest first.
    ToRate,
}

impl Order {
    /// The numbers a cursor of this order has.
    pub fn cursor_parts(self) -> usize {
        match self {
            Order::Newest | Order::ToRate => 2,
            Order::Valued => 4,
            Order::Best => 1,
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// At most [`PAGE`].
    pub ids: Vec<i64>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// How far a search can be paged in its own order: ranks move when the archive does, so its pages are
/// counted, not remembered.
const DEEPEST: i64 = 300;

/// The condition of a filter, and of what the viewer may see at all.
pub fn condition(c: &Conn, viewer: i64, filter: &Filter) -> Condition {
    let mut all: Condition = Box::new(visible_to(viewer));
    let mut and = |one: Condition| {
        let before = std::mem::replace(&mut all, Box::new(visible_to(viewer)));
        all = Box::new(before.and(one));
    };
    if let Some(id) = filter.segment {
        and(Box::new(insights::segment_id.assume_not_null().eq(id)));
    }
    if let Some(id) = filter.customer {
        and(Box::new(insights::customer_id.assume_not_null().eq(id)));
    }
    if let Some(id) = filter.tag {
        let tagged = insight_tags::table.filter(insight_tags::tag_id.eq(id)).select(insight_tags::insight_id);
        and(Box::new(insights::id.eq_any(tagged)));
    }
    if let Some(path) = &filter.department {
        let folded = fold(path);
        let (below, _) = search::name_patterns(&format!("{folded}/"));
        let inside = departments::table
            .filter(departments::folded_path.eq(folded).or(departments::folded_path.like(below).escape('\\')))
            .select(departments::id);
        and(Box::new(insights::department_id.eq_any(inside)));
    }
    if let Some(source) = filter.source {
        and(Box::new(insights::source.eq(source.name())));
    }
    if let Some(id) = filter.author {
        and(Box::new(insights::author_id.eq(id)));
    }
    if !filter.terms.is_empty() {
        and(Box::new(search::matching(c, &filter.terms)));
    }
    all
}

/// A page of the insights that fit, after `after`.
///
/// # Errors
/// What the database says.
pub fn slice(
    c: &mut Conn,
    viewer: i64,
    filter: &Filter,
    order: Order,
    after: Option<&Cursor>,
) -> QueryResult<Slice> {
    match order {
        Order::Newest => newest(c, condition(c, viewer, filter), after),
        Order::ToRate => {
            let rated = ratings::table
                .filter(ratings::insight_id.eq(insights::id))
                .filter(ratings::person_id.eq(viewer));
            let own = insight_authors::table
                .filter(insight_authors::insight_id.eq(insights::id))
                .filter(insight_authors::person_id.eq(viewer));
            let open = condition(c, viewer, filter).and(not(exists(rated))).and(not(exists(own)));
            newest(c, Box::new(open), after)
        }
        Order::Valued => valued(c, condition(c, viewer, filter), after),
        Order::Best => {
            let offset = after.and_then(|cursor| cursor.0.first().copied()).unwrap_or(0).clamp(0, DEEPEST);
            // The terms are the search itself, not a condition on it.
            let rest = Filter { terms: Vec::new(), ..filter.clone() };
            let condition = condition(c, viewer, &rest);
            let ids = search::best(c, &filter.terms, &condition, PAGE as i64 + 1, offset)?;
            let next = offset + PAGE as i64;
            Ok(cut(ids, |_| vec![next], |id| *id, next < DEEPEST))
        }
    }
}

fn newest(c: &mut Conn, condition: Condition, after: Option<&Cursor>) -> QueryResult<Slice> {
    let mut query = insights::table
        .filter(condition)
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .select(insights::id)
        .limit(PAGE as i64 + 1)
        .into_boxed();
    if let Some(&[at, id]) = after.map(|cursor| cursor.0.as_slice()) {
        let values = (time(at).into_sql::<Timestamp>(), id.into_sql::<BigInt>());
        query = query.filter(before((insights::contributed_at, insights::id), values));
    }
    let mut ids: Vec<i64> = query.load(c)?;
    let more = ids.len() > PAGE;
    ids.truncate(PAGE);
    // Only the last one's time is needed: reading all thirty was a twentieth of the feed.
    let next = match ids.last().filter(|_| more) {
        Some(id) => Some(Cursor(vec![micros(contributed_at(c, *id)?), *id])),
        None => None,
    };
    Ok(Slice { ids, next })
}

fn contributed_at(c: &mut Conn, id: i64) -> QueryResult<NaiveDateTime> {
    let at = insights::table.find(id).select(insights::contributed_at);
    each_db!(c, c => at.first(c))
}

fn valued(c: &mut Conn, condition: Condition, after: Option<&Cursor>) -> QueryResult<Slice> {
    use insight_values as v;
    let mut query = v::table
        .inner_join(insights::table)
        .filter(Fits(condition))
        .order((v::shown_tenths.desc(), v::uses.desc(), v::contributed_at.desc(), v::insight_id.desc()))
        .select((v::shown_tenths, v::uses, v::contributed_at, v::insight_id))
        .limit(PAGE as i64 + 1)
        .into_boxed();
    if let Some(&[tenths, uses, at, id]) = after.map(|cursor| cursor.0.as_slice()) {
        let values = (
            (tenths as i32).into_sql::<Integer>(),
            (uses as i32).into_sql::<Integer>(),
            time(at).into_sql::<Timestamp>(),
            id.into_sql::<BigInt>(),
        );
        let columns = (v::shown_tenths, v::uses, v::contributed_at, v::insight_id);
        query = query.filter(before(columns, values));
    }
    let rows: Vec<(i32, i32, NaiveDateTime, i64)> = query.load(c)?;
    let cursor =
        |row: &(i32, i32, NaiveDateTime, i64)| vec![i64::from(row.0), i64::from(row.1), micros(row.2), row.3];
    Ok(cut(rows, cursor, |row| row.3, true))
}

/// One row more than a page was asked for: if it came, there is a next page.
fn cut<R>(rows: Vec<R>, cursor: impl Fn(&R) -> Vec<i64>, id: impl Fn(&R) -> i64, may_go_on: bool) -> Slice {
    let more = rows.len() > PAGE && may_go_on;
    let next = rows.get(PAGE - 1).filter(|_| more).map(|last| Cursor(cursor(last)));
    Slice { ids: rows.iter().take(PAGE).map(id).collect(), next }
}

fn micros(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_micros()
}

/// A time no insight has, for a cursor somebody made up.
fn time(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

/// How many insights fit, by segment, department and source: what facets are folded from.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Group {
    pub segment: Option<i64>,
    pub department: i64,
    pub source: String,
    pub insights: i64,
}

/// The groups of the insights that fit. One pass over an index (without a search) or over the hits.
///
/// # Errors
/// What the database says.
pub fn groups(c: &mut Conn, viewer: i64, filter: &Filter) -> QueryResult<Vec<Group>> {
    insights::table
        .filter(condition(c, viewer, filter))
        .group_by((insights::segment_id, insights::department_id, insights::source))
        .select((insights::segment_id, insights::department_id, insights::source, count_star()))
        .load(c)
}

/// The path of every department there ever was, by id.
///
/// # Errors
/// What the database says.
pub fn department_paths(c: &mut Conn) -> QueryResult<Vec<(i64, String)>> {
    departments::table.select((departments::id, departments::path)).load(c)
}
