//! One's own part: what somebody shared, rated and used, and what became of it.

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::listing::PAGE;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::{FEW, Prepared, before, in_few};
use crate::db::schema::{first_accesses, insight_values, insights, ratings, uses};
use crate::each_db;
use crate::flow::store::retention;
use crate::web::paging::Cursor;

/// A month of somebody's giving and getting, and whether they have ever done the three first things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Insights they shared since the month began; one undone never was.
    pub shared: i64,
    /// Insights they rated since then.
    pub rated: i64,
    /// Times others said since then that they used one of theirs.
    pub used: i64,
    pub ever_shared: bool,
    pub ever_rated: bool,
    /// They said of another's insight that they used it.
    pub ever_used: bool,
}

/// The tally of a person since `from` (UTC). One statement, each part from an index that begins with the
/// person.
///
/// # Errors
/// What the database says.
pub fn tally(c: &mut Conn, person_id: i64, from: NaiveDateTime) -> QueryResult<Tally> {
    let shared = insights::table.filter(insights::author_id.eq(person_id)).filter(insights::undone.eq(false));
    let rated = ratings::table.filter(ratings::person_id.eq(person_id));
    let used = uses::table
        .inner_join(insights::table)
        .filter(insights::author_id.eq(person_id))
        .filter(uses::at.ge(from));
    type Row = (Option<i64>, Option<i64>, Option<i64>, bool, bool, bool);
    let tally = diesel::select((
        shared.filter(insights::contributed_at.ge(from)).select(count_star()).single_value(),
        rated.filter(ratings::at.ge(from)).select(count_star()).single_value(),
        used.select(count_star()).single_value(),
        exists(shared),
        exists(rated),
        exists(uses::table.filter(uses::person_id.eq(person_id))),
    ));
    let (month_shared, month_rated, month_used, ever_shared, ever_rated, ever_used) =
        each_db!(c, c => Prepared(tally).get_result::<Row>(c))?;
    Ok(Tally {
        shared: month_shared.unwrap_or(0),
        rated: month_rated.unwrap_or(0),
        used: month_used.unwrap_or(0),
        ever_shared,
        ever_rated,
        ever_used,
    })
}

/// An insight somebody used lately, without who.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct UsedLately {
    pub id: i64,
    pub title: String,
    /// How many people have used it altogether.
    pub uses: i32,
}

/// The last insights that others than `viewer` said they used, each once, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn used_lately(c: &mut Conn, viewer: i64, limit: usize) -> QueryResult<Vec<UsedLately>> {
    // The uses first, by their own key: asked in one statement, SQLite walked all insights to find a
    // handful of uses.
    let last = uses::table
        .filter(uses::person_id.ne(viewer))
        .order(uses::id.desc())
        // Some of them are the same insight again.
        .limit(FEW as i64)
        .select(uses::insight_id);
    let last: Vec<i64> = each_db!(c, c => Prepared(last).load(c))?;
    if last.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<UsedLately> = insights::table
        .inner_join(insight_values::table)
        .filter(in_few(insights::id, &last))
        .filter(visible_to(viewer))
        .select((insights::id, insights::title, insight_values::uses))
        .load(c)?;
    rows.sort_by_key(|row| last.iter().position(|id| *id == row.id));
    rows.truncate(limit);
    Ok(rows)
}

/// One's own insight and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct OwnInsight {
    pub id: i64,
    pub title: String,
    /// UTC.
    pub contributed_at: NaiveDateTime,
    /// Withdrawn: only its author and curators see it.
    pub withdrawn_at: Option<NaiveDateTime>,
    /// How many people opened it, which a page says only from five on.
    pub readers: Option<i64>,
    /// How many people said they used it.
    pub uses: Option<i32>,
}

/// A page of what somebody shared, the latest first, withdrawn ones too; without what was undone.
///
/// # Errors
/// What the database says.
pub fn insights_of(
    c: &mut Conn,
    person_id: i64,
    after: Option<&Cursor>,
) -> QueryResult<(Vec<OwnInsight>, Option<Cursor>)> {
    use diesel::sql_types::{BigInt, Timestamp};
    let readers = first_accesses::table
        .filter(first_accesses::insight_id.eq(insights::id))
        .select(count_star())
        .single_value();
    let mut query = insights::table
        .left_join(insight_values::table)
        .filter(insights::author_id.eq(person_id))
        .filter(insights::undone.eq(false))
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .select((
            insights::id,
            insights::title,
            insights::contributed_at,
            insights::withdrawn_at,
            readers,
            insight_values::uses.nullable(),
        ))
        .limit(PAGE as i64 + 1)
        .into_boxed();
    if let Some(&[at, id]) = after.map(|cursor| cursor.0.as_slice()) {
        let at = chrono::DateTime::from_timestamp_micros(at).unwrap_or_default().naive_utc();
        let values = (at.into_sql::<Timestamp>(), id.into_sql::<BigInt>());
        query = query.filter(before((insights::contributed_at, insights::id), values));
    }
    let mut rows: Vec<OwnInsight> = query.load(c)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    for (insight, _, forgotten) in retention::readers_before(c, &ids)? {
        if let Some(row) = rows.iter_mut().find(|row| row.id == insight) {
            row.readers = Some(row.readers.unwrap_or(0) + forgotten);
        }
    }
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| Cursor(vec![last.contributed_at.and_utc().timestamp_micros(), last.id]));
    Ok((rows, next))
}
