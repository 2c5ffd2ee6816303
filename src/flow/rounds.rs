//! Which ratings may be told apart in time: the one place that decides, for every figure that tells of stars,
//! on pages and in files, mails, reports and the command line.
//!
//! Whoever may choose any two days can take one period from another. So that no such difference is about the
//! ratings of fewer than five people, ratings are told in *rounds*: whole weeks, as many of them together as it
//! takes until five people have rated. A figure about ratings given in a period counts the rounds that lie in it
//! whole, and a figure that asks what ratings say at its end asks what they said when the last round was over.
//! Whatever is told then differs by whole rounds, which is the ratings of five people at least.
//!
//! Rounds follow from the ratings and nothing else, each from those before it, so that they are the same for every
//! period; the ratings since the last round are told when it is over.
//!
//! What groups of people are for openings ([`super::apart`]) rounds are for ratings.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::groups::FEWEST_PEOPLE;
use super::period::Period;
use crate::clock::monday;

/// The days on which rounds begin and end, ascending; or that nobody needs to be protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// The Monday of the first rating, and the Monday after each round.
    ends: Vec<NaiveDate>,
    /// Whether any day ends a round: for whoever is protected from nothing.
    any: bool,
}

impl Rounds {
    /// Of everybody's ratings, in any order: the day and who gave it.
    pub fn of(given: impl Iterator<Item = (NaiveDate, i64)>) -> Rounds {
        let mut weeks: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
        // Neighbours are often of one week.
        let mut last: Option<(NaiveDate, NaiveDate)> = None;
        for (day, person) in given {
            let week = match last {
                Some((known, week)) if known == day => week,
                _ => monday(day),
            };
            last = Some((day, week));
            few(weeks.entry(week).or_default(), person);
        }
        let mut ends: Vec<NaiveDate> = weeks.keys().next().copied().into_iter().collect();
        let mut people = Vec::new();
        for (week, raters) in weeks {
            raters.into_iter().for_each(|person| few(&mut people, person));
            if people.len() as u64 >= FEWEST_PEOPLE {
                ends.push(week.checked_add_days(Days::new(7)).unwrap_or(week));
                people.clear();
            }
        }
        Rounds { ends, any: false }
    }

    /// Any day ends one: for figures without the protection of small groups, and for checks of the checks.
    pub fn any_day() -> Rounds {
        Rounds { ends: Vec::new(), any: true }
    }

    /// The end of the last round that is over before a day begins; none before the first.
    pub fn over_by(&self, day: NaiveDate) -> Option<NaiveDate> {
        if self.any {
            return Some(day);
        }
        self.ends.iter().skip(1).rev().find(|end| **end <= day).copied()
    }

    /// The rounds that lie in a period whole; none where none does.
    pub fn inside(&self, period: Period) -> Option<Period> {
        if self.any {
            return Some(period);
        }
        let from = self.ends.iter().find(|end| period.from <= **end)?;
        let to = self.ends.iter().rev().find(|end| **end <= period.to)?;
        Period::new(*from, *to)
    }
}

/// Adds somebody to people who are counted up to five.
fn few(people: &mut Vec<i64>, person: i64) {
    if (people.len() as u64) < FEWEST_PEOPLE && !people.contains(&person) {
        people.push(person);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A day of November 2026, of which the second is a Monday.
    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, of_month).expect("a day")
    }

    fn given(days: &[(u32, std::ops::Range<i64>)]) -> Rounds {
        Rounds::of(days.iter().cloned().flat_map(|(on, people)| people.map(move |one| (day(on), one))))
    }

    #[test]
    fn weeks_are_put_together_until_five_people_rated() {
        for (ratings, ends) in [
            (&[][..], &[][..]),
            (&[(4, 0..4)], &[2]),
            (&[(4, 0..5)], &[2, 9]),
            (&[(4, 0..4), (11, 0..4)], &[2]),
            (&[(4, 0..4), (11, 3..5), (18, 0..9)], &[2, 16, 23]),
            (&[(18, 0..9), (4, 0..5)], &[2, 9, 23]),
        ] {
            let ends: Vec<NaiveDate> = ends.iter().map(|of_month| day(*of_month)).collect();
            assert_eq!(given(ratings), Rounds { ends, any: false }, "{ratings:?}");
        }
    }

    #[test]
    fn a_period_counts_whole_rounds() {
        let rounds = given(&[(4, 0..5), (11, 0..3), (18, 0..5)]);
        for (from, to, inside) in [
            (1, 30, Some((2, 23))),
            (2, 23, Some((2, 23))),
            (2, 22, Some((2, 9))),
            (3, 23, Some((9, 23))),
            (3, 22, None),
            (9, 16, None),
            (24, 30, None),
        ] {
            let period = |(from, to)| Period { from: day(from), to: day(to) };
            assert_eq!(rounds.inside(period((from, to))), inside.map(period), "{from} to {to}");
        }
        for (on, over) in [(2, None), (8, None), (9, Some(9)), (22, Some(9)), (23, Some(23)), (30, Some(23))]
        {
            assert_eq!(rounds.over_by(day(on)), over.map(day), "{on}");
        }
        assert_eq!(given(&[]).over_by(day(30)), None);
        assert_eq!(Rounds::any_day().over_by(day(3)), Some(day(3)));
    }

    proptest! {
        #[test]
        fn what_two_periods_differ_by_is_of_five_people(
            ratings in prop::collection::vec((1_u32..30, 0_i64..12), 0..60),
            days in prop::collection::vec(1_u32..30, 4),
        ) {
            let rounds = Rounds::of(ratings.iter().map(|(on, person)| (day(*on), *person)));
            let between = |one: NaiveDate, other: NaiveDate| {
                let (from, to) = (one.min(other), one.max(other));
                let mut people: Vec<i64> =
                    ratings.iter().filter(|(on, _)| from <= day(*on) && day(*on) < to).map(|(_, p)| *p).collect();
                people.sort_unstable();
                people.dedup();
                people.len() as u64
            };
            let mut ends: Vec<NaiveDate> = Vec::new();
            for pair in days.chunks(2) {
                let (from, to) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
                if let Some(inside) = Period::new(day(from), day(to)).and_then(|period| rounds.inside(period)) {
                    prop_assert!(day(from) <= inside.from && inside.to <= day(to));
                    ends.extend([inside.from, inside.to]);
                }
                ends.extend(rounds.over_by(day(to)));
            }
            for (one, other) in ends.iter().flat_map(|one| ends.iter().map(move |other| (*one, *other))) {
                prop_assert!(one == other || between(one, other) >= FEWEST_PEOPLE);
            }
        }
    }
}
