//! Why people did not share: how many of a department gave which reason, and when that may be told.

use std::collections::BTreeMap;

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
}

/// What may be told of finished months, most people first. A group's numbers move only when five people more
/// of it have answered, so that no two looks tell of one; a group that has never had five joins the others
/// that have not; reasons that fewer than five gave are told together.
///
/// `counts` are those of all months, and steps are made of them from the first on: made of the months of a year
/// they would be others each month, and two looks would tell of the month between. Told are the steps that were
/// full in a month from `since` on.
pub fn told(counts: &[Count], since: NaiveDate) -> Vec<Told> {
    let mut by_group: BTreeMap<usize, Vec<Count>> = BTreeMap::new();
    for count in counts {
        by_group.entry(count.place).or_default().push(*count);
    }
    let mut rows = Vec::new();
    let mut rest: (Vec<usize>, Vec<Count>) = Default::default();
    for (place, counts) in by_group {
        let (sums, any) = in_steps(&counts, since);
        if !any {
            rest.0.push(place);
            rest.1.extend(counts);
        } else if !sums.is_empty() {
            rows.push(row(vec![place], sums));
        }
    }
    let (sums, _) = in_steps(&rest.1, since);
    if !sums.is_empty() {
        rows.push(row(rest.0, sums));
    }
    rows.sort_by_key(|row| (std::cmp::Reverse(row.people), row.places.clone()));
    rows
}

/// Sums by reason over the months from `since` on, of which only whole steps of at least five people count; and
/// whether there ever was a step.
fn in_steps(counts: &[Count], since: NaiveDate) -> (BTreeMap<Reason, u64>, bool) {
    let mut months: BTreeMap<NaiveDate, BTreeMap<Reason, u64>> = BTreeMap::new();
    for count in counts {
        *months.entry(count.month).or_default().entry(count.reason).or_default() += count.people;
    }
    let mut told: BTreeMap<Reason, u64> = BTreeMap::new();
    let mut waiting: BTreeMap<Reason, u64> = BTreeMap::new();
    let mut any = false;
    for (month, reasons) in months {
        for (reason, people) in reasons {
            *waiting.entry(reason).or_default() += people;
        }
        if waiting.values().sum::<u64>() >= FEWEST_PEOPLE {
            any = true;
            for (reason, people) in std::mem::take(&mut waiting).into_iter().filter(|_| since <= month) {
                *told.entry(reason).or_default() += people;
            }
        }
    }
    (told, any)
}

/// A row whose small cells are merged: with each other, and with the smallest of the others if they are
/// still too few, since the sum of the row is told.
fn row(places: Vec<usize>, sums: BTreeMap<Reason, u64>) -> Told {
    let people = sums.values().sum();
    let mut cells: Vec<(Vec<Reason>, u64)> =
        sums.into_iter().filter(|(_, people)| *people > 0).map(|(reason, n)| (vec![reason], n)).collect();
    cells.sort_by_key(|(reasons, people)| (std::cmp::Reverse(*people), reasons.clone()));
    let mut merged: (Vec<Reason>, u64) = Default::default();
    while cells.last().is_some_and(|(_, n)| *n < FEWEST_PEOPLE) || (merged.1 > 0 && merged.1 < FEWEST_PEOPLE)
    {
        let Some((reasons, n)) = cells.pop() else { break };
        merged.0.extend(reasons);
        merged.1 += n;
    }
    if merged.1 > 0 {
        merged.0.sort_unstable();
        cells.push(merged);
    }
    Told { places, people, cells }
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
        ] {
            let rows: Vec<Told> =
                rows.into_iter().map(|(places, people, cells)| Told { places, people, cells }).collect();
            assert_eq!(told(&counts, NaiveDate::MIN), rows, "{counts:?}");
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
