//! C20 and C21: what is worth reading and is not read, and what nobody has opened.

use std::collections::HashSet;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;

/// An insight is looked at from this age on, in days.
const OLD_ENOUGH: i64 = 30;
/// Nobody outside has opened it for so many days.
const UNREAD: u64 = 90;
const FEWEST_RATERS: usize = 3;
/// Stars from which somebody vouches for it.
const WORTH: f64 = 3.5;

/// What lies idle at the end of the period.
pub(super) struct Idle {
    /// Worth reading, and not read outside its department for a long time; by id.
    pub under_read: Vec<i64>,
    valuable: i64,
    old: i64,
    never: i64,
}

impl Idle {
    /// `used` are the insights that two people and more have used.
    pub(super) fn find(study: &Study<'_>, used: &HashSet<i64>) -> Idle {
        let reads = &study.reads;
        let since = reads.days_before_end(study.period().to, UNREAD);
        let mut idle = Idle { under_read: Vec::new(), valuable: 0, old: 0, never: 0 };
        for item in reads
            .items
            .iter()
            .filter(|item| item.shared.is_there(reads.end) && item.shared.is_older(OLD_ENOUGH, reads.end))
        {
            idle.old += 1;
            idle.never += i64::from(item.first.is_none());
            let vouched = study.judged.of(item.shared.id).is_some_and(|judged| {
                // 3.5 itself counts, also where the sum of the model rounds below it.
                let is_worth = |stars: f64| stars >= WORTH - 1e-9;
                judged.raters >= FEWEST_RATERS
                    && (is_worth(judged.value)
                        || judged.home.is_some_and(is_worth)
                        || used.contains(&item.shared.id))
            });
            idle.valuable += i64::from(vouched);
            if vouched && item.last_day_outside.is_none_or(|day| day < since) {
                idle.under_read.push(item.shared.id);
            }
        }
        idle
    }

    pub(super) fn figures(&self, study: &Study<'_>) -> Vec<Figure> {
        let dark = self.under_read.len() as i64;
        let n = (self.valuable > 0).then_some(dark as f64);
        vec![
            Figure::share("C20", "", Whom::All, dark, self.valuable, study.fewest()),
            Figure::plain("C20", "count", Unit::Count, n, (n, Some(self.valuable as f64))),
            Figure::share("C21", "", Whom::All, self.never, self.old, study.fewest()),
        ]
    }
}
