//! Writing into the ledger. Everything else of it goes through [`post_all`].

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

use super::reading::posted;
use crate::db::Conn;
use crate::db::schema::{ledger_accounts, ledger_entries, ledger_transactions};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::ledger::{Account, Reason, Transaction};
use crate::policy::CreditPolicy;

/// Rows of one statement: far below the parameters either database takes.
const CHUNK: usize = 1_000;

/// What became of a transaction, with its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It took effect now.
    New(i64),
    /// It had taken effect before: this time nothing moved.
    Same(i64),
}

impl Posted {
    /// The transaction's id.
    pub const fn id(self) -> i64 {
        match self {
            Posted::New(id) | Posted::Same(id) => id,
        }
    }
}

/// Moves credits, once per key: the same transaction again is [`Posted::Same`] and moves nothing.
///
/// # Errors
/// 409 when an account does not hold what it is to pay, and when the key stands for something else
/// already; then nothing of the caller's transaction may be kept.
pub fn post(c: &mut Conn, transaction: &Transaction) -> AppResult<Posted> {
    let posted = post_all(c, std::slice::from_ref(transaction))?;
    posted.first().copied().ok_or_else(|| AppError::Internal("a transaction got lost".into()))
}

/// Moves credits many times, all or nothing, as [`post`] does one by one.
///
/// The key is written first: of two at once, one waits there and finds the other's. Then every account
/// concerned is locked, in ascending order, so that what is paid is judged by the balance that is there:
/// checking it without the lock let 20 credits be spent twice. On SQLite the transaction has the only
/// write lock from its beginning.
///
/// # Errors
/// As [`post`].
pub fn post_all(c: &mut Conn, transactions: &[Transaction]) -> AppResult<Vec<Posted>> {
    let mut outcomes = Vec::with_capacity(transactions.len());
    let mut new: Vec<(i64, &Transaction, BTreeMap<Account, i64>)> = Vec::new();
    let mut accounts: BTreeMap<Account, Held> = BTreeMap::new();
    for (transaction, entered) in transactions.iter().zip(enter_all(c, transactions)?) {
        let net = transaction.netted()?;
        match entered {
            Some(id) => {
                accounts.extend(net.keys().map(|account| (*account, Held::default())));
                new.push((id, transaction, net));
                outcomes.push(Posted::New(id));
            }
            None => {
                // A key may stand twice among these; the entries of its first are not written yet.
                let among = new.iter().find(|(_, earlier, _)| earlier.key == transaction.key);
                let id = match among {
                    Some((id, earlier, entries)) => {
                        is_same((earlier.reason, entries), (transaction.reason, &net)).then_some(*id)
                    }
                    None => same(c, transaction, &net)?,
                };
                outcomes.push(Posted::Same(id.ok_or_else(other_content)?));
            }
        }
    }
    lock_all(c, &mut accounts)?;
    let mut entries = Vec::new();
    for (id, _, net) in &new {
        for (account, amount) in net {
            let Some(held) = accounts.get_mut(account) else { continue };
            let balance = held.balance.checked_add(*amount).ok_or_else(|| {
                AppError::Internal(format!("the balance of {account:?} is beyond counting"))
            })?;
            if balance < 0 && !account.may_owe() {
                return Err(not_enough(*account, held.balance, -amount));
            }
            held.balance = balance;
            entries.push((
                ledger_entries::transaction_id.eq(*id),
                ledger_entries::account_id.eq(held.id),
                ledger_entries::amount.eq(*amount),
                ledger_entries::balance.eq(balance),
            ));
        }
    }
    for part in entries.chunks(CHUNK) {
        let part = part.to_vec();
        each_db!(c, c => diesel::insert_into(ledger_entries::table).values(part).execute(c))?;
    }
    put_balances(c, &accounts)?;
    Ok(outcomes)
}

/// From so many on, transactions and accounts are written many in a statement on PostgreSQL, where each statement
/// is a journey; SQLite gains nothing by it.
const MANY: usize = 8;

/// A locked account.
#[derive(Clone, Copy, Default)]
struct Held {
    id: i64,
    balance: i64,
}

/// Writes the heads of transactions in their order; nothing in the place of those whose key is there already, with
/// another or before among these.
fn enter_all(c: &mut Conn, transactions: &[Transaction]) -> QueryResult<Vec<Option<i64>>> {
    let Conn::Postgres(pg) = &mut *c else {
        return transactions.iter().map(|transaction| enter(c, transaction)).collect();
    };
    if transactions.len() < MANY {
        return transactions.iter().map(|transaction| enter(c, transaction)).collect();
    }
    let mut ids: HashMap<String, i64> = HashMap::with_capacity(transactions.len());
    for part in transactions.chunks(CHUNK) {
        let rows: Vec<_> = part.iter().map(head).collect();
        let new: Vec<(String, i64)> = diesel::insert_into(ledger_transactions::table)
            .values(rows)
            .on_conflict(ledger_transactions::key)
            .do_nothing()
            .returning((ledger_transactions::key, ledger_transactions::id))
            .get_results(pg)?;
        ids.extend(new);
    }
    // Of two with one key the first has entered it.
    Ok(transactions.iter().map(|transaction| ids.remove(&transaction.key)).collect())
}

/// Writes the head of a transaction; nothing when its key is there already.
fn enter(c: &mut Conn, transaction: &Transaction) -> QueryResult<Option<i64>> {
    let row = head(transaction);
    each_db!(c, c => diesel::insert_into(ledger_transactions::table)
        .values(row)
        .on_conflict(ledger_transactions::key)
        .do_nothing()
        .returning(ledger_transactions::id)
        .get_result(c)
        .optional())
}

#[derive(Insertable)]
#[diesel(table_name = ledger_transactions, treat_none_as_default_value = false)]
struct Head<'a> {
    key: &'a str,
    reason: &'static str,
    request_id: Option<i64>,
    day: Option<NaiveDate>,
    reverses: Option<i64>,
    at: NaiveDateTime,
}

fn head(transaction: &Transaction) -> Head<'_> {
    let reason = transaction.reason;
    Head {
        key: &transaction.key,
        reason: reason.name(),
        request_id: reason.request(),
        day: reason.day(),
        reverses: reason.reverses(),
        at: transaction.at,
    }
}

/// The id of the transaction that has this key, if it is this one.
fn same(c: &mut Conn, transaction: &Transaction, net: &BTreeMap<Account, i64>) -> AppResult<Option<i64>> {
    let there = posted(c, &transaction.key)?
        .ok_or_else(|| AppError::Internal(format!("the transaction {} came and went", transaction.key)))?;
    Ok(is_same((there.reason, &there.entries), (transaction.reason, net)).then_some(there.id))
}

/// Whether two transactions of one key are one: the time does not matter.
fn is_same(one: (Reason, &BTreeMap<Account, i64>), other: (Reason, &BTreeMap<Account, i64>)) -> bool {
    one == other
}

fn other_content() -> AppError {
    AppError::Conflict(
        "This was sent before with other amounts, and that is what counts. Open your credits to see what \
         was paid, and begin again from a fresh page.",
    )
}

/// Locks accounts until the end of the transaction, in ascending order, and opens those that nobody has yet.
fn lock_all(c: &mut Conn, accounts: &mut BTreeMap<Account, Held>) -> AppResult<()> {
    let Conn::Postgres(pg) = &mut *c else {
        return accounts
            .iter_mut()
            .try_for_each(|(account, held)| lock(c, *account).map(|found| *held = found));
    };
    if accounts.len() < MANY {
        return accounts
            .iter_mut()
            .try_for_each(|(account, held)| lock(c, *account).map(|found| *held = found));
    }
    use ledger_accounts as t;
    let all: Vec<Account> = accounts.keys().copied().collect();
    for same in all.chunk_by(|a, b| a.parts().0 == b.parts().0) {
        for part in same.chunks(CHUNK) {
            let Some((kind, _)) = part.first().map(|account| account.parts()) else { continue };
            let owners: Vec<i64> = part.iter().map(|account| account.parts().1).collect();
            let of_part = || t::table.filter(t::kind.eq(kind)).filter(t::owner_id.eq_any(owners.clone()));
            // None is held while one is opened, which may wait for somebody who opens the same.
            let there: HashSet<i64> = of_part().select(t::owner_id).load(pg)?.into_iter().collect();
            let new: Vec<_> = owners
                .iter()
                .filter(|owner| !there.contains(owner))
                .map(|owner| (t::kind.eq(kind), t::owner_id.eq(*owner), t::balance.eq(0_i64)))
                .collect();
            if !new.is_empty() {
                diesel::insert_into(t::table).values(new).on_conflict_do_nothing().execute(pg)?;
            }
            let locked: Vec<(i64, i64, i64)> = of_part()
                .order(t::owner_id)
                .select((t::owner_id, t::id, t::balance))
                .for_update()
                .load(pg)?;
            let locked: HashMap<i64, Held> =
                locked.into_iter().map(|(owner, id, balance)| (owner, Held { id, balance })).collect();
            for account in part {
                let found = locked
                    .get(&account.parts().1)
                    .copied()
                    .ok_or_else(|| AppError::Internal(format!("{account:?} could not be opened")))?;
                accounts.insert(*account, found);
            }
        }
    }
    Ok(())
}

/// Writes what accounts hold now.
fn put_balances(c: &mut Conn, accounts: &BTreeMap<Account, Held>) -> QueryResult<()> {
    use ledger_accounts as t;
    if let (Conn::Postgres(pg), true) = (&mut *c, accounts.len() >= MANY) {
        let held: Vec<&Held> = accounts.values().collect();
        for part in held.chunks(CHUNK) {
            diesel::sql_query(
                "UPDATE ledger_accounts a SET balance = n.balance \
                 FROM UNNEST($1, $2) AS n(id, balance) WHERE a.id = n.id",
            )
            .bind::<Array<BigInt>, _>(part.iter().map(|held| held.id).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(part.iter().map(|held| held.balance).collect::<Vec<_>>())
            .execute(pg)?;
        }
        return Ok(());
    }
    for held in accounts.values() {
        diesel::update(t::table.find(held.id)).set(t::balance.eq(held.balance)).execute(c)?;
    }
    Ok(())
}

/// Locks an account until the end of the transaction; opens it if nobody has yet.
fn lock(c: &mut Conn, account: Account) -> AppResult<Held> {
    if let Some(held) = locked(c, account)? {
        return Ok(held);
    }
    let (kind, owner) = account.parts();
    let row = (
        ledger_accounts::kind.eq(kind),
        ledger_accounts::owner_id.eq(owner),
        ledger_accounts::balance.eq(0_i64),
    );
    each_db!(c, c => diesel::insert_into(ledger_accounts::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    locked(c, account)?.ok_or_else(|| AppError::Internal(format!("{account:?} could not be opened")))
}

fn locked(c: &mut Conn, account: Account) -> QueryResult<Option<Held>> {
    let (kind, owner) = account.parts();
    let row = ledger_accounts::table
        .filter(ledger_accounts::kind.eq(kind).and(ledger_accounts::owner_id.eq(owner)))
        .select((ledger_accounts::id, ledger_accounts::balance));
    let found: Option<(i64, i64)> = match c {
        // Knows no FOR UPDATE and needs none: BEGIN IMMEDIATE took the write lock.
        Conn::Sqlite(c) => row.first(c).optional()?,
        Conn::Postgres(c) => row.for_update().first(c).optional()?,
    };
    Ok(found.map(|(id, balance)| Held { id, balance }))
}

fn not_enough(account: Account, balance: i64, needed: i64) -> AppError {
    match account {
        Account::Escrow(_) => AppError::Conflict(
            "What was offered here has been paid out or given back meanwhile. Open the request again to see \
             how it ended.",
        ),
        _ => AppError::NotEnough { balance, needed },
    }
}

/// The key of somebody's first credits.
fn welcome_key(person_id: i64) -> String {
    format!("grant:welcome:{person_id}")
}

/// Gives somebody their first credits, once: at the first sign-in or the import, whichever comes first.
///
/// # Errors
/// What the database says.
pub fn welcome(c: &mut Conn, terms: &CreditPolicy, person_id: i64, at: NaiveDateTime) -> AppResult<()> {
    welcome_all(c, terms, &[person_id], at)
}

/// Gives many people their first credits, as [`welcome`] does. What the grant was at that time stays: a
/// setting changed later changes nothing for whoever had theirs.
///
/// # Errors
/// What the database says.
pub fn welcome_all(c: &mut Conn, terms: &CreditPolicy, people: &[i64], at: NaiveDateTime) -> AppResult<()> {
    if !terms.on || terms.welcome == 0 {
        return Ok(());
    }
    let mut grants = Vec::new();
    for person in people {
        let key = welcome_key(*person);
        let there = ledger_transactions::table
            .filter(ledger_transactions::key.eq(&key))
            .select(ledger_transactions::id)
            .first::<i64>(c)
            .optional()?;
        if there.is_none() {
            grants.push(Transaction::grant(key, Reason::Welcome, *person, terms.welcome, at));
        }
    }
    post_all(c, &grants).map(|_| ())
}
