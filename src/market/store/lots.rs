//! What a list shows of insights: each with its shown value and with what the viewer has done with it.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::archive::visible::visible_to;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::fragments::{Prepared, in_few, octet_length, string_agg, substr};
use crate::db::quick::Moment;
use crate::db::schema::{
    customers, departments, first_accesses, insight_authors, insight_tags, insight_values, insights, people,
    ratings, tags, uses, value_reveals,
};
use crate::each_db;
use crate::market::shown::ShownRow;

/// Characters of body and quote that a list reads: more than it shows, for Markdown signs that fall away.
const READ: i32 = 240;

/// An insight of a list.
#[derive(Clone, Debug, Queryable)]
pub struct LotRow {
    pub text: LotText,
    /// Id and name.
    pub author: (i64, String),
    /// The path of the author's department at the time.
    pub department: String,
    /// Id and name.
    pub customer: Option<(i64, String)>,
    /// All of them in one text ([`named`]): a statement of their own cost more than reading them.
    pub tags: Option<String>,
    /// Missing only where nobody has started a value yet.
    pub shown: Option<ShownRow>,
    pub viewer: Viewer,
}

/// The text of a [`LotRow`]: body and quote are their beginnings, and beside a quote there is no body.
#[derive(Clone, Debug, Queryable)]
pub struct LotText {
    pub id: i64,
    pub title: String,
    pub body: String,
    pub quote: String,
    pub source: String,
    pub contributed_at: Moment,
}

/// Between two tags, and between the id and the name of one: characters that nobody types.
const BETWEEN: &str = "\u{1e}";
const WITHIN: &str = "\u{1f}";

/// The tags of a [`LotRow`], by name.
pub fn named(tags: &str) -> Vec<Named> {
    let named = |tag: &str| {
        let (id, name) = tag.split_once(WITHIN)?;
        Some(Named { id: id.parse().ok()?, name: name.to_owned() })
    };
    let mut tags: Vec<Named> = tags.split(BETWEEN).filter_map(named).collect();
    tags.sort_by(|one, other| one.name.cmp(&other.name));
    tags
}

/// What the viewer has to do with an insight.
#[derive(Clone, Debug, Queryable)]
pub struct Viewer {
    /// Their rating.
    pub rating: Option<i32>,
    /// They have opened it.
    pub opened: bool,
    /// They asked for its value without rating.
    pub revealed: bool,
    /// They said that they used it.
    pub used: bool,
    /// They are one of its authors.
    pub is_author: bool,
}

/// The visible insights among at most thirty ids, in the order of the ids.
///
/// One statement: every table is joined by its primary key or by a unique index.
///
/// # Errors
/// What the database says.
pub fn rows(c: &mut Conn, viewer: i64, ids: &[i64]) -> QueryResult<Vec<LotRow>> {
    let mut rows: Vec<LotRow> = each_db!(c, c => Prepared(insights::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .left_join(customers::table)
        .left_join(insight_values::table)
        .left_join(ratings::table.on(ratings::insight_id.eq(insights::id).and(ratings::person_id.eq(viewer))))
        .left_join(
            first_accesses::table
                .on(first_accesses::insight_id.eq(insights::id).and(first_accesses::person_id.eq(viewer))),
        )
        .left_join(
            value_reveals::table
                .on(value_reveals::insight_id.eq(insights::id).and(value_reveals::person_id.eq(viewer))),
        )
        .left_join(uses::table.on(uses::insight_id.eq(insights::id).and(uses::person_id.eq(viewer))))
        .left_join(
            insight_authors::table
                .on(insight_authors::insight_id.eq(insights::id).and(insight_authors::person_id.eq(viewer))),
        )
        .filter(in_few(insights::id, ids))
        .filter(visible_to(viewer))
        .select((
            (
                insights::id,
                insights::title,
                case_when(insights::quote.eq(""), substr(insights::body, 1, READ)).otherwise(""),
                // Counting the letters of thirty texts was a twentieth of the feed; most are short.
                case_when(octet_length(insights::quote).le(READ), insights::quote)
                    .otherwise(substr(insights::quote, 1, READ)),
                insights::source,
                insights::contributed_at,
            ),
            (people::id, people::name),
            departments::path,
            (customers::id, customers::name).nullable(),
            insight_tags::table
                .inner_join(tags::table)
                .filter(insight_tags::insight_id.eq(insights::id))
                .select(string_agg(
                    insight_tags::tag_id.cast::<Text>().concat(WITHIN).concat(tags::name),
                    BETWEEN,
                ))
                .single_value(),
            Option::<ShownRow>::as_select(),
            (
                ratings::value.nullable(),
                first_accesses::person_id.nullable().is_not_null(),
                value_reveals::person_id.nullable().is_not_null(),
                uses::person_id.nullable().is_not_null(),
                insight_authors::person_id.nullable().is_not_null(),
            ),
        )))
        .load(c))?;
    let place = |row: &LotRow| ids.iter().position(|id| *id == row.text.id);
    rows.sort_by_cached_key(place);
    Ok(rows)
}
