//! Uploads between their check and their import.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::import::{Files, Source};
use crate::db::Conn;
use crate::db::schema::checked_uploads;
use crate::error::AppResult;
use crate::web::token;

/// How long an upload waits to be confirmed.
pub const KEPT_MINUTES: i64 = 60;

/// Keeps the files that somebody has uploaded and returns the key that confirms them. Whatever waited
/// too long, and what the same person uploaded before, is thrown away.
///
/// # Errors
/// What the database says; a file that is not in memory.
pub fn keep(c: &mut Conn, person_id: i64, files: &Files, now: NaiveDateTime) -> AppResult<String> {
    use checked_uploads::dsl as t;
    let old = t::at.lt(now - Duration::minutes(KEPT_MINUTES)).or(t::person_id.eq(person_id));
    diesel::delete(t::checked_uploads.filter(old)).execute(c)?;
    let key = token::fresh()?;
    let bytes = |file: &Option<Source>| match file {
        Some(Source::Bytes(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    diesel::insert_into(t::checked_uploads)
        .values((
            t::digest.eq(token::digest(&key)),
            t::person_id.eq(person_id),
            t::at.eq(now),
            t::people.eq(bytes(&files.people)),
            t::insights.eq(bytes(&files.insights)),
            t::accesses.eq(bytes(&files.accesses)),
            t::ratings.eq(bytes(&files.ratings)),
        ))
        .execute(c)?;
    Ok(key)
}

/// Takes the files out that a person has uploaded: once, and only they. `None` where they were taken
/// already or waited too long.
///
/// # Errors
/// What the database says.
pub fn take(c: &mut Conn, person_id: i64, key: &str, now: NaiveDateTime) -> QueryResult<Option<Files>> {
    use checked_uploads::dsl as t;
    type File = Option<Vec<u8>>;
    let digest = token::digest(key);
    let row = t::checked_uploads
        .filter(t::digest.eq(&digest))
        .filter(t::person_id.eq(person_id))
        .filter(t::at.ge(now - Duration::minutes(KEPT_MINUTES)))
        .select((t::people, t::insights, t::accesses, t::ratings))
        .first::<(File, File, File, File)>(c)
        .optional()?;
    let Some((people, insights, accesses, ratings)) = row else {
        return Ok(None);
    };
    // Pressed twice on two nodes: the row count decides who imports.
    if diesel::delete(t::checked_uploads.filter(t::digest.eq(&digest))).execute(c)? == 0 {
        return Ok(None);
    }
    let file = |bytes: File| bytes.map(Source::Bytes);
    Ok(Some(Files {
        people: file(people),
        insights: file(insights),
        accesses: file(accesses),
        ratings: file(ratings),
    }))
}
