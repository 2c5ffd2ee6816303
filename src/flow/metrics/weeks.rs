//! C1 and C2 week by week.

use diesel::QueryResult;

use super::figure::{Figure, Whom};
use super::loaded::Loaded;
use super::question::Question;
use crate::db::Conn;
use crate::flow::headcount::{Headcount, Stay};
use crate::flow::store::readings::{self, Day};

/// C1 and C2 of a week, or of the part of it that lies in the period.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekSums {
    pub monday: chrono::NaiveDate,
    pub days: i64,
    pub all: [Figure; 2],
    pub managers: [Figure; 2],
}

impl Loaded {
    /// The weeks of the period, with the days of each folded together.
    ///
    /// # Errors
    /// What the database says.
    pub fn weeks(&self, c: &mut Conn, departments: Option<&[i64]>) -> QueryResult<Vec<WeekSums>> {
        let Question { period, segment, view, .. } = self.question;
        let days = readings::days(c, period, segment, departments)?;
        let inside = |stay: &Stay| departments.is_none_or(|ids| ids.contains(&stay.department_id));
        Ok(period
            .weeks()
            .into_iter()
            .map(|week| {
                let headcount = |managers: bool| {
                    let stays = self.stays.iter().filter(|s| inside(s) && (s.manager || !managers));
                    Headcount::of(stays, week.part)
                };
                let sum = |of: fn(&Day) -> i64| {
                    days.iter().filter(|day| week.part.holds(day.day)).map(of).sum::<i64>()
                };
                let rates = |whom: Whom, contributions: i64, accesses: i64, headcount: Headcount| {
                    [("C1", contributions), ("C2", accesses)].map(|(id, count)| {
                        Figure::rate(id, whom.clone(), count, headcount, week.part).unless_small(
                            headcount,
                            week.part,
                            view.unsuppressed,
                        )
                    })
                };
                let mut managers = rates(
                    Whom::Managers,
                    sum(|d| d.manager_contributions),
                    sum(|d| d.manager_accesses),
                    headcount(true),
                );
                // Of a single department managers are never told apart.
                if !view.unsuppressed && (departments.is_some() || !self.tells_managers()) {
                    managers[1].suppress();
                }
                WeekSums {
                    monday: week.monday,
                    days: week.part.days(),
                    all: rates(Whom::All, sum(|d| d.contributions), sum(|d| d.accesses), headcount(false)),
                    managers,
                }
            })
            .collect())
    }
}
