//! What voided ratings have earned somebody.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    earning_shares, earnings, insight_values, ledger_accounts, ledger_entries, ledger_transactions,
    review_people, review_ratings,
};
use crate::earnings::rule::{self, Worth};
use crate::error::AppResult;
use crate::policy::CreditPolicy;

/// Credits that one transaction paid one person and that would not have been earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overpaid {
    pub transaction: i64,
    pub person: i64,
    pub credits: i64,
}

type Row = (i64, NaiveDate, i64, i64, i64, i32, (i32, i32, i32));

/// For every week in which an insight in question was paid to somebody of the case: what was paid less what
/// the same readers would have earned at the value without the voided ratings (as it stands now).
pub(super) fn overpaid(c: &mut Conn, case_id: i64, policy: &CreditPolicy) -> AppResult<Vec<Overpaid>> {
    let of =
        review_ratings::table.filter(review_ratings::case_id.eq(case_id)).select(review_ratings::insight_id);
    let to = review_people::table.filter(review_people::case_id.eq(case_id)).select(review_people::person_id);
    let rows: Vec<Row> = earning_shares::table
        .inner_join(earnings::table.on(
            earnings::insight_id.eq(earning_shares::insight_id).and(earnings::week.eq(earning_shares::week)),
        ))
        .inner_join(insight_values::table.on(insight_values::insight_id.eq(earning_shares::insight_id)))
        .filter(earning_shares::insight_id.eq_any(of))
        .filter(earning_shares::person_id.eq_any(to))
        .filter(earning_shares::paid.gt(0))
        .order((earning_shares::week, earning_shares::person_id, earning_shares::insight_id))
        .select((
            earning_shares::person_id,
            earning_shares::week,
            earning_shares::earned,
            earning_shares::paid,
            earnings::credits,
            earnings::weighted_readers,
            (insight_values::raters, insight_values::departments, insight_values::lower_hundredths),
        ))
        .load(c)?;
    let mut too_much: BTreeMap<(NaiveDate, i64), i64> = BTreeMap::new();
    for (person, week, _, paid, credits, weighted, (raters, departments, lower)) in rows {
        let worth = Worth {
            raters: i64::from(raters),
            departments: i64::from(departments),
            lower_hundredths: i64::from(lower),
        };
        let due = rule::credits(policy, &worth, i64::from(weighted), 0).min(credits);
        // The author's part stays the part it was.
        let kept = if credits > 0 { paid * due / credits } else { 0 };
        *too_much.entry((week, person)).or_default() += paid - kept;
    }
    let mut found = Vec::new();
    for ((week, person), credits) in too_much.into_iter().filter(|(_, credits)| *credits > 0) {
        let transaction: Option<i64> = ledger_transactions::table
            .inner_join(ledger_entries::table)
            .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_entries::account_id)))
            .filter(ledger_transactions::reason.eq("earned"))
            .filter(ledger_transactions::day.eq(Some(week)))
            .filter(ledger_accounts::kind.eq("person"))
            .filter(ledger_accounts::owner_id.eq(person))
            .order(ledger_entries::amount.desc())
            .select(ledger_transactions::id)
            .first(c)
            .optional()?;
        found.extend(transaction.map(|transaction| Overpaid { transaction, person, credits }));
    }
    Ok(found)
}
