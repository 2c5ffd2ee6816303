//! Uses: that somebody put an insight to work, and what for.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::accounts::person::Actor;
use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::schema::{departments, people, uses};
use crate::each_db;

/// A use as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Who, if they signed with their name.
    pub by: Option<Named>,
    /// The path of the department they used it in.
    pub department: String,
    /// What for; may be empty.
    pub note: String,
    /// UTC.
    pub at: NaiveDateTime,
}

/// One's own use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnUse {
    pub note: String,
    /// With one's name; else with the department only.
    pub signed: bool,
}

/// Keeps that `actor` used an insight, or the note and signature of a use that is there. Says whether it
/// is a new use: then the caller counts it (flow and value) in the same transaction.
///
/// # Errors
/// What the database says.
pub fn put(c: &mut Conn, actor: &Actor, insight_id: i64, note: &str, signed: bool) -> QueryResult<bool> {
    // Inserting first: two nodes may be here at once, and only one of them may count the use.
    let added = each_db!(c, c => diesel::insert_into(uses::table)
        .values((
            uses::insight_id.eq(insight_id),
            uses::person_id.eq(actor.person_id),
            uses::department_id.eq(actor.department_id),
            uses::manager.eq(actor.manager),
            uses::at.eq(actor.at),
            uses::day.eq(actor.day),
            uses::note.eq(note),
            uses::signed.eq(signed),
        ))
        .on_conflict((uses::insight_id, uses::person_id))
        .do_nothing()
        .execute(c))?;
    if added == 1 {
        return Ok(true);
    }
    diesel::update(
        uses::table.filter(uses::insight_id.eq(insight_id)).filter(uses::person_id.eq(actor.person_id)),
    )
    .set((uses::note.eq(note), uses::signed.eq(signed)))
    .execute(c)?;
    Ok(false)
}

/// Takes a use back. Returns it as it was counted, for the counts to be taken back too; nothing if there
/// was none.
///
/// # Errors
/// What the database says.
pub fn take_back(c: &mut Conn, person_id: i64, insight_id: i64) -> QueryResult<Option<Actor>> {
    let own = uses::table.filter(uses::insight_id.eq(insight_id)).filter(uses::person_id.eq(person_id));
    let found = own
        .select((uses::department_id, uses::manager, uses::at, uses::day))
        .first::<(i64, bool, NaiveDateTime, chrono::NaiveDate)>(c)
        .optional()?;
    let Some((department_id, manager, at, day)) = found else {
        return Ok(None);
    };
    let gone = diesel::delete(own).execute(c)?;
    Ok((gone == 1).then_some(Actor { person_id, department_id, manager, at, day }))
}

/// One's own use of an insight.
///
/// # Errors
/// What the database says.
pub fn own(c: &mut Conn, insight_id: i64, person_id: i64) -> QueryResult<Option<OwnUse>> {
    uses::table
        .filter(uses::insight_id.eq(insight_id))
        .filter(uses::person_id.eq(person_id))
        .select((uses::note, uses::signed))
        .first::<(String, bool)>(c)
        .optional()
        .map(|found| found.map(|(note, signed)| OwnUse { note, signed }))
}

/// The uses of an insight, those with a note first, then the newest; at most `limit`.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, insight_id: i64, limit: i64) -> QueryResult<Vec<Use>> {
    type Row = ((i64, String), bool, String, String, NaiveDateTime);
    let rows = uses::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(uses::insight_id.eq(insight_id))
        .order((uses::note.eq(""), uses::at.desc(), uses::id.desc()))
        .limit(limit)
        .select(((people::id, people::name), uses::signed, departments::path, uses::note, uses::at))
        .load::<Row>(c)?;
    Ok(rows
        .into_iter()
        .map(|(by, signed, department, note, at)| Use { by: signed.then(|| by.into()), department, note, at })
        .collect())
}
