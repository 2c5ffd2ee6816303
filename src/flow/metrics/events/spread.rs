//! The intervals of C1, C2, C8 and C9: how far they would move had other people been there.

use std::collections::BTreeMap;

use super::super::figure::{Figure, Whom};
use super::super::flows;
use super::super::loaded::Loaded;
use super::{Study, draws};
use crate::flow::headcount::Headcount;
use crate::flow::statistics::bootstrap;
use crate::flow::statistics::network::Flows;
use crate::flow::store::readings::PersonSum;

/// From more people than this on, an interval of C1 and C2 comes from drawing them: what one person does
/// is not independent. Below, Poisson's is safer.
const ENOUGH_PEOPLE: usize = 30;

/// C1 and C2 of everybody.
pub(super) fn rates(loaded: &Loaded, sums: &[PersonSum]) -> Vec<Figure> {
    let period = loaded.question.period;
    // Days there, contributions, openings.
    let mut people: BTreeMap<i64, (i64, [i64; 2])> = BTreeMap::new();
    for stay in loaded.stays.iter().filter(|stay| stay.days_in(period) > 0) {
        people.entry(stay.person_id).or_default().0 += stay.days_in(period);
    }
    for sum in sums {
        let (_, [contributions, accesses]) = people.entry(sum.person_id).or_default();
        *contributions += sum.contributions;
        *accesses += sum.accesses;
    }
    if people.len() <= ENOUGH_PEOPLE {
        return Vec::new();
    }
    let people: Vec<_> = people.into_values().collect();
    let headcount = loaded.headcount(|_| true);
    let figures = ["C1", "C2"].iter().enumerate().filter_map(|(verb, id)| {
        let count: i64 = people.iter().map(|(_, counts)| counts[verb]).sum();
        let interval = bootstrap::interval(people.len(), draws(id, period), |times| {
            let drawn = people.iter().zip(times);
            let (days, count) = drawn.fold((0, 0), |(days, count), ((there, counts), times)| {
                (days + there * i64::from(*times), count + counts[verb] * i64::from(*times))
            });
            let exposure = Headcount { person_days: days, at_end: 0 }.exposure(period);
            (exposure > 0.0).then(|| count as f64 / exposure)
        });
        let figure = Figure::rate(id, Whom::All, count, headcount, period).of(people.len());
        // Of nothing all draws are nothing; its upper limit is Poisson's.
        interval.filter(|_| count > 0).map(|interval| figure.within(Some(interval)))
    });
    figures.collect()
}

/// C8 and C9; withheld where all flow together would tell of few.
pub(super) fn indices(study: &Study<'_>, tells_totals: bool) -> Vec<Figure> {
    let size = study.loaded.grouping.groups.len();
    // Draws count by place: they are in the order of people.
    let readers: Vec<_> = study.reads.readers.iter().filter(|(_, r)| !r.flows.is_empty()).collect();
    let drawn = |times: &[u32]| {
        let mut flows = Flows::new(size);
        for ((_, reader), times) in readers.iter().zip(times).filter(|(_, times)| **times > 0) {
            for ((from, to), count) in &reader.flows {
                flows.add(*from, *to, f64::from(count * times));
            }
        }
        flows
    };
    let hidden = !tells_totals || study.hides(readers.len());
    flows::indices(&drawn(&vec![1; readers.len()]))
        .into_iter()
        .map(|figure| {
            let statistic: fn(&Flows) -> Option<f64> = match (figure.id, &*figure.part) {
                ("C8", _) => Flows::ei,
                (_, "assortativity") => Flows::assortativity,
                _ => Flows::silo,
            };
            let stream = draws(&format!("{}{}", figure.id, figure.part), study.period());
            let interval = figure
                .value
                .and_then(|_| bootstrap::interval(readers.len(), stream, |times| statistic(&drawn(times))));
            figure.within(interval).of(readers.len()).unless(hidden)
        })
        .collect()
}
