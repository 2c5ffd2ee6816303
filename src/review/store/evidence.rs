//! What a case's page shows beside its own rows: counts and titles, never a single rating.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::archive::store::merging;
use crate::db::Conn;
use crate::db::schema::{
    earning_shares, first_accesses, insight_values, insights, people, remarks, requests, review_people,
    review_ratings,
};
use crate::flow::store::retention;

/// How many people have opened an insight, or what was merged into it, and how many ratings of it count.
///
/// # Errors
/// What the database says.
pub fn readers_and_raters(c: &mut Conn, insight_id: i64) -> QueryResult<(i64, i64)> {
    let group = merging::group(c, insight_id)?;
    let readers: i64 = first_accesses::table
        .filter(first_accesses::insight_id.eq_any(group.clone()))
        .select(sql::<BigInt>("COUNT(DISTINCT first_accesses.person_id)"))
        .first(c)?;
    let forgotten: i64 = retention::readers_before(c, &group)?.iter().map(|(.., count)| count).sum();
    let readers = readers + forgotten;
    let raters: Option<i32> =
        insight_values::table.find(insight_id).select(insight_values::raters).first(c).optional()?;
    Ok((readers, i64::from(raters.unwrap_or_default())))
}

/// Who wrote a remark, and what.
///
/// # Errors
/// What the database says.
pub fn remark(c: &mut Conn, id: i64) -> QueryResult<(String, String)> {
    remarks::table
        .inner_join(people::table)
        .filter(remarks::id.eq(id))
        .select((people::name, remarks::body))
        .first(c)
}

/// The insights of which ratings are in question, and how many of each: id, title, ratings.
///
/// # Errors
/// What the database says.
pub fn concerned(c: &mut Conn, case_id: i64) -> QueryResult<Vec<(i64, String, i64)>> {
    review_ratings::table
        .inner_join(insights::table.on(insights::id.eq(review_ratings::insight_id)))
        .filter(review_ratings::case_id.eq(case_id))
        .group_by((insights::id, insights::title))
        .order((count_star().desc(), insights::id))
        .select((insights::id, insights::title, count_star()))
        .load(c)
}

/// What the insights in question were paid to the people of the case, in credits.
///
/// # Errors
/// What the database says.
pub fn earned(c: &mut Conn, case_id: i64) -> QueryResult<i64> {
    let of =
        review_ratings::table.filter(review_ratings::case_id.eq(case_id)).select(review_ratings::insight_id);
    let to = review_people::table.filter(review_people::case_id.eq(case_id)).select(review_people::person_id);
    earning_shares::table
        .filter(earning_shares::insight_id.eq_any(of))
        .filter(earning_shares::person_id.eq_any(to))
        .select(sql::<Nullable<BigInt>>("CAST(SUM(paid) AS BIGINT)"))
        .first::<Option<i64>>(c)
        .map(Option::unwrap_or_default)
}

/// What these requests ask: id and question.
///
/// # Errors
/// What the database says.
pub fn questions(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    requests::table
        .filter(requests::id.eq_any(ids.to_vec()))
        .order(requests::id)
        .select((requests::id, requests::question))
        .load(c)
}
