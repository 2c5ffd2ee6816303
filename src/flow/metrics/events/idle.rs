//! C20 and C21: what is worth reading and is not read, and what nobody has opened.

use diesel::QueryResult;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::Study;
use crate::db::Conn;
use crate::flow::store::histories;

/// An insight is looked at from this age on, in days.
const OLD_ENOUGH: i64 = 30;
/// Nobody outside has opened it for so many days.
const UNREAD: u64 = 90;
const FEWEST_RATERS: usize = 3;
/// Stars from which somebody vouches for it.
const WORTH: f64 = 3.5;

pub(super) fn figures(c: &mut Conn, study: &Study<'_>) -> QueryResult<Vec<Figure>> {
    let reads = &study.reads;
    let used = histories::used_by_two(c, reads.end)?;
    let since = reads.days_before_end(study.period().to, UNREAD);
    let (mut valuable, mut dark, mut old, mut never) = (0, 0, 0, 0);
    for item in
        reads.items.iter().filter(|item| item.is_there(reads.end) && item.is_older(OLD_ENOUGH, reads.end))
    {
        old += 1;
        never += i64::from(item.first.is_none());
        let vouched = study.worth.of(item.shared.id).is_some_and(|judged| {
            // 3.5 itself counts, also where the sum of the model rounds below it.
            let is_worth = |stars: f64| stars >= WORTH - 1e-9;
            judged.raters >= FEWEST_RATERS
                && (is_worth(judged.value)
                    || judged.home.is_some_and(is_worth)
                    || used.contains(&item.shared.id))
        });
        valuable += i64::from(vouched);
        dark += i64::from(vouched && item.last_day_outside.is_none_or(|day| day < since));
    }
    let n = (valuable > 0).then_some(dark as f64);
    Ok(vec![
        Figure::share("C20", "", Whom::All, dark, valuable, study.fewest()),
        Figure::plain("C20", "count", Unit::Count, n, (n, Some(valuable as f64))),
        Figure::share("C21", "", Whom::All, never, old, study.fewest()),
    ])
}
