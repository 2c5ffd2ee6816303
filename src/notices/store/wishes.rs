//! How somebody wants notices by mail.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::Conn;
use crate::db::schema::{mail_wishes, notices, outbox};
use crate::each_db;
use crate::notices::{Kind, Rhythm};

/// How often, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    pub rhythm: Rhythm,
    /// Kinds that come by no mail.
    pub muted: Vec<Kind>,
}

impl Wishes {
    /// As the database has them: the name of a rhythm, and names of kinds between blanks.
    pub(super) fn read(rhythm: &str, muted: &str) -> Wishes {
        Wishes {
            rhythm: Rhythm::named(rhythm).unwrap_or(Rhythm::USUAL),
            muted: muted.split(' ').filter_map(Kind::named).collect(),
        }
    }

    /// Whether a kind comes by mail.
    pub fn wants(&self, kind: Kind) -> bool {
        self.rhythm != Rhythm::Never && !self.muted.contains(&kind)
    }
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { rhythm: Rhythm::USUAL, muted: Vec::new() }
    }
}

/// What somebody has chosen, or the usual.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, person_id: i64) -> QueryResult<Wishes> {
    let row = mail_wishes::table
        .find(person_id)
        .select((mail_wishes::rhythm, mail_wishes::muted))
        .first::<(String, String)>(c)
        .optional()?;
    Ok(row.map(|(rhythm, muted)| Wishes::read(&rhythm, &muted)).unwrap_or_default())
}

/// Keeps what somebody chose. What waits for a mail they do not want any more waits no longer.
///
/// # Errors
/// What the database says.
pub fn set(c: &mut Conn, person_id: i64, wishes: &Wishes, now: NaiveDateTime) -> QueryResult<()> {
    let muted: Vec<&str> = wishes.muted.iter().map(|kind| kind.name()).collect();
    let row = (
        mail_wishes::person_id.eq(person_id),
        mail_wishes::rhythm.eq(wishes.rhythm.name()),
        mail_wishes::muted.eq(muted.join(" ")),
        mail_wishes::changed_at.eq(now),
    );
    each_db!(c, c => diesel::insert_into(mail_wishes::table)
        .values(row)
        .on_conflict(mail_wishes::person_id)
        .do_update()
        .set((
            mail_wishes::rhythm.eq(excluded(mail_wishes::rhythm)),
            mail_wishes::muted.eq(excluded(mail_wishes::muted)),
            mail_wishes::changed_at.eq(excluded(mail_wishes::changed_at)),
        ))
        .execute(c))?;
    for kind in Kind::ALL.into_iter().filter(|kind| !wishes.wants(*kind)) {
        diesel::update(
            notices::table
                .filter(notices::person_id.eq(person_id))
                .filter(notices::kind.eq(kind.name()))
                .filter(notices::mail_since.is_not_null()),
        )
        .set(notices::mail_since.eq(None::<NaiveDateTime>))
        .execute(c)?;
    }
    if wishes.rhythm == Rhythm::Never {
        // What is made up already but not yet on its way stays here too.
        diesel::update(
            outbox::table
                .filter(outbox::person_id.eq(person_id))
                .filter(outbox::purpose.eq(super::outbox::Purpose::Notice.name()))
                .filter(outbox::state.eq("waiting")),
        )
        .set((
            outbox::state.eq("dropped"),
            outbox::body.eq(""),
            outbox::ended_at.eq(now),
            outbox::problem.eq("wants no mail"),
        ))
        .execute(c)?;
    }
    Ok(())
}
