//! Telling somebody something, once, and taking it back.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamp};

use super::wishes::Wishes;
use crate::accounts;
use crate::db::Conn;
use crate::db::fragments::Prepared;
use crate::db::schema::{mail_wishes, notice_events, notices, people};
use crate::each_db;
use crate::notices::gather::{self, one_line};
use crate::notices::{Kind, Notice};

/// Characters of a sentence that are kept.
const LONGEST: usize = 400;
/// Characters of a title inside a sentence.
const LONGEST_TITLE: usize = 140;
/// How often a line that was read in the very moment is looked for again.
const TRIES: usize = 5;

/// Tells somebody something, in the transaction of the event. The same key tells the same person once;
/// told again with other words, the words are corrected where they were not read yet. While the person
/// has an unread line of this kind about this thing, the event joins it.
///
/// # Errors
/// What the database says.
pub fn tell(c: &mut Conn, notice: &Notice) -> QueryResult<()> {
    let Some(by_mail) = listens(c, notice.person_id, notice.kind)? else {
        return Ok(());
    };
    let text = one_line(&notice.text, LONGEST);
    let department = notice.department.as_deref().unwrap_or_default();
    // The event first: of two nodes that tell the same, the second waits here and then finds it told.
    let event = (
        notice_events::person_id.eq(notice.person_id),
        notice_events::key.eq(&notice.key),
        notice_events::department.eq(department),
        notice_events::text.eq(&text),
        notice_events::at.eq(notice.at),
    );
    let new = each_db!(c, c => diesel::insert_into(notice_events::table)
        .values(event)
        .on_conflict_do_nothing()
        .execute(c))?;
    let event = notice_events::table.find((notice.person_id, &notice.key));
    if new == 0 {
        let again = diesel::update(event)
            .set((notice_events::text.eq(&text), notice_events::department.eq(department)))
            .returning(notice_events::person_id);
        each_db!(&mut *c, c => Prepared(again).execute(c))?;
        let line = event.select(notice_events::notice_id).first::<Option<i64>>(c)?;
        return line.map_or(Ok(()), |id| reword(c, id));
    }
    let line = line(c, notice, &text, by_mail)?;
    let joined =
        diesel::update(event).set(notice_events::notice_id.eq(line.id())).returning(notice_events::person_id);
    each_db!(&mut *c, c => Prepared(joined).execute(c))?;
    match line {
        Line::New(_) => Ok(()),
        Line::Joined(id) => reword(c, id),
    }
}

/// The unread line of an event.
enum Line {
    /// It holds this event alone, in its words.
    New(i64),
    /// It was there: its sentence has to say this one too.
    Joined(i64),
}

impl Line {
    fn id(&self) -> i64 {
        match self {
            Line::New(id) | Line::Joined(id) => *id,
        }
    }
}

/// Whether somebody is told at all, and whether by mail too: nothing where they are disabled or not
/// there.
fn listens(c: &mut Conn, person_id: i64, kind: Kind) -> QueryResult<Option<bool>> {
    let wish = people::table
        .left_join(mail_wishes::table)
        .filter(people::id.eq(person_id))
        .filter(people::disabled_at.is_null())
        .select((mail_wishes::rhythm, mail_wishes::muted).nullable())
        .first::<Option<(String, String)>>(c)
        .optional()?;
    Ok(wish.map(|wish| match wish {
        Some((rhythm, muted)) => Wishes::read(&rhythm, &muted).wants(kind),
        None => Wishes::default().wants(kind),
    }))
}

/// The unread line the event joins, or a new one with its `text`.
fn line(c: &mut Conn, notice: &Notice, text: &str, by_mail: bool) -> QueryResult<Line> {
    let title = one_line(&notice.about.title, LONGEST_TITLE);
    let since = by_mail.then_some(notice.at);
    for _ in 0..TRIES {
        let open = notices::table
            .filter(notices::person_id.eq(notice.person_id))
            .filter(notices::kind.eq(notice.kind.name()))
            .filter(notices::about.eq(&notice.about.thing))
            .filter(notices::read_at.is_null());
        let joined = diesel::update(open)
            .set((
                notices::title.eq(&title),
                notices::path.eq(&notice.about.path),
                notices::at.eq(notice.at),
                // What waits already goes on waiting since then.
                notices::mail_since.eq(sql::<Nullable<Timestamp>>("COALESCE(mail_since, ")
                    .bind::<Nullable<Timestamp>, _>(since)
                    .sql(")")),
            ))
            .returning(notices::id);
        if let Some(id) = each_db!(&mut *c, c => Prepared(joined).get_result::<i64>(c).optional())? {
            return Ok(Line::Joined(id));
        }
        let row = (
            notices::person_id.eq(notice.person_id),
            notices::kind.eq(notice.kind.name()),
            notices::about.eq(&notice.about.thing),
            notices::title.eq(&title),
            notices::path.eq(&notice.about.path),
            notices::text.eq(text),
            notices::events.eq(1),
            notices::at.eq(notice.at),
            notices::mail_since.eq(since),
        );
        let added = each_db!(c, c => diesel::insert_into(notices::table)
            .values(row)
            .on_conflict_do_nothing()
            .returning(notices::id)
            .get_result::<i64>(c)
            .optional())?;
        if let Some(id) = added {
            accounts::store::count_unread(c, notice.person_id, 1)?;
            return Ok(Line::New(id));
        }
    }
    Err(diesel::result::Error::RollbackTransaction)
}

/// Writes the sentence of an unread line anew, from its events.
fn reword(c: &mut Conn, id: i64) -> QueryResult<()> {
    let line = notices::table.find(id).filter(notices::read_at.is_null());
    let Some((kind, title)) =
        line.select((notices::kind, notices::title)).first::<(String, String)>(c).optional()?
    else {
        return Ok(());
    };
    let of_line = notice_events::table.filter(notice_events::notice_id.eq(id));
    let by_department: Vec<(String, i64)> = of_line
        .group_by(notice_events::department)
        .select((notice_events::department, count_star()))
        .order((count_star().desc(), notice_events::department))
        .load(c)?;
    let events: i64 = by_department.iter().map(|(_, events)| events).sum();
    let departments: Vec<String> =
        by_department.into_iter().map(|(name, _)| name).filter(|name| !name.is_empty()).collect();
    let gathered = match Kind::named(&kind) {
        Some(kind) if events > 1 => gather::sentence(kind, events, &departments, &title),
        _ => None,
    };
    let text = match gathered {
        Some(text) => text,
        None => of_line
            .order((notice_events::at.desc(), notice_events::key.desc()))
            .select(notice_events::text)
            .first::<String>(c)?,
    };
    let said = diesel::update(line)
        .set((notices::text.eq(text), notices::events.eq(events as i32)))
        .returning(notices::id);
    each_db!(c, c => Prepared(said).execute(c)).map(|_| ())
}

/// Takes an event back from everybody who was told and has not read it: a use that was a slip of the
/// finger, a remark that is gone.
///
/// # Errors
/// What the database says.
pub fn untell(c: &mut Conn, key: &str) -> QueryResult<()> {
    let told: Vec<(i64, i64)> = notice_events::table
        .inner_join(notices::table.on(notice_events::notice_id.eq(notices::id.nullable())))
        .filter(notice_events::key.eq(key))
        .filter(notices::read_at.is_null())
        .select((notice_events::person_id, notices::id))
        .order(notice_events::person_id)
        .load(c)?;
    for (person_id, id) in told {
        diesel::delete(notice_events::table.find((person_id, key))).execute(c)?;
        let others: i64 =
            notice_events::table.filter(notice_events::notice_id.eq(id)).count().get_result(c)?;
        if others > 0 {
            reword(c, id)?;
            continue;
        }
        let gone = diesel::delete(notices::table.find(id).filter(notices::read_at.is_null())).execute(c)?;
        if gone == 1 {
            accounts::store::count_unread(c, person_id, -1)?;
        }
    }
    Ok(())
}
