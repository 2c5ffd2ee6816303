//! Mail to be sent. A row is written in the transaction of what it tells, so a mail is sent exactly when
//! that was committed; whoever sends it first takes a lease on it. A node that dies in between leaves a
//! lease that ends, and the mail is sent again with the same Message-ID: never lost, at most repeated.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts;
use crate::accounts::links::{self, Purpose as Link};
use crate::accounts::store::State;
use crate::db::Conn;
use crate::db::schema::{outbox, people};
use crate::error::AppResult;
use crate::notices::letter;
use crate::web::token;

/// How long one try may take, far more than the transport allows itself.
const LEASE: Duration = Duration::minutes(5);
/// Characters of a server's answer that are kept.
const LONGEST_PROBLEM: usize = 300;

/// What a mail is for: it decides who may get it, and what is added when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Notices; can be stopped.
    Notice,
    /// Carries a link made when it is sent; only to who has not joined.
    Invitation,
    /// Carries a link made when it is sent; only to who has a password.
    Reset,
    /// A change of the account; cannot be stopped.
    Account,
    /// The month's report; only to who may see reports.
    Report,
    /// An administrator tries the mail server.
    Test,
}

impl Purpose {
    const ALL: [Purpose; 6] = [
        Purpose::Notice,
        Purpose::Invitation,
        Purpose::Reset,
        Purpose::Account,
        Purpose::Report,
        Purpose::Test,
    ];

    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Notice => "notice",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
            Purpose::Account => "account",
            Purpose::Report => "report",
            Purpose::Test => "test",
        }
    }

    /// As the administrator's page says it.
    pub const fn title(self) -> &'static str {
        match self {
            Purpose::Notice => "Notices",
            Purpose::Invitation => "Invitation",
            Purpose::Reset => "New password",
            Purpose::Account => "Change of the account",
            Purpose::Report => "Monthly report",
            Purpose::Test => "Test",
        }
    }

    fn named(name: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// A mail to be written into the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub person_id: i64,
    /// Only where it is not for the address the person has when it is sent.
    pub address: Option<String>,
    pub purpose: Purpose,
    pub subject: String,
    /// Empty for what carries a link.
    pub body: String,
    /// When it is no longer of use.
    pub not_after: Option<NaiveDateTime>,
    pub at: NaiveDateTime,
}

/// Puts a mail into the outbox.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn put(c: &mut Conn, parcel: &Parcel) -> AppResult<i64> {
    Ok(diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(token::fresh()?),
            outbox::person_id.eq(parcel.person_id),
            outbox::address.eq(&parcel.address),
            outbox::purpose.eq(parcel.purpose.name()),
            outbox::subject.eq(&parcel.subject),
            outbox::body.eq(&parcel.body),
            outbox::state.eq("waiting"),
            outbox::next_at.eq(parcel.at),
            outbox::not_after.eq(parcel.not_after),
            outbox::created_at.eq(parcel.at),
        ))
        .returning(outbox::id)
        .get_result(c)?)
}

/// Puts an invitation or a link to a new password into the outbox, whichever the person needs, instead of
/// an older one that still waits.
///
/// # Errors
/// 404 when there is no such person; what [`put`] returns.
pub fn put_link(c: &mut Conn, person_id: i64, at: NaiveDateTime) -> AppResult<()> {
    let invited = accounts::store::person(c, person_id)?.state() == State::Invited;
    let (purpose, subject, link) = if invited {
        (Purpose::Invitation, "You are invited to Tradewind", Link::Invitation)
    } else {
        (Purpose::Reset, "A new password for Tradewind", Link::Reset)
    };
    diesel::update(
        outbox::table
            .filter(outbox::person_id.eq(person_id))
            .filter(outbox::purpose.eq(purpose.name()))
            .filter(outbox::state.eq("waiting")),
    )
    .set((
        outbox::state.eq("dropped"),
        outbox::ended_at.eq(at),
        outbox::problem.eq("a newer one takes its place"),
    ))
    .execute(c)?;
    let parcel = Parcel {
        person_id,
        address: None,
        purpose,
        subject: subject.to_owned(),
        body: String::new(),
        not_after: Some(at + link.lifetime()),
        at,
    };
    put(c, &parcel).map(|_| ())
}

/// Puts a mail about a change of somebody's account into the outbox: to `address`, or to the one they
/// have.
///
/// # Errors
/// What [`put`] returns.
pub fn put_account(
    c: &mut Conn,
    person_id: i64,
    address: Option<String>,
    what: &str,
    public_url: &str,
    at: NaiveDateTime,
) -> AppResult<()> {
    let letter = letter::account_changed(what, public_url);
    let parcel = Parcel {
        person_id,
        address,
        purpose: Purpose::Account,
        subject: letter.subject,
        body: letter.body,
        not_after: None,
        at,
    };
    put(c, &parcel).map(|_| ())
}

/// Mail that is due at `now` and that nobody is sending, longest waiting first.
///
/// # Errors
/// What the database says.
pub fn due(c: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<i64>> {
    outbox::table
        .filter(outbox::state.eq("waiting"))
        .filter(outbox::next_at.le(now))
        .filter(outbox::leased_until.is_null().or(outbox::leased_until.lt(now)))
        .order((outbox::next_at, outbox::id))
        .limit(limit)
        .select(outbox::id)
        .load(c)
}

/// A mail as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Ready {
    pub id: i64,
    /// The first part of the Message-ID.
    pub message_id: String,
    pub name: String,
    pub address: String,
    pub subject: String,
    pub body: String,
    /// Where one stops it, for mail that can be stopped.
    pub unsubscribe: Option<String>,
    /// This try's number, from 1.
    pub tries: i32,
}

/// Takes a mail to send it: of all nodes the one whose update finds it free. Nothing where another was
/// faster, or where the mail may no longer be sent: then it is dropped, with the reason.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn take(
    c: &mut Conn,
    id: i64,
    node: &str,
    now: NaiveDateTime,
    public_url: &str,
) -> AppResult<Option<Ready>> {
    type Row = (i64, Option<String>, String, String, (String, String), i32, Option<NaiveDateTime>);
    let free = outbox::table
        .filter(outbox::id.eq(id))
        .filter(outbox::state.eq("waiting"))
        .filter(outbox::next_at.le(now))
        .filter(outbox::leased_until.is_null().or(outbox::leased_until.lt(now)));
    let taken = diesel::update(free)
        .set((
            outbox::leased_by.eq(node),
            outbox::leased_until.eq(now + LEASE),
            outbox::tries.eq(outbox::tries + 1),
        ))
        .returning((
            outbox::person_id,
            outbox::address,
            outbox::message_id,
            outbox::purpose,
            (outbox::subject, outbox::body),
            outbox::tries,
            outbox::not_after,
        ))
        .get_result::<Row>(c)
        .optional()?;
    let Some((person_id, address, message_id, purpose, (subject, text), tries, not_after)) = taken else {
        return Ok(None);
    };
    let person = accounts::store::person(c, person_id)?;
    let purpose = Purpose::named(&purpose).unwrap_or(Purpose::Account);
    let why_not = match (person.state(), purpose) {
        _ if not_after.is_some_and(|at| at < now) => Some("it would have come too late"),
        (State::Disabled, _) => Some("the account is disabled"),
        (State::Active, Purpose::Invitation) => Some("has joined meanwhile"),
        (State::Invited, Purpose::Notice | Purpose::Reset | Purpose::Report) => Some("has not joined yet"),
        (State::Active, Purpose::Report) if !person.role.sees_flow() => Some("may not see reports any more"),
        _ => None,
    };
    if let Some(why) = why_not {
        end(c, id, node, now, "dropped", why)?;
        return Ok(None);
    }
    let link = |c: &mut Conn, purpose: Link| {
        links::another(c, purpose, person_id, now)
            .map(|token| (links::url(public_url, purpose, &token), purpose.lasts()))
    };
    let (body, unsubscribe) = match purpose {
        Purpose::Invitation => {
            let (link, lasts) = link(c, Link::Invitation)?;
            (letter::invitation(&link, lasts), None)
        }
        Purpose::Reset => {
            let (link, lasts) = link(c, Link::Reset)?;
            (letter::reset(&link, lasts), None)
        }
        Purpose::Notice => {
            let token = super::unsubscribe::create(c, person_id, now)?;
            let url = format!("{public_url}/unsubscribe/{token}");
            (text + &letter::how_to_stop(&url), Some(url))
        }
        Purpose::Account | Purpose::Report | Purpose::Test => (text, None),
    };
    let address = address.unwrap_or(person.email);
    Ok(Some(Ready { id, message_id, name: person.name, address, subject, body, unsubscribe, tries }))
}

/// Notes that the server has taken it; the text is not kept.
///
/// # Errors
/// What the database says.
pub fn sent(c: &mut Conn, id: i64, node: &str, now: NaiveDateTime) -> QueryResult<()> {
    end(c, id, node, now, "sent", "")
}

/// Notes that it will not be tried again by itself, with the server's words.
///
/// # Errors
/// What the database says.
pub fn failed(c: &mut Conn, id: i64, node: &str, now: NaiveDateTime, problem: &str) -> QueryResult<()> {
    end(c, id, node, now, "failed", problem)
}

fn end(c: &mut Conn, id: i64, node: &str, now: NaiveDateTime, state: &str, problem: &str) -> QueryResult<()> {
    let mine = outbox::table
        .filter(outbox::id.eq(id))
        .filter(outbox::state.eq("waiting"))
        .filter(outbox::leased_by.eq(node));
    diesel::update(mine)
        .set((
            outbox::state.eq(state),
            outbox::problem.eq(shortened(problem)),
            outbox::ended_at.eq(now),
            outbox::leased_by.eq(None::<String>),
            outbox::leased_until.eq(None::<NaiveDateTime>),
        ))
        .execute(c)?;
    if state != "failed" {
        forget(c, id)?;
    }
    Ok(())
}

/// Empties what is not needed any more of a mail that has ended.
fn forget(c: &mut Conn, id: i64) -> QueryResult<()> {
    diesel::update(outbox::table.filter(outbox::id.eq(id)).filter(outbox::state.ne("waiting")))
        .set((outbox::body.eq(""), outbox::address.eq(None::<String>)))
        .execute(c)
        .map(|_| ())
}

/// Notes that it is to be tried again, with the server's words.
///
/// # Errors
/// What the database says.
pub fn later(c: &mut Conn, id: i64, node: &str, next_at: NaiveDateTime, problem: &str) -> QueryResult<()> {
    let mine = outbox::table
        .filter(outbox::id.eq(id))
        .filter(outbox::state.eq("waiting"))
        .filter(outbox::leased_by.eq(node));
    diesel::update(mine)
        .set((
            outbox::next_at.eq(next_at),
            outbox::problem.eq(shortened(problem)),
            outbox::leased_by.eq(None::<String>),
            outbox::leased_until.eq(None::<NaiveDateTime>),
        ))
        .execute(c)
        .map(|_| ())
}

fn shortened(problem: &str) -> String {
    crate::notices::gather::one_line(problem, LONGEST_PROBLEM)
}

/// How much mail waits and how much has failed.
///
/// # Errors
/// What the database says.
pub fn counts(c: &mut Conn) -> QueryResult<(i64, i64)> {
    let of = |state: &'static str| outbox::table.filter(outbox::state.eq(state)).count();
    Ok((of("waiting").get_result(c)?, of("failed").get_result(c)?))
}

/// A mail on the administrator's page; never its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    pub person_id: i64,
    pub name: String,
    pub purpose: &'static str,
    pub created_at: NaiveDateTime,
    pub next_at: NaiveDateTime,
    pub tries: i32,
    pub problem: String,
}

/// Mail that waits (`failed` false: soonest first) or has failed (latest first).
///
/// # Errors
/// What the database says.
pub fn rows(c: &mut Conn, failed: bool, limit: i64) -> QueryResult<Vec<Row>> {
    type Found = (i64, (i64, String), String, NaiveDateTime, NaiveDateTime, i32, String);
    let all = outbox::table.inner_join(people::table).select((
        outbox::id,
        (people::id, people::name),
        outbox::purpose,
        outbox::created_at,
        outbox::next_at,
        outbox::tries,
        outbox::problem,
    ));
    let rows: Vec<Found> = if failed {
        all.filter(outbox::state.eq("failed")).order(outbox::id.desc()).limit(limit).load(c)?
    } else {
        all.filter(outbox::state.eq("waiting")).order((outbox::next_at, outbox::id)).limit(limit).load(c)?
    };
    Ok(rows
        .into_iter()
        .map(|(id, (person_id, name), purpose, created_at, next_at, tries, problem)| {
            let purpose = Purpose::named(&purpose).map_or("Mail", Purpose::title);
            Row { id, person_id, name, purpose, created_at, next_at, tries, problem }
        })
        .collect())
}

/// Tries failed mail again from the beginning: this one, or all. Returns how many.
///
/// # Errors
/// What the database says.
pub fn again(c: &mut Conn, id: Option<i64>, now: NaiveDateTime) -> QueryResult<usize> {
    let failed = outbox::table.filter(outbox::state.eq("failed"));
    let values = (
        outbox::state.eq("waiting"),
        outbox::tries.eq(0),
        outbox::next_at.eq(now),
        outbox::ended_at.eq(None::<NaiveDateTime>),
    );
    match id {
        Some(id) => diesel::update(failed.filter(outbox::id.eq(id))).set(values).execute(c),
        None => diesel::update(failed).set(values).execute(c),
    }
}

/// Gives a failed mail up.
///
/// # Errors
/// What the database says.
pub fn give_up(c: &mut Conn, id: i64, now: NaiveDateTime) -> QueryResult<usize> {
    let given_up = diesel::update(outbox::table.filter(outbox::id.eq(id)).filter(outbox::state.eq("failed")))
        .set((outbox::state.eq("dropped"), outbox::ended_at.eq(now)))
        .execute(c)?;
    forget(c, id)?;
    Ok(given_up)
}

/// Removes mail that ended long ago; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(
        outbox::table
            .filter(outbox::state.ne("waiting"))
            .filter(outbox::ended_at.lt(now - Duration::days(30))),
    )
    .execute(c)
}
