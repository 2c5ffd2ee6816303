//! Whom a request tells what. In the transaction of the event; each event tells a person once.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::wanted;
use crate::accounts::person::Actor;
use crate::archive::insight::department_of;
use crate::db::Conn;
use crate::db::schema::{departments, insight_authors, insights, people, requests};
use crate::ledger::store as ledger;
use crate::notices::store::tell;
use crate::notices::{About, Kind, Notice};
use crate::policy::Policy;
use crate::requests::request::{Paid, Standing, State};

/// Most people a new request tells; the others find it on their feed.
const TOLD: i64 = 50;
/// Requests about to end that are told of in one go.
const AT_ONCE: i64 = 1_000;

/// "Ann Sample (Sales)", and the department alone.
fn who(c: &mut Conn, actor: &Actor) -> QueryResult<(String, String)> {
    let name: String = people::table.find(actor.person_id).select(people::name).first(c)?;
    let path: String = departments::table.find(actor.department_id).select(departments::path).first(c)?;
    let department = department_of(&path).to_owned();
    Ok((format!("{name} ({department})"), department))
}

fn question(c: &mut Conn, id: i64) -> QueryResult<String> {
    requests::table.find(id).select(requests::question).first(c)
}

fn credits(credits: i64) -> String {
    if credits == 1 { "1 credit".into() } else { format!("{credits} credits") }
}

/// Those who may know hear of a new request.
pub(super) fn asked(c: &mut Conn, id: i64, actor: &Actor, question: &str) -> QueryResult<()> {
    let (name, department) = who(c, actor)?;
    for person_id in wanted::people(c, id, TOLD)? {
        let notice = Notice {
            person_id,
            kind: Kind::RequestMatches,
            about: About::request(id, question),
            text: format!("{name} asks “{question}”"),
            key: format!("request:{id}:asked"),
            department: Some(department.clone()),
            at: actor.at,
        };
        tell(c, &notice)?;
    }
    Ok(())
}

/// Who asked and who pays hear of an answer; its author, where somebody else linked it.
pub(super) fn answered(
    c: &mut Conn,
    id: i64,
    actor: &Actor,
    insight: i64,
    standing: &Standing,
) -> QueryResult<()> {
    let question = question(c, id)?;
    let title: String = insights::table.find(insight).select(insights::title).first(c)?;
    let authors: Vec<i64> = insight_authors::table
        .filter(insight_authors::insight_id.eq(insight))
        .select(insight_authors::person_id)
        .load(c)?;
    let (name, department) = who(c, actor)?;
    let mut told = vec![standing.asker];
    told.extend(standing.funders.iter().map(|(person, _)| *person).filter(|id| *id != standing.asker));
    for person_id in told.into_iter().filter(|id| *id != actor.person_id) {
        let notice = Notice {
            person_id,
            kind: Kind::RequestAnswered,
            about: About::request(id, &question),
            text: format!("{name} answered “{question}” with “{title}”"),
            key: format!("request:{id}:answer:{insight}"),
            department: Some(department.clone()),
            at: actor.at,
        };
        tell(c, &notice)?;
    }
    for person_id in authors.into_iter().filter(|id| *id != actor.person_id && !standing.pays(*id)) {
        let notice = Notice {
            person_id,
            kind: Kind::AnsweredRequest,
            about: About::insight(insight, &title).leading_to(format!("/requests/{id}")),
            text: format!("{name} offered your “{title}” as an answer to “{question}”"),
            key: format!("request:{id}:answer:{insight}"),
            department: Some(department.clone()),
            at: actor.at,
        };
        tell(c, &notice)?;
    }
    Ok(())
}

/// The awarded hear of it; after an award by the clock, those who paid as well.
pub(super) fn awarded(
    c: &mut Conn,
    id: i64,
    standing: &Standing,
    paid: &[Paid],
    by: Option<&Actor>,
    at: NaiveDateTime,
) -> QueryResult<()> {
    let question = question(c, id)?;
    for one in paid {
        let title: String = insights::table.find(one.insight).select(insights::title).first(c)?;
        let what = if one.credits > 0 {
            format!("Your “{title}” was awarded {} for “{question}”", credits(one.credits))
        } else {
            format!("Your “{title}” answered “{question}”")
        };
        let notice = Notice {
            person_id: one.author,
            kind: Kind::Awarded,
            about: About::insight(one.insight, &title).leading_to(format!("/requests/{id}")),
            text: what,
            key: format!("request:{id}:award:{}", one.insight),
            department: None,
            at,
        };
        tell(c, &notice)?;
    }
    if by.is_none() {
        let text = format!("“{question}” was awarded to its best rated answer, because its time had passed");
        told_of_the_end(c, id, standing, &question, &text, None, at)?;
    }
    Ok(())
}

/// Those who have their credits back hear of it.
pub(super) fn refunded(
    c: &mut Conn,
    id: i64,
    standing: &Standing,
    escrow: i64,
    state: State,
    by: Option<&Actor>,
    at: NaiveDateTime,
) -> QueryResult<()> {
    let question = question(c, id)?;
    let back = if escrow > 0 { "; the credits went back" } else { "" };
    let text = if state == State::Cancelled {
        format!("“{question}” was taken back by who asked{back}")
    } else {
        format!("“{question}” ended without an award{back}")
    };
    told_of_the_end(c, id, standing, &question, &text, by, at)
}

fn told_of_the_end(
    c: &mut Conn,
    id: i64,
    standing: &Standing,
    question: &str,
    text: &str,
    by: Option<&Actor>,
    at: NaiveDateTime,
) -> QueryResult<()> {
    let mut told = vec![standing.asker];
    told.extend(standing.funders.iter().map(|(person, _)| *person).filter(|id| *id != standing.asker));
    for person_id in told.into_iter().filter(|id| by.is_none_or(|by| by.person_id != *id)) {
        let notice = Notice {
            person_id,
            kind: Kind::RequestEnding,
            about: About::request(id, question),
            text: text.to_owned(),
            key: format!("request:{id}:end"),
            department: None,
            at,
        };
        tell(c, &notice)?;
    }
    Ok(())
}

/// Askers hear some days before the time to answer ends, and when it has ended, that it is theirs to
/// award. Named by the end: after an extension they hear again.
pub(super) fn ending(c: &mut Conn, now: NaiveDateTime, policy: &Policy) -> QueryResult<()> {
    type Row = (i64, i64, String, NaiveDateTime);
    let soon = now + Duration::days(policy.notices.ending_days);
    let rows: Vec<Row> = requests::table
        .filter(requests::state.eq(State::Open.name()))
        .filter(requests::closes_at.gt(now - Duration::days(policy.requests.grace_days)))
        .filter(requests::closes_at.le(soon))
        .order((requests::closes_at, requests::id))
        .limit(AT_ONCE)
        .select((requests::id, requests::asker_id, requests::question, requests::closes_at))
        .load(c)?;
    for (id, person_id, question, closes_at) in rows {
        let holds = ledger::balance(c, crate::ledger::Account::Escrow(id))?;
        let (text, when) = if closes_at <= now {
            let text = if holds > 0 {
                format!(
                    "The time to answer “{question}” has passed: award an answer, or extend it; {} wait",
                    credits(holds)
                )
            } else {
                format!("The time to answer “{question}” has passed: say which answer helped, or extend it")
            };
            (text, "passed")
        } else {
            (format!("“{question}” can be answered for a few days more: award, extend or wait"), "soon")
        };
        let notice = Notice {
            person_id,
            kind: Kind::RequestEnding,
            about: About::request(id, &question),
            text,
            key: format!("request:{id}:{when}:{}", closes_at.and_utc().timestamp()),
            department: None,
            at: now,
        };
        tell(c, &notice)?;
    }
    Ok(())
}
