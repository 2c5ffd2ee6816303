//! The first sentence of `/flow`, generated from the worst flow, and the numbers under it.

use super::filters::{Compare, Filters};
use super::lines::{self, begin, spoken};
use super::load::Overview;
use super::numbers::{self, counted, grouped};
use super::stuck::Asked;
use super::tables;
use crate::flow::answer;
use crate::flow::metrics::Loaded;
use crate::flow::metrics::figure::Whom;
use crate::flow::period::{Period, WEEKS, in_words};
use crate::flow::unblock::{Stuck, Why};
use crate::policy::StuckPolicy;
use crate::web::charts::short;

/// The first sentence: what is in front of, inside and behind its marked part.
#[derive(Default)]
pub(super) struct Answer {
    pub before: String,
    pub marked: String,
    pub after: String,
    pub deck: String,
}

/// "at least 5 requests older than 7 days".
pub(super) fn rule(policy: &StuckPolicy) -> String {
    format!(
        "at least {} older than {}",
        counted(policy.requests, "request", "requests"),
        if policy.days == 7 { "a week".to_owned() } else { counted(policy.days, "day", "days") }
    )
}

/// The first sentence, from the worst flow.
pub(super) fn asked_in_vain(worst: &Stuck, loaded: &Loaded, asked: &Asked, policy: &StuckPolicy) -> Answer {
    let groups = &loaded.grouping.groups;
    let (giver, taker) = (&groups[worst.from].name, &groups[worst.to].name);
    let (from, to) = (spoken(giver), spoken(taker));
    let (before, marked) = match worst.why {
        Why::NotFound => (format!("{from} may know it, and "), format!("{to} does not find it")),
        Why::NotTrusted => (format!("{from} has said it, and "), "nobody knows what it is worth".to_owned()),
        Why::NotKnown => (format!("{to} asks {from}, and "), "nobody answers".to_owned()),
        Why::Slow => (format!("{to} asks {from}, and "), "answers come late".to_owned()),
    };
    let (old, known) = asked.old_of(loaded, worst.to, policy);
    let waiting = counted(old as i64, "request", "requests");
    let deck = match known {
        // What comes near does not answer it.
        _ if old == 0 || (worst.why == Why::NotKnown && known > 0) => lines::sentence(worst, giver, taker),
        0 => format!(
            "{waiting} from {to} {} longer than {}. Nothing in the archive comes near.",
            if old == 1 { "has waited" } else { "have waited" },
            if policy.days == 7 { "a week".to_owned() } else { counted(policy.days, "day", "days") }
        ),
        known => format!(
            "{waiting} from {to} {} longer than {}. For {} of them the answer may already be in the archive.",
            if old == 1 { "has waited" } else { "have waited" },
            if policy.days == 7 { "a week".to_owned() } else { counted(policy.days, "day", "days") },
            if known == old { "all".to_owned() } else { known.to_string() },
        ),
    };
    Answer { before: begin(before), marked, after: ".".into(), deck }
}

pub(super) fn first_sentence(overview: &Overview) -> Answer {
    let groups = &overview.loaded.grouping.groups;
    let find = |id: &str, whom: &Whom| tables::find(&overview.figures, id, "", whom);
    let silo = find("C9", &Whom::All).and_then(|f| f.value);
    let inward = match silo {
        Some(silo) if silo >= 0.1 => {
            format!(
                " Altogether the company is inward-looking: {}, where 0 is chance.",
                numbers::signed(silo)
            )
        }
        Some(silo) => format!(
            " Altogether departments make little difference to who reads what: {}, where 0 is chance.",
            numbers::signed(silo)
        ),
        None => String::new(),
    };
    if let Some(gap) = answer::gaps(&overview.matrix).first() {
        let found = match gap.found {
            Some(found) => counted(found as i64, "first opening", "first openings"),
            None => "readers too few to count".into(),
        };
        return Answer {
            before: format!("{} shares, and ", groups[gap.from].name),
            marked: format!("{} hardly opens it", groups[gap.to].name),
            after: ".".into(),
            deck: format!(
                "By how much the one gives and the other receives, {} first openings would be expected; there were {found}.{inward}",
                grouped(gap.expected.round() as i64)
            ),
        };
    }
    let rates: Vec<Option<f64>> = groups
        .iter()
        .map(|group| find("C2", &Whom::Department(group.name.clone())).and_then(|f| f.value))
        .collect();
    let everybody = find("C2", &Whom::All).and_then(|f| f.value);
    if let Some((place, rate, all)) = answer::reads_least(groups, &rates, everybody) {
        return Answer {
            before: format!("{} ", groups[place].name),
            marked: "reads least".into(),
            after: ".".into(),
            deck: format!(
                "{} insights opened a person a month, against {} in the whole company.{inward}",
                short(rate),
                short(all)
            ),
        };
    }
    Answer {
        before: "No pair of departments that can be told stands out.".into(),
        deck: format!(
            "Where enough people read to tell, every department reads at least half of what its size would let expect.{inward}"
        ),
        ..Answer::default()
    }
}

/// Where there is something to compare with, if this question has nothing: the next shorter usual weeks that lie
/// late enough, or the period before in the place of a year before. An address and its words.
pub(super) fn instead(
    filters: &Filters,
    first: Option<chrono::NaiveDate>,
    is_known: bool,
) -> Option<(String, String)> {
    if is_known {
        return None;
    }
    if filters.compare == Compare::Year {
        let before = Filters { compare: Compare::Before, ..filters.clone() };
        before.against(first)?;
        return Some((format!("/flow?{}", before.query()), "compare with the period before".into()));
    }
    let compares = |weeks: &u64| {
        let period = Period::last_weeks(*weeks, filters.period.last_day());
        let period = first.map_or(period, |first| period.since(first));
        Filters { period, weeks: Some(*weeks), ..filters.clone() }.against(first).is_some()
    };
    let shorter = WEEKS.into_iter().filter(|other| filters.weeks.is_some_and(|weeks| *other < weeks));
    let weeks = shorter.filter(compares).max()?;
    Some((format!("/flow?weeks={weeks}"), format!("compare the last {weeks} weeks")))
}

/// "compared with 1 Mar 2026 to 31 May 2026", or why with nothing.
pub(super) fn compared(filters: &Filters, first: Option<chrono::NaiveDate>, is_known: bool) -> String {
    match (filters.against(first), filters.compare) {
        (Some(_), _) if !is_known => {
            format!(
                "nothing to compare with: hardly anything was opened {}, or not from its beginning",
                filters.compare.then()
            )
        }
        (Some(period), _) => {
            format!("compared with {} to {}", in_words(period.from), in_words(period.last_day()))
        }
        (None, Compare::Year) => "nothing to compare with: counting began less than a year before".into(),
        (None, Compare::Before) => "nothing to compare with: counting began after the period before".into(),
    }
}
