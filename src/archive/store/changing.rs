//! An insight after it was shared: edited, withdrawn, restored.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::sharing::{Names, index, set_tags};
use super::versions;
use crate::accounts::audit;
use crate::accounts::person::Actor;
use crate::archive::draft::Draft;
use crate::archive::insight::Insight;
use crate::db::schema::insights;
use crate::db::{Conn, search};
use crate::error::{AppError, AppResult};
use crate::flow;

/// Keeps a new version of `before`, unless somebody kept one meanwhile. A segment that changed moves the
/// contribution to the other segment in the flow; accesses keep the one of their time.
///
/// Returns whether it was kept: `false` when `before` is not the newest version any more, or was withdrawn.
///
/// # Errors
/// What the database says.
pub fn edit(c: &mut Conn, actor: &Actor, before: &Insight, draft: &Draft, reason: &str) -> QueryResult<bool> {
    let names = Names::of(c, draft, actor.person_id, actor.at)?;
    let version = before.version + 1;
    // The row count decides, not what was read before: two nodes may be here at once.
    let changed = diesel::update(
        insights::table
            .filter(insights::id.eq(before.id))
            .filter(insights::version.eq(before.version))
            .filter(insights::withdrawn_at.is_null()),
    )
    .set((
        insights::title.eq(&draft.title),
        insights::body.eq(&draft.body),
        insights::quote.eq(&draft.quote),
        insights::segment_id.eq(names.segment),
        insights::customer_id.eq(names.customer),
        insights::source.eq(draft.source.name()),
        insights::observed_on.eq(draft.observed_on),
        insights::evidence_url.eq(&draft.evidence_url),
        insights::version.eq(version),
        insights::edited_at.eq(actor.at),
    ))
    .execute(c)?;
    if changed == 0 {
        return Ok(false);
    }
    set_tags(c, before.id, &names.tags)?;
    versions::add(c, before.id, version, draft, reason, actor)?;
    index(c, before.id, draft)?;
    let segment = before.segment.as_ref().map(|segment| segment.id);
    if segment != names.segment {
        flow::store::move_segment(c, before.id, segment, names.segment)?;
    }
    if actor.person_id != before.author.id {
        record(c, actor, "edited", before.id)?;
    }
    Ok(true)
}

/// Takes an insight out of the archive. With `undo` (its author, within ten minutes) it never was: the
/// contribution leaves the flow too. What a curator withdraws of somebody else goes into the audit log.
///
/// # Errors
/// 409 when it was withdrawn already.
pub fn withdraw(c: &mut Conn, actor: &Actor, insight: &Insight, reason: &str, undo: bool) -> AppResult<()> {
    let changed = diesel::update(
        insights::table.filter(insights::id.eq(insight.id)).filter(insights::withdrawn_at.is_null()),
    )
    .set((
        insights::withdrawn_at.eq(Some(actor.at)),
        insights::withdrawn_by.eq(Some(actor.person_id)),
        insights::withdrawn_reason.eq(reason),
        insights::undone.eq(undo),
    ))
    .execute(c)?;
    if changed == 0 {
        return Err(AppError::Conflict("This insight was withdrawn already."));
    }
    search::remove(c, insight.id)?;
    if undo {
        flow::store::undo_contribution(
            c,
            insight.author.id,
            insight.department.id,
            insight.manager,
            insight.day,
            insight.segment.as_ref().map(|segment| segment.id),
        )?;
    }
    if actor.person_id != insight.author.id {
        record(c, actor, "withdrew", insight.id)?;
    }
    Ok(())
}

/// Puts a withdrawn insight back as it was, into the search index too; one that was undone counts as a
/// contribution again, at the time it was shared.
///
/// # Errors
/// 409 when it is not withdrawn (any more).
pub fn restore(c: &mut Conn, actor: &Actor, insight: &Insight) -> AppResult<()> {
    let changed = diesel::update(
        insights::table.filter(insights::id.eq(insight.id)).filter(insights::withdrawn_at.is_not_null()),
    )
    .set((
        insights::withdrawn_at.eq(None::<NaiveDateTime>),
        insights::withdrawn_by.eq(None::<i64>),
        insights::withdrawn_reason.eq(""),
        insights::undone.eq(false),
    ))
    .execute(c)?;
    if changed == 0 {
        return Err(AppError::Conflict("This insight is in the archive already."));
    }
    index(c, insight.id, &insight.draft())?;
    if insight.withdrawn.as_ref().is_some_and(|withdrawal| withdrawal.undone) {
        let then = Actor {
            person_id: insight.author.id,
            department_id: insight.department.id,
            manager: insight.manager,
            at: insight.contributed_at,
            day: insight.day,
        };
        flow::store::record_contribution(c, &then, insight.segment.as_ref().map(|segment| segment.id))?;
    }
    if actor.person_id != insight.author.id {
        record(c, actor, "restored", insight.id)?;
    }
    Ok(())
}

fn record(c: &mut Conn, actor: &Actor, action: &str, id: i64) -> QueryResult<()> {
    audit::record(c, Some(actor.person_id), actor.at, action, &format!("insight:{id}"), "")
}
