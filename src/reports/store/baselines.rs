//! The report that later ones are compared with: that of the first four full weeks, marked by itself, or one
//! that the Chief Customer Officer chose, once. The database itself refuses to change the mark.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::accounts::audit;
use crate::db::Conn;
use crate::db::schema::{people, report_baselines, reports};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::flow::period::Period;

/// Fewest days of a baseline.
pub const FEWEST_DAYS: i64 = 28;

/// The baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    pub report: i64,
    pub period: Period,
    /// Who chose it; none where it was marked by itself.
    pub by: Option<String>,
    pub by_hand: bool,
    /// UTC.
    pub at: NaiveDateTime,
}

/// The baseline that counts: the one by hand before the one marked by itself; none where neither is there.
///
/// # Errors
/// What the database says.
pub fn baseline(c: &mut Conn) -> QueryResult<Option<Baseline>> {
    type Row = (i64, chrono::NaiveDate, chrono::NaiveDate, Option<String>, bool, NaiveDateTime);
    let row: Option<Row> = report_baselines::table
        .inner_join(reports::table)
        .left_join(people::table.on(people::id.nullable().eq(report_baselines::marked_by)))
        .order(report_baselines::by_hand.desc())
        .select((
            reports::id,
            reports::period_from,
            reports::period_to,
            people::name.nullable(),
            report_baselines::by_hand,
            report_baselines::marked_at,
        ))
        .first(c)
        .optional()?;
    Ok(row.map(|(report, from, to, by, by_hand, at)| Baseline {
        report,
        period: Period { from, to },
        by,
        by_hand,
        at,
    }))
}

/// Marks a report as the baseline, with its trace; false where there is one of this kind already.
///
/// # Errors
/// What the database says.
pub fn mark(c: &mut Conn, report: i64, by: Option<i64>, at: NaiveDateTime) -> QueryResult<bool> {
    let row = (
        report_baselines::by_hand.eq(by.is_some()),
        report_baselines::report_id.eq(report),
        report_baselines::marked_by.eq(by),
        report_baselines::marked_at.eq(at),
    );
    let new = each_db!(&mut *c, c => diesel::insert_into(report_baselines::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if new > 0 {
        audit::record(c, by, at, "marked as the baseline", &format!("report:{report}"), "")?;
    }
    Ok(new > 0)
}

/// Marks a report by hand: of the whole company, over four weeks at least, and only once.
///
/// # Errors
/// 409 with the reason why it cannot be; what the database says.
pub fn choose(c: &mut Conn, report: i64, person: i64, at: NaiveDateTime) -> AppResult<()> {
    let (from, to, segment): (chrono::NaiveDate, chrono::NaiveDate, Option<i64>) = reports::table
        .find(report)
        .select((reports::period_from, reports::period_to, reports::segment_id))
        .first(c)
        .optional()?
        .ok_or(AppError::NotFound)?;
    if segment.is_some() {
        return Err(AppError::Conflict(
            "A baseline is of the whole company. Choose a report without a segment.",
        ));
    }
    if (to - from).num_days() < FEWEST_DAYS {
        return Err(AppError::Conflict("A baseline covers four weeks at least. Make a longer report first."));
    }
    if !mark(c, report, Some(person), at)? {
        return Err(AppError::Conflict("A baseline was chosen by hand already. That is done once."));
    }
    Ok(())
}
