//! What moves credits: a list of accounts with signed amounts that sums to zero, a reason, and a key under
//! which it takes effect once.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};

use crate::error::{AppError, AppResult};

/// Who can hold credits. The order is the order in which accounts are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Where new credits come from: below zero by all that was ever issued.
    Issuance,
    /// What is offered for the answer to a request (its id), until it is paid out or given back.
    Escrow(i64),
    /// A person (their id).
    Person(i64),
}

impl Account {
    /// As the table has it: kind and owner.
    pub(crate) const fn parts(self) -> (&'static str, i64) {
        match self {
            Account::Issuance => ("issuance", 0),
            Account::Escrow(request) => ("escrow", request),
            Account::Person(person) => ("person", person),
        }
    }

    /// The account of a row.
    pub(crate) fn of(kind: &str, owner: i64) -> AppResult<Account> {
        match kind {
            "issuance" => Ok(Account::Issuance),
            "escrow" => Ok(Account::Escrow(owner)),
            "person" => Ok(Account::Person(owner)),
            _ => Err(AppError::Internal(format!("an account is of the unknown kind {kind}"))),
        }
    }

    /// Whether it may go below zero.
    pub const fn may_owe(self) -> bool {
        matches!(self, Account::Issuance)
    }
}

/// Why credits moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// What everybody begins with.
    Welcome,
    /// What the readers of one's insights in a week were worth; the week by its Monday.
    Earned { week: NaiveDate },
    /// First ratings given until the end of that day.
    FirstRatings { day: NaiveDate },
    /// Offered for the answer to a request of one's own.
    Bounty { request: i64 },
    /// Added to what another offers.
    CoFunding { request: i64 },
    /// Paid out by the one who asked.
    Award { request: i64 },
    /// Paid out by the clock, because nobody did.
    AutoAward { request: i64 },
    /// Given back.
    Refund { request: i64 },
    /// Takes another transaction back, as a whole or in part.
    Reversal { of: i64 },
    /// Put right by hand.
    Correction,
}

impl Reason {
    /// As the tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Welcome => "welcome",
            Reason::Earned { .. } => "earned",
            Reason::FirstRatings { .. } => "first_ratings",
            Reason::Bounty { .. } => "bounty",
            Reason::CoFunding { .. } => "co_funding",
            Reason::Award { .. } => "award",
            Reason::AutoAward { .. } => "auto_award",
            Reason::Refund { .. } => "refund",
            Reason::Reversal { .. } => "reversal",
            Reason::Correction => "correction",
        }
    }

    /// The request it is about.
    pub const fn request(self) -> Option<i64> {
        match self {
            Reason::Bounty { request }
            | Reason::CoFunding { request }
            | Reason::Award { request }
            | Reason::AutoAward { request }
            | Reason::Refund { request } => Some(request),
            _ => None,
        }
    }

    /// The week or day it is about.
    pub const fn day(self) -> Option<NaiveDate> {
        match self {
            Reason::Earned { week } => Some(week),
            Reason::FirstRatings { day } => Some(day),
            _ => None,
        }
    }

    /// The transaction it takes back.
    pub const fn reverses(self) -> Option<i64> {
        match self {
            Reason::Reversal { of } => Some(of),
            _ => None,
        }
    }

    /// The reason of a row.
    pub(crate) fn of(
        name: &str,
        request: Option<i64>,
        day: Option<NaiveDate>,
        reverses: Option<i64>,
    ) -> AppResult<Reason> {
        let reason = match (name, request, day, reverses) {
            ("welcome", None, None, None) => Reason::Welcome,
            ("earned", None, Some(week), None) => Reason::Earned { week },
            ("first_ratings", None, Some(day), None) => Reason::FirstRatings { day },
            ("bounty", Some(request), None, None) => Reason::Bounty { request },
            ("co_funding", Some(request), None, None) => Reason::CoFunding { request },
            ("award", Some(request), None, None) => Reason::Award { request },
            ("auto_award", Some(request), None, None) => Reason::AutoAward { request },
            ("refund", Some(request), None, None) => Reason::Refund { request },
            ("reversal", None, None, Some(of)) => Reason::Reversal { of },
            ("correction", None, None, None) => Reason::Correction,
            _ => return Err(AppError::Internal(format!("a transaction has the unknown reason {name}"))),
        };
        Ok(reason)
    }
}

/// Credits on the move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Under which it takes effect once: `grant:welcome:7`, `bounty:12:fund:7`. Ids, never names.
    pub key: String,
    pub reason: Reason,
    /// Whole credits: what an account gets is above zero, what it pays is below. They sum to zero.
    pub entries: Vec<(Account, i64)>,
    /// UTC.
    pub at: NaiveDateTime,
}

impl Transaction {
    /// New credits for a person.
    pub fn grant(key: String, reason: Reason, person: i64, credits: i64, at: NaiveDateTime) -> Transaction {
        let entries = vec![(Account::Issuance, -credits), (Account::Person(person), credits)];
        Transaction { key, reason, entries, at }
    }

    /// One entry per account, in the order of the accounts, without those of nothing.
    ///
    /// # Errors
    /// When they do not sum to zero, or nothing moves: that is the caller's mistake.
    pub fn netted(&self) -> AppResult<BTreeMap<Account, i64>> {
        let wrong = |what: &str| AppError::Internal(format!("the transaction {} {what}", self.key));
        let mut net: BTreeMap<Account, i64> = BTreeMap::new();
        let mut sum = 0_i64;
        for (account, amount) in &self.entries {
            let entry = net.entry(*account).or_default();
            *entry = entry.checked_add(*amount).ok_or_else(|| wrong("is beyond counting"))?;
            sum = sum.checked_add(*amount).ok_or_else(|| wrong("is beyond counting"))?;
        }
        net.retain(|_, amount| *amount != 0);
        if sum != 0 {
            return Err(wrong(&format!("does not sum to zero but to {sum}")));
        }
        if net.is_empty() {
            return Err(wrong("moves nothing"));
        }
        Ok(net)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(entries: &[(Account, i64)]) -> Transaction {
        let at = "2026-11-02T09:00:00".parse().expect("a time");
        Transaction { key: "k".into(), reason: Reason::Correction, entries: entries.to_vec(), at }
    }

    #[test]
    fn an_account_has_one_entry() {
        let (a, b) = (Account::Person(1), Account::Person(2));
        let net =
            transaction(&[(b, 2), (a, -3), (b, 1), (Account::Escrow(9), 0)]).netted().expect("balanced");
        assert_eq!(net.into_iter().collect::<Vec<_>>(), [(a, -3), (b, 3)]);
    }

    #[test]
    fn what_does_not_balance_is_refused() {
        let a = Account::Person(1);
        for entries in [
            &[(a, -3), (Account::Issuance, 2)][..],
            &[],
            &[(a, 0)],
            &[(a, 5), (a, -5)],
            &[(a, i64::MAX), (a, 1)],
        ] {
            assert!(transaction(entries).netted().is_err(), "{entries:?}");
        }
    }

    #[test]
    fn a_reason_survives_the_table() {
        let day = "2026-11-02".parse().expect("a day");
        for reason in [
            Reason::Welcome,
            Reason::Earned { week: day },
            Reason::FirstRatings { day },
            Reason::Bounty { request: 3 },
            Reason::CoFunding { request: 3 },
            Reason::Award { request: 3 },
            Reason::AutoAward { request: 3 },
            Reason::Refund { request: 3 },
            Reason::Reversal { of: 4 },
            Reason::Correction,
        ] {
            let again = Reason::of(reason.name(), reason.request(), reason.day(), reason.reverses());
            assert_eq!(again.expect("a reason"), reason);
        }
        assert!(Reason::of("bounty", None, None, None).is_err());
        assert!(Reason::of("gift", None, None, None).is_err());
    }
}
