//! What to unblock first: the flows that are stuck, from what is asked in vain and what is known already.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};

use super::numbers::counted;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{Grouping, View};
use crate::flow::matrix::FEWEST_READERS;
use crate::flow::metrics::Loaded;
use crate::flow::period::Period;
use crate::flow::store::found;
use crate::flow::unblock::{self, Answered, Known, Stuck, Waiting};
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

/// The parts of the company that ask: of a group of the table, each group of the whole company's table in it. What the
/// rest of the company reads says nothing about the one department in it that asks, and a question has the same reason
/// whatever part of the company is looked at.
struct Parts<'a> {
    shown: &'a Grouping,
    company: Option<Grouping>,
    parts: Vec<(usize, usize)>,
}

impl Parts<'_> {
    fn of<'a>(open: &[Unanswered], loaded: &'a Loaded) -> Parts<'a> {
        let View { root, level, .. } = loaded.question.view;
        let company = (root.is_some() || level.is_some()).then(|| loaded.of_company(None).grouping);
        let mut found = Parts { shown: &loaded.grouping, company, parts: Vec::new() };
        let parts: BTreeSet<_> = open.iter().filter_map(|one| found.places(one.department.id)).collect();
        found.parts = parts.into_iter().collect();
        found
    }

    fn places(&self, department: i64) -> Option<(usize, usize)> {
        let shown = self.shown.place_of(department)?;
        Some((shown, self.company.as_ref().unwrap_or(self.shown).place_of(department)?))
    }

    fn of_department(&self, department: i64) -> Option<usize> {
        self.parts.binary_search(&self.places(department)?).ok()
    }
}

impl Asked {
    /// Whole days since a request was asked.
    pub(super) fn age(&self, one: &Unanswered) -> i64 {
        (self.now - one.asked_at).num_days()
    }

    /// The open requests and the insights that may answer them, as the rules see them.
    fn demand(&self, loaded: &Loaded) -> (Vec<Waiting>, Vec<Known>) {
        let parts = Parts::of(&self.open, loaded);
        let place = |department: i64| loaded.grouping.place_of(department);
        let waiting = self.open.iter().filter_map(|one| {
            Some(Waiting {
                id: one.id,
                to: place(one.department.id)?,
                by: parts.of_department(one.department.id)?,
                asked: one.asked.iter().filter_map(|asked| place(asked.id)).collect(),
                matches: self.matches.iter().filter(|m| m.request == one.id).map(|m| m.insight).collect(),
                days: self.age(one),
            })
        });
        let mut seen: HashSet<i64> = HashSet::new();
        let known = self.matches.iter().filter(|one| seen.insert(one.insight)).filter_map(|one| {
            let mut readers: HashMap<usize, u64> = HashMap::new();
            for (_, department, count) in self.readers.iter().filter(|row| row.0 == one.insight) {
                if let Some(part) = parts.of_department(*department) {
                    *readers.entry(part).or_default() += u64::try_from(*count).unwrap_or(0);
                }
            }
            Some(Known {
                id: one.insight,
                from: place(one.department)?,
                shown: one
                    .shown
                    .filter(|(raters, _)| *raters > 0)
                    .map(|(raters, tenths)| (i64::from(raters), f64::from(tenths) / 10.0)),
                found_by: readers
                    .into_iter()
                    .filter(|(_, count)| *count >= FEWEST_READERS)
                    .map(|(part, _)| part)
                    .collect(),
            })
        });
        (waiting.collect(), known.collect())
    }

    /// The insights that may answer what a group asks, and that those who ask have found: five people of them
    /// have opened it.
    pub(super) fn found_by(&self, loaded: &Loaded, place: usize) -> BTreeSet<i64> {
        let (waiting, known) = self.demand(loaded);
        let of_place = |one: &&Waiting| one.to == place;
        let found = known.into_iter().filter(|known| known.is_found(waiting.iter().filter(of_place)));
        found.map(|known| known.id).collect()
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
        let (waiting, known) = self.demand(loaded);
        unblock::stuck(&waiting, &self.late(loaded), &known, loaded.grouping.groups.len(), policy)
    }

    /// The flows that are stuck between larger departments, at the finest level at which any are, seen so. Among small
    /// departments hardly five requests wait of one for one: that is no reason to say that nothing waits.
    pub(super) fn stuck_above(&self, loaded: &Loaded, policy: &StuckPolicy) -> Option<(Loaded, Vec<Stuck>)> {
        let finest = match loaded.grouping.root {
            Some(_) => loaded.of_company(None).grouping.level,
            None => loaded.grouping.level.saturating_sub(1),
        };
        (1..=finest).rev().find_map(|level| {
            let seen = loaded.of_company(Some(level));
            let stuck = self.stuck(&seen, policy);
            (!stuck.is_empty()).then_some((seen, stuck))
        })
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
            "In the whole company {} without an answer, {} {}; the oldest has waited {}.",
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
