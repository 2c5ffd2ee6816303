//! Why people did not share: how many of a department gave which reason, and when that may be told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::flow::groups::FEWEST_PEOPLE;

/// Why somebody did not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    NoTime,
    NotWanted,
    Looks,
    Rival,
    Where,
    Other,
}

impl Reason {
    /// In the order of the form.
    pub const ALL: [Reason; 6] =
        [Reason::NoTime, Reason::NotWanted, Reason::Looks, Reason::Rival, Reason::Where, Reason::Other];

    /// As the database and the form write it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::NoTime => "no_time",
            Reason::NotWanted => "not_wanted",
            Reason::Looks => "looks",
            Reason::Rival => "rival",
            Reason::Where => "where",
            Reason::Other => "other",
        }
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// After "I did not share because".
    pub const fn because(self) -> &'static str {
        match self {
            Reason::NoTime => "I had no time",
            Reason::NotWanted => "I was not sure it is wanted",
            Reason::Looks => "I was afraid of how it looks",
            Reason::Rival => "it would help a rival team",
            Reason::Where => "I could not find where",
            Reason::Other => "of something else",
        }
    }

    /// As a table of the customer office says it.
    pub const fn title(self) -> &'static str {
        match self {
            Reason::NoTime => "no time",
            Reason::NotWanted => "not sure it is wanted",
            Reason::Looks => "afraid of how it looks",
            Reason::Rival => "would help a rival team",
            Reason::Where => "could not find where",
            Reason::Other => "something else",
        }
    }
}

/// So many people of a group gave a reason in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub month: NaiveDate,
    /// The place of their group of departments.
    pub place: usize,
    pub reason: Reason,
    pub people: u64,
}

/// What may be told of a group of departments, or of several together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Several where they were merged.
    pub places: Vec<usize>,
    pub people: u64,
    /// Reasons and how many gave one of them, most first: several reasons where each alone is too few.
    pub cells: Vec<(Vec<Reason>, u64)>,
    /// The groups and months that are counted in it.
    pub made_of: Vec<(usize, NaiveDate)>,
}

/// At least five people who answered, and the smallest thing that is ever told: each of its cells has five people,
/// too. Later months never change it.
#[derive(Default)]
struct Step {
    people: u64,
    cells: Vec<(Vec<Reason>, u64)>,
    made_of: Vec<(usize, NaiveDate)>,
}

/// What may be told of finished months, most people first. Every number is a sum of whole steps, or of whole cells
/// of them, so that whoever subtracts what was told in one month from what is told in another has five people or
/// nobody: a group's numbers move only when five people more of it have answered, a group that has never had five
/// joins the others that have not, and reasons that were told together in one step stay together.
///
/// `counts` are those of all months, and steps are made of them from the first on: made of the months of a year
/// they would be others each month, and two looks would tell of the month between. Told are the steps that were
/// full in a month from `since` on.
pub fn told(counts: &[Count], since: NaiveDate) -> Vec<Told> {
    let mut rows: Vec<Told> = steps(counts, since).into_values().map(row).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.people), row.places.clone()));
    rows
}

/// The steps that were full in a month from `since` on: those of each group, and under none those of several.
fn steps(counts: &[Count], since: NaiveDate) -> BTreeMap<Option<usize>, Vec<Step>> {
    let mut months: BTreeMap<NaiveDate, Vec<&Count>> = BTreeMap::new();
    for count in counts {
        months.entry(count.month).or_default().push(count);
    }
    let mut waiting: BTreeMap<usize, Waiting> = BTreeMap::new();
    let mut alone: BTreeSet<usize> = BTreeSet::new();
    let mut steps: BTreeMap<Option<usize>, Vec<Step>> = BTreeMap::new();
    for (month, counts) in months {
        for count in counts {
            waiting.entry(count.place).or_default().add(count);
        }
        let full: Vec<usize> = waiting
            .iter()
            .filter(|(_, one)| one.people() >= FEWEST_PEOPLE)
            .map(|(place, _)| *place)
            .collect();
        alone.extend(&full);
        let mut done: Vec<(Option<usize>, Waiting)> =
            full.into_iter().filter_map(|place| Some((Some(place), waiting.remove(&place)?))).collect();
        let others = || waiting.iter().filter(|(place, _)| !alone.contains(place)).map(|(_, one)| one);
        if others().map(Waiting::people).sum::<u64>() >= FEWEST_PEOPLE {
            let mut together = Waiting::default();
            others().for_each(|one| together.join(one));
            waiting.retain(|place, _| alone.contains(place));
            done.push((None, together));
        }
        for (place, one) in done.into_iter().filter(|_| since <= month) {
            steps.entry(place).or_default().push(one.step());
        }
    }
    steps
}

/// Answers that are not told yet.
#[derive(Default)]
struct Waiting {
    reasons: BTreeMap<Reason, u64>,
    made_of: BTreeSet<(usize, NaiveDate)>,
}

impl Waiting {
    fn people(&self) -> u64 {
        self.reasons.values().sum()
    }

    fn add(&mut self, count: &Count) {
        *self.reasons.entry(count.reason).or_default() += count.people;
        self.made_of.insert((count.place, count.month));
    }

    fn join(&mut self, other: &Waiting) {
        for (reason, people) in &other.reasons {
            *self.reasons.entry(*reason).or_default() += people;
        }
        self.made_of.extend(&other.made_of);
    }

    /// With its small cells merged: with each other, and with the smallest of the others if they are still too
    /// few, since the sum of all is told.
    fn step(self) -> Step {
        let people = self.people();
        let mut cells: Vec<(Vec<Reason>, u64)> =
            self.reasons.into_iter().filter(|(_, n)| *n > 0).map(|(reason, n)| (vec![reason], n)).collect();
        cells.sort_by_key(|(reasons, people)| (std::cmp::Reverse(*people), reasons.clone()));
        let mut merged: (Vec<Reason>, u64) = Default::default();
        while cells.last().is_some_and(|(_, n)| *n < FEWEST_PEOPLE)
            || (merged.1 > 0 && merged.1 < FEWEST_PEOPLE)
        {
            let Some((reasons, n)) = cells.pop() else { break };
            merged.0.extend(reasons);
            merged.1 += n;
        }
        if merged.1 > 0 {
            cells.push(merged);
        }
        Step { people, cells, made_of: self.made_of.into_iter().collect() }
    }
}

/// The sum of steps: reasons that share a cell in one of them share one in it.
fn row(steps: Vec<Step>) -> Told {
    let mut all = Step::default();
    for step in steps {
        all.people += step.people;
        all.made_of.extend(step.made_of);
        for (mut reasons, mut people) in step.cells {
            all.cells.retain(|(others, n)| {
                let apart = others.iter().all(|reason| !reasons.contains(reason));
                if !apart {
                    reasons.extend(others);
                    people += n;
                }
                apart
            });
            reasons.sort_unstable();
            reasons.dedup();
            all.cells.push((reasons, people));
        }
    }
    all.cells.sort_by_key(|(reasons, people)| (std::cmp::Reverse(*people), reasons.clone()));
    all.made_of.sort_unstable();
    let places: BTreeSet<usize> = all.made_of.iter().map(|(place, _)| *place).collect();
    Told { places: places.into_iter().collect(), people: all.people, cells: all.cells, made_of: all.made_of }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(month: u32, place: usize, reason: Reason, people: u64) -> Count {
        Count { month: NaiveDate::from_ymd_opt(2026, month, 1).expect("a month"), place, reason, people }
    }

    #[test]
    fn fewer_than_five_are_told_together_or_not_at_all() {
        use Reason::{Looks, NoTime, Other, Rival, Where};
        for (counts, rows) in [
            (vec![count(1, 0, NoTime, 4)], vec![]),
            (vec![count(1, 0, NoTime, 5)], vec![(vec![0], 5, vec![(vec![NoTime], 5)])]),
            // Two groups of too few are one.
            (
                vec![count(1, 0, NoTime, 3), count(1, 1, Looks, 3)],
                vec![(vec![0, 1], 6, vec![(vec![NoTime, Looks], 6)])],
            ),
            // Small reasons are told together, with the smallest of the others if that is not enough.
            (
                vec![
                    count(1, 0, NoTime, 9),
                    count(1, 0, Rival, 6),
                    count(1, 0, Where, 1),
                    count(1, 0, Other, 2),
                ],
                vec![(vec![0], 18, vec![(vec![NoTime], 9), (vec![Rival, Where, Other], 9)])],
            ),
            // One more in a later month does not show.
            (
                vec![count(1, 0, NoTime, 6), count(2, 0, Looks, 1)],
                vec![(vec![0], 6, vec![(vec![NoTime], 6)])],
            ),
            // Four and one in two months do, together.
            (
                vec![count(1, 0, NoTime, 6), count(2, 0, Looks, 1), count(3, 0, Looks, 4)],
                vec![(vec![0], 11, vec![(vec![NoTime], 6), (vec![Looks], 5)])],
            ),
            // What was told together once stays together: four more without time would show.
            (
                vec![
                    count(1, 0, NoTime, 5),
                    count(2, 0, Rival, 6),
                    count(3, 0, NoTime, 4),
                    count(3, 0, Looks, 2),
                ],
                vec![(vec![0], 17, vec![(vec![NoTime, Looks], 11), (vec![Rival], 6)])],
            ),
            // Whoever was told with others and has five alone later is told both times.
            (
                vec![
                    count(1, 0, NoTime, 3),
                    count(1, 1, NoTime, 3),
                    count(2, 0, Rival, 5),
                    count(2, 1, Rival, 1),
                ],
                vec![(vec![0, 1], 6, vec![(vec![NoTime], 6)]), (vec![0], 5, vec![(vec![Rival], 5)])],
            ),
        ] {
            let found: Vec<_> = told(&counts, NaiveDate::MIN)
                .into_iter()
                .map(|row| (row.places, row.people, row.cells))
                .collect();
            assert_eq!(found, rows, "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn no_cell_and_no_step_tells_of_fewer_than_five(
            answers in prop::collection::vec((1_u32..7, 0_usize..4, 0_usize..6, 1_u64..4), 0..40),
        ) {
            let counts: Vec<Count> = answers
                .iter()
                .map(|(month, place, reason, people)| count(*month, *place, Reason::ALL[*reason], *people))
                .collect();
            let mut before: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
            for month in 1..7 {
                let upto: Vec<Count> =
                    counts.iter().copied().filter(|c| chrono::Datelike::month(&c.month) <= month).collect();
                let rows = told(&upto, NaiveDate::MIN);
                for row in &rows {
                    prop_assert!(row.people >= 5);
                    prop_assert!(row.cells.iter().all(|(_, people)| *people >= 5));
                    prop_assert_eq!(row.cells.iter().map(|(_, people)| people).sum::<u64>(), row.people);
                    if let Some(then) = before.get(&row.places) {
                        prop_assert!(row.people == *then || row.people >= then + 5, "{} then {}", then, row.people);
                    }
                }
                before = rows.into_iter().map(|row| (row.places, row.people)).collect();
            }
        }
    }
}
