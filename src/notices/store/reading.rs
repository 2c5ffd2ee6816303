//! Somebody's page of notices: the unread first, then what was read.

use chrono::{DateTime, Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts;
use crate::db::Conn;
use crate::db::schema::{notice_events, notices};
use crate::notices::Kind;
use crate::web::paging::Cursor;

/// Days after which a read line is forgotten.
const READ_DAYS: i64 = 90;
/// Days after which any line is.
const ALL_DAYS: i64 = 400;

/// A line as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: i64,
    pub kind: Kind,
    pub text: String,
    /// Where it leads.
    pub path: String,
    /// UTC.
    pub at: NaiveDateTime,
    pub unread: bool,
}

type Row = (i64, String, String, String, NaiveDateTime);

/// Parts of a cursor: whether it is among the read ones, microseconds, id.
pub const CURSOR: usize = 3;

/// A page of somebody's lines, and where the next begins.
///
/// # Errors
/// What the database says.
pub fn page(
    c: &mut Conn,
    person_id: i64,
    after: Option<&Cursor>,
    limit: usize,
) -> QueryResult<(Vec<Shown>, Option<Cursor>)> {
    let (among_read, last) = match after.map(|cursor| cursor.0.as_slice()) {
        Some([read, micros, id]) => (*read != 0, Some((at_micros(*micros), *id))),
        _ => (false, None),
    };
    let mut shown = Vec::new();
    if !among_read {
        shown = of(c, person_id, true, last, limit + 1)?;
    }
    if shown.len() <= limit {
        let last = last.filter(|_| among_read);
        let rest = limit + 1 - shown.len();
        shown.extend(of(c, person_id, false, last, rest)?);
    }
    let more = shown.len() > limit;
    shown.truncate(limit);
    let next = shown
        .last()
        .filter(|_| more)
        .map(|line| Cursor(vec![i64::from(!line.unread), line.at.and_utc().timestamp_micros(), line.id]));
    Ok((shown, next))
}

fn at_micros(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

fn of(
    c: &mut Conn,
    person_id: i64,
    unread: bool,
    after: Option<(NaiveDateTime, i64)>,
    limit: usize,
) -> QueryResult<Vec<Shown>> {
    let mut query = notices::table
        .filter(notices::person_id.eq(person_id))
        .order((notices::at.desc(), notices::id.desc()))
        .limit(limit as i64)
        .select((notices::id, notices::kind, notices::text, notices::path, notices::at))
        .into_boxed();
    query = if unread {
        query.filter(notices::read_at.is_null())
    } else {
        query.filter(notices::read_at.is_not_null())
    };
    if let Some((at, id)) = after {
        query = query.filter(notices::at.lt(at).or(notices::at.eq(at).and(notices::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(c)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, kind, text, path, at)| {
            Some(Shown { id, kind: Kind::named(&kind)?, text, path, at, unread })
        })
        .collect())
}

/// Where one's own line leads.
///
/// # Errors
/// `NotFound` when it is not one's own, or not there any more.
pub fn path_of(c: &mut Conn, person_id: i64, id: i64) -> QueryResult<String> {
    notices::table
        .filter(notices::id.eq(id))
        .filter(notices::person_id.eq(person_id))
        .select(notices::path)
        .first(c)
}

/// Which lines are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    One(i64),
    /// All whose latest event is not after this, UTC: what came since the page was shown stays unread.
    Until(NaiveDateTime),
}

/// Marks one's own lines as read. Returns how many were unread.
///
/// # Errors
/// What the database says.
pub fn mark_read(c: &mut Conn, person_id: i64, which: Which, now: NaiveDateTime) -> QueryResult<usize> {
    let unread = notices::table.filter(notices::person_id.eq(person_id)).filter(notices::read_at.is_null());
    let values = (notices::read_at.eq(now), notices::mail_since.eq(None::<NaiveDateTime>));
    let marked = match which {
        Which::One(id) => diesel::update(unread.filter(notices::id.eq(id))).set(values).execute(c)?,
        Which::Until(at) => diesel::update(unread.filter(notices::at.le(at))).set(values).execute(c)?,
    };
    if marked > 0 {
        // Each line counts down once, by the row count of its own update.
        accounts::store::count_unread(c, person_id, -(marked as i32))?;
    }
    Ok(marked)
}

/// Forgets what was read long ago, and everything after more than a year; a job runs it. An event that is
/// forgotten could be told again: by then nobody does.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    let (read, all) = (now - Duration::days(READ_DAYS), now - Duration::days(ALL_DAYS));
    let unread: Vec<(i64, i64)> = notices::table
        .filter(notices::read_at.is_null())
        .filter(notices::at.lt(all))
        .select((notices::person_id, notices::id))
        .load(c)?;
    for (person_id, id) in unread {
        mark_read(c, person_id, Which::One(id), now)?;
    }
    let old = || {
        notices::table
            .filter(notices::read_at.is_not_null())
            .filter(notices::read_at.lt(read).or(notices::at.lt(all)))
    };
    diesel::delete(
        notice_events::table.filter(notice_events::notice_id.eq_any(old().select(notices::id.nullable()))),
    )
    .execute(c)?;
    diesel::delete(old()).execute(c)
}
