//! C5: how unevenly contributions and openings are spread over people.

use std::collections::BTreeMap;

use super::definitions::Unit;
use super::events::draws;
use super::figure::{FEWEST_FOR_A_SHARE, Figure, Whom};
use super::loaded::Loaded;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::statistics::bootstrap;
use crate::flow::statistics::inequality::{self, Spread};
use crate::flow::store::readings::PersonSum;

/// C5: how unevenly contributions and accesses are spread over everybody who was there.
pub(super) fn inequality(loaded: &Loaded, sums: &[PersonSum]) -> Vec<Figure> {
    let period = loaded.question.period;
    let mut counts: BTreeMap<i64, (u64, u64)> =
        loaded.everybody.iter().map(|stay| (stay.person_id, (0, 0))).collect();
    let of_segment = |sum: &&PersonSum| loaded.question.segment.is_none_or(|id| id == sum.segment_id);
    let did_something = |sum: &&PersonSum| sum.contributions > 0 || sum.accesses > 0;
    for sum in sums.iter().filter(of_segment).filter(did_something) {
        // Somebody who did something without being there, such as before joining, counts too.
        let (contributions, accesses) = counts.entry(sum.person_id).or_default();
        *contributions += sum.contributions.unsigned_abs();
        *accesses += sum.accesses.unsigned_abs();
    }
    let contributions: Vec<u64> = counts.values().map(|(c, _)| *c).collect();
    let accesses: Vec<u64> = counts.values().map(|(_, a)| *a).collect();
    let people = contributions.len();
    let parts = [
        (
            ["gini_contributions", "top1_contributions", "top10_contributions", "zero_contributions"],
            contributions,
        ),
        (["gini_accesses", "top1_accesses", "top10_accesses", "zero_accesses"], accesses),
    ];
    let mut figures = Vec::new();
    for ([gini, top1, top10, zero], counts) in parts {
        let total: u64 = counts.iter().sum();
        let of = (Some(total as f64), Some(people as f64));
        let spread = Spread::new(counts.clone());
        let drawn = |part: &str, statistic: &dyn Fn(&[u32]) -> Option<f64>| {
            let stream = draws(&format!("C5{part}"), period);
            (total > 0).then(|| bootstrap::interval(people, stream, statistic)).flatten()
        };
        figures.push(
            Figure::plain("C5", gini, Unit::Gini, inequality::gini(&counts), of)
                .within(drawn(gini, &|times| spread.gini(times)))
                .of(people),
        );
        for (part, percent) in [(top1, 1), (top10, 10)] {
            let top = inequality::top_people(people, percent);
            let (done, all) = inequality::top_sum(&counts, top);
            let share = (all > 0).then(|| done as f64 / all as f64);
            let of = (Some(done as f64), Some(all as f64));
            // The busiest 1 % of a small company are one person.
            let few = (top as u64) < loaded.question.fewest(FEWEST_PEOPLE);
            figures.push(
                Figure::plain("C5", part, Unit::Share, share, of)
                    .within(drawn(part, &|times| spread.top_share(times, top)))
                    .of(people)
                    .unless(few),
            );
        }
        let none = counts.iter().filter(|count| **count == 0).count();
        let fewest = loaded.question.fewest(FEWEST_FOR_A_SHARE);
        figures.push(Figure::share("C5", zero, Whom::All, none as i64, people as i64, fewest));
    }
    let everybody = loaded.headcount(|_| true);
    let unsuppressed = loaded.question.view.unsuppressed;
    figures.into_iter().map(|figure| figure.unless_small(everybody, period, unsuppressed)).collect()
}
