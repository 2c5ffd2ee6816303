//! Whether numbers of people who opened something, told in different places, leave fewer than five between them: those
//! who read (C4), those who opened nothing (C5) and the classes of people by how much they opened are about the same
//! people.
//!
//! How many of a group did nothing is told while the group has ten people, and may be one: everybody in it may be that
//! one. What is looked for is how few did so much and no more.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::{FEWEST_PEOPLE, View};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::shape::{self, Shape};
use crate::flow::metrics::{Loaded, People, Question};
use crate::flow::period::Period;
use crate::flow::store::{figures, shapes};

/// What is told of how many people opened at least so much.
type AtLeast = (u64, f64);

/// Looks at the periods whose figures were computed today, before anybody's history could change.
///
/// # Errors
/// What the database says.
pub fn findings(
    c: &mut Conn,
    base: &Loaded,
    periods: &[Period],
    calendar: Calendar,
    today: NaiveDate,
) -> AppResult<usize> {
    let mut found = 0;
    for period in periods {
        let kept = figures::kept(c, *period)?;
        if kept.computed_at.is_none_or(|at| calendar.day(at) != today) {
            continue;
        }
        let question = Question { period: *period, segment: None, view: View::default(), ..base.question };
        let loaded = base.about(c, question)?;
        let mut all = loaded.figures(&People::of(c, &question)?);
        found += parts(&all);
        all.extend(kept.figures);
        found += between(told(&all, &shapes::shapes(c, *period)?));
    }
    Ok(found)
}

fn is_few(people: f64) -> bool {
    0.0 < people && people < FEWEST_PEOPLE as f64
}

/// Whether those of all departments, where all are told, are others than those of the company.
fn parts(figures: &[Figure]) -> usize {
    let of = |fits: &dyn Fn(&Whom) -> bool| {
        figures.iter().filter(|one| one.id == "C4" && fits(&one.whom)).collect()
    };
    let (all, departments): (Vec<&Figure>, Vec<&Figure>) =
        (of(&|whom| *whom == Whom::All), of(&|whom| matches!(whom, Whom::Department(_))));
    let numbers: [fn(&Figure) -> Option<f64>; 2] = [|one| one.numerator, |one| one.denominator];
    let mut found = 0;
    for number in numbers {
        let parts: Option<Vec<f64>> = departments.iter().map(|one| number(one)).collect();
        if let (Some(whole), Some(parts)) = (all.first().and_then(|one| number(one)), parts) {
            found += usize::from(is_few((whole - parts.iter().sum::<f64>()).abs()));
        }
    }
    found
}

/// Everything that is told of how many people of the company opened at least so much.
fn told(figures: &[Figure], shapes: &[Shape]) -> Vec<AtLeast> {
    let mut told = Vec::new();
    let of = |id: &str, part: &str| {
        let fits = |one: &&Figure| one.id == id && one.part == part && one.whom == Whom::All;
        figures.iter().find(fits).and_then(|one| one.numerator.zip(one.denominator))
    };
    if let Some((readers, all)) = of("C4", "") {
        told.extend([(0, all), (1, readers)]);
    }
    if let Some((none, all)) = of("C5", "zero_accesses") {
        told.extend([(0, all), (1, all - none)]);
    }
    let classes = shapes.iter().find(|shape| shape.name == shape::PEOPLE_ACCESSES);
    let mut above = 0.0;
    for point in classes.iter().flat_map(|shape| &shape.points).rev() {
        let Some(people) = point.value else { break };
        above += people;
        // "none", "1", "2 to 4", "5 and more".
        let low = point.label.split(' ').next().and_then(|low| low.parse().ok()).unwrap_or(0);
        told.push((low, above));
    }
    told
}

/// How many of these numbers leave few people between them.
fn between(told: Vec<AtLeast>) -> usize {
    let mut known: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (low, people) in told {
        known.entry(low).or_default().push(people);
    }
    let spread = |numbers: &Vec<f64>| {
        numbers.iter().copied().fold(f64::MIN, f64::max) - numbers.iter().copied().fold(f64::MAX, f64::min)
    };
    let apart = known.values().filter(|numbers| is_few(spread(numbers))).count();
    // Those who did nothing may be few, and so may those who did something.
    let active: Vec<f64> = known
        .iter()
        .filter(|(low, _)| **low > 0)
        .filter_map(|(_, numbers)| numbers.first().copied())
        .collect();
    apart + active.windows(2).filter(|pair| is_few(pair[0] - pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::shape::{Point, classes};

    #[test]
    fn few_between_two_numbers_are_found() {
        for (told, found) in [
            (vec![(0, 304.0), (1, 292.0), (1, 292.0), (2, 280.0)], 0),
            // "0 to 1: 15 people" beside "opened nothing: 12".
            (vec![(1, 292.0), (2, 289.0)], 1),
            // Those on the last day beside all who were there: four left.
            (vec![(0, 304.0), (0, 308.0), (1, 288.0), (1, 292.0)], 2),
            (vec![(0, 304.0), (1, 302.0), (2, 302.0)], 0),
            (vec![(0, 304.0), (0, 324.0)], 0),
        ] {
            assert_eq!(between(told.clone()), found, "{told:?}");
        }
    }

    #[test]
    fn the_classes_of_the_night_stand_beside_c4_and_c5() {
        let counts = [vec![0; 3], vec![1; 2], vec![3; 6], vec![90; 9]].concat();
        let share =
            |id: &'static str, part: &'static str, x: i64| Figure::share(id, part, Whom::All, x, 20, 10);
        let figures = [share("C4", "", 17), share("C5", "zero_accesses", 3)];
        let right = classes(shape::PEOPLE_ACCESSES, &counts, &[0, 1, 2, 5]);
        assert_eq!(between(told(&figures, std::slice::from_ref(&right))), 0);
        // As it was: those of fewer than five join those who did nothing.
        let point = |label: &str, people: f64| Point { label: label.into(), value: Some(people), of: None };
        let wrong = Shape { points: vec![point("0 to 1", 5.0), point("2 and more", 15.0)], ..right };
        assert_eq!(between(told(&figures, &[wrong])), 1, "two opened one");
    }

    #[test]
    fn departments_are_the_same_people_as_the_company() {
        let share = |whom: Whom, x: i64, n: i64| Figure::share("C4", "", whom, x, n, 10);
        let department = |name: &str, x: i64, n: i64| share(Whom::Department(name.into()), x, n);
        let all = share(Whom::All, 30, 40);
        let told = |parts: &[Figure]| parts_of(&all, parts);
        assert_eq!(told(&[department("A", 20, 25), department("B", 10, 15)]), 0);
        assert_eq!(told(&[department("A", 20, 25), department("B", 12, 15)]), 1);
        assert_eq!(told(&[department("A", 20, 25), department("B", 12, 15).unless(true)]), 0);
    }

    fn parts_of(all: &Figure, departments: &[Figure]) -> usize {
        let figures: Vec<Figure> = std::iter::once(all.clone()).chain(departments.iter().cloned()).collect();
        parts(&figures)
    }
}
