//! Links that stop the mail without signing in. The database holds their digests.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::wishes;
use crate::db::Conn;
use crate::db::schema::unsubscribe_links;
use crate::error::AppResult;
use crate::notices::Rhythm;
use crate::web::token;

/// How long a link works: long after anybody finds the mail again.
const LIFETIME: Duration = Duration::days(400);

/// Makes a link for a mail to somebody and returns its token.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn create(c: &mut Conn, person_id: i64, now: NaiveDateTime) -> AppResult<String> {
    let token = token::fresh()?;
    diesel::insert_into(unsubscribe_links::table)
        .values((
            unsubscribe_links::digest.eq(token::digest(&token)),
            unsubscribe_links::person_id.eq(person_id),
            unsubscribe_links::created_at.eq(now),
        ))
        .execute(c)?;
    Ok(token)
}

/// Whose mail the link stops, if it is one of ours. Changes nothing: mail scanners open links.
///
/// # Errors
/// What the database says.
pub fn look(c: &mut Conn, token: &str, now: NaiveDateTime) -> QueryResult<Option<i64>> {
    unsubscribe_links::table
        .find(token::digest(token))
        .filter(unsubscribe_links::created_at.gt(now - LIFETIME))
        .select(unsubscribe_links::person_id)
        .first(c)
        .optional()
}

/// Stops all mail of notices to whom the link was sent, as often as it is pressed. Returns who that is.
///
/// # Errors
/// What the database says.
pub fn stop(c: &mut Conn, token: &str, now: NaiveDateTime) -> QueryResult<Option<i64>> {
    let Some(person_id) = look(c, token, now)? else {
        return Ok(None);
    };
    let wishes = wishes::of(c, person_id)?;
    wishes::set(c, person_id, &wishes::Wishes { rhythm: Rhythm::Never, ..wishes }, now)?;
    Ok(Some(person_id))
}

/// Removes links that no longer work; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(unsubscribe_links::table.filter(unsubscribe_links::created_at.lt(now - LIFETIME)))
        .execute(c)
}
