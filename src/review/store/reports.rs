//! Reports: somebody asks a curator to look at an insight.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::{self, NewCase, Opened};
use crate::accounts::person::Actor;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{people, review_reports};
use crate::each_db;
use crate::error::AppResult;
use crate::review::case::{Evidence, Kind, ReportReason};

/// Keeps a report. Returns whether it is this person's first while the case is open.
///
/// # Errors
/// What the database says.
pub fn report(
    c: &mut Conn,
    actor: &Actor,
    insight_id: i64,
    reason: ReportReason,
    words: &str,
) -> AppResult<bool> {
    let new = NewCase::about(Kind::Reported, insight_id, Evidence::Reported, actor.at);
    let id = match cases::open(c, &new)? {
        Opened::New(id) | Opened::Known(id) => id,
        Opened::Settled => return Ok(false),
    };
    let row = (
        review_reports::case_id.eq(id),
        review_reports::person_id.eq(actor.person_id),
        review_reports::reason.eq(reason.name()),
        review_reports::words.eq(words),
        review_reports::at.eq(actor.at),
    );
    let added = each_db!(c, c => diesel::insert_into(review_reports::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// A report as its case shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub by: Named,
    pub reason: ReportReason,
    pub words: String,
    /// UTC.
    pub at: NaiveDateTime,
}

/// The reports of a case, the first first.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, case_id: i64) -> QueryResult<Vec<Report>> {
    type Row = ((i64, String), String, String, NaiveDateTime);
    let rows: Vec<Row> = review_reports::table
        .inner_join(people::table)
        .filter(review_reports::case_id.eq(case_id))
        .order((review_reports::at, review_reports::person_id))
        .select((
            (people::id, people::name),
            review_reports::reason,
            review_reports::words,
            review_reports::at,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .map(|(by, reason, words, at)| Report {
            by: by.into(),
            reason: ReportReason::named(&reason).unwrap_or(ReportReason::Other),
            words,
            at,
        })
        .collect())
}
