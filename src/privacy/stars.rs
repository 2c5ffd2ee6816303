//! Whether what is told of stars differs, from one period to another, by what fewer than five people rated.
//!
//! A figure about ratings is one of those between two days, or asks what ratings said on a day. Whoever compares
//! two such figures learns of the ratings between two of these days. And a mean of few insights, or two means of
//! which one has few more, tells of single ones.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::store::kept::{self, Known};
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::figure::Figure;
use crate::flow::period::Period;
use crate::flow::rounds::Rounds;

/// What decides which ratings are told apart in time: [`Rounds::of`]. The product has one; tests of this check
/// bring others.
pub type Cut = fn(&BTreeMap<NaiveDate, Vec<i64>>) -> Rounds;

/// Insights of which a mean tells at least.
const FEWEST_FOR_A_MEAN: u64 = 10;

/// The rounds of the product.
pub fn rounds(raters: &BTreeMap<NaiveDate, Vec<i64>>) -> Rounds {
    Rounds::of(raters.iter().flat_map(|(day, people)| people.iter().map(|person| (*day, *person))))
}

/// Days between which ratings are told, and between how many of them fewer than five people rated; of these
/// periods, and of what is kept.
///
/// # Errors
/// What the database says, or a kept figure that cannot be read.
pub fn findings(c: &mut Conn, periods: impl Iterator<Item = Period>, cut: Cut) -> AppResult<(usize, usize)> {
    let raters = kept::raters(c)?;
    let ends = ends(&cut(&raters), periods);
    let figures = kept::figures(c, &["C14", "C22"])?;
    let of_same = same_ratings(c, figures.iter().map(|(_, at, _)| *at).collect())?;
    let same = |one: NaiveDateTime, other: NaiveDateTime| of_same.get(&one) == of_same.get(&other);
    Ok((ends.len(), few_between(&ends, &raters) + few_behind(&figures, same)))
}

/// Gives times of one day the same number as long as no rating was given, changed or taken back between them, and
/// no insight either: figures that were computed then tell of the same. Between others it is what happened
/// meanwhile that makes the difference, as between two nights.
fn same_ratings(c: &mut Conn, times: BTreeSet<NaiveDateTime>) -> AppResult<BTreeMap<NaiveDateTime, usize>> {
    let mut numbers = BTreeMap::new();
    let mut before: Option<NaiveDateTime> = None;
    let mut number = 0;
    for at in times {
        if let Some(then) = before
            && (then.date() != at.date() || kept::ratings_moved(c, then, at)?)
        {
            number += 1;
        }
        numbers.insert(at, number);
        before = Some(at);
    }
    Ok(numbers)
}

/// The days that figures of these periods depend on.
fn ends(rounds: &Rounds, periods: impl Iterator<Item = Period>) -> BTreeSet<NaiveDate> {
    let mut ends = BTreeSet::new();
    for period in periods {
        ends.extend(rounds.over_by(period.to));
        ends.extend(rounds.inside(period).into_iter().flat_map(|inside| [inside.from, inside.to]));
    }
    ends
}

/// Between how many neighbours of these days some rated, but few: since the first rating, too.
fn few_between(ends: &BTreeSet<NaiveDate>, raters: &BTreeMap<NaiveDate, Vec<i64>>) -> usize {
    let mut from = NaiveDate::MIN;
    let mut found = 0;
    for to in ends {
        let people: BTreeSet<i64> = raters.range(from..*to).flat_map(|(_, people)| people).copied().collect();
        found += usize::from((1..FEWEST_PEOPLE).contains(&(people.len() as u64)));
        from = *to;
    }
    found
}

/// How many kept figures tell of few insights, alone or against another that was computed from the same ratings
/// (`same`, of the times of both), or tell more digits than they may.
fn few_behind(figures: &[Known], same: impl Fn(NaiveDateTime, NaiveDateTime) -> bool) -> usize {
    let told: Vec<&Known> = figures.iter().filter(|(.., figure)| figure.value.is_some()).collect();
    let mut found = told.iter().filter(|(.., figure)| is_too_fine(figure)).count();
    let means: Vec<&&Known> = told.iter().filter(|(.., figure)| figure.id == "C22").collect();
    let few = |n: u64| (1..FEWEST_FOR_A_MEAN).contains(&n);
    let of = |figure: &Figure| figure.n.unwrap_or(0);
    found += means.iter().filter(|(.., figure)| of(figure) < FEWEST_FOR_A_MEAN).count();
    for (place, (_, at, one)) in means.iter().enumerate() {
        let others = means[..place].iter().filter(|(_, then, _)| same(*then, *at));
        let others = others.filter(|(.., other)| other.part == one.part);
        found += others.filter(|(.., other)| few(of(one).abs_diff(of(other)))).count();
    }
    found
}

fn is_too_fine(figure: &Figure) -> bool {
    let scale = if figure.id == "C22" { 10.0 } else { 100.0 };
    let told = [figure.value, figure.low, figure.high].into_iter().flatten();
    told.map(|number| number * scale).any(|scaled| (scaled - scaled.round()).abs() > 1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::definitions::Unit;
    use crate::flow::metrics::figure::Whom;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, of_month).expect("a day")
    }

    #[test]
    fn few_who_rated_between_two_days_are_found() {
        let raters: BTreeMap<NaiveDate, Vec<i64>> =
            [(3, vec![1, 2, 3, 4, 5]), (10, vec![1]), (17, vec![2, 3, 4, 5])]
                .map(|(on, people)| (day(on), people))
                .into();
        for (ends, found) in [
            (&[][..], 0),
            (&[9, 23], 0),
            (&[9, 16], 1),
            (&[9, 16, 23], 2),
            (&[3, 9, 23], 0),
            (&[11, 12, 23], 1),
        ] {
            let ends = ends.iter().map(|of_month| day(*of_month)).collect();
            assert_eq!(few_between(&ends, &raters), found, "{ends:?}");
        }
        let periods = || (4..24).map(|to| Period { from: day(2), to: day(to) });
        assert_eq!(few_between(&ends(&rounds(&raters), periods()), &raters), 0);
        assert!(few_between(&ends(&Rounds::any_day(), periods()), &raters) > 0);
    }

    #[test]
    fn a_mean_that_tells_of_few_is_found() {
        let mean = |from: u32, part: &'static str, value: f64, n: usize| {
            let figure = Figure::unknown("C22", part, Whom::All, Unit::Stars).of(n);
            let period = Period { from: day(from), to: day(30) };
            (period, day(30).and_hms_opt(3, 0, 0).expect("a time"), Figure { value: Some(value), ..figure })
        };
        for (figures, found) in [
            (vec![mean(1, "", 3.4, 20), mean(2, "", 3.5, 10)], 0),
            (vec![mean(1, "", 3.4, 20), mean(2, "", 3.5, 19)], 1),
            (vec![mean(1, "", 3.4, 20), mean(2, "2026-10", 3.5, 19)], 0),
            (vec![mean(1, "", 3.4, 9)], 1),
            (vec![mean(1, "", 3.45, 20)], 1),
        ] {
            assert_eq!(few_behind(&figures, |_, _| true), found, "{figures:?}");
        }
    }
}
