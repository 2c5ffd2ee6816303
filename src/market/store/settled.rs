//! Tells authors when the number of their insight first appears or moves.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::values::Epoch;
use crate::db::Conn;
use crate::db::schema::{insight_authors, insights};
use crate::market::shown::{Shown, has_number};
use crate::notices::{self, About, Kind, Notice};

/// Tells the authors of an insight, where what is shown of it moved to another number. Nothing is told of
/// a word alone, nor of a number that goes.
pub(super) fn tell(
    c: &mut Conn,
    epoch: &Epoch,
    insight_id: i64,
    before: &Shown,
    after: &Shown,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let number = |shown: &Shown| {
        has_number(&epoch.policy, shown.raters, shown.raters, shown.tenths).then_some(shown.tenths)
    };
    let (was, is) = (number(before), number(after));
    let Some(tenths) = is.filter(|_| was != is) else { return Ok(()) };
    let title: String = insights::table.find(insight_id).select(insights::title).first(c)?;
    let authors: Vec<i64> = insight_authors::table
        .filter(insight_authors::insight_id.eq(insight_id))
        .order(insight_authors::person_id)
        .select(insight_authors::person_id)
        .load(c)?;
    let stars = format!("{}.{}", tenths / 10, tenths % 10);
    let text = match was {
        None => format!("“{title}” has a value now: {stars} of 5"),
        Some(was) => format!("“{title}” is worth {stars} of 5 now; it was {}.{}", was / 10, was % 10),
    };
    for person_id in authors {
        notices::store::tell(
            c,
            &Notice {
                person_id,
                kind: Kind::Settled,
                about: About::insight(insight_id, &title).leading_to(format!("/insights/{insight_id}/value")),
                text: text.clone(),
                key: format!("settled:{insight_id}:{}", now.and_utc().timestamp_micros()),
                department: None,
                at: now,
            },
        )?;
    }
    Ok(())
}
