//! What happened to an obstacle, and what it said before: every change can be taken back.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::db::Conn;
use crate::db::schema::{obstacle_events, people};
use crate::error::{AppError, AppResult};
use crate::obstacles::obstacle::Content;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Opened,
    /// Its words, its owner or its day.
    Changed,
    State,
    /// Something was done about it.
    Acted,
    /// A trial began, ended or was stopped.
    Trial,
    /// A change was taken back.
    TakenBack,
}

impl Kind {
    const ALL: [Kind; 6] =
        [Kind::Opened, Kind::Changed, Kind::State, Kind::Acted, Kind::Trial, Kind::TakenBack];

    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Opened => "opened",
            Kind::Changed => "changed",
            Kind::State => "state",
            Kind::Acted => "acted",
            Kind::Trial => "trial",
            Kind::TakenBack => "taken_back",
        }
    }

    fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: i64,
    pub kind: Kind,
    /// Who; none where it happened by itself.
    pub by: Option<String>,
    pub by_id: Option<i64>,
    /// UTC.
    pub at: NaiveDateTime,
    /// Of an action: the day it was done on.
    pub day: NaiveDate,
    pub words: String,
    pub before: Option<Content>,
    pub after: Option<Content>,
}

fn json(content: Option<&Content>) -> AppResult<String> {
    content.map_or(Ok(String::new()), |content| {
        serde_json::to_string(content).map_err(|error| AppError::Internal(error.to_string()))
    })
}

/// Writes a line, in the transaction of what happened.
///
/// # Errors
/// What the database says.
#[allow(clippy::too_many_arguments)] // a row has so many columns
pub fn note(
    c: &mut Conn,
    obstacle_id: i64,
    kind: Kind,
    actor: &Actor,
    day: NaiveDate,
    words: &str,
    before: Option<&Content>,
    after: Option<&Content>,
) -> AppResult<()> {
    write(c, obstacle_id, kind, (Some(actor.person_id), actor.at, day), words, (json(before)?, json(after)?))
}

/// Writes what happened by itself.
///
/// # Errors
/// What the database says.
pub fn note_by_itself(
    c: &mut Conn,
    obstacle_id: i64,
    kind: Kind,
    (at, day): (NaiveDateTime, NaiveDate),
    words: &str,
) -> AppResult<()> {
    write(c, obstacle_id, kind, (None, at, day), words, (String::new(), String::new()))
}

fn write(
    c: &mut Conn,
    obstacle_id: i64,
    kind: Kind,
    (actor_id, at, day): (Option<i64>, NaiveDateTime, NaiveDate),
    words: &str,
    (before, after): (String, String),
) -> AppResult<()> {
    diesel::insert_into(obstacle_events::table)
        .values((
            obstacle_events::obstacle_id.eq(obstacle_id),
            obstacle_events::kind.eq(kind.name()),
            obstacle_events::actor_id.eq(actor_id),
            obstacle_events::at.eq(at),
            obstacle_events::day.eq(day),
            obstacle_events::words.eq(words),
            obstacle_events::before.eq(before),
            obstacle_events::after.eq(after),
        ))
        .execute(c)?;
    Ok(())
}

/// The history of an obstacle, newest first.
///
/// # Errors
/// What the database says.
pub fn events(c: &mut Conn, obstacle_id: i64) -> AppResult<Vec<Event>> {
    type Row = (i64, String, (Option<String>, Option<i64>), NaiveDateTime, NaiveDate, String, String, String);
    let rows: Vec<Row> = obstacle_events::table
        .left_join(people::table)
        .filter(obstacle_events::obstacle_id.eq(obstacle_id))
        .order(obstacle_events::id.desc())
        .select((
            obstacle_events::id,
            obstacle_events::kind,
            (people::name.nullable(), obstacle_events::actor_id),
            obstacle_events::at,
            obstacle_events::day,
            obstacle_events::words,
            obstacle_events::before,
            obstacle_events::after,
        ))
        .load(c)?;
    rows.into_iter()
        .map(|(id, kind, (by, by_id), at, day, words, before, after)| {
            let read = |text: String| -> AppResult<Option<Content>> {
                if text.is_empty() {
                    return Ok(None);
                }
                let broken = |error: serde_json::Error| {
                    AppError::Internal(format!("event {id} of an obstacle cannot be read: {error}"))
                };
                Ok(Some(serde_json::from_str(&text).map_err(broken)?))
            };
            let kind = Kind::named(&kind)
                .ok_or_else(|| AppError::Internal(format!("event {id} of an obstacle is unknown")))?;
            Ok(Event { id, kind, by, by_id, at, day, words, before: read(before)?, after: read(after)? })
        })
        .collect()
}
