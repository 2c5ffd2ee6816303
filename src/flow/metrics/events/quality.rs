//! C14 and C22: whether raters agree, and whether what is shared gets better.

use std::collections::{BTreeMap, HashSet};

use chrono::{Duration, NaiveDateTime};

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::super::question::Question;
use super::super::small::is_few;
use super::super::worth::Rated;
use super::draws;
use super::raters::Judgements;
use super::reads::Few;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::period::Period;
use crate::flow::statistics::Estimate;
use crate::flow::statistics::agreement::{Coincidences, Stars, alpha, weighted_alpha};
use crate::flow::statistics::bootstrap;
use crate::flow::statistics::quantiles::mean;
use crate::flow::store::histories::Shared;

/// Fewer insights than this have no mean quality.
const FEWEST_FOR_A_MEAN: usize = 10;
/// An insight's early ratings are complete at this age, in days.
const RIPE: i64 = 30;

/// C14, of the ratings given in the rounds of the period, by insight. `is_untold`: there are ratings, but no round
/// that is told.
pub(super) fn reliability(
    question: &Question,
    told: Option<Period>,
    given: &[&Rated],
    is_untold: bool,
) -> Figure {
    let mut raters = HashSet::new();
    let mut things: Vec<Stars> = Vec::new();
    for same in given.chunk_by(|a, b| a.insight_id == b.insight_id).filter(|same| same.len() > 1) {
        let mut stars = Stars::default();
        for rating in same {
            raters.insert(rating.person_id);
            if let Some(count) = stars.get_mut(usize::from(rating.stars).saturating_sub(1)) {
                *count += 1;
            }
        }
        things.push(stars);
    }
    let value = alpha(&things);
    // Things rated alike are of one kind: there are far fewer kinds than things.
    let mut kinds = things.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let kind = |stars: &Stars| kinds.binary_search(stars).unwrap_or_default() as u32;
    let kind_of: Vec<u32> = things.iter().map(kind).collect();
    let once: Vec<Coincidences> = kinds.iter().map(Coincidences::of).collect();
    let interval = value.and_then(|_| {
        // The same for all periods with these rounds.
        let stream = draws("C14", told.unwrap_or(question.period));
        bootstrap::interval_of_kinds(&kind_of, once.len(), stream, |times| weighted_alpha(&once, times))
    });
    let exactly = question.view.unsuppressed;
    let rounded = |number: f64| if exactly { number } else { (number * 100.0).round() / 100.0 };
    Figure { value: value.map(rounded), ..Figure::unknown("C14", "", Whom::All, Unit::Alpha) }
        .within(interval.map(|(low, high)| (rounded(low), rounded(high))))
        .of(things.len())
        .unless(!exactly && (is_untold || is_few(raters.len())))
}

/// An insight whose early ratings are complete, and what these say.
struct Ripe<'a> {
    shared: &'a Shared,
    early: f64,
}

/// A month as the files write it.
fn month_of(shared: &Shared) -> String {
    shared.day.format("%Y-%m").to_string()
}

/// C22: of the period, and of each month in it. `over` is when the last round was over.
///
/// Told is of whole months only, as many together as it takes for ten insights and five people who rated them
/// early, from the first month of the company on: the same months whatever the period. One of which a part lies
/// outside the period, or is too young, is left out whole. So two periods differ by ten insights or by none.
pub(super) fn by_month(
    question: &Question,
    over: Option<NaiveDateTime>,
    (shared, rated): (&[Shared], &[Rated]),
    judged: &Judgements,
) -> Vec<Figure> {
    let exactly = question.view.unsuppressed;
    let end = question.calendar.start_of(question.period.to);
    let ripe_by = |one: &Shared| over.is_some_and(|over| one.is_older(RIPE, over));
    let mut months: BTreeMap<String, Vec<Ripe<'_>>> = BTreeMap::new();
    let mut outside: HashSet<String> = HashSet::new();
    for one in shared.iter().filter(|one| one.contributed_at < end) {
        if !question.period.holds(one.day) || !ripe_by(one) {
            outside.insert(month_of(one));
        }
        let early = judged.of(one.id).and_then(|judged| judged.early).filter(|_| ripe_by(one));
        let month = months.entry(month_of(one)).or_default();
        month.extend(early.map(|early| Ripe { shared: one, early }));
    }
    let inside = |one: &&Ripe<'_>| question.period.holds(one.shared.day);
    let figure = |part: String, told: Option<Vec<f64>>, n: usize| {
        let enough = told.filter(|values| values.len() >= FEWEST_FOR_A_MEAN);
        let mean = enough.and_then(|values| mean(&values));
        let figure = Figure::unknown("C22", part, Whom::All, Unit::Stars).of(n);
        figure.with(if exactly { mean } else { mean.map(tenths) })
    };
    let early_of =
        |month: &String| -> Vec<f64> { months[month].iter().filter(inside).map(|one| one.early).collect() };
    let told: Vec<Vec<String>> = match exactly {
        true => months.keys().map(|month| vec![month.clone()]).collect(),
        false => blocks(&months, rated)
            .into_iter()
            .filter(|block| block.iter().all(|month| !outside.contains(month)))
            .collect(),
    };
    let all: Vec<f64> = told.iter().flatten().flat_map(early_of).collect();
    let old = shared.iter().filter(|one| question.period.holds(one.day) && one.is_older(RIPE, end));
    let few = raters_of(old, rated);
    let is_few = !exactly && all.is_empty() && is_few(few.len());
    let n = all.len();
    let mut figures = vec![figure(String::new(), Some(all), n)];
    for (month, of) in &months {
        let n = of.iter().filter(inside).count();
        if n > 0 {
            let alone = told.iter().any(|block| block.len() == 1 && block[0] == *month);
            figures.push(figure(month.clone(), alone.then(|| early_of(month)), n));
        }
    }
    figures.into_iter().map(|figure| figure.unless(is_few)).collect()
}

/// Months that are told together: ten insights and five raters in each block. What is left at the end waits.
fn blocks(months: &BTreeMap<String, Vec<Ripe<'_>>>, rated: &[Rated]) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    let mut block: Vec<String> = Vec::new();
    for month in months.keys() {
        block.push(month.clone());
        let inside = || block.iter().flat_map(|month| &months[month]);
        let is_enough = inside().count() >= FEWEST_FOR_A_MEAN
            && raters_of(inside().map(|one| one.shared), rated).len() as u64 >= FEWEST_PEOPLE;
        if is_enough {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks
}

/// Who gave the early ratings of these, counted up to five.
fn raters_of<'a>(of: impl Iterator<Item = &'a Shared>, rated: &[Rated]) -> Few {
    let mut people = Few::default();
    for shared in of {
        let first = rated.partition_point(|rating| rating.insight_id < shared.id);
        let own = rated[first..].iter().take_while(|rating| rating.insight_id == shared.id);
        let until = shared.contributed_at + Duration::days(RIPE);
        own.filter(|rating| rating.at < until).for_each(|rating| people.add(rating.person_id));
        if people.len() as u64 >= FEWEST_PEOPLE {
            break;
        }
    }
    people
}

/// To a tenth of a star, as values are shown.
fn tenths(estimate: Estimate) -> Estimate {
    let told = |stars: f64| (stars * 10.0).round() / 10.0;
    Estimate { value: told(estimate.value), low: told(estimate.low), high: told(estimate.high) }
}
