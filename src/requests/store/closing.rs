//! How a request leaves the state open, and the clock that sees to it. Whatever its account holds goes
//! out in the same transaction: it ends at exactly 0.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::opening::note;
use super::standing::locked;
use super::telling;
use crate::accounts::person::Actor;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{request_answers, requests};
use crate::error::{AppError, AppResult};
use crate::ledger::{self, Account, Reason, Transaction};
use crate::policy::Policy;
use crate::requests::request::{Ending, Paid, Standing, State};

/// Requests the clock ends in one go.
const AT_ONCE: i64 = 500;

/// Who ends a request, how and when.
pub(super) struct Closing<'a> {
    pub state: State,
    /// The clock, if nobody.
    pub by: Option<&'a Actor>,
    pub at: NaiveDateTime,
    pub day: NaiveDate,
}

/// Moves the state, once: whoever finds it open has it.
fn close(c: &mut Conn, id: i64, closing: &Closing<'_>) -> AppResult<()> {
    let closed = diesel::update(requests::table.find(id).filter(requests::state.eq(State::Open.name())))
        .set((requests::state.eq(closing.state.name()), requests::closed_at.eq(Some(closing.at))))
        .execute(c)?;
    if closed == 1 {
        return Ok(());
    }
    Err(AppError::Conflict("This request is closed meanwhile. Open it again to see how."))
}

/// Ends a request by paying for answers.
pub(super) fn pay(
    c: &mut Conn,
    id: i64,
    standing: &Standing,
    paid: &[Paid],
    escrow: i64,
    closing: Closing<'_>,
) -> AppResult<()> {
    close(c, id, &closing)?;
    let by_clock = closing.state == State::AutoAwarded;
    let kind = if by_clock { "auto_awarded" } else { "awarded" };
    for one in paid {
        diesel::update(request_answers::table.find((id, one.insight)))
            .set((request_answers::weight.eq(one.weight as i32), request_answers::credits.eq(one.credits)))
            .execute(c)?;
        note(c, id, kind, closing.by, closing.at, closing.day, one.credits, Some(one.insight), "")?;
    }
    if escrow > 0 {
        let mut entries = vec![(Account::Escrow(id), -escrow)];
        entries.extend(paid.iter().map(|one| (Account::Person(one.author), one.credits)));
        let (key, reason) = if by_clock {
            (format!("auto_award:{id}"), Reason::AutoAward { request: id })
        } else {
            (format!("award:{id}"), Reason::Award { request: id })
        };
        ledger::store::post(c, &Transaction { key, reason, entries, at: closing.at })?;
    }
    telling::awarded(c, id, standing, paid, closing.by, closing.at)?;
    Ok(())
}

/// Ends a request by giving everybody back what they put in.
pub(super) fn refund(c: &mut Conn, id: i64, standing: &Standing, closing: Closing<'_>) -> AppResult<()> {
    close(c, id, &closing)?;
    let escrow = ledger::store::balance(c, Account::Escrow(id))?;
    let kind = if closing.state == State::Cancelled { "cancelled" } else { "expired" };
    note(c, id, kind, closing.by, closing.at, closing.day, escrow, None, "")?;
    if escrow > 0 {
        let mut entries = vec![(Account::Escrow(id), -escrow)];
        entries.extend(
            standing.refund(escrow).into_iter().map(|(person, credits)| (Account::Person(person), credits)),
        );
        let reason = Reason::Refund { request: id };
        ledger::store::post(
            c,
            &Transaction { key: format!("refund:{id}"), reason, entries, at: closing.at },
        )?;
    }
    telling::refunded(c, id, standing, escrow, closing.state, closing.by, closing.at)?;
    Ok(())
}

/// The requests whose grace has passed, the longest first.
///
/// # Errors
/// What the database says.
pub fn due(c: &mut Conn, now: NaiveDateTime, policy: &Policy) -> QueryResult<Vec<i64>> {
    requests::table
        .filter(requests::state.eq(State::Open.name()))
        .filter(requests::closes_at.le(now - Duration::days(policy.requests.grace_days)))
        .order((requests::closes_at, requests::id))
        .limit(AT_ONCE)
        .select(requests::id)
        .load(c)
}

/// Moves the clock: ends what is over, and tells askers of what will be. Done twice, or on two nodes at
/// once, it does the same once: a request is locked before it is judged, its state moves once, and each
/// movement of credits has a key. Returns how many were awarded and how many refunded.
///
/// A request that cannot be ended is logged and left for the next time; it does not keep the others.
///
/// # Errors
/// What the database says.
#[allow(clippy::disallowed_methods)] // a savepoint within the job's transaction, not a transaction
pub fn tick(c: &mut Conn, now: NaiveDateTime, calendar: Calendar, policy: &Policy) -> AppResult<(i64, i64)> {
    let (mut awarded, mut refunded) = (0, 0);
    for id in due(c, now, policy)? {
        match c.transaction(|c| end(c, id, now, calendar, policy)) {
            Ok(Some(State::AutoAwarded)) => awarded += 1,
            Ok(Some(_)) => refunded += 1,
            Ok(None) => {}
            Err(error) => tracing::error!(request = id, %error, "a request could not be ended"),
        }
    }
    telling::ending(c, now, policy)?;
    Ok((awarded, refunded))
}

fn end(
    c: &mut Conn,
    id: i64,
    now: NaiveDateTime,
    calendar: Calendar,
    policy: &Policy,
) -> AppResult<Option<State>> {
    let standing = locked(c, id, now, &policy.play)?;
    let escrow = ledger::store::balance(c, Account::Escrow(id))?;
    let day = calendar.day(now);
    match standing.ending(escrow, now, &policy.requests) {
        None => Ok(None),
        Some(Ending::AutoAward(paid)) => {
            let closing = Closing { state: State::AutoAwarded, by: None, at: now, day };
            pay(c, id, &standing, &[paid], escrow, closing)?;
            Ok(Some(State::AutoAwarded))
        }
        Some(Ending::Expire) => {
            refund(c, id, &standing, Closing { state: State::Expired, by: None, at: now, day })?;
            Ok(Some(State::Expired))
        }
    }
}
