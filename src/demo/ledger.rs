//! What the demo company has earned: everybody's first credits, and each week settled when it was over.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::hours::Hours;
use crate::db::Conn;
use crate::db::schema::people;
use crate::earnings::store;
use crate::earnings::week::Week;
use crate::error::AppResult;
use crate::ledger;
use crate::policy::CreditPolicy;

/// Settles the weeks of the story one after the other, so that the ledger is in the order of time: whoever
/// tells of something that moved credits calls [`Settler::up_to`] with its time before.
#[derive(Debug)]
pub struct Settler {
    hours: Hours,
    policy: CreditPolicy,
    next: Week,
}

impl Settler {
    /// Gives everybody their first credits, when the story begins `weeks` before the present. Values, ratings
    /// and openings must be there.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn begin(c: &mut Conn, hours: Hours, weeks: u64) -> AppResult<Settler> {
        let policy = CreditPolicy::default();
        let next = Week::of(hours.ago(weeks * 7));
        let everybody: Vec<i64> = people::table.order(people::id).select(people::id).load(c)?;
        let at = hours.calendar.start_of(next.monday()) + Duration::hours(8);
        ledger::store::welcome_all(c, &policy, &everybody, at)?;
        Ok(Settler { hours, policy, next })
    }

    /// Settles the weeks that were over before `at` (UTC) and have not been settled.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn up_to(&mut self, c: &mut Conn, at: NaiveDateTime) -> AppResult<()> {
        let calendar = self.hours.calendar;
        while calendar.start_of(self.next.end()) + Duration::hours(4) <= at {
            let (monday, end) = (self.next.monday(), self.next.end());
            let night = calendar.start_of(end);
            let (rated, earned) = (night + Duration::hours(1), night + Duration::hours(4));
            store::settle_between(c, &self.policy, calendar, monday, end, rated)?;
            store::settle_week(c, self.next, &self.policy, calendar, earned)?;
            self.next = self.next.after();
        }
        Ok(())
    }
}
