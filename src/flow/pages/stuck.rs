//! What to unblock first: the flows that are stuck, from what is asked in vain and what is known already,
//! each with its reason and one thing to do.

use std::collections::{BTreeSet, HashSet};

use chrono::{NaiveDateTime, TimeDelta};

use super::numbers::{counted, lasting};
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::Group;
use crate::flow::matrix::FEWEST_READERS;
use crate::flow::metrics::Loaded;
use crate::flow::period::Period;
use crate::flow::store::found;
use crate::flow::store::looks::{EVERYBODY, department_of};
use crate::flow::store::sending::{self, Known as Sent};
use crate::flow::unblock::{self, Answered, Known, Stuck, Waiting, Why};
use crate::policy::StuckPolicy;
use crate::requests::store::{self, FirstAnswer, Match, Unanswered};

/// Requests that are looked at.
const MOST: i64 = 1_000;

/// What is asked in vain and what is known about it, now; and what was answered in a period.
#[derive(Default)]
pub(super) struct Asked {
    pub open: Vec<Unanswered>,
    pub matches: Vec<Match>,
    pub answered: Vec<FirstAnswer>,
    /// Insight, department, readers.
    readers: Vec<(i64, i64, i32)>,
    now: NaiveDateTime,
}

/// What the database knows: as long as there are requests, never as there are openings.
pub(super) fn load(c: &mut Conn, period: Period, now: NaiveDateTime) -> AppResult<Asked> {
    let open = store::unanswered(c, now, MOST)?;
    let ids: Vec<i64> = open.iter().map(|one| one.id).collect();
    let matches = store::matches(c, &ids)?;
    let insights: BTreeSet<i64> = matches.iter().map(|one| one.insight).collect();
    let insights: Vec<i64> = insights.into_iter().collect();
    Ok(Asked {
        readers: found::readers(c, &insights)?,
        answered: store::first_answers(c, period.from, period.to)?,
        open,
        matches,
        now,
    })
}

impl Asked {
    /// Whole days since a request was asked.
    pub(super) fn age(&self, one: &Unanswered) -> i64 {
        (self.now - one.asked_at).num_days()
    }

    /// The open requests of a group, as the rules see them.
    fn waiting(&self, loaded: &Loaded) -> Vec<Waiting> {
        let place = |department: i64| loaded.grouping.place_of(department);
        self.open
            .iter()
            .filter_map(|one| {
                Some(Waiting {
                    id: one.id,
                    to: place(one.department.id)?,
                    asked: one.asked.iter().filter_map(|asked| place(asked.id)).collect(),
                    matches: self.matches.iter().filter(|m| m.request == one.id).map(|m| m.insight).collect(),
                    days: self.age(one),
                })
            })
            .collect()
    }

    /// The insights that may answer something, as the rules see them.
    fn known(&self, loaded: &Loaded) -> Vec<Known> {
        let groups = loaded.grouping.groups.len();
        let mut seen: HashSet<i64> = HashSet::new();
        self.matches
            .iter()
            .filter(|one| seen.insert(one.insight))
            .filter_map(|one| {
                let mut readers = vec![0; groups];
                for (_, department, count) in self.readers.iter().filter(|row| row.0 == one.insight) {
                    if let Some(place) = loaded.grouping.place_of(*department) {
                        readers[place] += u64::try_from(*count).unwrap_or(0);
                    }
                }
                Some(Known {
                    id: one.insight,
                    from: loaded.grouping.place_of(one.department)?,
                    shown: one
                        .shown
                        .filter(|(raters, _)| *raters > 0)
                        .map(|(raters, tenths)| (i64::from(raters), f64::from(tenths) / 10.0)),
                    found_by: (0..groups).filter(|place| readers[*place] >= FEWEST_READERS).collect(),
                })
            })
            .collect()
    }

    /// The insights that may answer something and that five people of a group have opened.
    pub(super) fn found_by(&self, loaded: &Loaded, place: usize) -> BTreeSet<i64> {
        self.known(loaded)
            .into_iter()
            .filter(|known| known.found_by.contains(&place))
            .map(|known| known.id)
            .collect()
    }

    fn late(&self, loaded: &Loaded) -> Vec<Answered> {
        let place = |department: i64| loaded.grouping.place_of(department);
        self.answered
            .iter()
            .filter_map(|one| {
                let mut from: BTreeSet<usize> = one.asked.iter().filter_map(|id| place(*id)).collect();
                from.extend(place(one.answering));
                Some(Answered { to: place(one.asking)?, from, days: days(one.at - one.asked_at) })
            })
            .collect()
    }

    /// Whether a group could answer a request: it was asked by name, or shared something that matches.
    pub(super) fn could_answer(&self, loaded: &Loaded, one: &Unanswered, from: usize) -> bool {
        let place = |department: i64| loaded.grouping.place_of(department) == Some(from);
        one.asked.iter().any(|asked| place(asked.id))
            || self.matches.iter().any(|found| found.request == one.id && place(found.department))
    }

    /// The flows that are stuck, the worst first.
    pub(super) fn stuck(&self, loaded: &Loaded, policy: &StuckPolicy) -> Vec<Stuck> {
        let groups = loaded.grouping.groups.len();
        unblock::stuck(&self.waiting(loaded), &self.late(loaded), &self.known(loaded), groups, policy)
    }

    /// How many requests of a group have waited longer than the settings allow, and for how many of them
    /// something in the archive may answer.
    pub(super) fn old_of(&self, loaded: &Loaded, place: usize, policy: &StuckPolicy) -> (usize, usize) {
        let old: Vec<&Unanswered> = self
            .open
            .iter()
            .filter(|one| loaded.grouping.place_of(one.department.id) == Some(place))
            .filter(|one| self.age(one) >= policy.days)
            .collect();
        let known = old.iter().filter(|one| self.matches.iter().any(|m| m.request == one.id)).count();
        (old.len(), known)
    }

    /// Everything open in one sentence; empty where nothing is.
    pub(super) fn sentence(&self, policy: &StuckPolicy) -> String {
        let Some(oldest) = self.open.iter().map(|one| self.age(one)).max() else { return String::new() };
        let old = self.open.iter().filter(|one| self.age(one) >= policy.days).count();
        format!(
            "{} without an answer, {} {}; the oldest has waited {}.",
            counted(self.open.len() as i64, "open request", "open requests"),
            if old == 0 { "none".to_owned() } else { old.to_string() },
            longer_than(policy),
            counted(oldest, "day", "days"),
        )
    }
}

/// "older than a week".
fn longer_than(policy: &StuckPolicy) -> String {
    match policy.days {
        7 => "older than a week".to_owned(),
        days => format!("older than {}", counted(days, "day", "days")),
    }
}

fn days(span: TimeDelta) -> f64 {
    span.num_seconds() as f64 / 86_400.0
}

/// A line of the list.
pub(super) struct Line {
    pub from: String,
    pub to: String,
    pub why: &'static str,
    /// "14 open"; "6 late".
    pub badge: String,
    pub sentence: String,
    pub act: Act,
    /// The pair's own page.
    pub href: String,
    pub requests: String,
    /// Where an obstacle to it is recorded.
    pub record: String,
    /// The one that is recorded and not over: its id, and words for the link to it.
    pub obstacle: Option<(i64, String)>,
}

/// The one thing to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Act {
    /// What the button says; empty where there is nothing to send.
    pub label: String,
    /// Where its form goes.
    pub action: String,
    /// What was done: "Sent on 12 Nov 2026"; empty where nothing was.
    pub done: String,
}

/// What was sent to the departments a list is about.
pub(super) struct Done {
    insights: Vec<Sent>,
    requests: Vec<Sent>,
}

impl Done {
    /// What was sent to the groups of these flows and asked of their managers.
    pub(super) fn load(c: &mut Conn, stuck: &[Stuck], groups: &[Group]) -> AppResult<Done> {
        let of = |place: usize| groups.get(place).map_or(EVERYBODY, |group| department_of(&group.key));
        let to: Vec<i64> = stuck.iter().map(|one| of(one.to)).collect();
        let from: Vec<i64> = stuck.iter().map(|one| of(one.from)).collect();
        Ok(Done {
            insights: sending::sent_insights(c, &to)?,
            requests: sending::asked_of_managers(c, &from)?,
        })
    }
}

impl Done {
    /// When an insight was sent, whoever of these groups it was sent to.
    pub(super) fn sent_on(&self, insight: i64) -> Option<NaiveDateTime> {
        self.insights.iter().find(|row| row.thing == insight).map(|row| row.at)
    }
}

/// What of a stuck flow can be sent, to which department, and when some of it was.
pub(super) fn to_send(one: &Stuck, groups: &[Group], done: &Done) -> (i64, Vec<i64>, Option<NaiveDateTime>) {
    let of = |place: usize| groups.get(place).map_or(EVERYBODY, |group| department_of(&group.key));
    let (department, things, known) = match one.why {
        Why::NotFound | Why::NotTrusted => (of(one.to), &one.insights, &done.insights),
        Why::NotKnown => (of(one.from), &one.requests, &done.requests),
        Why::Slow => (EVERYBODY, &one.requests, &done.requests),
    };
    let sent = |thing: &i64| known.iter().find(|row| row.thing == *thing && row.department_id == department);
    let last = things.iter().filter_map(sent).map(|row| row.at).max();
    (department, things.iter().filter(|thing| sent(thing).is_none()).copied().collect(), last)
}

/// A flow that is stuck, in words.
pub(super) fn line(
    one: &Stuck,
    groups: &[Group],
    done: &Done,
    query: &str,
    on: impl Fn(NaiveDateTime) -> String,
) -> Line {
    let (from, to) = (&groups[one.from], &groups[one.to]);
    let pair = format!("/flow/{}/{}", from.key, to.key);
    let (department, left, last) = to_send(one, groups, done);
    let label = match (left.len(), one.why, last) {
        (0, ..) => String::new(),
        _ if department == EVERYBODY => String::new(),
        (left, Why::NotFound, None) => format!("Send {} to {}", the(left), to.name),
        (left, Why::NotFound, Some(_)) => format!("Send {left} more to {}", to.name),
        (left, Why::NotTrusted, _) => format!("Ask {} to judge {}", to.name, the(left)),
        (_, Why::NotKnown, _) => format!("Ask the managers of {}", from.name),
        (_, Why::Slow, _) => String::new(),
    };
    let verb = if one.why == Why::NotKnown { "Its managers were asked on" } else { "Sent on" };
    Line {
        why: one.why.words(),
        badge: if one.why == Why::Slow { format!("{} late", one.old) } else { format!("{} open", one.old) },
        sentence: sentence(one, &from.name, &to.name),
        act: Act {
            action: if label.is_empty() { String::new() } else { format!("{pair}/sending?{query}") },
            label,
            done: last.map_or_else(String::new, |at| format!("{verb} {}", on(at))),
        },
        requests: match one.why {
            Why::Slow => format!("{pair}?{query}#answered"),
            _ => format!("/flow/requests?{query}&asked={}&department={}&old=yes", from.key, to.key),
        },
        href: format!("{pair}?{query}"),
        record: format!("/obstacles/new?from={}&to={}", from.key, to.key),
        obstacle: None,
        from: from.name.clone(),
        to: to.name.clone(),
    }
}

/// "it", "both", "the 11".
fn the(count: usize) -> String {
    match count {
        1 => "it".into(),
        2 => "both".into(),
        more => format!("the {more}"),
    }
}

/// What there is and what is missing.
pub(super) fn sentence(one: &Stuck, from: &str, to: &str) -> String {
    let insights = counted(one.insights.len() as i64, "insight", "insights");
    let days = counted(one.days as i64, "day", "days");
    let many = one.insights.len() > 1;
    match one.why {
        Why::NotFound => {
            let opened = match one.found {
                0 if many => format!("None of them was opened by five people of {to} yet"),
                0 => format!("It was not opened by five people of {to} yet"),
                _ if !many => format!("It was opened by five people of {to} or more"),
                1 => format!("1 of them was opened by five people of {to} or more"),
                found => format!("{found} of them were opened by five people of {to} or more"),
            };
            format!("{from} shared {insights} that may answer {} of these. {opened}.", one.known)
        }
        Why::NotTrusted => format!(
            "{from} shared {insights} that may answer {} of these; {} three ratings and a value of 3 yet.",
            one.known,
            if many { "none has" } else { "it does not have" }
        ),
        Why::NotKnown if one.insights.is_empty() => format!(
            "{} to {from}, and no insight of {from} comes near. The oldest has waited {days}.",
            counted(one.old as i64, "question", "questions")
        ),
        Why::NotKnown => format!(
            "{}; what {from} shared comes near {} of them and does not answer. The oldest has waited {days}.",
            counted(one.old as i64, "question", "questions"),
            one.known
        ),
        Why::Slow => format!(
            "{from} answered {}, half of them after more than {}.",
            counted(one.old as i64, "request", "requests"),
            lasting(one.days * 24.0)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuck(why: Why, insights: usize, found: usize) -> Stuck {
        Stuck {
            from: 0,
            to: 1,
            why,
            requests: (1..=6).collect(),
            old: 6,
            known: if insights == 0 { 0 } else { 4 },
            days: 31.0,
            insights: (1..=insights as i64).collect(),
            found,
        }
    }

    #[test]
    fn each_reason_says_what_there_is() {
        for (one, words) in [
            (
                stuck(Why::NotFound, 11, 2),
                "Support shared 11 insights that may answer 4 of these. \
                 2 of them were opened by five people of Operations or more.",
            ),
            (
                stuck(Why::NotFound, 1, 0),
                "Support shared 1 insight that may answer 4 of these. \
                 It was not opened by five people of Operations yet.",
            ),
            (
                stuck(Why::NotFound, 3, 0),
                "Support shared 3 insights that may answer 4 of these. \
                 None of them was opened by five people of Operations yet.",
            ),
            (
                stuck(Why::NotFound, 1, 1),
                "Support shared 1 insight that may answer 4 of these. \
                 It was opened by five people of Operations or more.",
            ),
            (
                stuck(Why::NotFound, 3, 1),
                "Support shared 3 insights that may answer 4 of these. \
                 1 of them was opened by five people of Operations or more.",
            ),
            (
                stuck(Why::NotTrusted, 4, 0),
                "Support shared 4 insights that may answer 4 of these; none has three ratings and a value of 3 yet.",
            ),
            (
                stuck(Why::NotKnown, 0, 0),
                "6 questions to Support, and no insight of Support comes near. The oldest has waited 31 days.",
            ),
            (stuck(Why::Slow, 0, 0), "Support answered 6 requests, half of them after more than 31 days."),
        ] {
            assert_eq!(sentence(&one, "Support", "Operations"), words);
        }
    }
}
