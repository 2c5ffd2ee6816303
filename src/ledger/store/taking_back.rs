//! Corrections: nothing is changed or removed, another transaction takes it back.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::posting::{Posted, post};
use super::reading::{Kept, balance, posted};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::ledger::{Account, Reason, Transaction};

/// What could be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// The reversing transaction; none where nothing was left to take.
    pub transaction: Option<i64>,
    pub credits: i64,
    /// What those who had been paid no longer hold. It is kept with whoever decided, not in the ledger.
    pub shortfall: i64,
}

/// Takes the transaction of a key back as a whole, once.
///
/// # Errors
/// 404 when nothing was posted under the key, 409 when somebody who was paid no longer holds it.
pub fn reverse(c: &mut Conn, key: &str, at: NaiveDateTime) -> AppResult<Posted> {
    let kept = find(c, key)?;
    let entries = kept.entries.into_iter().map(|(account, amount)| (account, -amount)).collect();
    post(c, &reversal(key, kept.id, entries, at))
}

/// Takes back as much of the transaction of a key as those who were paid still hold, once: doing it again
/// finds what was taken the first time.
///
/// # Errors
/// 404 when nothing was posted under the key; 400 when more than one account had paid, since it could not
/// be said whose the rest is.
pub fn take_back(c: &mut Conn, key: &str, at: NaiveDateTime) -> AppResult<TakenBack> {
    let kept = find(c, key)?;
    let paid: i64 = kept.entries.values().filter(|amount| **amount > 0).sum();
    if let Some(there) = posted(c, &reversal_key(key))? {
        let credits = there.entries.values().filter(|amount| **amount > 0).sum();
        return Ok(TakenBack { transaction: Some(there.id), credits, shortfall: paid - credits });
    }
    let payers: Vec<Account> =
        kept.entries.iter().filter(|(_, amount)| **amount < 0).map(|(account, _)| *account).collect();
    let [payer] = payers[..] else {
        return Err(AppError::BadRequest("Only what one account paid can be taken back in part.".into()));
    };
    let mut entries: BTreeMap<Account, i64> = BTreeMap::new();
    for (account, amount) in kept.entries.iter().filter(|(_, amount)| **amount > 0) {
        // Not locked yet: if somebody spends it meanwhile, posting refuses and the caller tries again.
        let taken = balance(c, *account)?.clamp(0, *amount);
        if taken > 0 {
            entries.insert(*account, -taken);
        }
    }
    let credits = -entries.values().sum::<i64>();
    if credits == 0 {
        return Ok(TakenBack { transaction: None, credits: 0, shortfall: paid });
    }
    entries.insert(payer, credits);
    let done = post(c, &reversal(key, kept.id, entries.into_iter().collect(), at))?;
    Ok(TakenBack { transaction: Some(done.id()), credits, shortfall: paid - credits })
}

fn find(c: &mut Conn, key: &str) -> AppResult<Kept> {
    posted(c, key)?.ok_or(AppError::NotFound)
}

fn reversal_key(key: &str) -> String {
    format!("reverse:{key}")
}

fn reversal(key: &str, of: i64, entries: Vec<(Account, i64)>, at: NaiveDateTime) -> Transaction {
    Transaction { key: reversal_key(key), reason: Reason::Reversal { of }, entries, at }
}
