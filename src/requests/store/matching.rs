//! Which insights may answer the requests that nobody has answered: about the same customer or topic, or in
//! the same words. Found by a job, since every question is a search of the archive.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Duration, NaiveDateTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    insight_tags, insight_values, insights, request_answers, request_departments, request_matches,
    request_scans, request_tags, requests,
};
use crate::each_db;
use crate::error::AppResult;
use crate::requests::near;
use crate::requests::request::State;

/// Insights that are kept for a request.
const MATCHES: usize = 30;
/// Requests compared in one go.
const AT_ONCE: i64 = 100;
/// Answers of a period that are looked at.
const MOST_ANSWERS: i64 = 5_000;
/// Hours after which a request is compared again: the archive grows.
const AGAIN_HOURS: i64 = 20;

/// An insight that may answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Match {
    pub request: i64,
    pub insight: i64,
    /// Where its author worked.
    pub department: i64,
    /// Raters of its shown value, and that value in tenths of a star; nothing where none is shown.
    pub shown: Option<(i32, i32)>,
}

/// Compares the requests that wait longest for it, and forgets what was answered or closed: how many were
/// compared, and whether more wait.
///
/// # Errors
/// What the database says.
pub fn compare(c: &mut Conn, now: NaiveDateTime) -> AppResult<(usize, bool)> {
    forget(c)?;
    let since = now - Duration::hours(AGAIN_HOURS);
    let due: Vec<(i64, i64, String, Option<i64>)> = requests::table
        .left_join(request_scans::table.on(request_scans::request_id.eq(requests::id)))
        .filter(requests::state.eq(State::Open.name()))
        .filter(not(exists(
            request_answers::table
                .filter(request_answers::request_id.eq(requests::id))
                .filter(request_answers::withdrawn_at.is_null()),
        )))
        .filter(request_scans::at.is_null().or(request_scans::at.lt(since)))
        .order(requests::id)
        .limit(AT_ONCE + 1)
        .select((requests::id, requests::asker_id, requests::question, requests::customer_id))
        .load(c)?;
    let more = due.len() as i64 > AT_ONCE;
    let compared = due.len().min(AT_ONCE as usize);
    for (id, asker, question, customer) in due.into_iter().take(compared) {
        let found = matching(c, id, asker, &question, customer)?;
        diesel::delete(request_matches::table.filter(request_matches::request_id.eq(id))).execute(c)?;
        for insight in &found {
            let row = (request_matches::request_id.eq(id), request_matches::insight_id.eq(*insight));
            diesel::insert_into(request_matches::table).values(row).execute(c)?;
        }
        each_db!(c, c => diesel::insert_into(request_scans::table)
            .values((request_scans::request_id.eq(id), request_scans::at.eq(now)))
            .on_conflict(request_scans::request_id)
            .do_update()
            .set(request_scans::at.eq(now))
            .execute(c))?;
    }
    Ok((compared, more))
}

/// Forgets the matches of requests that nobody waits for any more.
fn forget(c: &mut Conn) -> QueryResult<()> {
    let waiting = || {
        requests::table
            .filter(requests::state.eq(State::Open.name()))
            .filter(not(exists(
                request_answers::table
                    .filter(request_answers::request_id.eq(requests::id))
                    .filter(request_answers::withdrawn_at.is_null()),
            )))
            .select(requests::id)
    };
    diesel::delete(request_matches::table.filter(request_matches::request_id.ne_all(waiting())))
        .execute(c)?;
    diesel::delete(request_scans::table.filter(request_scans::request_id.ne_all(waiting())))
        .execute(c)
        .map(|_| ())
}

/// What the archive has for a request: in its words first, then about its customer, then on its topics. What
/// the asker shared is no answer.
fn matching(c: &mut Conn, id: i64, asker: i64, question: &str, customer: Option<i64>) -> AppResult<Vec<i64>> {
    let mut found = near::insights(c, asker, question, MATCHES)?;
    let there = || {
        insights::table
            .filter(insights::withdrawn_at.is_null())
            .filter(insights::merged_into.is_null())
            .filter(insights::undone.eq(false))
            .filter(insights::author_id.ne(asker))
            .order((insights::contributed_at.desc(), insights::id.desc()))
            .limit(MATCHES as i64)
            .select(insights::id)
            .into_boxed()
    };
    if let Some(customer) = customer {
        found.extend(there().filter(insights::customer_id.eq(customer)).load::<i64>(c)?);
    }
    let topics: Vec<i64> =
        request_tags::table.filter(request_tags::request_id.eq(id)).select(request_tags::tag_id).load(c)?;
    if !topics.is_empty() {
        let on_topic =
            insight_tags::table.filter(insight_tags::tag_id.eq_any(topics)).select(insight_tags::insight_id);
        found.extend(there().filter(insights::id.eq_any(on_topic)).load::<i64>(c)?);
    }
    let own: Vec<i64> = insights::table
        .filter(insights::id.eq_any(found.clone()))
        .filter(insights::author_id.eq(asker))
        .select(insights::id)
        .load(c)?;
    let mut kept: Vec<i64> = Vec::new();
    for insight in found {
        if !own.contains(&insight) && !kept.contains(&insight) {
            kept.push(insight);
        }
    }
    kept.truncate(MATCHES);
    Ok(kept)
}

/// What was found for these requests.
///
/// # Errors
/// What the database says.
pub fn matches(c: &mut Conn, of_requests: &[i64]) -> QueryResult<Vec<Match>> {
    request_matches::table
        .inner_join(insights::table)
        .left_join(insight_values::table.on(insight_values::insight_id.eq(insights::id)))
        .filter(request_matches::request_id.eq_any(of_requests.to_vec()))
        .filter(insights::withdrawn_at.is_null())
        .order((request_matches::request_id, request_matches::insight_id))
        .select((
            request_matches::request_id,
            insights::id,
            insights::department_id,
            (insight_values::shown_raters, insight_values::shown_tenths).nullable(),
        ))
        .load(c)
}

/// Of these insights: the departments whose open requests they may answer, and how many requests.
///
/// # Errors
/// What the database says.
pub fn asked_about(c: &mut Conn, of_insights: &[i64]) -> QueryResult<Vec<(i64, i64, i64)>> {
    let rows: Vec<(i64, i64)> = request_matches::table
        .inner_join(requests::table)
        .filter(request_matches::insight_id.eq_any(of_insights.to_vec()))
        .filter(requests::state.eq(State::Open.name()))
        .select((request_matches::insight_id, requests::department_id))
        .load(c)?;
    let mut many: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for pair in rows {
        *many.entry(pair).or_default() += 1;
    }
    Ok(many.into_iter().map(|((insight, department), count)| (insight, department, count)).collect())
}

/// A request and its first answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstAnswer {
    pub request: i64,
    pub question: String,
    /// Where the asker was when they asked, and where who answered first was then.
    pub asking: i64,
    pub answering: i64,
    /// Departments that were asked by name.
    pub asked: Vec<i64>,
    pub asked_at: NaiveDateTime,
    pub at: NaiveDateTime,
}

/// The requests whose first answer came in a span of days, the latest first.
///
/// # Errors
/// What the database says.
pub fn first_answers(
    c: &mut Conn,
    from: chrono::NaiveDate,
    to: chrono::NaiveDate,
) -> QueryResult<Vec<FirstAnswer>> {
    type Row = (i64, String, i64, i64, NaiveDateTime, NaiveDateTime);
    let rows: Vec<Row> = request_answers::table
        .inner_join(requests::table)
        .filter(request_answers::day.ge(from).and(request_answers::day.lt(to)))
        .filter(request_answers::withdrawn_at.is_null())
        .order((request_answers::at.desc(), request_answers::request_id))
        .limit(MOST_ANSWERS)
        .select((
            requests::id,
            requests::question,
            requests::department_id,
            request_answers::department_id,
            requests::asked_at,
            request_answers::at,
        ))
        .load(c)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let earlier: Vec<i64> = request_answers::table
        .filter(request_answers::request_id.eq_any(ids.clone()))
        .filter(request_answers::withdrawn_at.is_null())
        .filter(request_answers::day.lt(from))
        .select(request_answers::request_id)
        .load(c)?;
    let asked: Vec<(i64, i64)> = request_departments::table
        .filter(request_departments::request_id.eq_any(ids))
        .select((request_departments::request_id, request_departments::department_id))
        .load(c)?;
    let earlier: HashSet<i64> = earlier.into_iter().collect();
    let mut by_request: HashMap<i64, Vec<i64>> = HashMap::new();
    for (request, department) in asked {
        by_request.entry(request).or_default().push(department);
    }
    let mut seen: HashSet<i64> = HashSet::new();
    // The latest first: of each request the last row is its first answer.
    let mut first: Vec<FirstAnswer> = rows
        .into_iter()
        .rev()
        .filter(|row| !earlier.contains(&row.0) && seen.insert(row.0))
        .map(|(request, question, asking, answering, asked_at, at)| FirstAnswer {
            asked: by_request.get(&request).cloned().unwrap_or_default(),
            request,
            question,
            asking,
            answering,
            asked_at,
            at,
        })
        .collect();
    first.reverse();
    Ok(first)
}
