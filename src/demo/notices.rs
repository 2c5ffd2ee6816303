//! What the people of the demo company were told in the last weeks: the uses and remarks of the story, and
//! a colleague who mentions the employee a visitor looks through. Made by the same functions as on the
//! pages; nothing of it is ever mailed.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts::person::{Actor, Person, Role};
use crate::accounts::store as accounts;
use crate::archive::insight::Insight;
use crate::archive::store as archive;
use crate::archive::telling::{self, By};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{insights, remarks, uses};
use crate::error::AppResult;
use crate::notices::store::composing;
use crate::notices::store::reading::{self, Which};

/// How far back people remember what they were told.
const WEEKS: i64 = 3;
/// What is older than this has been read.
const UNREAD_DAYS: i64 = 14;

/// Tells it all; `guide` is mentioned by `colleague` a few hours before `now`.
///
/// # Errors
/// What the database refuses.
pub fn tell(
    c: &mut Conn,
    guide: i64,
    colleague: i64,
    now: NaiveDateTime,
    calendar: Calendar,
) -> AppResult<()> {
    let since = now - Duration::weeks(WEEKS);
    let used: Vec<(i64, i64, bool, NaiveDateTime)> = uses::table
        .filter(uses::at.gt(since))
        .order((uses::at, uses::id))
        .select((uses::insight_id, uses::person_id, uses::signed, uses::at))
        .load(c)?;
    for (insight_id, person_id, signed, at) in used {
        let person = person(c, person_id)?;
        let by = if signed { By::name(&person) } else { By::department(&person) };
        let insight = insight(c, &person, insight_id)?;
        telling::used(c, &by, &insight, &person.acting(at, calendar))?;
    }
    let remarked: Vec<(i64, i64, i64, String, NaiveDateTime)> = remarks::table
        .filter(remarks::at.gt(since))
        .order((remarks::at, remarks::id))
        .select((remarks::insight_id, remarks::id, remarks::person_id, remarks::body, remarks::at))
        .load(c)?;
    for (insight_id, id, person_id, body, at) in remarked {
        let person = person(c, person_id)?;
        let insight = insight(c, &person, insight_id)?;
        telling::remarked(c, &By::name(&person), &insight, id, &body, &person.acting(at, calendar))?;
    }
    mention(c, guide, colleague, now - Duration::hours(3), calendar)?;
    read_what_is_old(c, now)?;
    // A company that is shown around writes no mail, not even on the day it is given a mail server.
    composing::forget(c)?;
    Ok(())
}

/// A remark on the guide's latest insight that asks them something.
fn mention(c: &mut Conn, guide: i64, colleague: i64, at: NaiveDateTime, calendar: Calendar) -> AppResult<()> {
    let latest = insights::table
        .filter(insights::author_id.eq(guide))
        .filter(insights::withdrawn_at.is_null())
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .select(insights::id)
        .first::<i64>(c)
        .optional()?;
    let Some(id) = latest else { return Ok(()) };
    let handle = accounts::person(c, guide)?.handle;
    let person = person(c, colleague)?;
    let actor: Actor = person.acting(at, calendar);
    let insight = insight(c, &person, id)?;
    let text = format!("@{handle}, may I pass this on to our dealer? We speak on Thursday.");
    let remark = archive::remarks::add(c, &actor, id, &text)?;
    telling::remarked(c, &By::name(&person), &insight, remark, &text, &actor)?;
    Ok(())
}

fn read_what_is_old(c: &mut Conn, now: NaiveDateTime) -> QueryResult<()> {
    use crate::db::schema::notices;
    let old = now - Duration::days(UNREAD_DAYS);
    let people: Vec<i64> = notices::table
        .filter(notices::read_at.is_null())
        .filter(notices::at.le(old))
        .select(notices::person_id)
        .distinct()
        .order(notices::person_id)
        .load(c)?;
    for person_id in people {
        reading::mark_read(c, person_id, Which::Until(old), now)?;
    }
    Ok(())
}

fn person(c: &mut Conn, id: i64) -> AppResult<Person> {
    let row = accounts::person(c, id)?;
    let department = accounts::department_of(c, row.department_id)?.path;
    Ok(Person {
        id,
        email: row.email,
        name: row.name,
        role: Role::Employee,
        department_id: row.department_id,
        department,
        manager: row.manager,
        unread: 0,
        wanted: 0,
    })
}

fn insight(c: &mut Conn, person: &Person, id: i64) -> AppResult<Insight> {
    archive::insight(c, person, id)
}
