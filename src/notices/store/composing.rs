//! Making mail of lines that wait for it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::outbox::{self, Parcel, Purpose};
use super::wishes::Wishes;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{mail_wishes, notices, people};
use crate::error::AppResult;
use crate::notices::letter::{self, Line};
use crate::notices::{Kind, Rhythm};
use crate::policy::NoticePolicy;

/// People whose mail is made up in one transaction; the rest follows a minute later.
const MOST: i64 = 500;

/// Whoever has lines that wait for mail, with the time since when.
#[derive(Debug)]
struct Waiting {
    person_id: i64,
    since: NaiveDateTime,
    wishes: Wishes,
    /// Whether they may have mail: have joined, and are not disabled.
    reachable: bool,
}

/// Makes up the mail that is due at `now`, one for each person. Returns how many.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn compose(
    c: &mut Conn,
    now: NaiveDateTime,
    calendar: Calendar,
    policy: &NoticePolicy,
    public_url: &str,
) -> AppResult<usize> {
    let mut made = 0;
    for waiting in due(c, now, calendar, policy)? {
        let lines = collect(c, waiting.person_id)?;
        let lines: Vec<Line> = lines.into_iter().filter(|line| waiting.wishes.wants(line.kind)).collect();
        if lines.is_empty() || !waiting.reachable {
            continue;
        }
        let letter = letter::of_lines(&lines, waiting.wishes.rhythm, public_url);
        let parcel = Parcel {
            person_id: waiting.person_id,
            address: None,
            purpose: Purpose::Notice,
            subject: letter.subject,
            body: letter.body,
            not_after: None,
            at: now,
        };
        outbox::put(c, &parcel)?;
        made += 1;
    }
    Ok(made)
}

/// Whose mail is due.
fn due(
    c: &mut Conn,
    now: NaiveDateTime,
    calendar: Calendar,
    policy: &NoticePolicy,
) -> QueryResult<Vec<Waiting>> {
    type Row = (i64, NaiveDateTime, Option<(String, String)>, bool);
    let since: Vec<(Rhythm, Option<NaiveDateTime>)> =
        Rhythm::ALL.map(|rhythm| (rhythm, rhythm.due_since(now, calendar, policy))).into();
    let of = |rhythm: Rhythm| since.iter().find(|(known, _)| *known == rhythm).and_then(|(_, since)| *since);
    let latest = since.iter().filter_map(|(_, since)| *since).max().unwrap_or(now);
    let rows: Vec<Row> = notices::table
        .inner_join(people::table.left_join(mail_wishes::table))
        .filter(notices::mail_since.is_not_null())
        .filter(notices::mail_since.le(latest))
        .order((notices::person_id, notices::mail_since))
        .select((
            notices::person_id,
            notices::mail_since.assume_not_null(),
            (mail_wishes::rhythm, mail_wishes::muted).nullable(),
            people::disabled_at.is_null().and(people::password_hash.is_not_null()),
        ))
        .load(c)?;
    let mut all: Vec<Waiting> = Vec::new();
    for (person_id, since, wishes, reachable) in rows {
        // The first line of a person is the one that waits longest.
        if all.last().is_some_and(|last| last.person_id == person_id) {
            continue;
        }
        let wishes = wishes.map(|(rhythm, muted)| Wishes::read(&rhythm, &muted)).unwrap_or_default();
        all.push(Waiting { person_id, since, wishes, reachable });
    }
    all.retain(|waiting| {
        // Who wants none any more, or may have none, has nothing to wait for.
        !waiting.reachable
            || waiting.wishes.rhythm == Rhythm::Never
            || of(waiting.wishes.rhythm).is_some_and(|at| waiting.since <= at)
    });
    all.truncate(MOST as usize);
    Ok(all)
}

/// Takes a person's waiting lines, newest first: of two nodes one gets them.
fn collect(c: &mut Conn, person_id: i64) -> QueryResult<Vec<Line>> {
    type Row = (i64, String, String, NaiveDateTime);
    let mut rows: Vec<Row> = diesel::update(
        notices::table
            .filter(notices::person_id.eq(person_id))
            .filter(notices::mail_since.is_not_null())
            .filter(notices::read_at.is_null()),
    )
    .set(notices::mail_since.eq(None::<NaiveDateTime>))
    .returning((notices::id, notices::kind, notices::text, notices::at))
    .get_results(c)?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.3, row.0)));
    Ok(rows
        .into_iter()
        .filter_map(|(id, kind, text, _)| Some(Line { id, kind: Kind::named(&kind)?, text }))
        .collect())
}

/// Lets nothing wait for mail any more: without a mail server everything that ever happened would go out
/// on the day there is one. Returns how many lines waited.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn) -> QueryResult<usize> {
    diesel::update(notices::table.filter(notices::mail_since.is_not_null()))
        .set(notices::mail_since.eq(None::<NaiveDateTime>))
        .execute(c)
}
