//! Sessions: own rows, holding the SHA-256 of the cookie, so that several nodes share them and each can
//! be ended at once.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::person::{Person, Role};
use crate::db::fragments::Prepared;
use crate::db::quick::Moment;
use crate::db::schema::{departments, people, sessions};
use crate::db::{Conn, wanted};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::text::fold;
use crate::web::token;

/// When a session ends by itself.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Unused for this long.
    pub idle: Duration,
    /// At the latest after this.
    pub total: Duration,
}

/// A live session and whose it is.
#[derive(Clone, Debug)]
pub struct Live {
    pub person: Person,
    pub digest: String,
    pub last_seen_at: NaiveDateTime,
    /// When the password was given last.
    pub proved_at: NaiveDateTime,
}

/// Starts a session and returns the token for the cookie.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn start(c: &mut Conn, token: &str, person_id: i64, now: NaiveDateTime) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(token::digest(token)),
            sessions::person_id.eq(person_id),
            sessions::created_at.eq(now),
            sessions::last_seen_at.eq(now),
            sessions::proved_at.eq(now),
        ))
        .execute(c)?;
    Ok(())
}

/// Notes that whoever has this session gave their password at that time.
pub fn prove(c: &mut Conn, digest: &str, at: NaiveDateTime) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::digest.eq(digest)))
        .set(sessions::proved_at.eq(at))
        .execute(c)
        .map(|_| ())
}

/// Columns of a [`Person`], in the order [`person_of`] takes them.
type PersonRow = (i64, String, String, String, i64, String, bool, i32);

fn person_of(
    (id, email, name, role, department_id, department, manager, unread): PersonRow,
) -> AppResult<Person> {
    let role =
        Role::named(&role).ok_or_else(|| AppError::Internal(format!("person {id} has no known role")))?;
    Ok(Person { id, email, name, role, department_id, department, manager, unread, wanted: 0 })
}

/// The session of a cookie, if it lives and its person may come in. The role is the row's, so a role
/// taken away counts at the next request.
pub fn find(c: &mut Conn, cookie: &str, now: NaiveDateTime, lifetime: Lifetime) -> AppResult<Option<Live>> {
    let digest = token::digest(cookie);
    let found = sessions::table
        .inner_join(people::table.inner_join(departments::table))
        .filter(sessions::digest.eq(&digest))
        .filter(people::disabled_at.is_null())
        .limit(1)
        .select((
            (sessions::created_at, sessions::last_seen_at, sessions::proved_at),
            (
                people::id,
                people::email,
                people::name,
                people::role,
                people::department_id,
                departments::path,
                people::manager,
                people::unread_notices,
            ),
            wanted::any(),
        ));
    type Row = ((Moment, Moment, Moment), PersonRow, bool);
    let row = each_db!(c, c => Prepared(found).get_result::<Row>(c).optional())?;
    let Some(((Moment(created_at), Moment(last_seen_at), Moment(proved_at)), person, any_wanted)) = row
    else {
        return Ok(None);
    };
    // A clock that jumps back makes nobody's session longer: the later of the two times counts.
    let now = now.max(last_seen_at);
    if now - last_seen_at > lifetime.idle || now - created_at > lifetime.total {
        return Ok(None);
    }
    let mut person = person_of(person)?;
    if any_wanted {
        person.wanted = wanted::count(c, person.id, &fold(&person.department), now)?;
    }
    Ok(Some(Live { person, digest, last_seen_at, proved_at }))
}

/// Notes that a session was used.
pub fn touch(c: &mut Conn, digest: &str, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::digest.eq(digest)))
        .set(sessions::last_seen_at.eq(now))
        .execute(c)
        .map(|_| ())
}

/// Ends one session.
pub fn end(c: &mut Conn, digest: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::digest.eq(digest))).execute(c).map(|_| ())
}

/// Ends every session of a person, but for the one kept.
pub fn end_all(c: &mut Conn, person_id: i64, kept: Option<&str>) -> QueryResult<usize> {
    diesel::delete(
        sessions::table
            .filter(sessions::person_id.eq(person_id))
            .filter(sessions::digest.ne(kept.unwrap_or_default())),
    )
    .execute(c)
}

/// Removes what has ended by itself; a job runs it.
pub fn sweep(c: &mut Conn, now: NaiveDateTime, lifetime: Lifetime) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(
        sessions::last_seen_at.lt(now - lifetime.idle).or(sessions::created_at.lt(now - lifetime.total)),
    ))
    .execute(c)
}

/// How many live sessions a person has besides this one.
pub fn count_besides(
    c: &mut Conn,
    person_id: i64,
    own: &str,
    now: NaiveDateTime,
    lifetime: Lifetime,
) -> QueryResult<i64> {
    sessions::table
        .filter(sessions::person_id.eq(person_id))
        .filter(sessions::digest.ne(own))
        .filter(sessions::last_seen_at.ge(now - lifetime.idle))
        .filter(sessions::created_at.ge(now - lifetime.total))
        .count()
        .get_result(c)
}
