//! C6: how far an insight reaches.

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;
use crate::flow::statistics::quantiles::quartiles;

pub(super) fn figures(study: &Study<'_>) -> Vec<Figure> {
    let reads = &study.reads;
    let others = study.loaded.headcount(|_| true).at_end.saturating_sub(1) as f64;
    let there = &reads.departments;
    let mut people = Vec::new();
    let mut departments = Vec::new();
    for item in reads.items.iter().filter(|item| item.shared.is_reaching(reads.end)) {
        if others > 0.0 {
            // Who has left since then makes no share above one.
            people.push((f64::from(item.readers) / others).min(1.0));
        }
        let others = there.iter().filter(|top| **top != item.home).count();
        if others > 0 {
            let reached = item.reached.iter().filter(|top| there.contains(top)).count();
            departments.push(reached as f64 / others as f64);
        }
    }
    let hidden = study.hides(reads.reached_people);
    [("people", people), ("departments", departments)]
        .map(|(part, shares)| {
            let n = shares.len();
            Figure::unknown("C6", part, Whom::All, Unit::Share).with(quartiles(shares)).of(n).unless(hidden)
        })
        .into()
}
