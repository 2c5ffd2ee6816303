//! Mailing a month's report to the Chief Customer Officers: the mail and its trace in one transaction, so
//! that nobody gets it twice and nobody is left out, whichever node begins and whichever ends it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::kept;
use crate::accounts::person::Role;
use crate::db::Conn;
use crate::db::schema::{people, report_mails};
use crate::each_db;
use crate::error::AppResult;
use crate::notices::store::outbox::{self, Parcel, Purpose};
use crate::reports::letter;

/// Whether a report was mailed to anybody.
///
/// # Errors
/// What the database says.
pub fn was_mailed(c: &mut Conn, report_id: i64) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(report_mails::table.filter(report_mails::report_id.eq(report_id))))
        .get_result(c)
}

/// Puts a report into the mail to every Chief Customer Officer who can sign in and has not got it; returns
/// how many.
///
/// # Errors
/// When there is no randomness or the database refuses.
pub fn mail(c: &mut Conn, report_id: i64, now: NaiveDateTime, public_url: &str) -> AppResult<usize> {
    let (_, frozen) = kept::report(c, report_id)?;
    let officers: Vec<i64> = people::table
        .filter(people::role.eq(Role::Cco.name()))
        .filter(people::disabled_at.is_null())
        .filter(people::password_hash.is_not_null())
        .order(people::id)
        .select(people::id)
        .load(c)?;
    let mut mailed = 0;
    for person_id in officers {
        let trace = (
            report_mails::report_id.eq(report_id),
            report_mails::person_id.eq(person_id),
            report_mails::at.eq(now),
        );
        let new = each_db!(c, c => diesel::insert_into(report_mails::table)
            .values(trace)
            .on_conflict_do_nothing()
            .execute(c))?;
        if new == 0 {
            continue;
        }
        let letter = letter::of(&frozen, report_id, public_url);
        let parcel = Parcel {
            person_id,
            address: None,
            purpose: Purpose::Report,
            subject: letter.subject,
            body: letter.body,
            not_after: None,
            at: now,
        };
        outbox::put(c, &parcel)?;
        mailed += 1;
    }
    Ok(mailed)
}

/// When and to how many people a report was mailed; none where it was not.
///
/// # Errors
/// What the database says.
pub fn trace(c: &mut Conn, report_id: i64) -> QueryResult<Option<(NaiveDateTime, i64)>> {
    let (at, people): (Option<NaiveDateTime>, i64) = report_mails::table
        .filter(report_mails::report_id.eq(report_id))
        .select((diesel::dsl::min(report_mails::at), diesel::dsl::count_star()))
        .first(c)?;
    Ok(at.map(|at| (at, people)))
}
