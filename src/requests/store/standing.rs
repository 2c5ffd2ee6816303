//! A request as its rules look at it.

use std::collections::{BTreeSet, HashMap};

use chrono::{Duration, NaiveDateTime};
use diesel::dsl::{count, exists, not};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    insight_authors, insight_values, insights, rating_standings, ratings, request_answers, request_funders,
    requests,
};
use crate::error::{AppError, AppResult};
use crate::policy::PlayPolicy;
use crate::requests::request::{Answer, Standing, State};

/// Locks a request until the end of the transaction and returns how it stands. The count of the update
/// takes the row's lock on both databases; what is read after it is what others left.
///
/// # Errors
/// `NotFound` when there is none; what the database says.
pub fn locked(c: &mut Conn, id: i64, now: NaiveDateTime, play: &PlayPolicy) -> AppResult<Standing> {
    let found = diesel::update(requests::table.find(id))
        .set(requests::revision.eq(requests::revision + 1))
        .execute(c)?;
    if found == 0 {
        return Err(AppError::NotFound);
    }
    standing(c, id, now, play)
}

/// How a request stands, for a page: an act asks again under the lock.
///
/// # Errors
/// `NotFound` when there is none; what the database says.
pub fn standing(c: &mut Conn, id: i64, now: NaiveDateTime, play: &PlayPolicy) -> AppResult<Standing> {
    type Row = (String, i64, NaiveDateTime, Option<NaiveDateTime>);
    let (state, asker, closes_at, extended_at): Row = requests::table
        .find(id)
        .select((requests::state, requests::asker_id, requests::closes_at, requests::extended_at))
        .first(c)?;
    let state = State::named(&state)
        .ok_or_else(|| AppError::Internal(format!("request {id} is in the unknown state {state}")))?;
    let funders: Vec<(i64, i64)> = request_funders::table
        .filter(request_funders::request_id.eq(id))
        .order((request_funders::first_at, request_funders::person_id))
        .select((request_funders::person_id, request_funders::credits))
        .load(c)?;
    let mut standing =
        Standing { state, asker, closes_at, extended: extended_at.is_some(), funders, answers: Vec::new() };
    standing.answers = answers(c, id, &standing, now, play)?;
    Ok(standing)
}

fn answers(
    c: &mut Conn,
    id: i64,
    standing: &Standing,
    now: NaiveDateTime,
    play: &PlayPolicy,
) -> AppResult<Vec<Answer>> {
    type Linked = (i64, NaiveDateTime, Option<NaiveDateTime>);
    type There = (i64, Option<NaiveDateTime>, Option<i64>, Option<i64>);
    type Row = (Linked, There);
    let rows: Vec<Row> = request_answers::table
        .inner_join(insights::table)
        .filter(request_answers::request_id.eq(id))
        .order((request_answers::at, request_answers::insight_id))
        .select((
            (request_answers::insight_id, request_answers::at, request_answers::withdrawn_at),
            (insights::author_id, insights::withdrawn_at, insights::withdrawn_by, insights::merged_into),
        ))
        .load(c)?;
    // An answer that was merged into another insight stands as that one; its own author is paid.
    let place = |insight: i64, merged: Option<i64>| merged.unwrap_or(insight);
    let ids: Vec<i64> = rows.iter().map(|((insight, ..), (.., merged))| place(*insight, *merged)).collect();
    let lower: HashMap<i64, i32> = insight_values::table
        .filter(insight_values::insight_id.eq_any(&ids))
        .select((insight_values::insight_id, insight_values::lower_hundredths))
        .load::<(i64, i32)>(c)?
        .into_iter()
        .collect();
    let mut authors: HashMap<i64, Vec<i64>> = HashMap::new();
    let written: Vec<(i64, i64)> = insight_authors::table
        .filter(insight_authors::insight_id.eq_any(&ids))
        .order((insight_authors::insight_id, insight_authors::person_id))
        .select((insight_authors::insight_id, insight_authors::person_id))
        .load(c)?;
    for (insight, person) in written {
        authors.entry(insight).or_default().push(person);
    }
    let mut payers: Vec<i64> = standing.funders.iter().map(|(person, _)| *person).collect();
    payers.push(standing.asker);
    // Ratings of what was merged into an answer are ratings of that.
    let merged: HashMap<i64, i64> = insights::table
        .filter(insights::merged_into.eq_any(&ids))
        .select((insights::id, insights::merged_into.assume_not_null()))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect();
    let rated: Vec<i64> = ids.iter().chain(merged.keys()).copied().collect();
    let third: BTreeSet<(i64, i64)> = ratings::table
        .filter(ratings::insight_id.eq_any(&rated))
        .filter(ratings::person_id.ne_all(&payers))
        // Void or held: it does not count for the value either.
        .filter(not(exists(
            rating_standings::table
                .filter(rating_standings::insight_id.eq(ratings::insight_id))
                .filter(rating_standings::person_id.eq(ratings::person_id))
                .filter(rating_standings::standing.ne("one")),
        )))
        .select((ratings::insight_id, ratings::person_id))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .map(|(insight, person)| (merged.get(&insight).copied().unwrap_or(insight), person))
        .filter(|(insight, person)| !authors.get(insight).is_some_and(|known| known.contains(person)))
        .collect();
    let mut raters: HashMap<i64, i64> = HashMap::new();
    for (insight, _) in third {
        *raters.entry(insight).or_default() += 1;
    }
    let since = now - Duration::days(play.reciprocal_days);
    let mut lately: HashMap<i64, i64> = HashMap::new();
    rows.into_iter()
        .map(|((insight, at, unlinked), (author, withdrawn_at, withdrawn_by, merged))| {
            let there = place(insight, merged);
            let withdrawn_at = withdrawn_at.filter(|_| merged.is_none());
            let mut written_by = authors.get(&there).cloned().unwrap_or_default();
            if !written_by.contains(&author) {
                written_by.push(author);
            }
            let awards_lately = match lately.get(&author) {
                Some(awards) => *awards,
                None => {
                    let awards = awards_between(c, standing.asker, author, since)?;
                    lately.insert(author, awards);
                    awards
                }
            };
            let linked = unlinked.is_none();
            Ok(Answer {
                insight,
                author,
                authors: written_by,
                at,
                stands: linked && withdrawn_at.is_none(),
                was_given: linked && (withdrawn_at.is_none() || withdrawn_by != Some(author)),
                lower: lower.get(&there).map_or(0, |hundredths| i64::from(*hundredths)),
                raters: raters.get(&there).copied().unwrap_or(0),
                awards_lately,
            })
        })
        .collect()
}

/// Requests since `since` by which one of two people paid the other.
fn awards_between(c: &mut Conn, one: i64, other: i64, since: NaiveDateTime) -> QueryResult<i64> {
    request_answers::table
        .inner_join(requests::table)
        .inner_join(insights::table)
        .filter(request_answers::credits.gt(0))
        .filter(requests::closed_at.ge(since))
        .filter(
            requests::asker_id
                .eq(one)
                .and(insights::author_id.eq(other))
                .or(requests::asker_id.eq(other).and(insights::author_id.eq(one))),
        )
        .select(count(requests::id).aggregate_distinct())
        .first(c)
}
