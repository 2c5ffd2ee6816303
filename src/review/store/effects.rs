//! What follows from a decision: texts leave the archive or come back, ratings count or do not, credits go
//! back, and people are told.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::cases::{self, Case};
use super::deciding::Ruling;
use super::texts;
use crate::accounts::audit;
use crate::accounts::person::{Actor, Person};
use crate::archive::store::{self as archive, merging, remarks};
use crate::db::Conn;
use crate::db::schema::{
    insight_authors, insights, ledger_accounts, ledger_entries, ledger_transactions, ratings,
    remarks as remarks_table, requests, review_ratings,
};
use crate::error::{AppError, AppResult};
use crate::ledger::{self, Account, Reason, Transaction};
use crate::market::store::standing;
use crate::notices::{self, About, Notice};
use crate::policy::Policy;
use crate::review::case::{Decision, Evidence, Kind};

/// Who does what to which case.
pub(super) struct Doing<'a> {
    pub actor: &'a Actor,
    pub person: &'a Person,
    pub policy: &'a Policy,
    pub case: &'a Case,
    /// The row of the decision, carried out or taken back.
    pub decision_id: i64,
}

impl Doing<'_> {
    fn insight_id(&self) -> AppResult<i64> {
        self.case
            .insight_id
            .ok_or_else(|| AppError::Internal(format!("case {} has no insight", self.case.id)))
    }

    /// Which of a duplicate stays and which goes.
    fn kept_and_gone(&self, decision: Decision) -> AppResult<(i64, i64)> {
        let first = self.insight_id()?;
        let other = self
            .case
            .other_id
            .ok_or_else(|| AppError::Internal(format!("case {} has no other insight", self.case.id)))?;
        Ok(if decision == Decision::MergeIntoOther { (other, first) } else { (first, other) })
    }
}

/// Carries a decision out.
pub(super) fn carry_out(c: &mut Conn, doing: &Doing<'_>, ruling: &Ruling) -> AppResult<()> {
    let at = doing.actor.at;
    match ruling.decision {
        Decision::Withdraw => withdraw(c, doing, &ruling.reason)?,
        Decision::MergeIntoFirst | Decision::MergeIntoOther => {
            let (kept, gone) = doing.kept_and_gone(ruling.decision)?;
            merging::merge(c, doing.actor, kept, gone)?;
            texts::gone(c, at, gone)?;
            values_follow(c, doing, kept, gone)?;
        }
        _ if doing.case.kind.is_play() => {
            stand(c, doing.case, Some(ruling.decision), doing.actor.at)?;
            let takes = ruling.decision == Decision::Void
                && doing.policy.credits.on
                && (doing.case.kind == Kind::RoundTrip || ruling.take_back);
            if takes {
                let short = take_back(c, doing)?;
                cases::note_shortfall(c, doing.case.id, short)?;
            }
        }
        _ => {}
    }
    tell(c, doing, ruling.decision, Some(&ruling.reason))
}

/// Undoes what followed from a decision.
pub(super) fn undo(c: &mut Conn, doing: &Doing<'_>, decision: Decision) -> AppResult<()> {
    match decision {
        Decision::Withdraw => put_back(c, doing)?,
        Decision::MergeIntoFirst | Decision::MergeIntoOther => {
            let (kept, gone) = doing.kept_and_gone(decision)?;
            merging::unmerge(c, doing.actor, doing.person, gone)?;
            values_follow(c, doing, kept, gone)?;
        }
        _ if doing.case.kind.is_play() => {
            stand(c, doing.case, None, doing.actor.at)?;
            give_again(c, doing)?;
        }
        _ => {}
    }
    tell(c, doing, decision, None)
}

fn withdraw(c: &mut Conn, doing: &Doing<'_>, reason: &str) -> AppResult<()> {
    let id = doing.insight_id()?;
    let at = doing.actor.at;
    if let Some(remark) = doing.case.remark_id {
        remarks::withdraw(c, id, remark, at)?;
        audit::record(c, Some(doing.actor.person_id), at, "withdrew", &format!("remark:{remark}"), "")?;
        return Ok(());
    }
    let insight = archive::insight(c, doing.person, id)?;
    archive::withdraw(c, doing.actor, &insight, reason, false)?;
    texts::gone(c, at, id)
}

fn put_back(c: &mut Conn, doing: &Doing<'_>) -> AppResult<()> {
    let id = doing.insight_id()?;
    let at = doing.actor.at;
    if let Some(remark) = doing.case.remark_id {
        remarks::restore(c, id, remark)?;
        audit::record(c, Some(doing.actor.person_id), at, "restored", &format!("remark:{remark}"), "")?;
        return Ok(());
    }
    let insight = archive::insight(c, doing.person, id)?;
    archive::restore(c, doing.actor, &insight)
}

/// Ratings of a merged insight count for the one that stands for it.
fn values_follow(c: &mut Conn, doing: &Doing<'_>, kept: i64, gone: i64) -> AppResult<()> {
    standing::follow_merge(c, kept, gone, doing.actor.at)
}

/// Makes the ratings of a case count as a decision says; without one as they do while it is open. Doing it
/// again changes nothing.
pub(super) fn stand(
    c: &mut Conn,
    case: &Case,
    decision: Option<Decision>,
    now: chrono::NaiveDateTime,
) -> AppResult<()> {
    standing::release(c, case.id, now)?;
    standing::restore(c, case.id, now)?;
    standing::stop_waiting(c, case.id, now)?;
    match (case.kind, decision) {
        (Kind::Ring | Kind::Pair, Some(Decision::AsOne)) => {
            let ids = rating_ids(c, case.id)?;
            standing::treat_as_one(c, &ids, case.id, now)
        }
        (Kind::Ring | Kind::Pair | Kind::Serial, Some(Decision::Void)) => {
            let ids = rating_ids(c, case.id)?;
            standing::void(c, &ids, case.id, now)
        }
        (Kind::Serial, None | Some(Decision::AsOne)) => {
            let mut ids = rating_ids(c, case.id)?;
            let held =
                decision.is_none() && matches!(case.evidence, Evidence::Serial { until, .. } if now < until);
            if !held {
                // The latest speaks for all of them.
                ids.pop();
            }
            match decision {
                None => standing::keep_waiting(c, &ids, case.id, now),
                Some(_) => standing::void(c, &ids, case.id, now),
            }
        }
        _ => Ok(()),
    }
}

/// The ratings of a case that are there, the latest last.
fn rating_ids(c: &mut Conn, case_id: i64) -> QueryResult<Vec<i64>> {
    ratings::table
        .inner_join(
            review_ratings::table.on(review_ratings::insight_id
                .eq(ratings::insight_id)
                .and(review_ratings::person_id.eq(ratings::person_id))),
        )
        .filter(review_ratings::case_id.eq(case_id))
        .order((ratings::at, ratings::id))
        .select(ratings::id)
        .load(c)
}

/// What was paid by one transaction to one person, and how much of it goes back.
struct Owed {
    transaction: i64,
    person: i64,
    credits: i64,
}

/// Takes back what should not have been paid: at most what each of them holds. Returns the rest.
fn take_back(c: &mut Conn, doing: &Doing<'_>) -> AppResult<i64> {
    let owed = match &doing.case.evidence {
        Evidence::RoundTrip { round } => awards(c, round.one, round.two, &round.requests)?,
        _ => super::credits::overpaid(c, doing.case.id, &doing.policy.credits)?
            .into_iter()
            .map(|one| Owed { transaction: one.transaction, person: one.person, credits: one.credits })
            .collect(),
    };
    let mut short = 0;
    for one in owed {
        let account = Account::Person(one.person);
        let taken = ledger::store::balance(c, account)?.clamp(0, one.credits);
        short += one.credits - taken;
        if taken == 0 {
            continue;
        }
        ledger::store::post(
            c,
            &Transaction {
                key: format!("{}{}:{}", prefix(doing), one.transaction, one.person),
                reason: Reason::Reversal { of: one.transaction },
                entries: vec![(account, -taken), (Account::Issuance, taken)],
                at: doing.actor.at,
            },
        )?;
    }
    Ok(short)
}

/// Under which keys a decision's reversals stand.
fn prefix(doing: &Doing<'_>) -> String {
    format!("case:{}:{}:", doing.case.id, doing.decision_id)
}

/// What the requests paid to either of the two.
fn awards(c: &mut Conn, one: i64, two: i64, of: &[i64]) -> QueryResult<Vec<Owed>> {
    let mut owed = Vec::new();
    for request in of {
        let rows: Vec<(i64, i64, i64)> = ledger_transactions::table
            .inner_join(ledger_entries::table)
            .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_entries::account_id)))
            .inner_join(requests::table.on(requests::id.nullable().eq(ledger_transactions::request_id)))
            .filter(ledger_transactions::request_id.eq(Some(*request)))
            .filter(ledger_transactions::reason.eq("award"))
            .filter(ledger_accounts::kind.eq("person"))
            .filter(ledger_entries::amount.gt(0))
            .filter(ledger_accounts::owner_id.ne(requests::asker_id))
            .order(ledger_entries::id)
            .select((ledger_transactions::id, ledger_accounts::owner_id, ledger_entries::amount))
            .load(c)?;
        owed.extend(
            rows.into_iter()
                .filter(|(_, person, _)| [one, two].contains(person))
                .map(|(transaction, person, credits)| Owed { transaction, person, credits }),
        );
    }
    Ok(owed)
}

/// Gives again what a decision took.
fn give_again(c: &mut Conn, doing: &Doing<'_>) -> AppResult<()> {
    let taken: Vec<(String, i64, i64)> = ledger_transactions::table
        .inner_join(ledger_entries::table)
        .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_entries::account_id)))
        .filter(ledger_transactions::key.like(format!("{}%", prefix(doing))))
        .filter(ledger_accounts::kind.eq("person"))
        .order(ledger_entries::id)
        .select((ledger_transactions::key, ledger_accounts::owner_id, ledger_entries::amount))
        .load(c)?;
    for (key, person, amount) in taken {
        ledger::store::post(
            c,
            &Transaction {
                key: format!("undo:{key}"),
                reason: Reason::Correction,
                entries: vec![(Account::Issuance, amount), (Account::Person(person), -amount)],
                at: doing.actor.at,
            },
        )?;
    }
    Ok(())
}

/// Tells those concerned what was decided and why, or (without a reason) that it was taken back. A report
/// that led to nothing is told to nobody, and neither is that somebody is being watched.
fn tell(c: &mut Conn, doing: &Doing<'_>, decision: Decision, reason: Option<&str>) -> AppResult<()> {
    let case = doing.case;
    let mut told: BTreeMap<i64, (About, String)> = BTreeMap::new();
    let end = |said: String| match reason {
        Some(reason) => format!("{said}: {reason}"),
        None => format!("A curator took a decision back. It was: {said}"),
    };
    match (case.kind, decision) {
        (Kind::Ring | Kind::Pair | Kind::Serial, Decision::Void) => {
            let mut by_rater: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
            for (insight, rater) in cases::ratings_of(c, case.id)? {
                by_rater.entry(rater).or_default().insert(insight);
            }
            for (rater, of) in by_rater {
                let ratings =
                    if of.len() == 1 { "one rating".into() } else { format!("{} ratings", of.len()) };
                let about = About {
                    thing: format!("case:{}", case.id),
                    title: "Your ratings".into(),
                    path: "/help/value".into(),
                };
                told.insert(
                    rater,
                    (about, end(format!("A curator decided that {ratings} of yours do not count"))),
                );
            }
        }
        (Kind::RoundTrip, Decision::Void) => {
            for person in cases::people_of(c, case.id)? {
                let about = About {
                    thing: format!("case:{}", case.id),
                    title: "Bounties".into(),
                    path: "/me".into(),
                };
                told.insert(
                    person,
                    (about, end("A curator took bounties back that were paid to you".into())),
                );
            }
        }
        (Kind::Personal, Decision::Dismiss)
        | (
            _,
            Decision::Withdraw | Decision::StillTrue | Decision::MergeIntoFirst | Decision::MergeIntoOther,
        ) => {
            let (subject, to) = concerned(c, doing, decision)?;
            for (person, said) in to {
                told.insert(person, (subject.clone(), end(said)));
            }
        }
        _ => {}
    }
    told.remove(&doing.actor.person_id);
    let undone = if reason.is_none() { ":undone" } else { "" };
    for (person_id, (about, text)) in told {
        notices::store::tell(
            c,
            &Notice {
                person_id,
                kind: notices::Kind::CaseDecided,
                about,
                text,
                key: format!("case:{}:{}{undone}", case.id, doing.decision_id),
                department: None,
                at: doing.actor.at,
            },
        )?;
    }
    Ok(())
}

/// The insight a decision is about, and what is said to whom.
fn concerned(c: &mut Conn, doing: &Doing<'_>, decision: Decision) -> AppResult<(About, Vec<(i64, String)>)> {
    let merged = matches!(decision, Decision::MergeIntoFirst | Decision::MergeIntoOther);
    let (id, gone) = match merged {
        true => doing.kept_and_gone(decision).map(|(kept, gone)| (kept, Some(gone)))?,
        false => (doing.insight_id()?, None),
    };
    let title = title_of(c, id)?;
    let authors = |c: &mut Conn, id: i64| -> QueryResult<Vec<i64>> {
        insight_authors::table
            .filter(insight_authors::insight_id.eq(id))
            .order(insight_authors::person_id)
            .select(insight_authors::person_id)
            .load(c)
    };
    let said = match (decision, doing.case.remark_id) {
        (Decision::Withdraw, Some(_)) => format!("A curator withdrew your remark on “{title}”"),
        (Decision::Withdraw, None) => format!("A curator withdrew “{title}”"),
        (Decision::StillTrue, _) => format!("A curator confirmed that “{title}” still holds"),
        (Decision::Dismiss, _) => format!("A curator found nothing about a person in “{title}”"),
        _ => format!(
            "A curator merged “{}” into “{title}”, which stands for both",
            title_of(c, gone.unwrap_or(id))?
        ),
    };
    let mut people = match doing.case.remark_id {
        Some(remark) => remarks_table::table
            .filter(remarks_table::id.eq(remark))
            .select(remarks_table::person_id)
            .load(c)?,
        None => authors(c, id)?,
    };
    if let Some(gone) = gone {
        people.extend(authors(c, gone)?);
        people.sort_unstable();
        people.dedup();
    }
    Ok((About::insight(id, title), people.into_iter().map(|person| (person, said.clone())).collect()))
}

fn title_of(c: &mut Conn, id: i64) -> QueryResult<String> {
    insights::table.find(id).select(insights::title).first(c)
}
