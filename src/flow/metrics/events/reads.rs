//! What was read of each insight before the end of a period, and by whom in it: what [`super::history`] finds.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{Days, Duration, NaiveDate, NaiveDateTime};

use super::marks::Marks;
use crate::flow::matrix::FEWEST_READERS;
use crate::flow::store::histories::Shared;

/// Days of an insight's life whose openings make its half-life.
pub(super) const FIRST_DAYS: i64 = 365;
/// Insights of this age show how far they reach, in days.
const REACHING: (i64, i64) = (30, 180);

/// An insight and who read it before the end.
pub(super) struct Item {
    pub shared: Shared,
    /// Its author's department at the top of the tree, by number.
    pub home: u32,
    pub readers: u32,
    /// The other departments at the top in which somebody read it.
    pub reached: Vec<u32>,
    pub first: Option<NaiveDateTime>,
    pub first_outside: Option<NaiveDateTime>,
    pub last_day: Option<NaiveDate>,
    pub last_day_outside: Option<NaiveDate>,
    /// Its age in days at each opening, while it was younger than [`FIRST_DAYS`]; none of those that still
    /// are.
    pub ages: Option<Vec<u16>>,
}

impl Shared {
    /// Whether it was shared at least so many days before the end.
    pub(super) fn is_older(&self, days: i64, end: NaiveDateTime) -> bool {
        self.contributed_at <= end - Duration::days(days)
    }

    /// Whether it is of the age at which reach is looked at.
    pub(super) fn is_reaching(&self, end: NaiveDateTime) -> bool {
        self.is_older(REACHING.0, end) && !self.is_older(REACHING.1 + 1, end)
    }

    /// Whether it could still be read at the end.
    pub(super) fn is_there(&self, end: NaiveDateTime) -> bool {
        self.withdrawn_at.is_none_or(|at| at >= end)
    }
}

/// First openings of a person in the period.
#[derive(Default)]
pub(super) struct Reader {
    /// From and to which group of the page, and how many.
    pub flows: Vec<((usize, usize), u32)>,
    /// What they weigh, and of this what crosses departments.
    pub weight: f64,
    pub crossing: f64,
}

/// Different people, counted up to as many as may be told of.
#[derive(Clone, Debug, Default)]
pub(super) struct Few(Vec<i64>);

impl Few {
    pub fn add(&mut self, person: i64) {
        if (self.0.len() as u64) < FEWEST_READERS && !self.0.contains(&person) {
            self.0.push(person);
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// All of it.
pub(super) struct Reads {
    pub end: NaiveDateTime,
    /// Everybody there ever was, by id; the number of a person is their place.
    pub people: Arc<[i64]>,
    /// By id.
    pub items: Vec<Item>,
    /// By person.
    pub readers: Vec<(i64, Reader)>,
    /// Who read each author in the period, both by the numbers of people.
    pub read_by: Vec<Marks>,
    /// Departments at the top of the tree in which somebody is at the end.
    pub departments: HashSet<u32>,
    /// Openings in the period by the insight's age in days.
    pub ages: Vec<u64>,
    /// How many had read insights shared in the period, and how many of them from another department; all
    /// counted up to five.
    pub new_readers: usize,
    pub new_readers_outside: usize,
    /// How many had read insights of the age at which reach is looked at, and those old enough for a half-life.
    pub reached_people: usize,
    pub old_readers: usize,
}

impl Reads {
    /// The day so many days before the end.
    pub fn days_before_end(&self, to: NaiveDate, days: u64) -> NaiveDate {
        to.checked_sub_days(Days::new(days)).unwrap_or(to)
    }
}
