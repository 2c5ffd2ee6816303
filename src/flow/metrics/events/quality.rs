//! C14 and C22: whether raters agree, and whether what is shared gets better.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::super::question::Question;
use super::super::small::is_few;
use super::super::worth::Rated;
use super::raters::Judgements;
use super::{Study, draws};
use crate::flow::period::Period;
use crate::flow::statistics::agreement::{Coincidences, Stars, alpha, weighted_alpha};
use crate::flow::statistics::bootstrap;
use crate::flow::statistics::quantiles::mean;
use crate::flow::store::histories::Shared;

/// Fewer insights than this have no mean quality.
const FEWEST_FOR_A_MEAN: usize = 10;
/// An insight's early ratings are complete at this age, in days.
const RIPE: i64 = 30;

/// C14, of the ratings given in the period, by insight.
pub(super) fn reliability(question: &Question, given: &[&Rated]) -> Figure {
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
        let stream = draws("C14", question.period);
        bootstrap::interval_of_kinds(&kind_of, once.len(), stream, |times| weighted_alpha(&once, times))
    });
    Figure { value, ..Figure::unknown("C14", "", Whom::All, Unit::Alpha) }
        .within(interval)
        .of(things.len())
        .unless(!question.view.unsuppressed && is_few(raters.len()))
}

/// C22: of the period, and of each month in it. `raters` is how many people gave the early ratings behind it,
/// counted up to five.
pub(super) fn by_month(study: &Study<'_>) -> Vec<Figure> {
    let mut months: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut all = Vec::new();
    for (item, early) in
        ripe(study.reads.items.iter().map(|item| &item.shared), study.judged, study.period(), study.reads.end)
    {
        all.push(early);
        months.entry(item.day.format("%Y-%m").to_string()).or_default().push(early);
    }
    let hidden = study.hides(study.raters.of_ripe.len());
    std::iter::once((String::new(), all))
        .chain(months)
        .map(|(part, values)| {
            let n = values.len();
            let figure = Figure::unknown("C22", part, Whom::All, Unit::Stars).of(n).unless(hidden);
            if hidden || n < FEWEST_FOR_A_MEAN { figure } else { figure.with(mean(&values)) }
        })
        .collect()
}

/// The insights of a period whose early ratings are complete at its end, and what these say.
pub(super) fn ripe<'a>(
    shared: impl Iterator<Item = &'a Shared>,
    judged: &Judgements,
    period: Period,
    end: NaiveDateTime,
) -> impl Iterator<Item = (&'a Shared, f64)> {
    shared
        .filter(move |one| period.holds(one.day) && one.is_older(RIPE, end))
        .filter_map(|one| Some((one, judged.of(one.id)?.early?)))
}
