//! C11 and C12: how long insights wait.

use chrono::{Duration, NaiveDateTime};

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;
use super::reads::Item;
use crate::flow::statistics::survival::{Curve, Wait};

/// After how many hours the part that still waits is told: 7 days.
const WEEK: f64 = 168.0;

/// A time span in hours.
pub(super) fn hours(span: Duration) -> f64 {
    span.num_milliseconds() as f64 / 3_600_000.0
}

pub(super) fn figures(study: &Study<'_>) -> Vec<Figure> {
    let (reads, raters) = (&study.reads, &study.raters);
    let mut figures =
        Vec::from(waiting(study, ("C11", "", "waiting_7d"), reads.new_readers, |item| item.first));
    figures.extend(waiting(study, ("C12", "rating", "rating_waiting_7d"), raters.of_new.len(), |item| {
        raters.first_rated.get(&item.shared.id).copied()
    }));
    let parts = ("C12", "outside", "outside_waiting_7d");
    figures.extend(if reads.departments.len() > 1 {
        waiting(study, parts, reads.new_readers_outside, |item| item.first_outside)
    } else {
        [(parts.1, Unit::Hours), (parts.2, Unit::Share)]
            .map(|(part, unit)| Figure::unknown(parts.0, part, Whom::All, unit))
    });
    figures
}

/// The median and what still waits after a week, of the insights shared in the period, for which so many
/// people did not wait.
fn waiting(
    study: &Study<'_>,
    (id, median, after): (&'static str, &'static str, &'static str),
    people: usize,
    first: impl Fn(&Item) -> Option<NaiveDateTime>,
) -> [Figure; 2] {
    let (reads, period) = (&study.reads, study.period());
    let waits: Vec<Wait> = reads
        .items
        .iter()
        .filter(|item| period.holds(item.shared.day))
        .map(|item| {
            let until = item.shared.withdrawn_at.map_or(reads.end, |at| at.min(reads.end));
            match first(item) {
                Some(at) => Wait { time: hours(at - item.shared.contributed_at), happened: true },
                None => Wait { time: hours(until - item.shared.contributed_at), happened: false },
            }
        })
        .collect();
    let (n, happened) = (waits.len(), waits.iter().filter(|wait| wait.happened).count());
    let curve = Curve::new(waits);
    let share = Figure::unknown(id, after, Whom::All, Unit::Share);
    let share = match &curve {
        Some(curve) if n as u64 >= study.fewest() => share.with(Some(curve.waiting_after(WEEK))).of(n),
        _ => share.of(n),
    };
    let hidden = study.hides(people);
    [Figure::wait(id, median, Unit::Hours, curve.as_ref().map(Curve::median), (n, happened)), share]
        .map(|figure| figure.unless(hidden))
}
