//! Two insights that say the same become one: the other leaves the archive, its address leads to the kept
//! one, its authors corroborate it. No event moves; whoever counts readers or ratings of the kept one
//! also looks at those of the merged, each person once.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::reading::CORROBORATOR;
use super::sharing::index;
use crate::accounts::audit;
use crate::accounts::person::{Actor, Person};
use crate::db::schema::{insight_authors, insights};
use crate::db::{Conn, search};
use crate::each_db;
use crate::error::{AppError, AppResult};

/// Merges `gone` into `kept`.
///
/// Nothing is merged into what is merged: one step leads from any address to the insight that stands for it.
///
/// # Errors
/// 409 when one of them is not in the archive any more, they are the same, or another was merged into the
/// one that goes.
pub fn merge(c: &mut Conn, actor: &Actor, kept: i64, gone: i64) -> AppResult<()> {
    if kept == gone {
        return Err(AppError::Conflict("An insight cannot be merged with itself."));
    }
    // The kept row is locked too: of two merges in opposite directions only one finds both in the archive.
    let there = insights::table.filter(insights::id.eq(kept)).filter(insights::withdrawn_at.is_null());
    let there: Option<i64> = match c {
        Conn::Sqlite(c) => there.select(insights::id).first(c).optional()?,
        Conn::Postgres(c) => there.select(insights::id).for_update().first(c).optional()?,
    };
    if there.is_none() {
        return Err(AppError::Conflict("The insight to keep is not in the archive any more."));
    }
    let followed: i64 = insights::table.filter(insights::merged_into.eq(Some(gone))).count().get_result(c)?;
    if followed > 0 {
        return Err(AppError::Conflict(
            "Another insight was merged into the one that would go. Keep that one, or take the other merge back first.",
        ));
    }
    let changed = diesel::update(
        insights::table.filter(insights::id.eq(gone)).filter(insights::withdrawn_at.is_null()),
    )
    .set((
        insights::withdrawn_at.eq(Some(actor.at)),
        insights::withdrawn_by.eq(Some(actor.person_id)),
        insights::withdrawn_reason.eq(format!("it says the same as insight {kept}")),
        insights::merged_into.eq(Some(kept)),
    ))
    .execute(c)?;
    if changed == 0 {
        return Err(AppError::Conflict("The other insight is not in the archive any more."));
    }
    search::remove(c, gone)?;
    let authors: Vec<i64> = insight_authors::table
        .filter(insight_authors::insight_id.eq(gone))
        .order(insight_authors::person_id)
        .select(insight_authors::person_id)
        .load(c)?;
    for person in authors {
        let row = (
            insight_authors::insight_id.eq(kept),
            insight_authors::person_id.eq(person),
            insight_authors::role.eq(CORROBORATOR),
            insight_authors::merged_from.eq(Some(gone)),
        );
        each_db!(c, c => diesel::insert_into(insight_authors::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    record(c, actor, "merged", gone, &format!("into insight {kept}"))
}

/// Takes a merge back: the insight stands for itself again, and those who came with it leave the other.
/// Returns the one it was merged into.
///
/// # Errors
/// 409 when it is not merged (any more).
pub fn unmerge(c: &mut Conn, actor: &Actor, viewer: &Person, gone: i64) -> AppResult<i64> {
    let kept: Option<i64> = insights::table.find(gone).select(insights::merged_into).first(c)?;
    let Some(kept) = kept else {
        return Err(AppError::Conflict("This insight is not merged any more."));
    };
    let changed = diesel::update(
        insights::table.filter(insights::id.eq(gone)).filter(insights::merged_into.eq(Some(kept))),
    )
    .set((
        insights::withdrawn_at.eq(None::<NaiveDateTime>),
        insights::withdrawn_by.eq(None::<i64>),
        insights::withdrawn_reason.eq(""),
        insights::merged_into.eq(None::<i64>),
    ))
    .execute(c)?;
    if changed == 0 {
        return Err(AppError::Conflict("This insight is not merged any more."));
    }
    diesel::delete(
        insight_authors::table
            .filter(insight_authors::insight_id.eq(kept))
            .filter(insight_authors::merged_from.eq(Some(gone))),
    )
    .execute(c)?;
    let insight = super::insight(c, viewer, gone)?;
    index(c, gone, &insight.draft())?;
    record(c, actor, "took back the merge of", gone, &format!("into insight {kept}"))?;
    Ok(kept)
}

fn record(c: &mut Conn, actor: &Actor, action: &str, id: i64, detail: &str) -> AppResult<()> {
    audit::record(c, Some(actor.person_id), actor.at, action, &format!("insight:{id}"), detail)?;
    Ok(())
}

/// Every merged insight with the one that stands for it: few, so that whoever goes through all ratings or
/// accesses can look each up.
///
/// # Errors
/// What the database says.
pub fn stands_for(c: &mut Conn) -> QueryResult<HashMap<i64, i64>> {
    Ok(insights::table
        .filter(insights::merged_into.is_not_null())
        .select((insights::id, insights::merged_into.assume_not_null()))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect())
}

/// An insight and all that was merged into it.
///
/// # Errors
/// What the database says.
pub fn group(c: &mut Conn, id: i64) -> QueryResult<Vec<i64>> {
    let merged: Vec<i64> = insights::table
        .filter(insights::merged_into.eq(Some(id)))
        .order(insights::id)
        .select(insights::id)
        .load(c)?;
    Ok(std::iter::once(id).chain(merged).collect())
}
