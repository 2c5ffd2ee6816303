//! What every figure needs: the people, the departments, the sums of the period.

use std::collections::HashMap;

use diesel::QueryResult;

use super::question::Question;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::apart::Apart;
use crate::flow::groups::{Department, Grouping, View};
use crate::flow::headcount::{self, Headcount, Stay};
use crate::flow::period::Period;
use crate::flow::store::readings::{self, Activity};
use crate::flow::store::retention::{self, Grain};

/// What every figure needs: the people, the departments, the sums.
#[derive(Clone)]
pub struct Loaded {
    pub question: Question,
    pub stays: Vec<Stay>,
    /// Everybody who was there in the period, where they were last.
    pub everybody: Vec<Stay>,
    /// All there ever were.
    pub departments: Vec<Department>,
    pub grouping: Grouping,
    pub segments: Vec<(i64, String)>,
    pub(super) activity: Vec<Activity>,
    /// Whether its events are there, or only counts of the month.
    pub(super) grain: Grain,
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
    /// [`crate::error::AppError::NoLonger`] where too little remains of the period; what the database says.
    pub fn new(c: &mut Conn, question: Question) -> AppResult<Loaded> {
        let grain = retention::grain(c, question.period)?;
        let stays = readings::stays(c, question.calendar)?;
        let departments = readings::departments(c)?;
        let segments = readings::segments(c)?;
        Ok(Loaded { grain, ..Loaded::of(c, question, stays, departments, segments)? })
    }

    fn of(
        c: &mut Conn,
        question: Question,
        stays: Vec<Stay>,
        departments: Vec<Department>,
        segments: Vec<(i64, String)>,
    ) -> QueryResult<Loaded> {
        let activity = readings::activity(c, question.period)?;
        let headcounts = headcounts(&stays, &activity, question.period);
        let apart = if question.view.unsuppressed {
            Apart::everything()
        } else {
            Apart::new(&departments, &stays, question.period)
        };
        let grouping = Grouping::new(&departments, &headcounts, apart, question.view);
        let everybody = headcount::everybody(&stays, question.period);
        Ok(Loaded {
            question,
            stays,
            everybody,
            departments,
            grouping,
            segments,
            activity,
            grain: Grain::Events,
        })
    }

    /// The same people and departments, about another question: its groups are those that may be told of
    /// its own period.
    ///
    /// # Errors
    /// What the database says.
    pub fn about(&self, c: &mut Conn, question: Question) -> QueryResult<Loaded> {
        let (stays, departments) = (self.stays.clone(), self.departments.clone());
        let grain = retention::grain_known(c, question.period)?;
        Ok(Loaded { grain, ..Loaded::of(c, question, stays, departments, self.segments.clone())? })
    }

    /// The same period in another view, with what may be told apart there.
    pub fn seen(&self, view: View, apart: Apart) -> Loaded {
        let question = Question { view, ..self.question };
        let headcounts = headcounts(&self.stays, &self.activity, question.period);
        let grouping = Grouping::new(&self.departments, &headcounts, apart, view);
        Loaded { question, grouping, ..self.clone() }
    }

    /// The same period of the whole company; none: at the level that fits.
    pub fn of_company(&self, level: Option<usize>) -> Loaded {
        let view = View { root: None, level, ..self.question.view };
        self.seen(view, self.grouping.apart.clone())
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

/// How many people every department had; none of one in which something was done nevertheless.
fn headcounts(stays: &[Stay], activity: &[Activity], period: Period) -> HashMap<i64, Headcount> {
    let mut headcounts: HashMap<i64, Headcount> = HashMap::new();
    for stay in stays.iter().filter(|stay| stay.days_in(period) > 0) {
        let headcount = headcounts.entry(stay.department_id).or_default();
        *headcount = headcount.and(Headcount::of(std::iter::once(stay), period));
    }
    for row in activity {
        headcounts.entry(row.department_id).or_default();
    }
    headcounts
}
