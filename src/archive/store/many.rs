//! Many new insights at once, for the bench: some statements for hundreds of them instead of a dozen for each.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::sharing::index;
use crate::accounts::person::Actor;
use crate::archive::draft::Draft;
use crate::customers;
use crate::db::Conn;
use crate::db::schema::{insight_authors, insight_tags, insight_versions, insights};
use crate::each_db;
use crate::error::AppResult;
use crate::web::token;

/// Insights of one statement: 14 columns each, under the 32,766 parameters of SQLite.
const AT_ONCE: usize = 1_000;

/// The rows behind names that have come before.
#[derive(Default)]
pub struct Known {
    segments: HashMap<String, i64>,
    customers: HashMap<String, i64>,
    tags: HashMap<String, i64>,
}

/// Keeps new insights in an archive into which nothing was imported, as [`super::share`] does one after the other;
/// roll-ups follow with a rebuild. Returns their ids in the same order.
///
/// # Errors
/// What the database says.
pub fn share_many(c: &mut Conn, new: &[(Actor, &Draft)], known: &mut Known) -> AppResult<Vec<i64>> {
    let mut ids = Vec::with_capacity(new.len());
    for few in new.chunks(AT_ONCE) {
        let (mut rows, mut places) = (Vec::with_capacity(few.len()), Vec::with_capacity(few.len()));
        let mut tags = Vec::with_capacity(few.len());
        for (actor, draft) in few {
            let (by, at) = (Some(actor.person_id), actor.at);
            let segment = match draft.segment.as_str() {
                "" => None,
                name => {
                    Some(id_of(c, &mut known.segments, name, |c| customers::store::segment(c, name, by, at))?)
                }
            };
            let customer = match draft.customer.as_str() {
                "" => None,
                name => Some(id_of(c, &mut known.customers, name, |c| {
                    customers::store::customer(c, name, by, at)
                })?),
            };
            let mut own = Vec::with_capacity(draft.tags.len());
            for name in &draft.tags {
                own.push(id_of(c, &mut known.tags, name, |c| customers::store::tag(c, name, by, at))?);
            }
            own.sort_unstable();
            own.dedup();
            tags.push(own);
            // Holds its place until the id is known.
            let place = format!("new {}", token::fresh()?);
            places.push(place.clone());
            rows.push((
                insights::reference.eq(place),
                insights::title.eq(&draft.title),
                insights::body.eq(&draft.body),
                insights::quote.eq(&draft.quote),
                (insights::segment_id.eq(segment), insights::customer_id.eq(customer)),
                insights::source.eq(draft.source.name()),
                insights::observed_on.eq(draft.observed_on),
                insights::evidence_url.eq(&draft.evidence_url),
                insights::author_id.eq(actor.person_id),
                insights::department_id.eq(actor.department_id),
                insights::manager.eq(actor.manager),
                (insights::contributed_at.eq(actor.at), insights::day.eq(actor.day)),
            ));
        }
        let placed: Vec<(String, i64)> = each_db!(&mut *c, c => diesel::insert_into(insights::table)
            .values(rows)
            .returning((insights::reference, insights::id))
            .get_results(c))?;
        let placed: HashMap<String, i64> = placed.into_iter().collect();
        let own: Vec<i64> = places.iter().filter_map(|place| placed.get(place).copied()).collect();
        diesel::sql_query("UPDATE insights SET reference = 'i' || id WHERE id >= $1 AND id <= $2")
            .bind::<BigInt, _>(own.iter().min().copied().unwrap_or_default())
            .bind::<BigInt, _>(own.iter().max().copied().unwrap_or_default())
            .execute(c)?;
        with_what_belongs_to_it(c, few, &own, &tags)?;
        ids.extend(own);
    }
    Ok(ids)
}

/// Authors, tags, first versions and the search index.
fn with_what_belongs_to_it(
    c: &mut Conn,
    few: &[(Actor, &Draft)],
    ids: &[i64],
    tags: &[Vec<i64>],
) -> QueryResult<()> {
    let authors: Vec<_> = ids
        .iter()
        .zip(few)
        .map(|(id, (actor, _))| {
            (
                insight_authors::insight_id.eq(*id),
                insight_authors::person_id.eq(actor.person_id),
                insight_authors::role.eq("author"),
            )
        })
        .collect();
    each_db!(&mut *c, c => diesel::insert_into(insight_authors::table).values(authors).execute(c))?;
    let tags: Vec<_> = ids
        .iter()
        .zip(tags)
        .flat_map(|(id, tags)| tags.iter().map(|tag| (*id, *tag)))
        .map(|(id, tag)| (insight_tags::insight_id.eq(id), insight_tags::tag_id.eq(tag)))
        .collect();
    each_db!(&mut *c, c => diesel::insert_into(insight_tags::table).values(tags).execute(c))?;
    let versions: Vec<_> = ids
        .iter()
        .zip(few)
        .map(|(id, (actor, draft))| {
            (
                insight_versions::insight_id.eq(*id),
                insight_versions::version.eq(1),
                insight_versions::title.eq(&draft.title),
                insight_versions::body.eq(&draft.body),
                insight_versions::quote.eq(&draft.quote),
                insight_versions::details.eq(draft.details()),
                insight_versions::reason.eq(""),
                insight_versions::edited_by.eq(actor.person_id),
                insight_versions::edited_at.eq(actor.at),
            )
        })
        .collect();
    each_db!(&mut *c, c => diesel::insert_into(insight_versions::table).values(versions).execute(c))?;
    ids.iter().zip(few).try_for_each(|(id, (_, draft))| index(c, *id, draft))
}

fn id_of(
    c: &mut Conn,
    known: &mut HashMap<String, i64>,
    name: &str,
    find: impl FnOnce(&mut Conn) -> QueryResult<i64>,
) -> QueryResult<i64> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    let id = find(c)?;
    known.insert(name.to_owned(), id);
    Ok(id)
}
