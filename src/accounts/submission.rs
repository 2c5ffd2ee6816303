//! Idempotency keys: a form sent twice, or again after an unknown outcome, takes effect once.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::submissions;
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::web::token;

/// How long a key is remembered: longer than any form stays open.
const KEPT: Duration = Duration::days(30);

/// A key for a form about to be shown.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn fresh_key() -> AppResult<String> {
    token::fresh()
}

/// Longest key, in bytes: ours have 43, and the index behind them takes no page-long one.
const LONGEST: usize = 100;

fn is_usable(key: &str) -> AppResult<()> {
    if key.len() > LONGEST {
        return Err(AppError::BadRequest(
            "This form was changed on its way here. Open its page again and send it from there.".into(),
        ));
    }
    Ok(())
}

/// Where the form with this key led when it took effect, if it did.
///
/// # Errors
/// 400 for a key that no page of ours gave.
pub fn find(c: &mut Conn, person_id: i64, key: &str) -> AppResult<Option<String>> {
    is_usable(key)?;
    Ok(submissions::table.find((person_id, key)).select(submissions::location).first(c).optional()?)
}

/// Remembers where the form with this key led. A unique violation says that another request with the
/// same key was faster: find again.
///
/// # Errors
/// 400 for a key that no page of ours gave.
pub fn keep(c: &mut Conn, person_id: i64, key: &str, location: &str, at: NaiveDateTime) -> AppResult<()> {
    is_usable(key)?;
    diesel::insert_into(submissions::table)
        .values((
            submissions::person_id.eq(person_id),
            submissions::key.eq(key),
            submissions::location.eq(location),
            submissions::at.eq(at),
        ))
        .execute(c)?;
    Ok(())
}

/// Runs `work` unless the form with this key has taken effect already, and returns where to go either
/// way. The key is written first, so of two requests at once one works and the other waits for it. A form
/// without a key (nobody's page sends that) is not remembered.
///
/// # Errors
/// 400 for a key that no page of ours gave; what `work` returns: then the key is free again, since its transaction is taken back.
pub fn once(
    c: &mut Conn,
    person_id: i64,
    key: &str,
    at: NaiveDateTime,
    work: impl FnOnce(&mut Conn) -> AppResult<String>,
) -> AppResult<String> {
    if key.is_empty() {
        return work(c);
    }
    is_usable(key)?;
    let row = (
        submissions::person_id.eq(person_id),
        submissions::key.eq(key),
        submissions::location.eq(""),
        submissions::at.eq(at),
    );
    let mine = each_db!(c, c => diesel::insert_into(submissions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if mine == 0 {
        return Ok(submissions::table.find((person_id, key)).select(submissions::location).first(c)?);
    }
    let location = work(c)?;
    diesel::update(submissions::table.find((person_id, key)))
        .set(submissions::location.eq(&location))
        .execute(c)?;
    Ok(location)
}

/// Gives a key back whose form was refused after all: sent again, it is looked at again.
///
/// # Errors
/// What the database says.
pub fn free(c: &mut Conn, person_id: i64, key: &str) -> QueryResult<()> {
    diesel::delete(submissions::table.find((person_id, key))).execute(c).map(|_| ())
}

/// Forgets old keys; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(submissions::table.filter(submissions::at.lt(now - KEPT))).execute(c)
}
