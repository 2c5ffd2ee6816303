//! Whether what is told of why people did not share, from one month to the next, tells of fewer than five of them.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};

use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::Loaded;
use crate::flow::statistics::elimination::{Row, combined, reduced};
use crate::obstacles::reasons::{Count, Reason, Told};
use crate::obstacles::store::reasons as store;

/// What decides what is told of counts: [`crate::obstacles::reasons::told`]. Tests of this check bring others.
pub type Tell = fn(&[Count], NaiveDate) -> Vec<Told>;

/// Months that are looked back: whoever looks each month remembers what was told then.
const MONTHS: u32 = 12;
/// Sums are combined in pairs as long as there are no more than this.
const PAIRS_UP_TO: usize = 200;

/// How many people of a group gave a reason in a month: what nobody may work out while they are few.
type Unknown = (usize, Reason, NaiveDate);

/// Numbers that were looked at, and how much follows about too few.
///
/// # Errors
/// What the database says.
pub fn findings(c: &mut Conn, base: &Loaded, today: NaiveDate, tell: Tell) -> AppResult<(usize, usize)> {
    let elsewhere = base.grouping.groups.len();
    let mut looks = Vec::new();
    for back in (0..MONTHS).rev() {
        let Some(day) = today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(back))) else {
            continue;
        };
        let counts = store::finished(c, day)?.into_iter().map(|(month, department, reason, people)| {
            let place = base.grouping.place_of(department).unwrap_or(elsewhere);
            Count { month, place, reason, people }
        });
        looks.push((store::since(day), counts.collect()));
    }
    Ok(of_looks(&looks, tell))
}

/// What there was to tell at a look, and from which month on it is told.
pub type Look = (NaiveDate, Vec<Count>);

/// The same of several looks.
pub fn of_looks(looks: &[Look], tell: Tell) -> (usize, usize) {
    let mut known: BTreeMap<Unknown, u64> = BTreeMap::new();
    for count in looks.iter().flat_map(|(_, look)| look) {
        let known = known.entry((count.place, count.reason, count.month)).or_default();
        *known = (*known).max(count.people);
    }
    let unknowns: Vec<(&Unknown, &u64)> = known.iter().collect();
    let (mut facts, mut numbers, mut found) = (Vec::new(), 0, 0);
    for (since, look) in looks {
        for row in tell(look, *since) {
            let all = (row.cells.iter().flat_map(|(reasons, _)| reasons.clone()).collect(), row.people);
            for (reasons, people) in row.cells.iter().cloned().chain([all]) {
                let reasons: Vec<Reason> = reasons;
                numbers += 1;
                found += usize::from(is_few(people));
                let fits = |(place, reason, month): &Unknown| {
                    reasons.contains(reason) && row.made_of.contains(&(*place, *month))
                };
                let fact: Vec<usize> = (0..unknowns.len()).filter(|at| fits(unknowns[*at].0)).collect();
                facts.push(fact);
            }
        }
    }
    facts.sort();
    facts.dedup();
    let rows = reduced(&facts, unknowns.len());
    let people = |numbers: &[usize]| numbers.iter().map(|at| unknowns[*at].1).sum::<u64>();
    let tells = |row: &Row| {
        // Only where all are added: a difference of two unknowns is about neither.
        row.iter().all(|(_, factor)| *factor == 1)
            && is_few(people(&row.iter().map(|(at, _)| *at).collect::<Vec<_>>()))
    };
    found += rows.iter().filter(|row| tells(row)).count();
    if rows.len() <= PAIRS_UP_TO {
        for (at, one) in rows.iter().enumerate() {
            for other in &rows[..at] {
                let sum = combined(one, other, false);
                let added = |row: &Row| row.iter().all(|(_, factor)| *factor == 1);
                found += usize::from(
                    added(one)
                        && added(other)
                        && sum.len() == one.len() + other.len()
                        && is_few(people(&sum)),
                );
            }
        }
    }
    (numbers, found)
}

fn is_few(people: u64) -> bool {
    (1..FEWEST_PEOPLE).contains(&people)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::obstacles::reasons::told;

    fn count(month: u32, place: usize, reason: Reason, people: u64) -> Count {
        Count { month: NaiveDate::from_ymd_opt(2026, month, 1).expect("a month"), place, reason, people }
    }

    /// Everything at once, a row for each group.
    fn all(counts: &[Count], since: NaiveDate) -> Vec<Told> {
        type Group = (BTreeMap<Reason, u64>, Vec<(usize, NaiveDate)>);
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for one in counts.iter().filter(|one| since <= one.month) {
            let (reasons, made_of) = groups.entry(one.place).or_default();
            *reasons.entry(one.reason).or_default() += one.people;
            made_of.push((one.place, one.month));
        }
        let row = |(place, (reasons, made_of)): (usize, Group)| Told {
            places: vec![place],
            people: reasons.values().sum(),
            cells: reasons.into_iter().map(|(reason, people)| (vec![reason], people)).collect(),
            made_of,
        };
        groups.into_iter().map(row).collect()
    }

    /// As the product did once: steps of the months of a year, others each month.
    fn of_a_year(counts: &[Count], since: NaiveDate) -> Vec<Told> {
        told(&counts.iter().copied().filter(|one| since <= one.month).collect::<Vec<_>>(), since)
    }

    #[test]
    fn a_month_more_of_few_answers_is_found() {
        use Reason::{NoTime, Rival};
        let first = vec![count(1, 0, NoTime, 6), count(1, 1, NoTime, 5)];
        let then = |more: &[Count]| [first.clone(), more.to_vec()].concat();
        for (more, found) in [
            (vec![], false),
            (vec![count(2, 0, NoTime, 1)], true),
            (vec![count(2, 0, Rival, 5)], false),
            (vec![count(2, 1, Rival, 2)], true),
        ] {
            let looks = [(NaiveDate::MIN, first.clone()), (NaiveDate::MIN, then(&more))];
            assert_eq!(of_looks(&looks, all).1 > 0, found, "{more:?}");
            assert_eq!(of_looks(&looks, told).1, 0, "{more:?}");
        }
    }

    #[test]
    fn a_month_that_is_not_told_any_more_is_not_worked_out() {
        use Reason::NoTime;
        let counts = vec![count(1, 0, NoTime, 3), count(2, 0, NoTime, 2), count(3, 0, NoTime, 5)];
        let of_month =
            |month: u32| (NaiveDate::from_ymd_opt(2026, month, 1).expect("a month"), counts.clone());
        let looks = [of_month(1), of_month(2)];
        assert!(of_looks(&looks, of_a_year).1 > 0, "ten, then seven: three in January");
        assert_eq!(of_looks(&looks, told).1, 0);
    }

    proptest! {
        #[test]
        fn whoever_looks_each_month_of_two_years_learns_of_nobody(
            answers in prop::collection::vec((0_u32..24, 0_usize..4, 0_usize..6, 1_u64..5), 0..60),
        ) {
            let first = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day");
            let month = |number: u32| first.checked_add_months(Months::new(number)).expect("a month");
            let mut counts: BTreeMap<Unknown, u64> = BTreeMap::new();
            for (number, place, reason, people) in answers {
                *counts.entry((place, Reason::ALL[reason], month(number))).or_default() += people;
            }
            let looks: Vec<Look> = (1..=24)
                .map(|number| {
                    let over = counts.iter().filter(|((.., of), _)| *of < month(number));
                    let look = over.map(|((place, reason, of), people)| Count {
                        month: *of,
                        place: *place,
                        reason: *reason,
                        people: *people,
                    });
                    (store::since(month(number)), look.collect())
                })
                .collect();
            prop_assert_eq!(of_looks(&looks, told).1, 0);
        }
    }
}
