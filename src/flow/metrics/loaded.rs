//! What every figure needs: the people, the departments, the sums of the period.

use std::collections::HashMap;

use diesel::QueryResult;

use super::question::Question;
use crate::db::Conn;
use crate::flow::groups::Grouping;
use crate::flow::headcount::{Headcount, Stay};
use crate::flow::store::readings::{self, Activity};

/// What every figure needs: the people, the departments, the sums.
pub struct Loaded {
    pub question: Question,
    pub stays: Vec<Stay>,
    pub grouping: Grouping,
    pub segments: Vec<(i64, String)>,
    pub(super) activity: Vec<Activity>,
}

/// The sums of some rows of activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub contributions: i64,
    pub accesses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

impl Loaded {
    /// Loads them.
    ///
    /// # Errors
    /// What the database says.
    pub fn new(c: &mut Conn, question: Question) -> QueryResult<Loaded> {
        let stays = readings::stays(c, question.calendar)?;
        let departments = readings::departments(c)?;
        let activity = readings::activity(c, question.period)?;
        let mut headcounts: HashMap<i64, Headcount> = HashMap::new();
        for stay in &stays {
            if stay.days_in(question.period) > 0 {
                let headcount = headcounts.entry(stay.department_id).or_default();
                *headcount = headcount.and(Headcount::of(std::iter::once(stay), question.period));
            }
        }
        for row in &activity {
            headcounts.entry(row.department_id).or_default();
        }
        let grouping = Grouping::new(&departments, &headcounts, question.period, question.view);
        Ok(Loaded { question, stays, grouping, segments: readings::segments(c)?, activity })
    }

    /// The same people and groups, about another period.
    ///
    /// # Errors
    /// What the database says.
    pub fn about(&self, c: &mut Conn, question: Question) -> QueryResult<Loaded> {
        let activity = readings::activity(c, question.period)?;
        let mut grouping = self.grouping.clone();
        for (place, group) in grouping.groups.iter_mut().enumerate() {
            let inside = |stay: &&Stay| self.grouping.place_of(stay.department_id) == Some(place);
            group.headcount = Headcount::of(self.stays.iter().filter(inside), question.period);
        }
        Ok(Loaded {
            question,
            stays: self.stays.clone(),
            grouping,
            segments: self.segments.clone(),
            activity,
        })
    }

    /// The headcount of the stays that fit.
    pub fn headcount(&self, fits: impl Fn(&Stay) -> bool) -> Headcount {
        Headcount::of(self.stays.iter().filter(|stay| fits(stay)), self.question.period)
    }

    /// The sums of the rows that fit, within the chosen segment. Searches have none, so they count
    /// whatever the segment.
    pub fn sums(&self, fits: impl Fn(&Activity) -> bool) -> Sums {
        self.activity.iter().filter(|row| fits(row)).fold(Sums::default(), |sum, row| {
            let chosen = self.question.segment.is_none_or(|segment| segment == row.segment_id);
            Sums {
                contributions: sum.contributions + if chosen { row.contributions } else { 0 },
                accesses: sum.accesses + if chosen { row.accesses } else { 0 },
                searches: sum.searches + row.searches,
                zero_result_searches: sum.zero_result_searches + row.zero_result_searches,
            }
        })
    }
}
