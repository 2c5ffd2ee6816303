//! Whether the ledger is what it should be.

use std::collections::BTreeMap;
use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::Conn;
use crate::db::schema::{ledger_accounts, ledger_entries, ledger_transactions};
use crate::error::{AppError, AppResult};
use crate::ledger::Account;

/// What a check found: everything but the first two is 0 in a ledger that is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Check {
    pub transactions: i64,
    pub accounts: i64,
    /// The sum over all accounts.
    pub sum: i64,
    /// Transactions whose entries do not sum to zero, or that have none.
    pub unbalanced: i64,
    /// Accounts whose kept balance is not the sum of their entries.
    pub differing: i64,
    /// Entries after which the account did not hold what it held before and the amount together.
    pub broken: i64,
    /// Entries after which an account that may not owe did.
    pub overdrawn: i64,
}

impl Check {
    /// Whether the ledger is whole.
    pub const fn is_whole(&self) -> bool {
        self.sum == 0
            && self.unbalanced == 0
            && self.differing == 0
            && self.broken == 0
            && self.overdrawn == 0
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} transactions on {} accounts: ", self.transactions, self.accounts)?;
        if self.is_whole() {
            return write!(f, "all balances are the sums of their entries, together 0");
        }
        write!(
            f,
            "the sum is {}, {} transactions are unbalanced, {} balances differ from their entries, {} entries \
             do not follow from the one before, {} overdraw an account",
            self.sum, self.unbalanced, self.differing, self.broken, self.overdrawn
        )
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

fn counted(c: &mut Conn, statement: &'static str) -> QueryResult<i64> {
    diesel::sql_query(statement).get_result::<Count>(c).map(|count| count.found)
}

/// Compares everything that must agree. Each question is one statement, so it sees one state also while
/// others write.
///
/// # Errors
/// What the database says.
pub fn check(c: &mut Conn) -> QueryResult<Check> {
    Ok(Check {
        transactions: ledger_transactions::table.count().get_result(c)?,
        accounts: ledger_accounts::table.count().get_result(c)?,
        sum: counted(c, "SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) AS found FROM ledger_accounts")?,
        unbalanced: counted(
            c,
            "SELECT COUNT(*) AS found FROM (SELECT t.id FROM ledger_transactions t \
             LEFT JOIN ledger_entries e ON e.transaction_id = t.id \
             GROUP BY t.id HAVING COUNT(e.id) < 2 OR SUM(e.amount) <> 0) AS odd",
        )?,
        differing: counted(
            c,
            "SELECT COUNT(*) AS found FROM (SELECT a.id FROM ledger_accounts a \
             LEFT JOIN ledger_entries e ON e.account_id = a.id \
             GROUP BY a.id, a.balance HAVING COALESCE(SUM(e.amount), 0) <> a.balance) AS odd",
        )?,
        broken: counted(
            c,
            "SELECT COUNT(*) AS found FROM (SELECT amount, balance, LAG(balance, 1, CAST(0 AS BIGINT)) \
             OVER (PARTITION BY account_id ORDER BY id) AS held FROM ledger_entries) AS chain \
             WHERE balance <> held + amount",
        )?,
        overdrawn: counted(
            c,
            "SELECT COUNT(*) AS found FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id \
             WHERE a.kind <> 'issuance' AND e.balance < 0",
        )?,
    })
}

/// The balances that follow from the entries alone, one after the other.
///
/// # Errors
/// When an account would owe on the way; what the database says.
pub fn replay(c: &mut Conn) -> AppResult<BTreeMap<Account, i64>> {
    let rows: Vec<(String, i64, i64)> = ledger_entries::table
        .inner_join(ledger_accounts::table)
        .order(ledger_entries::id)
        .select((ledger_accounts::kind, ledger_accounts::owner_id, ledger_entries::amount))
        .load(c)?;
    let mut balances = BTreeMap::new();
    for (kind, owner, amount) in rows {
        let account = Account::of(&kind, owner)?;
        let balance: &mut i64 = balances.entry(account).or_default();
        *balance += amount;
        if *balance < 0 && !account.may_owe() {
            return Err(AppError::Internal(format!("{account:?} stood at {balance}")));
        }
    }
    Ok(balances)
}
