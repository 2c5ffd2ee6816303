//! Failed sign-ins, counted in the database for all nodes together. Guessing gets slow, and nobody is
//! locked out by others: what counts is an account *from one address*, and an address by itself. Whoever
//! is signed in already is never asked here.

use chrono::{Duration, NaiveDateTime};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::sign_in_failures;
use crate::text::fold;
use crate::web::token;

/// How long a failure counts for an account from one address.
const ACCOUNT_WINDOW: Duration = Duration::hours(1);
/// How long a failure counts for an address, whichever the accounts.
const ADDRESS_WINDOW: Duration = Duration::minutes(15);
/// An office behind one address mistypes this often in a quarter of an hour; a list of stolen passwords
/// is longer.
const ADDRESS_LIMIT: i64 = 100;
/// Beyond [`ADDRESS_LIMIT`] there is one try in this time.
const ADDRESS_WAIT: Duration = Duration::minutes(1);

/// Seconds to wait after the `failures`-th wrong password for an account from one address.
///
/// | failures | 0 to 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 and more |
/// |---|---|---|---|---|---|---|---|---|---|
/// | seconds | 0 | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 900 |
pub fn seconds_after(failures: i64) -> i64 {
    match failures {
        ..=2 => 0,
        3..=9 => 1 << (failures - 3),
        _ => 900,
    }
}

/// Whose tries are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tries {
    account: String,
    address: String,
}

impl Tries {
    /// Tries for an account, known or not, from an address as [`super::address::of`] writes it.
    pub fn new(email: &str, address: &str) -> Tries {
        Tries { account: token::digest(&fold(email)), address: address.to_owned() }
    }

    /// Seconds until the next try is looked at; `None` when it may come now.
    ///
    /// # Errors
    /// What the database says.
    pub fn wait(&self, c: &mut Conn, now: NaiveDateTime) -> QueryResult<Option<u32>> {
        let from_here = sign_in_failures::table.filter(sign_in_failures::address.eq(&self.address));
        let (failures, last) = from_here
            .filter(sign_in_failures::account.eq(&self.account))
            .filter(sign_in_failures::at.gt(now - ACCOUNT_WINDOW))
            .select((count_star(), max(sign_in_failures::at)))
            .first::<(i64, Option<NaiveDateTime>)>(c)?;
        let account = last.map(|last| last + Duration::seconds(seconds_after(failures)));
        let (failures, last) = from_here
            .filter(sign_in_failures::at.gt(now - ADDRESS_WINDOW))
            .select((count_star(), max(sign_in_failures::at)))
            .first::<(i64, Option<NaiveDateTime>)>(c)?;
        let address = last.filter(|_| failures >= ADDRESS_LIMIT).map(|last| last + ADDRESS_WAIT);
        let until = account.max(address);
        Ok(until.and_then(|until| {
            let millis = (until - now).num_milliseconds();
            u32::try_from((millis + 999) / 1000).ok().filter(|_| millis > 0)
        }))
    }

    /// Counts a wrong password.
    ///
    /// # Errors
    /// What the database says.
    pub fn failed(&self, c: &mut Conn, now: NaiveDateTime) -> QueryResult<()> {
        diesel::insert_into(sign_in_failures::table)
            .values((
                sign_in_failures::account.eq(&self.account),
                sign_in_failures::address.eq(&self.address),
                sign_in_failures::at.eq(now),
            ))
            .execute(c)
            .map(|_| ())
    }

    /// Forgets the failures of this account from this address: somebody who knows the password was only
    /// mistyping. Those of other accounts stay, so that an account of one's own buys no guesses.
    ///
    /// # Errors
    /// What the database says.
    pub fn succeeded(&self, c: &mut Conn) -> QueryResult<()> {
        diesel::delete(
            sign_in_failures::table
                .filter(sign_in_failures::account.eq(&self.account))
                .filter(sign_in_failures::address.eq(&self.address)),
        )
        .execute(c)
        .map(|_| ())
    }
}

/// Removes what no longer counts; a job runs it.
///
/// # Errors
/// What the database says.
pub fn sweep(c: &mut Conn, now: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(sign_in_failures::table.filter(sign_in_failures::at.lt(now - ACCOUNT_WINDOW))).execute(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_then_stays() {
        let seconds: Vec<i64> = (0..12).map(seconds_after).collect();
        assert_eq!(seconds, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 900, 900]);
    }
}
