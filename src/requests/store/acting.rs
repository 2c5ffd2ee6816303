//! What people do with an open request: answer, put credits in, correct, extend, take back, award.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::closing::{self, Closing};
use super::opening::{Draft, Names, fund, note, set_names};
use super::standing::locked;
use super::telling;
use crate::accounts::person::Actor;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::schema::{insight_authors, insights, request_answers, requests};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::ledger::{self, Account, Reason, Transaction};
use crate::policy::Policy;
use crate::requests::request::{Paid, Refusal, State};

/// How long a link can be taken back by whoever made it, in minutes; its insight's author always can.
const UNLINK_MINUTES: i64 = 10;

/// What became of an act: done, or refused by a rule of the request with nothing written.
pub type Told<T> = AppResult<Result<T, Refusal>>;

/// Puts credits in, so that the answer is worth more to those who know it.
///
/// # Errors
/// `NotFound`, 409 when the balance does not suffice; what the database says. What the rules refuse is
/// the value.
pub fn cofund(c: &mut Conn, actor: &Actor, id: i64, credits: i64, policy: &Policy) -> Told<()> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    if !policy.credits.on {
        return Err(AppError::NotFound);
    }
    if let Err(refusal) = standing.may_fund(actor.person_id, credits, actor.at, &policy.requests) {
        return Ok(Err(refusal));
    }
    fund(c, id, actor, credits)?;
    let revision: i32 = diesel::update(requests::table.find(id))
        .set(requests::bounty.eq(requests::bounty + credits))
        .returning(requests::revision)
        .get_result(c)?;
    note(c, id, "funded", Some(actor), actor.at, actor.day, credits, None, "")?;
    ledger::store::post(
        c,
        &Transaction {
            key: format!("bounty:{id}:more:{revision}"),
            reason: if actor.person_id == standing.asker {
                Reason::Bounty { request: id }
            } else {
                Reason::CoFunding { request: id }
            },
            entries: vec![(Account::Person(actor.person_id), -credits), (Account::Escrow(id), credits)],
            at: actor.at,
        },
    )?;
    Ok(Ok(()))
}

/// Links an insight as an answer. Linked already, nothing changes and `false` comes back; taken back
/// before, it is an answer again from now on.
///
/// # Errors
/// `NotFound` for a request or an insight that is not there; what the database says. What the rules
/// refuse is the value.
pub fn answer(c: &mut Conn, actor: &Actor, id: i64, insight: i64, policy: &Policy) -> Told<bool> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    if let Err(refusal) = standing.may_answer(actor.at, &policy.requests) {
        return Ok(Err(refusal));
    }
    let there: i64 = insights::table
        .filter(insights::id.eq(insight))
        .filter(visible_to(actor.person_id))
        .count()
        .get_result(c)?;
    if there == 0 {
        return Err(AppError::NotFound);
    }
    let taken_back: Option<Option<NaiveDateTime>> = request_answers::table
        .find((id, insight))
        .select(request_answers::withdrawn_at)
        .first(c)
        .optional()?;
    if taken_back == Some(None) {
        return Ok(Ok(false));
    }
    let row = (
        request_answers::request_id.eq(id),
        request_answers::insight_id.eq(insight),
        request_answers::person_id.eq(actor.person_id),
        request_answers::department_id.eq(actor.department_id),
        request_answers::manager.eq(actor.manager),
        request_answers::at.eq(actor.at),
        request_answers::day.eq(actor.day),
    );
    each_db!(c, c => diesel::insert_into(request_answers::table)
        .values(row)
        .on_conflict((request_answers::request_id, request_answers::insight_id))
        .do_update()
        .set((
            request_answers::person_id.eq(actor.person_id),
            request_answers::department_id.eq(actor.department_id),
            request_answers::manager.eq(actor.manager),
            request_answers::at.eq(actor.at),
            request_answers::day.eq(actor.day),
            request_answers::withdrawn_at.eq(None::<NaiveDateTime>),
        ))
        .execute(c))?;
    note(c, id, "answered", Some(actor), actor.at, actor.day, 0, Some(insight), "")?;
    telling::answered(c, id, actor, insight, &standing)?;
    Ok(Ok(true))
}

/// Takes the link of an answer back: its insight's author at any time, whoever linked it for ten minutes.
///
/// # Errors
/// `NotFound` for what is not linked, 403 for others; what the database says. What the rules refuse is
/// the value.
pub fn unlink(c: &mut Conn, actor: &Actor, id: i64, insight: i64, policy: &Policy) -> Told<()> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    let (by, at): (i64, NaiveDateTime) = request_answers::table
        .find((id, insight))
        .filter(request_answers::withdrawn_at.is_null())
        .select((request_answers::person_id, request_answers::at))
        .first(c)?;
    if standing.state != State::Open {
        return Ok(Err(Refusal::Closed));
    }
    let is_author = diesel::select(diesel::dsl::exists(
        insight_authors::table
            .filter(insight_authors::insight_id.eq(insight))
            .filter(insight_authors::person_id.eq(actor.person_id)),
    ))
    .get_result::<bool>(c)?;
    if !may_unlink(is_author, actor.person_id == by, at, actor.at) {
        return Err(AppError::Forbidden(
            "Its author can take an answer back, and whoever linked it within ten minutes.",
        ));
    }
    diesel::update(request_answers::table.find((id, insight)))
        .set(request_answers::withdrawn_at.eq(Some(actor.at)))
        .execute(c)?;
    note(c, id, "unlinked", Some(actor), actor.at, actor.day, 0, Some(insight), "")?;
    Ok(Ok(()))
}

/// Whether a link made at `at` may be taken back at `now`.
pub(crate) fn may_unlink(is_author: bool, linked_it: bool, at: NaiveDateTime, now: NaiveDateTime) -> bool {
    is_author || linked_it && now - at < chrono::Duration::minutes(UNLINK_MINUTES)
}

/// Corrects the words of a request; the bounty stays. The question as it was stays in the history, and an
/// edit of somebody else's request goes into the audit log.
///
/// # Errors
/// `NotFound`; what the database says. What the rules refuse is the value.
pub fn edit(c: &mut Conn, actor: &Actor, curates: bool, id: i64, draft: &Draft, policy: &Policy) -> Told<()> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    if let Err(refusal) = standing.may_edit(actor.person_id, curates, actor.at, &policy.requests) {
        return Ok(Err(refusal));
    }
    let (question, why): (String, String) =
        requests::table.find(id).select((requests::question, requests::why)).first(c)?;
    let before = if why.is_empty() { question } else { format!("{question}\n\n{why}") };
    let names = Names::of(c, draft, actor)?;
    diesel::update(requests::table.find(id))
        .set((
            requests::question.eq(&draft.question),
            requests::why.eq(&draft.why),
            requests::segment_id.eq(names.segment),
            requests::customer_id.eq(names.customer),
            requests::words.eq(draft.words()),
            requests::edited_at.eq(Some(actor.at)),
        ))
        .execute(c)?;
    set_names(c, id, draft, &names)?;
    note(c, id, "edited", Some(actor), actor.at, actor.day, 0, None, &before)?;
    if actor.person_id != standing.asker {
        crate::accounts::audit::record(
            c,
            Some(actor.person_id),
            actor.at,
            "edited",
            &format!("request:{id}"),
            "",
        )?;
    }
    Ok(Ok(()))
}

/// Gives a request more time, once. Returns until when.
///
/// # Errors
/// `NotFound`; what the database says. What the rules refuse is the value.
pub fn extend(c: &mut Conn, actor: &Actor, id: i64, policy: &Policy) -> Told<NaiveDateTime> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    let until = match standing.may_extend(actor.person_id, actor.at, &policy.requests) {
        Ok(until) => until,
        Err(refusal) => return Ok(Err(refusal)),
    };
    diesel::update(requests::table.find(id))
        .set((requests::closes_at.eq(until), requests::extended_at.eq(Some(actor.at))))
        .execute(c)?;
    note(c, id, "extended", Some(actor), actor.at, actor.day, 0, None, "")?;
    Ok(Ok(until))
}

/// Takes a request back that nobody has answered; everybody has their credits back.
///
/// # Errors
/// `NotFound`; what the database says. What the rules refuse is the value.
pub fn cancel(c: &mut Conn, actor: &Actor, id: i64, policy: &Policy) -> Told<()> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    if let Err(refusal) = standing.may_cancel(actor.person_id, actor.at, &policy.requests) {
        return Ok(Err(refusal));
    }
    closing::refund(
        c,
        id,
        &standing,
        Closing { state: State::Cancelled, by: Some(actor), at: actor.at, day: actor.day },
    )?;
    Ok(Ok(()))
}

/// Awards a request: the whole of its credits goes to the chosen answers (insight and weight).
///
/// # Errors
/// `NotFound`; what the database says. What the rules refuse is the value.
pub fn award(
    c: &mut Conn,
    actor: &Actor,
    id: i64,
    chosen: &[(i64, i64)],
    policy: &Policy,
) -> Told<Vec<Paid>> {
    let standing = locked(c, id, actor.at, &policy.play)?;
    let escrow = ledger::store::balance(c, Account::Escrow(id))?;
    let paid = match standing.award(actor.person_id, chosen, escrow, actor.at, &policy.requests, &policy.play)
    {
        Ok(paid) => paid,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let by = Closing { state: State::Awarded, by: Some(actor), at: actor.at, day: actor.day };
    closing::pay(c, id, &standing, &paid, escrow, by)?;
    Ok(Ok(paid))
}
