//! C19: the flow of what is worth something.

use std::collections::BTreeMap;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::{Study, draws};
use crate::flow::statistics::bootstrap;

pub(super) fn figures(study: &Study<'_>) -> Vec<Figure> {
    let (period, readers) = (study.period(), &study.reads.readers);
    // Everybody who was there: who read nothing might have been drawn too.
    let mut people: BTreeMap<i64, (f64, f64)> = study
        .loaded
        .stays
        .iter()
        .filter(|stay| stay.days_in(period) > 0)
        .map(|stay| (stay.person_id, (0.0, 0.0)))
        .collect();
    people.extend(readers.iter().map(|(person, reader)| (*person, (reader.weight, reader.crossing))));
    let people: Vec<(f64, f64)> = people.into_values().collect();
    let sums = |times: &[u32]| {
        people.iter().zip(times).fold((0.0, 0.0), |(all, crossing), ((weight, out), times)| {
            (all + weight * f64::from(*times), crossing + out * f64::from(*times))
        })
    };
    let (all, crossing) = sums(&vec![1; people.len()]);
    let exposure = study.loaded.headcount(|_| true).exposure(period);
    let rate = |sum: f64| (exposure > 0.0).then(|| sum / exposure);
    let share = |(all, crossing): (f64, f64)| (all > 0.0).then(|| crossing / all);
    let hidden = study.hides(readers.iter().filter(|(_, reader)| reader.weight > 0.0).count());
    let drawn = |name: &str, statistic: &dyn Fn((f64, f64)) -> Option<f64>| {
        bootstrap::interval(people.len(), draws(name, period), |times| statistic(sums(times)))
    };
    let value = rate(all);
    let interval = value.and_then(|_| drawn("C19", &|(all, _)| rate(all)));
    let flow = Figure::plain("C19", "", Unit::PerPersonMonth, value, (Some(all), Some(exposure)))
        .within(interval)
        .of(people.len())
        .unless(hidden);
    let value = share((all, crossing)).filter(|_| study.reads.departments.len() > 1);
    let interval = value.and_then(|_| drawn("C19crossing", &share));
    let crossing = Figure { value, ..Figure::unknown("C19", "crossing", Whom::All, Unit::Share) }
        .within(interval)
        .of(people.len())
        .unless(hidden);
    vec![flow, crossing]
}
