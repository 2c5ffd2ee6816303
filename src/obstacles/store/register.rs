//! The obstacles there are. Whoever changes one says which version they have seen: of two at once the second
//! is told what the first did.

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::history::{self, Kind};
use crate::accounts::audit;
use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::{obstacles, people};
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::definition;
use crate::flow::metrics::figure::Whom;
use crate::obstacles::obstacle::{Content, Obstacle, State};
use crate::obstacles::target::{Flow, Target};

type Hurt = (String, String, String, String, String, String, String);
type Says = (String, String, i64, NaiveDate, String);
type Row = (i64, Hurt, Says, i32, i64, NaiveDate, Option<NaiveDate>, (String, bool));

fn obstacle((id, hurt, says, version, opened_by, opened_on, ended_on, owner): Row) -> AppResult<Obstacle> {
    let (metric, part, whom, from_key, from_name, to_key, to_name) = hurt;
    let broken = |what: &str| AppError::Internal(format!("obstacle {id} has an unknown {what}"));
    let target = if from_key.is_empty() {
        let id = definition(&metric).ok_or_else(|| broken("metric"))?.id;
        Target::Metric { id, part, whom: Whom::named(&whom).ok_or_else(|| broken("group"))? }
    } else {
        Target::Flow(Flow { from_key, from_name, to_key, to_name })
    };
    let (description, action, owner_id, due_on, state) = says;
    let state = State::named(&state).ok_or_else(|| broken("state"))?;
    Ok(Obstacle {
        id,
        target,
        content: Content { description, action, owner_id, due_on, state },
        owner: owner.0,
        owner_is_here: owner.1,
        version,
        opened_by,
        opened_on,
        ended_on,
    })
}

macro_rules! columns {
    () => {
        (
            obstacles::id,
            (
                obstacles::metric,
                obstacles::part,
                obstacles::whom,
                obstacles::from_key,
                obstacles::from_name,
                obstacles::to_key,
                obstacles::to_name,
            ),
            (
                obstacles::description,
                obstacles::action,
                obstacles::owner_id,
                obstacles::due_on,
                obstacles::state,
            ),
            obstacles::version,
            obstacles::opened_by,
            obstacles::opened_on,
            obstacles::ended_on,
            (people::name, people::disabled_at.is_null()),
        )
    };
}

/// An obstacle.
///
/// # Errors
/// 404 where there is none, or it was taken back; what the database says.
pub fn obstacle_of(c: &mut Conn, id: i64) -> AppResult<Obstacle> {
    let row: Row = obstacles::table
        .inner_join(people::table)
        .filter(obstacles::id.eq(id))
        .filter(obstacles::undone.eq(false))
        .select(columns!())
        .first(c)
        .optional()?
        .ok_or(AppError::NotFound)?;
    obstacle(row)
}

/// Most obstacles of a list: a register of more is none.
pub const MOST: i64 = 500;

/// All of them, or those that somebody sees to: what is to be done first by when it is due, then what is
/// over, the latest first.
///
/// # Errors
/// What the database says.
pub fn list(c: &mut Conn, owner: Option<i64>) -> AppResult<Vec<Obstacle>> {
    let mut query = obstacles::table
        .inner_join(people::table)
        .filter(obstacles::undone.eq(false))
        .order(obstacles::id.desc())
        .limit(MOST)
        .select(columns!())
        .into_boxed();
    if let Some(owner) = owner {
        query = query.filter(obstacles::owner_id.eq(owner));
    }
    let mut found = query.load::<Row>(c)?.into_iter().map(obstacle).collect::<AppResult<Vec<_>>>()?;
    found.sort_by_key(|one| match one.content.state.is_over() {
        false => (0, one.content.due_on.num_days_from_ce(), one.id),
        true => (1, -one.ended_on.unwrap_or(one.opened_on).num_days_from_ce(), one.id),
    });
    Ok(found)
}

/// Whether somebody sees to any obstacle.
///
/// # Errors
/// What the database says.
pub fn sees_to_any(c: &mut Conn, person_id: i64) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        obstacles::table.filter(obstacles::owner_id.eq(person_id)).filter(obstacles::undone.eq(false)),
    ))
    .get_result(c)
}

/// Opens one and returns its id.
///
/// # Errors
/// What the database says.
pub fn open(c: &mut Conn, actor: &Actor, target: &Target, content: &Content) -> AppResult<i64> {
    let (metric, part, whom, flow) = match target {
        Target::Metric { id, part, whom } => (*id, part.as_str(), whom.name(), Flow::default()),
        Target::Flow(flow) => ("C7", "", Whom::All.name(), flow.clone()),
    };
    let id = diesel::insert_into(obstacles::table)
        .values((
            (
                obstacles::metric.eq(metric),
                obstacles::part.eq(part),
                obstacles::whom.eq(whom),
                obstacles::from_key.eq(&flow.from_key),
                obstacles::from_name.eq(&flow.from_name),
                obstacles::to_key.eq(&flow.to_key),
                obstacles::to_name.eq(&flow.to_name),
            ),
            obstacles::description.eq(&content.description),
            obstacles::action.eq(&content.action),
            obstacles::owner_id.eq(content.owner_id),
            obstacles::due_on.eq(content.due_on),
            obstacles::state.eq(content.state.name()),
            obstacles::version.eq(1),
            obstacles::opened_by.eq(actor.person_id),
            obstacles::opened_at.eq(actor.at),
            obstacles::opened_on.eq(actor.day),
            obstacles::undone.eq(false),
            obstacles::weeks.eq(""),
        ))
        .returning(obstacles::id)
        .get_result::<i64>(c)?;
    history::note(c, id, Kind::Opened, actor, actor.day, "", None, Some(content))?;
    let detail = format!("{}, owner person:{}", target.code_or_flow(), content.owner_id);
    audit::record(c, Some(actor.person_id), actor.at, "opened", &format!("obstacle:{id}"), &detail)?;
    Ok(id)
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Changed,
    /// It says that already.
    Same,
    /// Somebody changed it meanwhile.
    Stale,
}

/// A change of an obstacle that was seen in a version.
pub struct Change<'a> {
    pub id: i64,
    pub seen: i32,
    pub kind: Kind,
    /// Why, or what was done; empty for nothing.
    pub words: &'a str,
    pub content: &'a Content,
}

/// Changes one, unless somebody else did since.
///
/// # Errors
/// What the database says.
pub fn change(c: &mut Conn, actor: &Actor, change: &Change<'_>) -> AppResult<Outcome> {
    let before = obstacle_of(c, change.id)?;
    if before.version != change.seen {
        return Ok(Outcome::Stale);
    }
    let content = change.content;
    if before.content == *content {
        return Ok(Outcome::Same);
    }
    let ended_on = match (before.content.state.is_over(), content.state.is_over()) {
        (_, false) => None,
        (true, true) => before.ended_on,
        (false, true) => Some(actor.day),
    };
    let seen = obstacles::table
        .filter(obstacles::id.eq(change.id))
        .filter(obstacles::version.eq(change.seen))
        .filter(obstacles::undone.eq(false));
    let changed = diesel::update(seen)
        .set((
            obstacles::description.eq(&content.description),
            obstacles::action.eq(&content.action),
            obstacles::owner_id.eq(content.owner_id),
            obstacles::due_on.eq(content.due_on),
            obstacles::state.eq(content.state.name()),
            obstacles::ended_on.eq(ended_on),
            obstacles::version.eq(change.seen + 1),
        ))
        .execute(c)?;
    if changed == 0 {
        return Ok(Outcome::Stale);
    }
    history::note(
        c,
        change.id,
        change.kind,
        actor,
        actor.day,
        change.words,
        Some(&before.content),
        Some(content),
    )?;
    let detail = differences(&before.content, content);
    audit::record(
        c,
        Some(actor.person_id),
        actor.at,
        "changed",
        &format!("obstacle:{}", change.id),
        &detail,
    )?;
    Ok(Outcome::Changed)
}

/// What changed, without words that people typed.
fn differences(before: &Content, after: &Content) -> String {
    let mut parts = Vec::new();
    if before.state != after.state {
        parts.push(format!("from {} to {}", before.state.name(), after.state.name()));
    }
    if before.owner_id != after.owner_id {
        parts.push(format!("owner person:{} to person:{}", before.owner_id, after.owner_id));
    }
    if before.due_on != after.due_on {
        parts.push(format!("due {} to {}", before.due_on, after.due_on));
    }
    if before.description != after.description {
        parts.push("description".into());
    }
    if before.action != after.action {
        parts.push("action".into());
    }
    parts.join(", ")
}

/// Takes an obstacle back that was opened by mistake.
///
/// # Errors
/// 409 where somebody changed it meanwhile; what the database says.
pub fn take_back(c: &mut Conn, actor: &Actor, id: i64, seen: i32) -> AppResult<()> {
    let row = obstacles::table
        .filter(obstacles::id.eq(id))
        .filter(obstacles::version.eq(seen))
        .filter(obstacles::undone.eq(false));
    let taken =
        diesel::update(row).set((obstacles::undone.eq(true), obstacles::version.eq(seen + 1))).execute(c)?;
    if taken == 0 {
        return Err(AppError::Conflict("Somebody changed it meanwhile. Look at it again."));
    }
    history::note(c, id, Kind::TakenBack, actor, actor.day, "", None, None)?;
    audit::record(c, Some(actor.person_id), actor.at, "took back", &format!("obstacle:{id}"), "")?;
    Ok(())
}
