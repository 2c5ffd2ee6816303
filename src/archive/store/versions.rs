//! Every text an insight ever had.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::archive::draft::Draft;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{insight_versions, people};

/// One text of an insight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// 1 is what was shared.
    pub number: i32,
    pub title: String,
    pub body: String,
    pub quote: String,
    /// Segment, customer, source, date, tags and link, one "name: value" a line.
    pub details: String,
    /// What changed, in the editor's words.
    pub reason: String,
    pub by: Named,
    /// UTC.
    pub at: NaiveDateTime,
}

/// Keeps a version.
pub(super) fn add(
    c: &mut Conn,
    insight_id: i64,
    version: i32,
    draft: &Draft,
    reason: &str,
    actor: &Actor,
) -> QueryResult<()> {
    diesel::insert_into(insight_versions::table)
        .values((
            insight_versions::insight_id.eq(insight_id),
            insight_versions::version.eq(version),
            insight_versions::title.eq(&draft.title),
            insight_versions::body.eq(&draft.body),
            insight_versions::quote.eq(&draft.quote),
            insight_versions::details.eq(draft.details()),
            insight_versions::reason.eq(reason),
            insight_versions::edited_by.eq(actor.person_id),
            insight_versions::edited_at.eq(actor.at),
        ))
        .execute(c)
        .map(|_| ())
}

/// The versions of an insight, newest first, at most `limit` of those before `before`. Whether the
/// insight may be read at all is the caller's question, as for everything of an insight.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, insight_id: i64, before: i32, limit: i64) -> QueryResult<Vec<Version>> {
    type Row = (i32, String, String, String, String, String, (i64, String), NaiveDateTime);
    let rows = insight_versions::table
        .inner_join(people::table.on(people::id.eq(insight_versions::edited_by)))
        .filter(insight_versions::insight_id.eq(insight_id))
        .filter(insight_versions::version.lt(before))
        .order(insight_versions::version.desc())
        .limit(limit)
        .select((
            insight_versions::version,
            insight_versions::title,
            insight_versions::body,
            insight_versions::quote,
            insight_versions::details,
            insight_versions::reason,
            (people::id, people::name),
            insight_versions::edited_at,
        ))
        .load::<Row>(c)?;
    Ok(rows
        .into_iter()
        .map(|(number, title, body, quote, details, reason, by, at)| Version {
            number,
            title,
            body,
            quote,
            details,
            reason,
            by: by.into(),
            at,
        })
        .collect())
}
