//! A new insight, with everything that belongs to it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::versions;
use crate::accounts::person::Actor;
use crate::archive::draft::Draft;
use crate::archive::insight::Source;
use crate::archive::markdown;
use crate::customers;
use crate::db::fragments::Prepared;
use crate::db::schema::{insight_authors, insight_tags, insights, segments};
use crate::db::{Conn, search};
use crate::each_db;
use crate::error::AppResult;
use crate::flow;
use crate::web::token;

/// Keeps a new insight: its row, its author, its first version, its tags, its place in the search index,
/// and the contribution in the flow. Segment, customer and tags are made if they are new. Returns its id.
///
/// What follows from a contribution is done by `review::store::publish`, which people's forms go through.
///
/// # Errors
/// What the database says.
pub fn share(c: &mut Conn, actor: &Actor, draft: &Draft) -> AppResult<i64> {
    let names = Names::of(c, draft, actor.person_id, actor.at)?;
    let id = diesel::insert_into(insights::table)
        .values((
            // Holds its place until the id is known.
            insights::reference.eq(format!("new {}", token::fresh()?)),
            insights::title.eq(&draft.title),
            insights::body.eq(&draft.body),
            insights::quote.eq(&draft.quote),
            insights::segment_id.eq(names.segment),
            insights::customer_id.eq(names.customer),
            insights::source.eq(draft.source.name()),
            insights::observed_on.eq(draft.observed_on),
            insights::evidence_url.eq(&draft.evidence_url),
            insights::author_id.eq(actor.person_id),
            insights::department_id.eq(actor.department_id),
            insights::manager.eq(actor.manager),
            insights::contributed_at.eq(actor.at),
            insights::day.eq(actor.day),
        ))
        .returning(insights::id)
        .get_result::<i64>(c)?;
    name(c, id)?;
    diesel::insert_into(insight_authors::table)
        .values((
            insight_authors::insight_id.eq(id),
            insight_authors::person_id.eq(actor.person_id),
            insight_authors::role.eq("author"),
        ))
        .execute(c)?;
    set_tags(c, id, &names.tags)?;
    versions::add(c, id, 1, draft, "", actor)?;
    index(c, id, draft)?;
    flow::store::record_contribution(c, actor, names.segment)?;
    Ok(id)
}

/// Gives a new insight its reference: `i` and its id, or the next free one, because an import may have
/// brought that name from elsewhere.
fn name(c: &mut Conn, id: i64) -> QueryResult<()> {
    let mut reference = format!("i{id}");
    let mut next = 2;
    while diesel::select(diesel::dsl::exists(insights::table.filter(insights::reference.eq(&reference))))
        .get_result::<bool>(c)?
    {
        reference = format!("i{id}-{next}");
        next += 1;
    }
    diesel::update(insights::table.find(id)).set(insights::reference.eq(reference)).execute(c).map(|_| ())
}

/// The rows behind the names of a draft.
pub(super) struct Names {
    pub segment: Option<i64>,
    pub customer: Option<i64>,
    pub tags: Vec<i64>,
}

impl Names {
    /// Finds them, or makes what is new.
    pub fn of(c: &mut Conn, draft: &Draft, by: i64, now: NaiveDateTime) -> QueryResult<Names> {
        let segment = match draft.segment.as_str() {
            "" => None,
            name => Some(customers::store::segment(c, name, Some(by), now)?),
        };
        let customer = match draft.customer.as_str() {
            "" => None,
            name => Some(customers::store::customer(c, name, Some(by), now)?),
        };
        let mut tags = Vec::with_capacity(draft.tags.len());
        for name in &draft.tags {
            tags.push(customers::store::tag(c, name, Some(by), now)?);
        }
        // Two spellings of one tag are one tag.
        tags.sort_unstable();
        tags.dedup();
        Ok(Names { segment, customer, tags })
    }
}

/// Makes these the tags of an insight.
pub(super) fn set_tags(c: &mut Conn, id: i64, tags: &[i64]) -> QueryResult<()> {
    diesel::delete(insight_tags::table.filter(insight_tags::insight_id.eq(id))).execute(c)?;
    for tag in tags {
        diesel::insert_into(insight_tags::table)
            .values((insight_tags::insight_id.eq(id), insight_tags::tag_id.eq(tag)))
            .execute(c)?;
    }
    Ok(())
}

/// Puts an insight into the search index, or replaces what is there of it. An import uses it too.
///
/// # Errors
/// What the database says.
pub fn index(c: &mut Conn, id: i64, draft: &Draft) -> QueryResult<()> {
    let body = markdown::plain(&draft.body);
    let words = [draft.quote.as_str(), &body]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    let names = [draft.segment.as_str(), &draft.customer]
        .into_iter()
        .chain(draft.tags.iter().map(String::as_str))
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    search::put(c, id, &search::Document { title: &draft.title, words: &words, names: &names })
}

/// What somebody chose when they last shared: the defaults of the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUsed {
    /// The name of a segment, or empty.
    pub segment: String,
    pub source: Source,
}

/// The choices of a person's last contribution.
///
/// # Errors
/// What the database says.
pub fn last_used(c: &mut Conn, person_id: i64) -> QueryResult<LastUsed> {
    let last = insights::table
        .left_join(segments::table)
        .filter(insights::author_id.eq(person_id))
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .limit(1)
        .select((segments::name.nullable(), insights::source));
    let row = each_db!(c, c => Prepared(last).get_result::<(Option<String>, String)>(c).optional())?;
    Ok(row.map_or_else(LastUsed::default, |(segment, source)| LastUsed {
        segment: segment.unwrap_or_default(),
        source: Source::named(&source).unwrap_or_default(),
    }))
}
