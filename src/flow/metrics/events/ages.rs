//! C15 and C16: how old what is read is, and how long it is read.

use chrono::NaiveDate;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;
use crate::flow::statistics::quantiles::{quartiles, quartiles_of_counts};

/// Unread for so many days is stale.
const STALE: u64 = 180;
/// Openings an insight needs for a half-life.
const FEWEST_READS: usize = 5;

pub(super) fn figures(study: &Study<'_>) -> Vec<Figure> {
    let reads = &study.reads;
    let period = study.period();
    let opened: u64 = reads.ages.iter().sum();
    let age = Figure::unknown("C15", "age", Whom::All, Unit::Days)
        .with(quartiles_of_counts(&reads.ages))
        .of(opened as usize)
        .unless(study.hides(study.opened_by));
    let since = reads.days_before_end(period.to, STALE);
    let is_unread = |last: Option<NaiveDate>| last.is_none_or(|day| day < since);
    let there: Vec<_> = reads.items.iter().filter(|item| item.shared.is_there(reads.end)).collect();
    let stale = there
        .iter()
        .filter(|item| item.shared.is_older(STALE as i64, reads.end) && is_unread(item.last_day))
        .count();
    let stale = Figure::share("C15", "stale", Whom::All, stale as i64, there.len() as i64, study.fewest());
    let halves: Vec<f64> =
        reads.items.iter().filter_map(|item| half_life(item.ages.clone()?)).map(f64::from).collect();
    let n = halves.len();
    let half = Figure::unknown("C16", "", Whom::All, Unit::Days)
        .with(quartiles(halves))
        .of(n)
        .unless(study.hides(reads.old_readers));
    vec![age, stale, half]
}

/// The age by which half of the openings had happened, in days; none of too few.
fn half_life(mut ages: Vec<u16>) -> Option<u16> {
    if ages.len() < FEWEST_READS {
        return None;
    }
    ages.sort_unstable();
    ages.get(ages.len().div_ceil(2) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::half_life;

    #[test]
    fn half_of_the_openings_have_happened_by_the_half_life() {
        assert_eq!(half_life(vec![30, 1, 0, 2, 300]), Some(2), "three of five by the second day");
        assert_eq!(half_life(vec![0, 0, 7, 9, 20, 40]), Some(7), "three of six");
        assert_eq!(half_life(vec![0, 1, 2, 3]), None, "four are too few");
    }
}
