//! Who asked for a link to a new password, counted in the database for all nodes together, so that nobody
//! can fill a colleague's mailbox. Known and unknown addresses are counted alike.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::link_requests;
use crate::text::fold;
use crate::web::token;

/// The time that is looked back on.
const WINDOW: Duration = Duration::hours(1);
/// Mails to one account in that time.
const ACCOUNT: i64 = 3;
/// Requests from one address in that time.
const ADDRESS: i64 = 20;

/// Notes a request and says whether it may be answered with a mail.
///
/// # Errors
/// What the database says.
pub fn note(c: &mut Conn, email: &str, address: &str, now: NaiveDateTime) -> QueryResult<bool> {
    let account = token::digest(&fold(email));
    let recent = || link_requests::table.filter(link_requests::at.gt(now - WINDOW));
    let by_account: i64 = recent().filter(link_requests::account.eq(&account)).count().get_result(c)?;
    let by_address: i64 = recent().filter(link_requests::address.eq(address)).count().get_result(c)?;
    let fine = by_account < ACCOUNT && by_address < ADDRESS;
    if fine {
        diesel::insert_into(link_requests::table)
            .values((
                link_requests::account.eq(account),
                link_requests::address.eq(address),
                link_requests::at.eq(now),
            ))
            .execute(c)?;
    }
    Ok(fine)
}

/// Removes what no longer counts; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(link_requests::table.filter(link_requests::at.lt(now - WINDOW))).execute(c)
}
