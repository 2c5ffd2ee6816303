//! A flow that is stuck in words: its reason, what was done already, and one thing to do.

use chrono::{NaiveDate, NaiveDateTime};

use super::numbers::{counted, lasting};
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{Group, REST_OF_COMPANY};
use crate::flow::period::in_words;
use crate::flow::store::looks::{EVERYBODY, department_of};
use crate::flow::store::sending::{self, Held, Known as Sent};
use crate::flow::unblock::{Stuck, Why};
use crate::text::capital;

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
    /// What the button says that leads to what would be sent; empty where there is nothing to send.
    pub label: String,
    /// What the button says that sends those that are marked.
    pub button: String,
    /// Where its form goes.
    pub action: String,
    /// Who is told, and of what.
    pub whom: String,
    /// What was done: "Sent on 12 Nov 2026; 7 wait in a trial until 6 Dec 2026"; empty where nothing was.
    pub done: String,
}

/// What was sent to the departments a list is about.
pub(super) struct Done {
    insights: Vec<Sent>,
    requests: Vec<Sent>,
    held: Vec<Held>,
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
            held: sending::held(c, &to)?,
        })
    }
}

impl Done {
    /// When an insight was sent, whoever of these groups it was sent to.
    pub(super) fn sent_on(&self, insight: i64) -> Option<NaiveDateTime> {
        self.insights.iter().find(|row| row.thing == insight).map(|row| row.at)
    }
}

/// What of a stuck flow can be sent.
pub(super) struct Sendable {
    /// Whom to; everybody where the group is no department.
    pub department: i64,
    /// What was not sent there yet and that no trial holds back.
    pub things: Vec<i64>,
    /// When the last of it was sent.
    last: Option<NaiveDateTime>,
    /// How many of how many were.
    sent: (usize, usize),
    /// How many wait in a trial, and until when.
    held: Option<(usize, NaiveDate)>,
}

/// What of a stuck flow can be sent, to which department, when some of it was, and what a trial holds back.
pub(super) fn to_send(one: &Stuck, groups: &[Group], done: &Done) -> Sendable {
    let of = |place: usize| groups.get(place).map_or(EVERYBODY, |group| department_of(&group.key));
    let (department, things, known) = match one.why {
        Why::NotFound | Why::NotTrusted => (of(one.to), &one.insights, &done.insights),
        Why::NotKnown => (of(one.from), &one.requests, &done.requests),
        Why::Slow => (EVERYBODY, &one.requests, &done.requests),
    };
    let sent = |thing: &i64| known.iter().find(|row| row.thing == *thing && row.department_id == department);
    let of_insights = matches!(one.why, Why::NotFound | Why::NotTrusted);
    let held = |thing: &i64| {
        let fits = |row: &&Held| row.thing == *thing && row.department_id == department;
        done.held.iter().filter(|_| of_insights).find(fits).map(|row| row.until)
    };
    let left: Vec<i64> = things.iter().filter(|thing| sent(thing).is_none()).copied().collect();
    let waits: Vec<NaiveDate> = left.iter().filter_map(held).collect();
    Sendable {
        department,
        last: things.iter().filter_map(sent).map(|row| row.at).max(),
        sent: (things.len() - left.len(), things.len()),
        held: waits.iter().max().map(|until| (waits.len(), *until)),
        things: left.into_iter().filter(|thing| held(thing).is_none()).collect(),
    }
}

/// Insights that the button of a stuck flow sends.
pub(super) fn insights_to_send(one: &Stuck, groups: &[Group], done: &Done) -> Vec<i64> {
    let Sendable { department, things, .. } = to_send(one, groups, done);
    let sends = matches!(one.why, Why::NotFound | Why::NotTrusted) && department != EVERYBODY;
    if sends { things } else { Vec::new() }
}

/// Whom the button of a stuck flow tells, and of what.
fn whom(why: Why, from: &str, to: &str) -> String {
    match why {
        Why::NotFound | Why::NotTrusted => format!(
            "Those marked below are sent; take the mark from what should stay. Whoever of {to} asked for one or follows what it is about is told once, by a notice, and else its managers; that cannot be taken back."
        ),
        Why::NotKnown => format!(
            "The managers of {from} are told of each question below once, by a notice; that cannot be taken back."
        ),
        Why::Slow => String::new(),
    }
}

/// "7 wait in a trial until 6 Dec 2026".
fn held_words(many: usize, until: NaiveDate) -> String {
    let last = in_words(until.pred_opt().unwrap_or(until));
    format!("{many} {} in a trial until {last}", if many == 1 { "waits" } else { "wait" })
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
    let Sendable { department, things: left, last, held, sent } = to_send(one, groups, done);
    let label = match (left.len(), one.why, last) {
        (0, ..) => String::new(),
        _ if department == EVERYBODY => String::new(),
        (left, Why::NotFound, None) => format!("Send {} to {}", the(left), to.name),
        (left, Why::NotFound, Some(_)) => format!("Send {left} more to {}", to.name),
        (left, Why::NotTrusted, _) => format!("Ask {} to judge {}", to.name, the(left)),
        (_, Why::NotKnown, _) => format!("Ask the managers of {}", from.name),
        (_, Why::Slow, _) => String::new(),
    };
    let verb = match (one.why, sent) {
        (Why::NotKnown, _) => "Its managers were asked on".to_owned(),
        (_, (some, all)) if some < all => format!("{some} of {all} sent on"),
        _ => "Sent on".to_owned(),
    };
    let said =
        [last.map(|at| format!("{verb} {}", on(at))), held.map(|(many, until)| held_words(many, until))];
    Line {
        why: one.why.words(),
        badge: if one.why == Why::Slow { format!("{} late", one.old) } else { format!("{} open", one.old) },
        sentence: sentence(one, &from.name, &to.name),
        act: Act {
            action: if label.is_empty() { String::new() } else { format!("{pair}/sending?{query}") },
            button: match one.why {
                _ if label.is_empty() => String::new(),
                Why::NotFound => format!("Send those marked to {}", to.name),
                Why::NotTrusted => format!("Ask {} to judge those marked", to.name),
                Why::NotKnown | Why::Slow => label.clone(),
            },
            label,
            whom: whom(one.why, &from.name, &to.name),
            done: said.into_iter().flatten().collect::<Vec<_>>().join("; "),
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

/// A group's name within a sentence.
pub(super) fn spoken(name: &str) -> &str {
    if name == REST_OF_COMPANY { "the rest of the company" } else { name }
}

/// What there is and what is missing.
pub(super) fn sentence(one: &Stuck, from: &str, to: &str) -> String {
    begin(said_of(one, spoken(from), if to == REST_OF_COMPANY { "each department that asks" } else { to }))
}

/// A sentence that may begin with such a name; that of a department stays as it is.
pub(super) fn begin(sentence: String) -> String {
    if sentence.starts_with("the rest of") { capital(&sentence) } else { sentence }
}

fn said_of(one: &Stuck, from: &str, to: &str) -> String {
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
            let trusted = counted(one.insights.len() as i64, "trusted insight", "trusted insights");
            format!("{from} shared {trusted} that may answer {} of these. {opened}.", one.known)
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
                "Support shared 11 trusted insights that may answer 4 of these. \
                 2 of them were opened by five people of Operations or more.",
            ),
            (
                stuck(Why::NotFound, 1, 0),
                "Support shared 1 trusted insight that may answer 4 of these. \
                 It was not opened by five people of Operations yet.",
            ),
            (
                stuck(Why::NotFound, 3, 0),
                "Support shared 3 trusted insights that may answer 4 of these. \
                 None of them was opened by five people of Operations yet.",
            ),
            (
                stuck(Why::NotFound, 1, 1),
                "Support shared 1 trusted insight that may answer 4 of these. \
                 It was opened by five people of Operations or more.",
            ),
            (
                stuck(Why::NotFound, 3, 1),
                "Support shared 3 trusted insights that may answer 4 of these. \
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
        assert_eq!(
            sentence(&stuck(Why::NotFound, 3, 1), REST_OF_COMPANY, REST_OF_COMPANY),
            "The rest of the company shared 3 trusted insights that may answer 4 of these. \
             1 of them was opened by five people of each department that asks or more."
        );
    }
}
