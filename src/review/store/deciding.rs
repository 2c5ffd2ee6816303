//! Deciding a case, and taking a decision back: the case, what follows from it, the audit log and what
//! people are told, in one transaction.

use super::cases::{self, Case};
use super::effects;
use crate::accounts::person::{Actor, Person};
use crate::archive::store as archive;
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::policy::Policy;
use crate::review::case::{Decision, Kind, State};

/// What a curator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    pub decision: Decision,
    /// Why; those concerned read it.
    pub reason: String,
    /// Credits that would not have been earned go back too.
    pub take_back: bool,
    /// The state in which the curator saw the case.
    pub seen: State,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruled {
    Done,
    /// Somebody was faster: the case as it is now.
    Already(Box<Case>),
}

/// Decides a case.
///
/// # Errors
/// 404 when there is none, 403 for a curator who is part of it, 400 for a decision that this kind does not
/// know, 409 when what it is about has changed meanwhile.
pub fn decide(
    c: &mut Conn,
    actor: &Actor,
    person: &Person,
    policy: &Policy,
    case_id: i64,
    ruling: &Ruling,
) -> AppResult<Ruled> {
    let case = cases::lock(c, case_id)?;
    if case.state != ruling.seen || case.state == State::Done {
        return Ok(Ruled::Already(Box::new(case)));
    }
    if !case.kind.decisions().contains(&ruling.decision) {
        return Err(AppError::BadRequest("This cannot be decided about such a case.".into()));
    }
    apart(c, person, &case)?;
    let decision_id = cases::settle(c, Some(actor), actor.at, case_id, ruling.decision, &ruling.reason)?;
    effects::carry_out(c, &effects::Doing { actor, person, policy, case: &case, decision_id }, ruling)?;
    Ok(Ruled::Done)
}

/// Takes the decision of a case back: what followed from it is undone, and the case is open again.
///
/// # Errors
/// 404 when there is none, 403 for a curator who is part of it, 409 when there is nothing to take back, or
/// it cannot be taken back any more.
pub fn undo(
    c: &mut Conn,
    actor: &Actor,
    person: &Person,
    policy: &Policy,
    case_id: i64,
) -> AppResult<Decision> {
    let case = cases::lock(c, case_id)?;
    let Some(decision) = case.decision.filter(|decision| decision.can_be_undone()) else {
        return Err(AppError::Conflict("There is no decision to take back: the case is open."));
    };
    apart(c, person, &case)?;
    let decision_id = cases::reopen(c, actor, case_id, decision)?;
    effects::undo(c, &effects::Doing { actor, person, policy, case: &case, decision_id }, decision)?;
    Ok(decision)
}

/// Nobody decides about their own ratings or, except that it still holds, their own insight.
fn apart(c: &mut Conn, person: &Person, case: &Case) -> AppResult<()> {
    if is_part(c, person, case)? {
        return Err(AppError::Forbidden("You are part of this case. Another curator decides it."));
    }
    Ok(())
}

/// Whether somebody is part of a case.
///
/// # Errors
/// What the database says.
pub fn is_part(c: &mut Conn, person: &Person, case: &Case) -> AppResult<bool> {
    if cases::people_of(c, case.id)?.contains(&person.id) {
        return Ok(true);
    }
    if case.kind == Kind::Stale {
        return Ok(false);
    }
    for id in [case.insight_id, case.other_id].into_iter().flatten() {
        if archive::insight(c, person, id)?.is_own {
            return Ok(true);
        }
    }
    Ok(false)
}
