//! Insights that an import brings: shared elsewhere, at another time, perhaps withdrawn since.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::sharing::{self, Names};
use super::versions;
use crate::accounts::person::Actor;
use crate::archive::draft::Draft;
use crate::archive::insight::UNDO_MINUTES;
use crate::db::Conn;
use crate::db::schema::{insight_authors, insights};
use crate::error::AppResult;

/// An insight with the name and the time it had.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Unique in this database; the caller has looked.
    pub reference: String,
    pub draft: Draft,
    /// The author, as they were when they shared it.
    pub author: Actor,
    /// UTC.
    pub withdrawn_at: Option<NaiveDateTime>,
}

impl Imported {
    /// Whether it was taken back so soon that it never was a contribution.
    pub fn undone(&self) -> bool {
        self.withdrawn_at.is_some_and(|at| at - self.author.at < Duration::minutes(UNDO_MINUTES))
    }
}

/// Keeps an imported insight, as [`super::share`] does a new one, and returns its id and its segment's.
/// The caller counts its contribution (many at once, unless it was undone) and starts its value.
///
/// # Errors
/// A unique violation where the reference is taken.
pub fn import(c: &mut Conn, imported: &Imported) -> AppResult<(i64, Option<i64>)> {
    let Imported { reference, draft, author, withdrawn_at } = imported;
    let names = Names::of(c, draft, author.person_id, author.at)?;
    let id = diesel::insert_into(insights::table)
        .values((
            insights::reference.eq(reference),
            insights::title.eq(&draft.title),
            insights::body.eq(&draft.body),
            insights::quote.eq(&draft.quote),
            insights::segment_id.eq(names.segment),
            insights::customer_id.eq(names.customer),
            insights::source.eq(draft.source.name()),
            insights::observed_on.eq(draft.observed_on),
            insights::evidence_url.eq(&draft.evidence_url),
            insights::author_id.eq(author.person_id),
            insights::department_id.eq(author.department_id),
            insights::manager.eq(author.manager),
            insights::contributed_at.eq(author.at),
            insights::day.eq(author.day),
            insights::withdrawn_at.eq(withdrawn_at),
            insights::withdrawn_by.eq(withdrawn_at.map(|_| author.person_id)),
            insights::undone.eq(imported.undone()),
        ))
        .returning(insights::id)
        .get_result::<i64>(c)?;
    diesel::insert_into(insight_authors::table)
        .values((
            insight_authors::insight_id.eq(id),
            insight_authors::person_id.eq(author.person_id),
            insight_authors::role.eq("author"),
        ))
        .execute(c)?;
    if !names.tags.is_empty() {
        sharing::set_tags(c, id, &names.tags)?;
    }
    versions::add(c, id, 1, draft, "", author)?;
    if withdrawn_at.is_none() {
        sharing::index(c, id, draft)?;
    }
    Ok((id, names.segment))
}
