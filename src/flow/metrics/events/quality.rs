//! C14 and C22: whether raters agree, and whether what is shared gets better.

use std::collections::{BTreeMap, HashSet};

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::{Study, draws};
use crate::flow::statistics::agreement::{Coincidences, Stars, alpha, weighted_alpha};
use crate::flow::statistics::bootstrap;
use crate::flow::statistics::quantiles::mean;

/// Fewer insights than this have no mean quality.
const FEWEST_FOR_A_MEAN: usize = 10;
/// An insight's early ratings are complete at this age, in days.
const RIPE: i64 = 30;

/// C14.
pub(super) fn reliability(study: &Study<'_>) -> Figure {
    let question = study.loaded.question;
    let from = question.calendar.start_of(question.period.from);
    let given: Vec<_> = study.worth.rated.iter().filter(|rating| rating.at >= from).collect();
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
    let once: Vec<Coincidences> = things.iter().map(Coincidences::of).collect();
    let interval = value.and_then(|_| {
        let stream = draws("C14", question.period);
        bootstrap::interval(once.len(), stream, |times| weighted_alpha(&once, times))
    });
    Figure { value, ..Figure::unknown("C14", "", Whom::All, Unit::Alpha) }
        .within(interval)
        .of(things.len())
        .unless(study.hides(raters.len()))
}

/// C22: of the period, and of each month in it.
pub(super) fn by_month(study: &Study<'_>) -> Vec<Figure> {
    let (reads, period) = (&study.reads, study.period());
    let mut months: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut all = Vec::new();
    let mut insights = HashSet::new();
    for item in &reads.items {
        let early = study.worth.of(item.shared.id).and_then(|judged| judged.early);
        if let Some(early) = early
            && period.holds(item.shared.day)
            && item.is_older(RIPE, reads.end)
        {
            insights.insert(item.shared.id);
            all.push(early);
            months.entry(item.shared.day.format("%Y-%m").to_string()).or_default().push(early);
        }
    }
    let raters: HashSet<i64> = study
        .worth
        .rated
        .iter()
        .filter(|rating| insights.contains(&rating.insight_id))
        .map(|rating| rating.person_id)
        .collect();
    let hidden = study.hides(raters.len());
    std::iter::once((String::new(), all))
        .chain(months)
        .map(|(part, values)| {
            let n = values.len();
            let figure = Figure::unknown("C22", part, Whom::All, Unit::Stars).of(n).unless(hidden);
            if hidden || n < FEWEST_FOR_A_MEAN { figure } else { figure.with(mean(&values)) }
        })
        .collect()
}
