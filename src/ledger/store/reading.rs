//! Reading the ledger.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{ledger_accounts, ledger_entries, ledger_transactions};
use crate::error::AppResult;
use crate::ledger::{Account, Reason};
use crate::web::paging::Cursor;

/// What an account holds; 0 for one that nobody has opened.
///
/// # Errors
/// What the database says.
pub fn balance(c: &mut Conn, account: Account) -> QueryResult<i64> {
    let (kind, owner) = account.parts();
    ledger_accounts::table
        .filter(ledger_accounts::kind.eq(kind).and(ledger_accounts::owner_id.eq(owner)))
        .select(ledger_accounts::balance)
        .first(c)
        .optional()
        .map(|found| found.unwrap_or(0))
}

/// All credits that were ever issued and not taken back.
///
/// # Errors
/// What the database says.
pub fn issued(c: &mut Conn) -> QueryResult<i64> {
    balance(c, Account::Issuance).map(|balance| -balance)
}

/// One line of somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// In the order of the account.
    pub id: i64,
    pub transaction_id: i64,
    pub reason: Reason,
    /// Where [`Reason::Reversal`]: why the transaction had been made that it takes back.
    pub reversed: Option<Reason>,
    /// What the account got (above zero) or paid.
    pub amount: i64,
    /// What it held afterwards.
    pub balance: i64,
    /// UTC.
    pub at: NaiveDateTime,
}

type Head = (String, Option<i64>, Option<NaiveDate>, Option<i64>);

fn reason_of((name, request, day, reverses): Head) -> AppResult<Reason> {
    Reason::of(&name, request, day, reverses)
}

/// A page of somebody's account, the latest first, and where the next one begins.
///
/// # Errors
/// What the database says.
pub fn lines(
    c: &mut Conn,
    person_id: i64,
    after: Option<&Cursor>,
    limit: usize,
) -> AppResult<(Vec<Line>, Option<Cursor>)> {
    let (kind, owner) = Account::Person(person_id).parts();
    let before = after.and_then(|cursor| cursor.0.first().copied()).unwrap_or(i64::MAX);
    let rows: Vec<(i64, i64, i64, i64, NaiveDateTime, Head)> = ledger_entries::table
        .inner_join(ledger_accounts::table)
        .inner_join(ledger_transactions::table)
        .filter(ledger_accounts::kind.eq(kind).and(ledger_accounts::owner_id.eq(owner)))
        .filter(ledger_entries::id.lt(before))
        .order(ledger_entries::id.desc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))
        .select((
            ledger_entries::id,
            ledger_entries::transaction_id,
            ledger_entries::amount,
            ledger_entries::balance,
            ledger_transactions::at,
            HEAD,
        ))
        .load(c)?;
    let more = rows.len() > limit;
    let mut lines = Vec::with_capacity(limit.min(rows.len()));
    for (id, transaction_id, amount, balance, at, head) in rows.into_iter().take(limit) {
        let reason = reason_of(head)?;
        let reversed = match reason.reverses() {
            Some(of) => Some(reason_of(ledger_transactions::table.find(of).select(HEAD).first(c)?)?),
            None => None,
        };
        lines.push(Line { id, transaction_id, reason, reversed, amount, balance, at });
    }
    let next = lines.last().filter(|_| more).map(|last| Cursor(vec![last.id]));
    Ok((lines, next))
}

/// What says why a transaction was made.
const HEAD: (
    ledger_transactions::reason,
    ledger_transactions::request_id,
    ledger_transactions::day,
    ledger_transactions::reverses,
) = (
    ledger_transactions::reason,
    ledger_transactions::request_id,
    ledger_transactions::day,
    ledger_transactions::reverses,
);

/// A transaction that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    pub reason: Reason,
    pub entries: BTreeMap<Account, i64>,
}

/// The transaction of a key, if it took effect.
///
/// # Errors
/// What the database says.
pub fn posted(c: &mut Conn, key: &str) -> AppResult<Option<Kept>> {
    let found: Option<(i64, Head)> = ledger_transactions::table
        .filter(ledger_transactions::key.eq(key))
        .select((ledger_transactions::id, HEAD))
        .first(c)
        .optional()?;
    let Some((id, head)) = found else { return Ok(None) };
    let rows: Vec<(String, i64, i64)> = ledger_entries::table
        .inner_join(ledger_accounts::table)
        .filter(ledger_entries::transaction_id.eq(id))
        .select((ledger_accounts::kind, ledger_accounts::owner_id, ledger_entries::amount))
        .load(c)?;
    let mut entries = BTreeMap::new();
    for (kind, owner, amount) in rows {
        entries.insert(Account::of(&kind, owner)?, amount);
    }
    Ok(Some(Kept { id, reason: reason_of(head)?, entries }))
}
