//! The thresholds that protect raters. A node's settings may raise them; below what is agreed they are
//! lowered only by two people, an administrator who proposes it and a Chief Customer Officer who agrees.

use crate::policy::ValuePolicy;

/// A setting that protects raters.
#[derive(Clone, Copy)]
pub struct Threshold {
    /// The environment variable.
    pub name: &'static str,
    /// What it is, in words that go on "is 5".
    pub title: &'static str,
    /// Nobody may agree on less.
    pub floor: i64,
    pub of: fn(&ValuePolicy) -> i64,
    set: fn(&mut ValuePolicy, i64),
}

/// All of them.
pub const THRESHOLDS: [Threshold; 5] = [
    Threshold {
        name: "SHOWN_WORD_FROM",
        title: "ratings from which an insight may be called valued",
        floor: 3,
        of: |policy| policy.word_from,
        set: |policy, value| policy.word_from = value,
    },
    Threshold {
        name: "SHOWN_NUMBER_FROM",
        title: "ratings from which the number of a value is shown",
        floor: 3,
        of: |policy| policy.number_from,
        set: |policy, value| policy.number_from = value,
    },
    Threshold {
        name: "SHOWN_DEPARTMENT_FROM",
        title: "ratings of a department from which its view is shown",
        floor: 3,
        of: |policy| policy.department_from,
        set: |policy, value| policy.department_from = value,
    },
    Threshold {
        name: "SHOWN_FURTHER_RATERS",
        title: "further ratings after which a shown value moves",
        floor: 2,
        of: |policy| policy.further_raters,
        set: |policy, value| policy.further_raters = value,
    },
    Threshold {
        name: "SHOWN_DAYS",
        title: "days after which a shown value moves in any case",
        floor: 1,
        of: |policy| policy.shown_days,
        set: |policy, value| policy.shown_days = value,
    },
];

/// The threshold of that name.
pub fn threshold(name: &str) -> Option<&'static Threshold> {
    THRESHOLDS.iter().find(|threshold| threshold.name == name)
}

impl Threshold {
    /// What holds unless two people agreed on less.
    pub fn usual(&self) -> i64 {
        (self.of)(&ValuePolicy::default())
    }

    /// This policy with another threshold.
    pub fn with(&self, mut policy: ValuePolicy, value: i64) -> ValuePolicy {
        (self.set)(&mut policy, value);
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reads_what_it_sets_and_no_default_is_below_its_floor() {
        for threshold in THRESHOLDS {
            let policy = threshold.with(ValuePolicy::default(), 77);
            assert_eq!((threshold.of)(&policy), 77, "{}", threshold.name);
            assert!(threshold.usual() >= threshold.floor, "{}", threshold.name);
            let settings = crate::policy::settings();
            assert!(settings.iter().any(|s| s.name == threshold.name), "{}", threshold.name);
            let others = THRESHOLDS.iter().filter(|other| (other.of)(&policy) == 77);
            assert_eq!(others.count(), 1, "{}", threshold.name);
        }
    }
}
