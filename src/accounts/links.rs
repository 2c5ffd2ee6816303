//! Links that let somebody in without a password: first set-up, invitation, reset, a role of the demo
//! company. The database holds their digests; the address is always the configured one.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::store;
use crate::db::Conn;
use crate::db::schema::{people, sign_in_links};
use crate::error::AppResult;
use crate::web::token;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the first administrator.
    Setup,
    /// Lets an added person choose a name and a password.
    Invitation,
    /// Lets a person choose a new password.
    Reset,
    /// Signs in as a role of the demo company, as often as one likes.
    Demo,
}

impl Purpose {
    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Setup => "setup",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
            Purpose::Demo => "demo",
        }
    }

    /// The first part of its path.
    const fn place(self) -> &'static str {
        match self {
            Purpose::Setup => "setup",
            Purpose::Invitation => "join",
            Purpose::Reset => "reset",
            Purpose::Demo => "demo",
        }
    }

    /// How long it works.
    pub const fn lifetime(self) -> Duration {
        match self {
            Purpose::Setup => Duration::minutes(15),
            Purpose::Invitation => Duration::days(7),
            Purpose::Reset => Duration::minutes(30),
            Purpose::Demo => Duration::days(3650),
        }
    }

    /// `lifetime` in words.
    pub const fn lasts(self) -> &'static str {
        match self {
            Purpose::Setup => "15 minutes",
            Purpose::Invitation => "7 days",
            Purpose::Reset => "30 minutes",
            Purpose::Demo => "as long as the demo company",
        }
    }
}

/// The address that carries a token.
pub fn url(public_url: &str, purpose: Purpose, token: &str) -> String {
    format!("{public_url}/{}/{token}", purpose.place())
}

/// Makes a link and returns its token. An invitation or a reset kills the person's older ones.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn create(
    c: &mut Conn,
    purpose: Purpose,
    person_id: Option<i64>,
    now: NaiveDateTime,
) -> AppResult<String> {
    if let (Purpose::Invitation | Purpose::Reset, Some(id)) = (purpose, person_id) {
        kill(c, id, now)?;
    }
    add(c, purpose, person_id, now)
}

/// Makes a link beside those that work already: for a mail, whose older copy may have arrived after all.
/// The first that is used ends the others.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn another(c: &mut Conn, purpose: Purpose, person_id: i64, now: NaiveDateTime) -> AppResult<String> {
    add(c, purpose, Some(person_id), now)
}

fn add(c: &mut Conn, purpose: Purpose, person_id: Option<i64>, now: NaiveDateTime) -> AppResult<String> {
    let token = token::fresh()?;
    diesel::insert_into(sign_in_links::table)
        .values((
            sign_in_links::digest.eq(token::digest(&token)),
            sign_in_links::purpose.eq(purpose.name()),
            sign_in_links::person_id.eq(person_id),
            sign_in_links::created_at.eq(now),
            sign_in_links::expires_at.eq(now + purpose.lifetime()),
        ))
        .execute(c)?;
    Ok(token)
}

/// The address at which the first administrator is made, while there is nobody in the database. Nodes
/// that start together each print one; the first that is used ends them all.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn setup_link(c: &mut Conn, public_url: &str, now: NaiveDateTime) -> AppResult<Option<String>> {
    if store::anybody(c)? {
        return Ok(None);
    }
    let token = create(c, Purpose::Setup, None, now)?;
    Ok(Some(url(public_url, Purpose::Setup, &token)))
}

/// The invitation of somebody without a password, or the reset link of somebody with one.
///
/// # Errors
/// 404 when there is no such person; what [`create`] returns.
pub fn invite_or_reset(
    c: &mut Conn,
    person_id: i64,
    public_url: &str,
    now: NaiveDateTime,
) -> AppResult<(Purpose, String)> {
    let purpose = match store::person(c, person_id)?.password_hash {
        None => Purpose::Invitation,
        Some(_) => Purpose::Reset,
    };
    let token = create(c, purpose, Some(person_id), now)?;
    Ok((purpose, url(public_url, purpose, &token)))
}

/// Whose link this is, if it works: of this purpose, not used, not expired, its person not disabled.
/// The outer `None` is a dead link, the inner one a set-up link. Changes nothing: mail scanners open links.
///
/// # Errors
/// What the database says.
pub fn look(
    c: &mut Conn,
    purpose: Purpose,
    token: &str,
    now: NaiveDateTime,
) -> AppResult<Option<Option<i64>>> {
    let row = sign_in_links::table
        .left_join(people::table)
        .filter(sign_in_links::digest.eq(token::digest(token)))
        .filter(sign_in_links::purpose.eq(purpose.name()))
        .filter(sign_in_links::used_at.is_null())
        .filter(sign_in_links::expires_at.gt(now))
        .select((sign_in_links::person_id, people::disabled_at.nullable()))
        .first::<(Option<i64>, Option<NaiveDateTime>)>(c)
        .optional()?;
    let Some((person_id, None)) = row else {
        return Ok(None);
    };
    let works = match purpose {
        Purpose::Setup => person_id.is_none() && !store::anybody(c)?,
        _ => person_id.is_some(),
    };
    Ok(works.then_some(person_id))
}

/// Uses a link up, once: of two requests with the same link the second finds it dead. A demo link can be
/// used again and again.
///
/// # Errors
/// What the database says.
pub fn take(
    c: &mut Conn,
    purpose: Purpose,
    token: &str,
    now: NaiveDateTime,
) -> AppResult<Option<Option<i64>>> {
    if purpose != Purpose::Demo {
        let link = sign_in_links::table
            .find(token::digest(token))
            .filter(sign_in_links::purpose.eq(purpose.name()))
            .filter(sign_in_links::used_at.is_null());
        // Looked at before it is marked, and marked before anybody relies on the look.
        let seen = look(c, purpose, token, now)?;
        let marked = diesel::update(link).set(sign_in_links::used_at.eq(now)).execute(c)?;
        return Ok(seen.filter(|_| marked == 1));
    }
    look(c, purpose, token, now)
}

/// Ends every open link of a person.
///
/// # Errors
/// What the database says.
pub fn kill(c: &mut Conn, person_id: i64, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(
        sign_in_links::table
            .filter(sign_in_links::person_id.eq(person_id))
            .filter(sign_in_links::purpose.ne(Purpose::Demo.name()))
            .filter(sign_in_links::used_at.is_null()),
    )
    .set(sign_in_links::used_at.eq(now))
    .execute(c)
    .map(|_| ())
}

/// Removes links that ended long ago; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(sign_in_links::table.filter(sign_in_links::expires_at.lt(now - Duration::days(30))))
        .execute(c)
}
