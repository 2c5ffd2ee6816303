//! One insight, read for somebody.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::accounts::person::Person;
use crate::archive::insight::{Insight, Source, Withdrawal};
use crate::archive::visible::{may_open, visible_to};
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{
    customers, departments, insight_authors, insight_tags, insights, people, segments, tags,
};
use crate::each_db;
use crate::error::{AppError, AppResult};

/// The role of somebody who shared the same in other words.
pub(super) const CORROBORATOR: &str = "corroborator";

type Text = (i64, String, String, String, String, Option<NaiveDate>, String);
type Shared = (bool, NaiveDateTime, NaiveDate, i32, Option<NaiveDateTime>);
type Withdrawn = (Option<NaiveDateTime>, Option<i64>, String, bool, Option<i64>);
type IdName = (i64, String);
type Row = (Text, Shared, Withdrawn, IdName, IdName, Option<IdName>, Option<IdName>, (bool, bool, bool));

/// The insight with this id as `viewer` may open it: what is visible to them, and what was withdrawn if
/// it is their own or they curate.
///
/// # Errors
/// `NotFound` for what does not exist and for what they may not open: the two look the same.
pub fn insight(c: &mut Conn, viewer: &Person, id: i64) -> AppResult<Insight> {
    let other_authors = diesel::alias!(insight_authors as other_authors);
    let merged = diesel::alias!(insights as merged);
    let found = insights::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .left_join(segments::table)
        .left_join(customers::table)
        .filter(insights::id.eq(id))
        .filter(may_open(viewer))
        .select((
            (
                insights::id,
                insights::title,
                insights::body,
                insights::quote,
                insights::source,
                insights::observed_on,
                insights::evidence_url,
            ),
            (
                insights::manager,
                insights::contributed_at,
                insights::day,
                insights::version,
                insights::edited_at,
            ),
            (
                insights::withdrawn_at,
                insights::withdrawn_by,
                insights::withdrawn_reason,
                insights::undone,
                insights::merged_into,
            ),
            (people::id, people::name),
            (departments::id, departments::path),
            (segments::id, segments::name).nullable(),
            (customers::id, customers::name).nullable(),
            (
                exists(
                    insight_authors::table
                        .filter(insight_authors::insight_id.eq(insights::id))
                        .filter(insight_authors::person_id.eq(viewer.id)),
                ),
                exists(
                    other_authors
                        .filter(other_authors.field(insight_authors::insight_id).eq(insights::id))
                        .filter(other_authors.field(insight_authors::role).eq(CORROBORATOR)),
                ),
                exists(merged.filter(merged.field(insights::merged_into).eq(insights::id.nullable()))),
            ),
        ));
    let row = each_db!(&mut *c, c => found.first::<Row>(c))?;
    let tags = insight_tags::table
        .inner_join(tags::table)
        .filter(insight_tags::insight_id.eq(id))
        .order((tags::folded_name, tags::id))
        .select((tags::id, tags::name));
    let tags = each_db!(&mut *c, c => tags.load::<IdName>(c))?;
    // Few insights have any: no question for the others.
    let corroborators = if row.7.1 { corroborators(c, id)? } else { Vec::new() };
    insight_of(row, tags, corroborators)
}

fn corroborators(c: &mut Conn, id: i64) -> QueryResult<Vec<IdName>> {
    insight_authors::table
        .inner_join(people::table)
        .filter(insight_authors::insight_id.eq(id))
        .filter(insight_authors::role.eq(CORROBORATOR))
        .order((people::folded_name, people::id))
        .select((people::id, people::name))
        .load(c)
}

fn insight_of(row: Row, tags: Vec<IdName>, corroborators: Vec<IdName>) -> AppResult<Insight> {
    let (text, shared, withdrawn, author, department, segment, customer, (is_own, _, has_merged)) = row;
    let (id, title, body, quote, source, observed_on, evidence_url) = text;
    let (manager, contributed_at, day, version, edited_at) = shared;
    let (withdrawn_at, by, reason, undone, merged_into) = withdrawn;
    let source = Source::named(&source)
        .ok_or_else(|| AppError::Internal(format!("insight {id} has no known source")))?;
    Ok(Insight {
        id,
        title,
        body,
        quote,
        segment: segment.map(Named::from),
        customer: customer.map(Named::from),
        tags: tags.into_iter().map(Named::from).collect(),
        source,
        observed_on,
        evidence_url,
        author: author.into(),
        corroborators: corroborators.into_iter().map(Named::from).collect(),
        department: department.into(),
        manager,
        contributed_at,
        day,
        version,
        edited_at,
        withdrawn: withdrawn_at.map(|at| Withdrawal { at, by, reason, undone, merged_into }),
        is_own,
        has_merged,
    })
}

/// Whether this insight is in the archive for this person.
///
/// # Errors
/// What the database says.
pub fn is_visible(c: &mut Conn, person_id: i64, id: i64) -> QueryResult<bool> {
    insights::table
        .filter(insights::id.eq(id))
        .filter(visible_to(person_id))
        .select(insights::id)
        .first::<i64>(c)
        .optional()
        .map(|found| found.is_some())
}

/// What everybody may know of a withdrawn insight: that, when and why; nothing of what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// UTC.
    pub at: NaiveDateTime,
    pub reason: String,
    /// Where the same can be read.
    pub merged_into: Option<i64>,
}

/// That an insight was withdrawn. One that was undone never was, so there is nothing to say.
///
/// # Errors
/// `NotFound` when there is no withdrawn insight with this id.
pub fn gone(c: &mut Conn, id: i64) -> QueryResult<Gone> {
    insights::table
        .filter(insights::id.eq(id))
        .filter(insights::undone.eq(false))
        .filter(insights::withdrawn_at.is_not_null())
        .select((insights::withdrawn_at.assume_not_null(), insights::withdrawn_reason, insights::merged_into))
        .first::<(NaiveDateTime, String, Option<i64>)>(c)
        .map(|(at, reason, merged_into)| Gone { at, reason, merged_into })
}
