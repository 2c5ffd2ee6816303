//! A case of the review: what it is about, what speaks for it, what a curator can decide, and what of that
//! can be taken back.

use chrono::{NaiveDate, NaiveDateTime};

use super::personal;
use super::play::{Community, RoundTrip};

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody reported an insight.
    Reported,
    /// A text seems to hold personal data.
    Personal,
    /// Two insights seem to say the same.
    Duplicate,
    /// An insight that may not be true any more.
    Stale,
    /// Three or more people whose ratings do not look independent.
    Ring,
    /// Two people who rate each other higher than anybody else does.
    Pair,
    /// Many ratings of one author by one rater in a few days.
    Serial,
    /// Bounties that go back and forth between two people.
    RoundTrip,
}

impl Kind {
    /// All of them, in the order of the queues.
    pub const ALL: [Kind; 8] = [
        Kind::Reported,
        Kind::Personal,
        Kind::Duplicate,
        Kind::Stale,
        Kind::Ring,
        Kind::Pair,
        Kind::Serial,
        Kind::RoundTrip,
    ];

    /// As the database and addresses write it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Reported => "reported",
            Kind::Personal => "personal",
            Kind::Duplicate => "duplicate",
            Kind::Stale => "stale",
            Kind::Ring => "ring",
            Kind::Pair => "pair",
            Kind::Serial => "serial",
            Kind::RoundTrip => "round_trip",
        }
    }

    /// The name of its queue.
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Reported => "Reported",
            Kind::Personal => "Personal data",
            Kind::Duplicate => "Duplicates",
            Kind::Stale => "Stale",
            Kind::Ring => "Rings",
            Kind::Pair => "Pairs",
            Kind::Serial => "Serial ratings",
            Kind::RoundTrip => "Bounty round trips",
        }
    }

    /// The question to the curator.
    pub const fn question(self) -> &'static str {
        match self {
            Kind::Reported => "Should this insight stay in the archive?",
            Kind::Personal => "Does this text tell something about a person?",
            Kind::Duplicate => "Do these two insights say the same?",
            Kind::Stale => "Is this still true?",
            Kind::Ring => "Do these people rate each other by agreement?",
            Kind::Pair => "Do these two rate each other by agreement?",
            Kind::Serial => "Should so many ratings of one author count?",
            Kind::RoundTrip => "Are these bounties paid back and forth?",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is about how people play, not about a text.
    pub const fn is_play(self) -> bool {
        matches!(self, Kind::Ring | Kind::Pair | Kind::Serial | Kind::RoundTrip)
    }

    /// What can be decided, the gentlest first.
    pub const fn decisions(self) -> &'static [Decision] {
        match self {
            Kind::Reported => &[Decision::Dismiss, Decision::Withdraw],
            Kind::Personal => &[Decision::Dismiss, Decision::Withdraw],
            Kind::Duplicate => &[Decision::Dismiss, Decision::MergeIntoFirst, Decision::MergeIntoOther],
            Kind::Stale => &[Decision::StillTrue, Decision::Withdraw],
            Kind::Ring | Kind::Pair => &[Decision::Dismiss, Decision::AsOne, Decision::Void],
            Kind::Serial => &[Decision::Dismiss, Decision::AsOne, Decision::Void],
            Kind::RoundTrip => &[Decision::Dismiss, Decision::AsOne, Decision::Void],
        }
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided yet.
    Open,
    /// Its people count as one department until somebody decides for good.
    Watched,
    /// Decided, or closed by itself.
    Done,
}

impl State {
    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Watched => "watched",
            State::Done => "done",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<State> {
        [State::Open, State::Watched, State::Done].into_iter().find(|state| state.name() == name)
    }
}

/// What a curator decides, or what closed a case by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is nothing in it.
    Dismiss,
    /// The text leaves the archive.
    Withdraw,
    /// The case's first insight stands for both.
    MergeIntoFirst,
    /// The other one stands for both.
    MergeIntoOther,
    /// Somebody who knows has said so.
    StillTrue,
    /// Counts as one voice while somebody watches.
    AsOne,
    /// Does not count.
    Void,
    /// By itself: an edit removed the reason.
    Mended,
    /// By itself: what it was about is gone.
    Gone,
}

impl Decision {
    const ALL: [Decision; 9] = [
        Decision::Dismiss,
        Decision::Withdraw,
        Decision::MergeIntoFirst,
        Decision::MergeIntoOther,
        Decision::StillTrue,
        Decision::AsOne,
        Decision::Void,
        Decision::Mended,
        Decision::Gone,
    ];

    /// As the database and forms write it.
    pub const fn name(self) -> &'static str {
        match self {
            Decision::Dismiss => "dismiss",
            Decision::Withdraw => "withdraw",
            Decision::MergeIntoFirst => "merge_into_first",
            Decision::MergeIntoOther => "merge_into_other",
            Decision::StillTrue => "still_true",
            Decision::AsOne => "as_one",
            Decision::Void => "void",
            Decision::Mended => "mended",
            Decision::Gone => "gone",
        }
    }

    /// The decision of that name.
    pub fn named(name: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.name() == name)
    }

    /// What the audit log says, whatever the case was about.
    pub const fn logged(self) -> &'static str {
        match self {
            Decision::Dismiss => "dismissed",
            Decision::Withdraw => "withdrawn",
            Decision::MergeIntoFirst | Decision::MergeIntoOther => "merged",
            Decision::StillTrue => "still true",
            Decision::AsOne => "watched, counts as one",
            Decision::Void => "void",
            Decision::Mended => "mended",
            Decision::Gone => "gone",
        }
    }

    /// What the choice says.
    pub const fn choice(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Decision::Dismiss, Kind::Personal) => "It tells nothing about a person",
            (Decision::Dismiss, Kind::Duplicate) => "They differ: both stay",
            (Decision::Dismiss, Kind::Serial) => "Honest: let them all count",
            (Decision::Dismiss, Kind::Ring | Kind::Pair | Kind::RoundTrip) => "Nothing wrong: dismiss",
            (Decision::Dismiss, _) => "It stays as it is",
            (Decision::Withdraw, _) => "Withdraw it",
            (Decision::MergeIntoFirst, _) => "Merge, keep the first",
            (Decision::MergeIntoOther, _) => "Merge, keep the second",
            (Decision::StillTrue, _) => "Still true",
            (Decision::AsOne, Kind::Serial) => "Let the excess count as one vote",
            (Decision::AsOne, Kind::RoundTrip) => "Keep an eye on them",
            (Decision::AsOne, _) => "Treat as one department while open",
            (Decision::Void, Kind::RoundTrip) => "Take the bounties back",
            (Decision::Void, Kind::Serial) => "Void the excess",
            (Decision::Void, _) => "Void these ratings",
            (Decision::Mended | Decision::Gone, _) => "",
        }
    }

    /// What then happens, in a sentence.
    pub const fn consequence(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Decision::Dismiss, Kind::Ring | Kind::Pair) => {
                "Every rating goes on counting. The case comes again only with further ratings."
            }
            (Decision::Dismiss, Kind::Serial) => "What was held counts from now on.",
            (Decision::Dismiss, Kind::RoundTrip) => "The bounties stay where they are.",
            (Decision::Dismiss, Kind::Duplicate) => "You are not asked about these two again.",
            (Decision::Dismiss, _) => "Nothing changes.",
            (Decision::Withdraw, _) => {
                "It leaves the feed, the archive and the search; its author is told why. It can be restored."
            }
            (Decision::MergeIntoFirst | Decision::MergeIntoOther, _) => {
                "The kept one stands for both: the other author corroborates it, each person's rating and reading counts once, and the old address leads there."
            }
            (Decision::StillTrue, _) => "It stays, and is asked about again after a while.",
            (Decision::AsOne, Kind::Serial) => {
                "Of the excess only the latest rating counts. The first five of the week stay as they are."
            }
            (Decision::AsOne, Kind::RoundTrip) => {
                "Nothing is taken back; the case stays open to be looked at again."
            }
            (Decision::AsOne, _) => {
                "Where several of them have rated the same insight, they have the votes of one department together. The case stays open."
            }
            (Decision::Void, Kind::RoundTrip) => {
                "What the bounties paid is taken back, at most what their accounts hold; the rest is noted here."
            }
            (Decision::Void, _) => {
                "These ratings no longer count. Those who gave them are told that and why, not which stars."
            }
            (Decision::Mended | Decision::Gone, _) => "",
        }
    }

    /// What the list of decided cases says.
    pub const fn past(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Decision::Dismiss, Kind::Duplicate) => "both stay",
            (Decision::Dismiss, _) => "dismissed",
            (Decision::Withdraw, _) => "withdrawn",
            (Decision::MergeIntoFirst | Decision::MergeIntoOther, _) => "merged",
            (Decision::StillTrue, _) => "still true",
            (Decision::AsOne, Kind::Serial) => "counts as one vote",
            (Decision::AsOne, Kind::RoundTrip) => "watched",
            (Decision::AsOne, _) => "treated as one department",
            (Decision::Void, Kind::RoundTrip) => "bounties taken back",
            (Decision::Void, _) => "ratings voided",
            (Decision::Mended, _) => "mended by an edit",
            (Decision::Gone, _) => "no longer in the archive",
        }
    }

    /// Where the case stands after it.
    pub const fn leads_to(self) -> State {
        match self {
            Decision::AsOne => State::Watched,
            _ => State::Done,
        }
    }

    /// Whether a person took it: what closed by itself opens by itself.
    pub const fn can_be_undone(self) -> bool {
        !matches!(self, Decision::Mended | Decision::Gone)
    }
}

/// What speaks for a case, by kind. It holds ids, counts and means, and masked signs of a text.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Evidence {
    /// The reports stand in a table of their own.
    Reported,
    Personal {
        found: Vec<personal::Found>,
    },
    Duplicate {
        /// Of their words, in percent.
        alike: u32,
    },
    Stale {
        /// When it was shared.
        shared: NaiveDate,
        observed: Option<NaiveDate>,
        /// When somebody last opened it.
        opened: Option<NaiveDate>,
        rule: StaleRule,
    },
    Community {
        community: Community,
        /// Insights whose ratings it is about, and the ratings themselves, in numbers.
        insights: u32,
        ratings: u32,
        departments: u32,
    },
    Serial {
        rater: i64,
        author: i64,
        ratings: u32,
        excess: u32,
        since: NaiveDateTime,
        until: NaiveDateTime,
    },
    RoundTrip {
        round: RoundTrip,
    },
}

/// Which of the two rules found it stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleRule {
    /// Old, and nobody opened it lately.
    Unopened,
    /// The customer said it long ago.
    Observed,
}

/// Why somebody reports an insight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportReason {
    Wrong,
    Personal,
    Confidential,
    Offensive,
    Duplicate,
    Other,
}

impl ReportReason {
    /// In the order of the form.
    pub const ALL: [ReportReason; 6] = [
        ReportReason::Wrong,
        ReportReason::Personal,
        ReportReason::Confidential,
        ReportReason::Offensive,
        ReportReason::Duplicate,
        ReportReason::Other,
    ];

    /// As the database and the form write it.
    pub const fn name(self) -> &'static str {
        match self {
            ReportReason::Wrong => "wrong",
            ReportReason::Personal => "personal",
            ReportReason::Confidential => "confidential",
            ReportReason::Offensive => "offensive",
            ReportReason::Duplicate => "duplicate",
            ReportReason::Other => "other",
        }
    }

    /// As the form and the case say it.
    pub const fn title(self) -> &'static str {
        match self {
            ReportReason::Wrong => "It is wrong or misleading",
            ReportReason::Personal => "It tells something about a person",
            ReportReason::Confidential => "It should not be read by everybody here",
            ReportReason::Offensive => "It is offensive",
            ReportReason::Duplicate => "Another insight says the same",
            ReportReason::Other => "Something else",
        }
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<ReportReason> {
        ReportReason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Whether an insight should be asked about again, and by which rule. Days between dates of the company.
///
/// | shared | last opened (or shared) | observed | asked about |
/// |---|---|---|---|
/// | under `stale_days` ago | any | any | no |
/// | longer ago | `unopened_days` ago or more | any | yes: unopened |
/// | longer ago | lately | `observed_days` ago or more | yes: observed |
/// | longer ago | lately | lately, or not known | no |
pub fn stale(
    today: NaiveDate,
    shared: NaiveDate,
    observed: Option<NaiveDate>,
    opened: Option<NaiveDate>,
    policy: &crate::policy::ReviewPolicy,
) -> Option<StaleRule> {
    let ago = |day: NaiveDate| (today - day).num_days();
    if ago(shared) < policy.stale_days {
        return None;
    }
    if ago(opened.map_or(shared, |opened| opened.max(shared))) >= policy.unopened_days {
        return Some(StaleRule::Unopened);
    }
    observed.filter(|day| ago(*day) >= policy.observed_days).map(|_| StaleRule::Observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert!(kind.decisions().len() >= 2);
            for decision in kind.decisions() {
                assert!(!decision.choice(kind).is_empty() && !decision.consequence(kind).is_empty());
                assert!(decision.can_be_undone());
            }
        }
        for decision in Decision::ALL {
            assert_eq!(Decision::named(decision.name()), Some(decision));
            assert_eq!(decision.leads_to() == State::Watched, decision == Decision::AsOne);
        }
        for reason in ReportReason::ALL {
            assert_eq!(ReportReason::named(reason.name()), Some(reason));
        }
        for state in [State::Open, State::Watched, State::Done] {
            assert_eq!(State::named(state.name()), Some(state));
        }
        assert_eq!(Kind::named("x"), None);
    }

    #[test]
    fn the_table_of_what_is_stale() {
        let policy = crate::policy::ReviewPolicy::default();
        let today: NaiveDate = "2026-11-20".parse().expect("a day");
        let ago = |days: u64| today - chrono::Days::new(days);
        for (shared, observed, opened, rule) in [
            (364, None, None, None),
            (365, None, None, Some(StaleRule::Unopened)),
            (365, None, Some(180), Some(StaleRule::Unopened)),
            (365, None, Some(179), None),
            (400, Some(1095), Some(3), Some(StaleRule::Observed)),
            (400, Some(1094), Some(3), None),
            (100, Some(2000), None, None),
        ] {
            let found = stale(today, ago(shared), observed.map(ago), opened.map(ago), &policy);
            assert_eq!(found, rule, "{shared} {observed:?} {opened:?}");
        }
    }

    #[test]
    fn evidence_is_kept_as_text() {
        let evidence = Evidence::Personal {
            found: vec![personal::Found { kind: personal::Kind::Card, masked: "… 1111".into() }],
        };
        let text = serde_json::to_string(&evidence).expect("text");
        assert_eq!(text, r#"{"of":"personal","found":[{"kind":"card","masked":"… 1111"}]}"#);
        assert_eq!(serde_json::from_str::<Evidence>(&text).expect("evidence"), evidence);
    }
}
