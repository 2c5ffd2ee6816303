//! Asking.

use chrono::Duration;
use diesel::prelude::*;

use super::telling;
use crate::accounts::person::Actor;
use crate::customers;
use crate::db::Conn;
use crate::db::schema::{
    departments, request_askers, request_departments, request_events, request_funders, request_tags, requests,
};
use crate::db::search::bare;
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::ledger::{self, Account, Reason, Transaction};
use crate::policy::Policy;
use crate::requests::request::{may_ask, may_offer};

/// What somebody asks, valid: a question that is not empty, everything within the bounds of the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// One line.
    pub question: String,
    /// Markdown: what the answer is needed for.
    pub why: String,
    /// The name of a segment, known or new; empty for none.
    pub segment: String,
    /// The name of a customer, known or new; empty for none.
    pub customer: String,
    /// Names of topics, known or new.
    pub tags: Vec<String>,
    /// Departments that may know; everything below one is meant too.
    pub departments: Vec<i64>,
    /// Credits; 0 where there are none.
    pub bounty: i64,
}

impl Draft {
    /// What a search looks through: bare words with a blank around each.
    pub(super) fn words(&self) -> String {
        let all = [&self.question, &self.why, &self.segment, &self.customer]
            .into_iter()
            .chain(&self.tags)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        let words: Vec<String> = bare(&all)
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        format!(" {} ", words.join(" "))
    }
}

/// How many requests of a person are open, those waiting for an award among them.
///
/// # Errors
/// What the database says.
pub fn open_of(c: &mut Conn, person_id: i64) -> QueryResult<i64> {
    requests::table
        .filter(requests::asker_id.eq(person_id))
        .filter(requests::state.eq("open"))
        .count()
        .get_result(c)
}

/// Opens a request: its bounty leaves the asker's account for the request's own, and those who may know
/// are told. Returns its id.
///
/// # Errors
/// 400 for a bounty out of bounds, 409 with as many open requests as one may have and when the balance
/// does not suffice; what the database says.
pub fn open(c: &mut Conn, actor: &Actor, draft: &Draft, policy: &Policy) -> AppResult<i64> {
    // Whoever asks twice at once waits here: each sees the requests of the one before.
    let asker = (request_askers::person_id.eq(actor.person_id), request_askers::last_at.eq(actor.at));
    each_db!(c, c => diesel::insert_into(request_askers::table)
        .values(asker)
        .on_conflict(request_askers::person_id)
        .do_update()
        .set(request_askers::last_at.eq(actor.at))
        .execute(c))?;
    may_ask(open_of(c, actor.person_id)?, &policy.requests).map_err(|refusal| refusal.error())?;
    let bounty = if policy.credits.on {
        may_offer(draft.bounty, &policy.requests).map_err(|refusal| refusal.error())?;
        draft.bounty
    } else {
        0
    };
    let names = Names::of(c, draft, actor)?;
    let id = diesel::insert_into(requests::table)
        .values((
            requests::asker_id.eq(actor.person_id),
            requests::department_id.eq(actor.department_id),
            requests::manager.eq(actor.manager),
            requests::question.eq(&draft.question),
            requests::why.eq(&draft.why),
            requests::segment_id.eq(names.segment),
            requests::customer_id.eq(names.customer),
            requests::asked_at.eq(actor.at),
            requests::day.eq(actor.day),
            requests::closes_at.eq(actor.at + Duration::days(policy.requests.days)),
            requests::bounty.eq(bounty),
            requests::words.eq(draft.words()),
            requests::moved_at.eq(actor.at),
        ))
        .returning(requests::id)
        .get_result::<i64>(c)?;
    set_names(c, id, draft, &names)?;
    note(c, id, "asked", Some(actor), actor.at, actor.day, bounty, None, "")?;
    if bounty > 0 {
        fund(c, id, actor, bounty)?;
        ledger::store::post(
            c,
            &Transaction {
                key: format!("bounty:{id}"),
                reason: Reason::Bounty { request: id },
                entries: vec![(Account::Person(actor.person_id), -bounty), (Account::Escrow(id), bounty)],
                at: actor.at,
            },
        )?;
    }
    telling::asked(c, id, actor, &draft.question)?;
    Ok(id)
}

/// The rows behind the names of a draft.
pub(super) struct Names {
    pub segment: Option<i64>,
    pub customer: Option<i64>,
    tags: Vec<i64>,
}

impl Names {
    /// Finds them, or makes what is new.
    pub(super) fn of(c: &mut Conn, draft: &Draft, actor: &Actor) -> QueryResult<Names> {
        let by = Some(actor.person_id);
        let segment = match draft.segment.as_str() {
            "" => None,
            name => Some(customers::store::segment(c, name, by, actor.at)?),
        };
        let customer = match draft.customer.as_str() {
            "" => None,
            name => Some(customers::store::customer(c, name, by, actor.at)?),
        };
        let mut tags = Vec::with_capacity(draft.tags.len());
        for name in &draft.tags {
            tags.push(customers::store::tag(c, name, by, actor.at)?);
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(Names { segment, customer, tags })
    }
}

/// Makes these the topics and departments of a request.
pub(super) fn set_names(c: &mut Conn, id: i64, draft: &Draft, names: &Names) -> AppResult<()> {
    diesel::delete(request_tags::table.filter(request_tags::request_id.eq(id))).execute(c)?;
    for tag in &names.tags {
        diesel::insert_into(request_tags::table)
            .values((request_tags::request_id.eq(id), request_tags::tag_id.eq(tag)))
            .execute(c)?;
    }
    diesel::delete(request_departments::table.filter(request_departments::request_id.eq(id))).execute(c)?;
    let mut asked = draft.departments.clone();
    asked.sort_unstable();
    asked.dedup();
    for department in asked {
        let there: i64 = departments::table.filter(departments::id.eq(department)).count().get_result(c)?;
        if there == 0 {
            return Err(AppError::BadRequest("A department you chose is not there. Choose again.".into()));
        }
        diesel::insert_into(request_departments::table)
            .values((
                request_departments::request_id.eq(id),
                request_departments::department_id.eq(department),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// Adds to what somebody has put in.
pub(super) fn fund(c: &mut Conn, id: i64, actor: &Actor, credits: i64) -> QueryResult<()> {
    let row = (
        request_funders::request_id.eq(id),
        request_funders::person_id.eq(actor.person_id),
        request_funders::credits.eq(credits),
        request_funders::first_at.eq(actor.at),
    );
    each_db!(c, c => diesel::insert_into(request_funders::table)
        .values(row)
        .on_conflict((request_funders::request_id, request_funders::person_id))
        .do_update()
        .set(request_funders::credits.eq(request_funders::credits + credits))
        .execute(c))
    .map(|_| ())
}

/// Writes a line of the history; without an actor it was the clock.
#[allow(clippy::too_many_arguments)] // the columns of a line, each given once
pub(super) fn note(
    c: &mut Conn,
    id: i64,
    kind: &'static str,
    actor: Option<&Actor>,
    at: chrono::NaiveDateTime,
    day: chrono::NaiveDate,
    credits: i64,
    insight: Option<i64>,
    detail: &str,
) -> QueryResult<()> {
    diesel::insert_into(request_events::table)
        .values((
            request_events::request_id.eq(id),
            request_events::kind.eq(kind),
            request_events::actor_id.eq(actor.map(|actor| actor.person_id)),
            request_events::department_id.eq(actor.map(|actor| actor.department_id)),
            request_events::manager.eq(actor.is_some_and(|actor| actor.manager)),
            request_events::at.eq(at),
            request_events::day.eq(day),
            request_events::credits.eq(credits),
            request_events::insight_id.eq(insight),
            request_events::detail.eq(detail),
        ))
        .execute(c)?;
    diesel::update(requests::table.find(id)).set(requests::moved_at.eq(at)).execute(c).map(|_| ())
}
