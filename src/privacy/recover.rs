//! Trying to work out what fewer than five people did from everything that is told.
//!
//! Openings are unknown for each department, managers and others apart, and each stretch of days between
//! the ends of the periods that are looked at. Every fact is a sum of them. Whatever follows from the facts
//! by adding and subtracting is a combination of the reduced rows; one behind which fewer than five people
//! stand is found.
//!
//! A sum about so few leaves out every unknown behind which five people stand by themselves, so it is a
//! combination of the rows that do. Where there is no such row, nothing can be found at all.
//!
//! The limits: such rows are looked at one by one and in pairs; periods are those the pages offer today and
//! yesterday, days around which somebody came, left or moved, and some others, drawn anew each day.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Days, NaiveDate};

use super::facts::Fact;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::headcount::Stay;
use crate::flow::metrics::offered;
use crate::flow::period::Period;
use crate::flow::statistics::elimination::{combined, reduced};

/// Changes of who is where that are looked at, the latest ones.
const CHANGES: usize = 6;
/// How far back they are looked for, in days.
const BACK: u64 = 365;
/// Rows are combined in pairs as long as there are no more than this.
const PAIRS_UP_TO: usize = 200;

/// Periods that are looked at together: what follows from all of them.
pub fn windows(today: NaiveDate, first: NaiveDate, stays: &[Stay]) -> Vec<Vec<Period>> {
    let yesterday = today.pred_opt().unwrap_or(today);
    let mut usual: BTreeSet<(NaiveDate, NaiveDate)> = BTreeSet::new();
    for day in [today, yesterday] {
        if first < day {
            usual.extend(offered(day, first).into_iter().map(|period| (period.from, period.to)));
        }
    }
    let mut all = vec![usual];
    let since = today.checked_sub_days(Days::new(BACK)).unwrap_or(first).max(first);
    let changes: BTreeSet<NaiveDate> = stays
        .iter()
        .flat_map(|stay| [stay.from, stay.to])
        .flatten()
        .filter(|day| since < *day && *day < today)
        .collect();
    // Somewhere in the past, another day each day.
    let span = (today - since).num_days().max(1).unsigned_abs();
    let number = today.signed_duration_since(NaiveDate::default()).num_days().unsigned_abs();
    let drawn = [3, 7].map(|factor| since + Days::new(number * factor * 2_654_435_761 % span));
    for day in changes.into_iter().rev().take(CHANGES).chain(drawn) {
        let about = |before: u64, after: u64| {
            let from = day.checked_sub_days(Days::new(before)).unwrap_or(day).max(first);
            let to = day.checked_add_days(Days::new(after)).unwrap_or(day).min(today);
            (from < to).then_some((from, to))
        };
        let around = [(0, 1), (1, 0), (1, 1), (0, 2), (7, 0), (0, 7), (7, 7), (7, 1), (28, 0), (28, 1)];
        all.push(around.into_iter().filter_map(|(before, after)| about(before, after)).collect());
    }
    all.into_iter()
        .map(|periods| periods.into_iter().map(|(from, to)| Period { from, to }).collect())
        .collect()
}

/// An unknown: what managers, or others, of a department did in a stretch of days.
type Cell = (i64, bool, usize);

/// How many sums about fewer than five people follow from these facts.
pub fn findings(facts: &BTreeSet<Fact>, stays: &[Stay]) -> usize {
    let ends: BTreeSet<NaiveDate> =
        facts.iter().flat_map(|fact| fact.of.values()).flat_map(|days| [days.0, days.1]).collect();
    let ends: Vec<NaiveDate> = ends.into_iter().collect();
    let stretches: Vec<Period> = ends.windows(2).map(|ends| Period { from: ends[0], to: ends[1] }).collect();
    let company: Vec<HashSet<i64>> =
        stretches.iter().map(|stretch| there(stays, *stretch, |_| true)).collect();
    // Cells that are in the same facts are one unknown.
    let mut in_facts: BTreeMap<Cell, Vec<usize>> = BTreeMap::new();
    for (number, fact) in facts.iter().enumerate() {
        for (department, days) in &fact.of {
            let inside = |stretch: &Period| days.0 <= stretch.from && stretch.to <= days.1;
            for (at, _) in stretches.iter().enumerate().filter(|(_, stretch)| inside(stretch)) {
                let kinds: &[bool] = if fact.managers { &[true] } else { &[true, false] };
                for manager in kinds {
                    in_facts.entry((*department, *manager, at)).or_default().push(number);
                }
            }
        }
    }
    let mut people: BTreeMap<Cell, HashSet<i64>> = BTreeMap::new();
    for stay in stays {
        for (at, stretch) in stretches.iter().enumerate() {
            let cell = (stay.department_id, stay.manager, at);
            if stay.days_in(*stretch) > 0 && in_facts.contains_key(&cell) {
                people.entry(cell).or_default().insert(stay.person_id);
            }
        }
    }
    let mut unknowns: BTreeMap<Vec<usize>, (HashSet<i64>, bool)> = BTreeMap::new();
    for (cell, facts) in &in_facts {
        let Some(people) = people.get(cell) else { continue };
        let (known, protected) = unknowns.entry(facts.clone()).or_default();
        known.extend(people);
        *protected |= company[cell.2].len() as u64 >= FEWEST_PEOPLE;
    }
    let mut unknowns: Vec<_> = unknowns.into_iter().collect();
    // Those behind which enough people stand first: then the rows that begin with one of the others are all
    // that follows about those others alone.
    let hides =
        |(people, protected): &(HashSet<i64>, bool)| !protected || people.len() as u64 >= FEWEST_PEOPLE;
    unknowns.sort_by_key(|(_, people)| !hides(people));
    let enough = unknowns.iter().filter(|(_, people)| hides(people)).count();
    let mut sums: Vec<Vec<usize>> = vec![Vec::new(); facts.len()];
    for (number, (facts, _)) in unknowns.iter().enumerate() {
        facts.iter().for_each(|fact| sums[*fact].push(number));
    }
    let mut rows = reduced(&sums, unknowns.len());
    rows.retain(|row| row.first().is_some_and(|(number, _)| *number >= enough));
    let is_few = |numbers: &[usize]| {
        let mut behind: HashSet<i64> = HashSet::new();
        for number in numbers {
            let (_, (people, protected)) = &unknowns[*number];
            if !protected {
                return false;
            }
            behind.extend(people);
            if behind.len() as u64 >= FEWEST_PEOPLE {
                return false;
            }
        }
        !behind.is_empty()
    };
    let single = rows.iter().filter(|row| is_few(&row.iter().map(|(number, _)| *number).collect::<Vec<_>>()));
    let mut found = single.count();
    if rows.len() <= PAIRS_UP_TO {
        for (at, one) in rows.iter().enumerate() {
            for other in &rows[..at] {
                found += usize::from(is_few(&combined(one, other, true)));
                found += usize::from(is_few(&combined(one, other, false)));
            }
        }
    }
    found
}

fn there(stays: &[Stay], stretch: Period, fits: impl Fn(&Stay) -> bool) -> HashSet<i64> {
    stays.iter().filter(|stay| fits(stay) && stay.days_in(stretch) > 0).map(|stay| stay.person_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::default() + Days::new(number)
    }

    fn fact(departments: &[i64], managers: bool, from: u64, to: u64) -> Fact {
        Fact::new(departments.iter().copied(), managers, (day(from), day(to)))
    }

    /// Seven in department 1, six in 2, two in 3, of whom the first is a manager each.
    fn stays() -> Vec<Stay> {
        let mut stays = Vec::new();
        for (department_id, count) in [(1, 7), (2, 6), (3, 2)] {
            for at in 0..count {
                let person_id = department_id * 10 + at;
                stays.push(Stay { person_id, department_id, manager: at == 0, from: None, to: None });
            }
        }
        stays
    }

    #[test]
    fn a_difference_about_few_is_found() {
        let all = fact(&[1, 2, 3], false, 0, 10);
        for (told, expected) in [
            (vec![fact(&[1], false, 0, 10), fact(&[2, 3], false, 0, 10)], 0),
            (vec![fact(&[1], false, 0, 10), fact(&[2], false, 0, 10)], 1),
            (vec![fact(&[3], false, 0, 10)], 1),
            (vec![fact(&[1, 2, 3], true, 0, 10)], 1),
            // Through another period.
            (vec![fact(&[1, 2], false, 0, 9), fact(&[1, 2, 3], false, 0, 9)], 1),
        ] {
            let facts: BTreeSet<Fact> = told.into_iter().chain([all.clone()]).collect();
            assert_eq!(findings(&facts, &stays()).min(1), expected, "{facts:?}");
        }
    }

    #[test]
    fn who_came_within_a_period_is_found_through_two() {
        let mut stays = stays();
        stays.retain(|stay| stay.department_id != 3);
        // Three more join the second department on the fifth day, its first six leave.
        stays.iter_mut().filter(|stay| stay.department_id == 2).for_each(|stay| stay.to = Some(day(5)));
        for person_id in 90..93 {
            stays.push(Stay { person_id, department_id: 2, manager: false, from: Some(day(5)), to: None });
        }
        let told = [fact(&[1, 2], false, 0, 9), fact(&[1, 2], false, 0, 5), fact(&[1], false, 5, 9)];
        assert!(findings(&told.into_iter().collect(), &stays) > 0);
        let told = [fact(&[1, 2], false, 0, 9), fact(&[1, 2], false, 0, 5)];
        assert_eq!(findings(&told.into_iter().collect(), &stays), 0);
    }
}
