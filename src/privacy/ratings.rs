//! Whether a shown value or what is told of how it came about speaks for too few raters.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{insight_values, value_accounts};
use crate::market::account::Account;
use crate::market::store::values;
use crate::policy::ValuePolicy;

/// Accounts are read of so many insights, those that moved last.
const MOST: i64 = 5_000;

/// Insights that were looked at, and how many of them tell of too few raters.
///
/// # Errors
/// What the database says.
pub fn findings(c: &mut Conn) -> QueryResult<(i64, usize)> {
    use insight_values as t;
    let policy = values::policy(c)?;
    let all: i64 = t::table.filter(t::shown_tenths.gt(0)).count().get_result(c)?;
    let few = i32::try_from(policy.word_from).unwrap_or(i32::MAX);
    let too_few: i64 =
        t::table.filter(t::shown_tenths.gt(0).and(t::shown_raters.lt(few))).count().get_result(c)?;
    let accounts: Vec<String> = value_accounts::table
        .inner_join(t::table.on(t::insight_id.eq(value_accounts::insight_id)))
        .order((t::shown_at.desc(), t::insight_id))
        .limit(MOST)
        .select(value_accounts::account)
        .load(c)?;
    let telling = accounts
        .iter()
        .filter_map(|text| serde_json::from_str::<Account>(text).ok())
        .filter(|account| tells_of_few(account, &policy));
    Ok((all, usize::try_from(too_few).unwrap_or(usize::MAX) + telling.count()))
}

/// Whether a department's view, or that of those merged, is told of fewer raters than there must be; taken
/// from all, the told ones must not leave few either.
fn tells_of_few(account: &Account, policy: &ValuePolicy) -> bool {
    let few = |raters: usize| (raters as i64) < policy.department_from;
    let told: usize = account.voices.iter().map(|voice| voice.raters).sum();
    let rest = account.rest.as_ref().map_or(0, |rest| rest.raters);
    let left = account.raters.saturating_sub(told);
    account.voices.iter().any(|voice| few(voice.raters))
        || (rest > 0 && few(rest))
        || (!account.voices.is_empty() && left > 0 && few(left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::account::{Rest, Voice};

    #[test]
    fn few_raters_are_found() {
        let policy = ValuePolicy::default();
        let account = |voices: &[usize], rest: usize| Account {
            raters: voices.iter().sum::<usize>() + rest,
            voices: voices.iter().map(|raters| Voice { raters: *raters, ..Voice::default() }).collect(),
            rest: (rest > 0).then(|| Rest { departments: 1, raters: rest, ..Rest::default() }),
            ..Account::default()
        };
        for (voices, rest, expected) in [
            (&[4, 3][..], 0, false),
            (&[4], 3, false),
            (&[], 3, false),
            (&[4, 2], 0, true),
            (&[4], 2, true),
            (&[], 2, true),
        ] {
            assert_eq!(tells_of_few(&account(voices, rest), &policy), expected, "{voices:?} {rest}");
        }
        let left = Account { raters: 6, ..account(&[4], 0) };
        assert!(tells_of_few(&left, &policy), "two follow from all");
    }
}
