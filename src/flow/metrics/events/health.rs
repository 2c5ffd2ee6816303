//! C23: whether credits move, and whether ratings can be trusted.

use super::super::definitions::Unit;
use super::super::figure::Figure;
use super::Study;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::statistics::inequality::{top_people, top_sum};
use crate::flow::store::histories::Credits;

/// Credits that came into being are told to so many.
const STEP: i64 = 10;

/// `flagged` are pairs of people flagged for rating each other by agreement.
pub(super) fn figures(study: &Study<'_>, credits: &Credits, flagged: i64) -> Vec<Figure> {
    let mut earned: Vec<u64> = credits.earned.iter().map(|sum| u64::try_from(*sum).unwrap_or(0)).collect();
    // Everybody, people who earned nothing included.
    let people = study.loaded.headcount(|_| true).at_end as usize;
    let earners = earned.iter().filter(|sum| **sum > 0).count();
    earned.resize(earned.len().max(people), 0);
    let (top, all) = top_sum(&earned, top_people(earned.len(), 10));
    let share = (all > 0).then(|| top as f64 / all as f64);
    // The busiest tenth of a small company are one or two people.
    let tops = top_people(earned.len(), 10) as u64;
    let few = study.hides(earners) || (all > 0 && tops < study.loaded.question.fewest(FEWEST_PEOPLE));
    // What one insight earned in a week follows from its value: a week more or less must not tell it.
    let issued = match study.loaded.question.view.unsuppressed {
        true => credits.issued,
        false => (credits.issued + STEP / 2).div_euclid(STEP) * STEP,
    };
    let count = |part: &'static str, unit: Unit, number: f64| {
        Figure::plain("C23", part, unit, Some(number), (None, None))
    };
    vec![
        count("issued", Unit::Credits, issued as f64),
        count("spent", Unit::Credits, credits.spent as f64),
        count("in_escrow", Unit::Credits, credits.in_escrow as f64),
        Figure::plain("C23", "top10_earnings", Unit::Share, share, (Some(top as f64), Some(all as f64)))
            .unless(few),
        count("flagged_pairs", Unit::Count, flagged as f64),
        count("pending_error", Unit::Stars, study.judged.pending_error),
    ]
}
