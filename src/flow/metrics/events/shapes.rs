//! What a period looks like: how giving and reading are spread over people, who takes part, what insights are
//! worth and how people rate.

use std::collections::{BTreeMap, HashSet};

use chrono::Days;
use diesel::QueryResult;

use super::super::shape::{self, Point, Shape, classes, joined, lorenz, told};
use super::Study;
use crate::accounts::seen;
use crate::db::Conn;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::headcount::everybody;
use crate::flow::period::Period;
use crate::flow::store::readings::PersonSum;
use crate::flow::store::{self, shapes};

/// Classes of people begin with these counts.
const CLASSES: [u64; 7] = [0, 1, 2, 5, 10, 20, 50];
/// Days of the ladder.
const LADDER_DAYS: u64 = 30;
/// Ratings from which something is said of how generous somebody is.
const FEWEST_RATINGS: i32 = 5;

/// What is asked of the database once for all periods.
#[derive(Default)]
pub(super) struct Once {
    /// Of insights and of raters as they are now.
    at_present: Option<[Shape; 2]>,
    rated: Option<shapes::Rated>,
}

pub(super) fn all(
    c: &mut Conn,
    study: &Study<'_>,
    sums: &[PersonSum],
    once: &mut Once,
) -> QueryResult<Vec<Shape>> {
    let at_present = match once.at_present.take() {
        Some(known) => known,
        None => [values(c)?, generosity(c)?],
    };
    let rated = match once.rated.take() {
        Some(known) => known,
        None => shapes::rated(c)?,
    };
    let mut found = of_people(study, sums);
    found.push(ladder(c, study, &rated)?);
    found.extend(at_present.iter().cloned());
    found.push(blind(&rated, study.raters.told));
    *once = Once { at_present: Some(at_present), rated: Some(rated) };
    Ok(found)
}

/// Everybody who was there, those who did nothing included.
fn of_people(study: &Study<'_>, sums: &[PersonSum]) -> Vec<Shape> {
    let everybody = study.loaded.everybody.iter();
    let mut counts: BTreeMap<i64, (u64, u64)> = everybody.map(|stay| (stay.person_id, (0, 0))).collect();
    for sum in sums.iter().filter(|sum| sum.contributions > 0 || sum.accesses > 0) {
        let (contributions, accesses) = counts.entry(sum.person_id).or_default();
        *contributions += sum.contributions.unsigned_abs();
        *accesses += sum.accesses.unsigned_abs();
    }
    let contributions: Vec<u64> = counts.values().map(|(count, _)| *count).collect();
    let accesses: Vec<u64> = counts.values().map(|(_, count)| *count).collect();
    vec![
        classes(shape::PEOPLE_CONTRIBUTIONS, &contributions, &CLASSES),
        classes(shape::PEOPLE_ACCESSES, &accesses, &CLASSES),
        lorenz(shape::LORENZ_CONTRIBUTIONS, contributions),
        lorenz(shape::LORENZ_ACCESSES, accesses),
    ]
}

/// Each rung a part of the one above.
fn ladder(c: &mut Conn, study: &Study<'_>, rated: &shapes::Rated) -> QueryResult<Shape> {
    let to = study.period().to;
    let from = to.checked_sub_days(Days::new(LADDER_DAYS)).unwrap_or(to);
    let there: HashSet<i64> = Period::new(from, to).map_or_else(HashSet::new, |days| {
        everybody(&study.loaded.stays, days).into_iter().map(|stay| stay.person_id).collect()
    });
    let here = |people: HashSet<i64>| -> HashSet<i64> { people.intersection(&there).copied().collect() };
    let [taking_part, sharing] = shapes::taking_part(c, from, to, rated)?;
    let (taking_part, sharing) = (here(taking_part), here(sharing));
    let mut signed_in = here(seen::people(c, from, to)?);
    let mut active = taking_part.clone();
    if let Some(days) = Period::new(from, to) {
        active.extend(here(store::active::of(c, days, None)?.accessed.iter().collect()));
    }
    // Nobody opens anything from outside; of days before this was noted there is only what they did.
    signed_in.extend(&active);
    let rungs = [
        ("Everybody", there.len()),
        ("Signed in", signed_in.len()),
        ("Opened something or took part", active.len()),
        ("Took part: rated, used, remarked, asked or shared", taking_part.len()),
        ("Shared", sharing.len()),
    ];
    Ok(Shape {
        name: shape::LADDER.to_owned(),
        points: rungs
            .into_iter()
            .map(|(label, people)| Point { label: label.to_owned(), value: told(people as u64), of: None })
            .collect(),
    })
}

/// Ten classes from one star to five.
fn values(c: &mut Conn) -> QueryResult<Shape> {
    let mut counts = [0_i64; 10];
    for (tenths, insights) in shapes::shown_values(c)? {
        let class = usize::try_from((tenths - 10).max(0) / 4).unwrap_or(0).min(counts.len() - 1);
        counts[class] += insights;
    }
    let star = |class: usize| 1.0 + 0.4 * class as f64;
    Ok(Shape {
        name: shape::VALUES.to_owned(),
        points: counts
            .iter()
            .enumerate()
            .map(|(at, insights)| Point {
                label: format!("{:.1} to {:.1}", star(at), star(at + 1)),
                value: Some(*insights as f64),
                of: None,
            })
            .collect(),
    })
}

/// From strict to generous.
fn generosity(c: &mut Conn) -> QueryResult<Shape> {
    let all = shapes::generosity(c, FEWEST_RATINGS)?;
    let classes = [
        ("Stricter by half a star and more", f64::NEG_INFINITY, -0.5),
        ("A little stricter", -0.5, -0.1),
        ("As most do", -0.1, 0.1),
        ("A little more generous", 0.1, 0.5),
        ("More generous by half a star and more", 0.5, f64::INFINITY),
    ];
    let counted: Vec<(String, u64)> = classes
        .into_iter()
        .map(|(label, low, high)| {
            let inside = |stars: &&f64| **stars >= low && **stars < high;
            (label.to_owned(), all.iter().filter(inside).count() as u64)
        })
        .collect();
    let counted = joined(
        counted,
        |(_, people)| *people,
        |below, above| (format!("{}, or {}", below.0, above.0.to_lowercase()), below.1 + above.1),
    );
    Ok(Shape {
        name: shape::GENEROSITY.to_owned(),
        points: counted
            .into_iter()
            .map(|(label, people)| Point { label, value: told(people), of: None })
            .collect(),
    })
}

/// Ratings from which their mean is told. One more or less moves the mean of so many by less than the tenth of a
/// star it is told to.
const FEWEST_FOR_A_MEAN: i64 = 50;

/// The mean of both kinds of ratings, to a tenth of a star, where enough were given by at least five people in the
/// rounds of the period.
fn blind(rated: &shapes::Rated, told: Option<Period>) -> Shape {
    let given = told.map(|told| rated.blindness(told)).unwrap_or_default();
    let points = given
        .into_iter()
        .map(|(blind, ratings, stars, people)| {
            let is_told = people >= FEWEST_PEOPLE as i64 && ratings >= FEWEST_FOR_A_MEAN;
            // Their number with the mean would give their sum.
            let about = ratings / 10 * 10;
            Point {
                label: if blind { "Before the value was seen" } else { "After it was seen" }.to_owned(),
                value: is_told.then(|| tenths(stars as f64 / ratings as f64)),
                of: is_told.then_some(about.unsigned_abs()),
            }
        })
        .collect();
    Shape { name: shape::BLIND.to_owned(), points }
}

fn tenths(stars: f64) -> f64 {
    (stars * 10.0).round() / 10.0
}
