//! What an insight's readers of a week are worth to its authors, in whole numbers:
//!
//! ```text
//! eligible: >= 3 counted raters from >= 2 departments
//! q  = clamp((L - 300) * 10000 / 150, 0, 10000)     L: lower bound of the value, hundredths of a star
//! R  = first readers of a department in the week + 2 for each noted use by another department
//! U  = sum over departments of weight * min(R, 5)   weight: 1 the author's department, 2 others
//! credits = 2 * U * q div 10000                     at most 200 in the insight's life
//! ```
//!
//! The constants are settings. It is the lower bound, so a doubtful value pays less than a sure one; each
//! person counts once ever as a reader of an insight, so what can be earned is bounded by headcount.

use crate::policy::CreditPolicy;

/// A whole, in basis points.
pub const WHOLE_BP: i64 = 10_000;

/// What an insight is worth, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// Counted raters, and the departments they are of.
    pub raters: i64,
    pub departments: i64,
    /// Lower bound of the value, in hundredths of a star.
    pub lower_hundredths: i64,
}

/// Who began to read an insight in a week, of one department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// Of the author's own department.
    pub own: bool,
    /// People whose first access fell into the week, authors left out.
    pub first: i64,
    /// People who said with a note what they used it for.
    pub noted_uses: i64,
}

/// Whether enough people of enough departments have rated it.
pub fn is_eligible(policy: &CreditPolicy, worth: &Worth) -> bool {
    worth.raters >= policy.earn_raters && worth.departments >= policy.earn_departments
}

/// How much of the full amount a value earns, in basis points.
pub fn quality_bp(policy: &CreditPolicy, lower_hundredths: i64) -> i64 {
    ((lower_hundredths - policy.earn_floor) * WHOLE_BP / policy.earn_span.max(1)).clamp(0, WHOLE_BP)
}

/// The readers as they count: U.
pub fn weighted(policy: &CreditPolicy, departments: impl IntoIterator<Item = Readers>) -> i64 {
    departments
        .into_iter()
        .map(|readers| {
            // Only another department's use tells that it travelled.
            let uses = if readers.own { 0 } else { policy.use_readers * readers.noted_uses };
            let weight = if readers.own { policy.own_department } else { policy.other_department };
            weight * (readers.first + uses).min(policy.readers_per_department)
        })
        .sum()
}

/// The credits of an insight's week, when `already` have been paid for it before.
pub fn credits(policy: &CreditPolicy, worth: &Worth, weighted: i64, already: i64) -> i64 {
    if !is_eligible(policy, worth) {
        return 0;
    }
    let full = policy.earn_factor * weighted * quality_bp(policy, worth.lower_hundredths) / WHOLE_BP;
    full.min(policy.insight_cap - already).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORTH: Worth = Worth { raters: 5, departments: 2, lower_hundredths: 450 };

    /// The constants the formula was published with.
    fn published() -> CreditPolicy {
        CreditPolicy { earn_floor: 300, earn_span: 150, ..CreditPolicy::default() }
    }

    #[test]
    fn too_few_raters_or_departments_earn_nothing() {
        let policy = published();
        for (raters, departments, earned) in [(3, 2, 20), (2, 2, 0), (9, 1, 0), (0, 0, 0)] {
            let worth = Worth { raters, departments, ..WORTH };
            assert_eq!(credits(&policy, &worth, 10, 0), earned, "{raters} of {departments}");
        }
    }

    #[test]
    fn a_life_has_a_cap() {
        let policy = published();
        for (already, earned) in [(0, 20), (180, 20), (185, 15), (200, 0), (230, 0)] {
            assert_eq!(credits(&policy, &WORTH, 10, already), earned, "{already}");
        }
    }

    #[test]
    fn a_noted_use_counts_as_two_readers_of_another_department() {
        let policy = published();
        let of = |own, first, noted_uses| weighted(&policy, [Readers { own, first, noted_uses }]);
        assert_eq!((of(false, 0, 1), of(false, 1, 1), of(false, 3, 2)), (4, 6, 10));
        assert_eq!((of(true, 1, 1), of(true, 0, 3)), (1, 0), "one's own department's uses do not");
    }

    proptest! {
        /// More readers, a higher bound or more departments never pay less, and nothing exceeds the caps.
        #[test]
        fn more_never_pays_less(
            first in 0_i64..20, uses in 0_i64..5, lower in 0_i64..520, already in 0_i64..250, own: bool,
        ) {
            let policy = published();
            let readers = Readers { own, first, noted_uses: uses };
            let of = |readers: Readers, lower_hundredths: i64, already: i64| {
                let worth = Worth { lower_hundredths, ..WORTH };
                credits(&policy, &worth, weighted(&policy, [readers]), already)
            };
            let paid = of(readers, lower, already);
            let (one_more, one_use_more) =
                (Readers { first: first + 1, ..readers }, Readers { noted_uses: uses + 1, ..readers });
            prop_assert!(of(one_more, lower, already) >= paid);
            prop_assert!(of(one_use_more, lower, already) >= paid);
            prop_assert!(of(readers, lower + 1, already) >= paid);
            prop_assert!(of(readers, lower, already + 1) <= paid);
            prop_assert!(paid >= 0 && paid + already.min(policy.insight_cap) <= policy.insight_cap);
        }
    }
}
