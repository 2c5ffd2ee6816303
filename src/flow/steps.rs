//! In which steps of time lists tell how often something was opened or searched: the one place that decides, for
//! every page and file.
//!
//! Whoever may choose any two days can take one list from another. Two that ended before and after a quiet Sunday
//! differed by exactly what the one person opened who was there on it. So lists are told in steps: whole weeks, ended
//! only by a week in which at least five people of the group did something. What two lists of a group differ by then
//! is what five people of it did, at least.
//!
//! Each week decides for itself, so that which weeks end a step does not depend on the period, nor on what came
//! before or is forgotten since. A group's own weeks decide, the finest that pages tell apart ([`super::apart`]): so
//! lists of larger groups, which are sums of them, differ by such steps of each. Small groups decide together: one of
//! ten people has few weeks in which five of them read, and would be told nothing of.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use diesel::QueryResult;

use super::groups::{Department, FEWEST_PEOPLE, View};
use super::headcount::Stay;
use super::metrics::Loaded;
use super::period::Period;
use super::store::{active, readings};
use crate::clock::monday;
use crate::db::Conn;

/// How many people of a group did something in a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    Nobody,
    Few,
    Enough,
}

impl People {
    /// So many.
    pub fn of(count: usize) -> People {
        match count as u64 {
            0 => People::Nobody,
            FEWEST_PEOPLE.. => People::Enough,
            _ => People::Few,
        }
    }
}

/// The steps that lie in a period whole; none where none does. `first` is the first day on which anybody did anything,
/// and `in_week` says how many did in a week.
///
/// # Errors
/// What `in_week` says.
pub fn inside<E>(
    period: Period,
    first: NaiveDate,
    mut in_week: impl FnMut(Period) -> Result<People, E>,
) -> Result<Option<Period>, E> {
    // Weeks of nobody neither end a step nor keep one from ending.
    let mut is_end = |mut day: NaiveDate| loop {
        if day <= first {
            return Ok(true);
        }
        day = day.checked_sub_days(Days::new(7)).unwrap_or(first);
        match in_week(Period { from: day, to: later(day) })? {
            People::Nobody => {}
            People::Few => return Ok(false),
            People::Enough => return Ok(true),
        }
    };
    let mut from = period.from;
    if first < from {
        let this_week = monday(from);
        from = if this_week == from { from } else { later(this_week) };
        while from < period.to && !is_end(from)? {
            from = later(from);
        }
    }
    let mut to = monday(period.to);
    while from < to {
        if is_end(to)? {
            return Ok(Period::new(from, to));
        }
        to = to.checked_sub_days(Days::new(7)).unwrap_or(from);
    }
    Ok(None)
}

fn later(monday: NaiveDate) -> NaiveDate {
    monday.checked_add_days(Days::new(7)).unwrap_or(monday)
}

/// What of a period lists tell, by the department of who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// By department.
    told: HashMap<i64, Period>,
    /// Of everybody, for who is protected from nothing and for checks of the checks.
    any: Option<Period>,
}

impl Steps {
    /// Every day of a period.
    pub fn every_day(period: Period) -> Steps {
        Steps { told: HashMap::new(), any: Some(period) }
    }

    /// Those of openings, of everybody or of managers only, who are one group.
    ///
    /// # Errors
    /// What the database says.
    pub fn of_openings(c: &mut Conn, loaded: &Loaded, managers: bool) -> QueryResult<Steps> {
        Steps::of(c, loaded, managers, false)
    }

    /// Those of searches in vain. Whoever opened something in a week was there to search: few search in vain.
    ///
    /// # Errors
    /// What the database says.
    pub fn of_searches(c: &mut Conn, loaded: &Loaded, managers: bool) -> QueryResult<Steps> {
        Steps::of(c, loaded, managers, true)
    }

    fn of(c: &mut Conn, loaded: &Loaded, managers: bool, with_searches: bool) -> QueryResult<Steps> {
        let period = loaded.question.period;
        if loaded.grouping.apart.is_everything() {
            return Ok(Steps::every_day(period));
        }
        let Some(first) = readings::first_event_day(c)? else { return Ok(Steps::default()) };
        let groups = Groups::of(loaded, managers);
        let mut weeks = Weeks { groups: &groups, with_searches, known: BTreeMap::new() };
        let mut steps = Steps::default();
        for (group, departments) in groups.departments.iter().enumerate() {
            if let Some(told) = inside(period, first, |week| weeks.people(c, week, group))? {
                steps.told.extend(departments.iter().map(|department| (*department, told)));
            }
        }
        Ok(steps)
    }

    /// Whether what somebody of this department did on a day is told.
    pub fn holds(&self, department: i64, day: NaiveDate) -> bool {
        self.told(department).is_some_and(|period| period.holds(day))
    }

    /// What is told of a department.
    pub fn told(&self, department: i64) -> Option<Period> {
        self.any.or_else(|| self.told.get(&department).copied())
    }

    /// The days of which anything is told, of some departments or all.
    pub fn days(&self, of: Option<&[i64]>) -> Option<Period> {
        let inside = |department: &i64| of.is_none_or(|ids| ids.contains(department));
        let all = self.told.iter().filter(|(department, _)| inside(department)).map(|(_, period)| *period);
        all.chain(self.any).reduce(|a, b| Period { from: a.from.min(b.from), to: a.to.max(b.to) })
    }
}

/// Groups of fewer people decide together.
const SMALL: f64 = 20.0;

/// The departments whose weeks decide together: those of each of the finest groups that pages tell apart, and of all
/// small ones.
pub fn groups(loaded: &Loaded) -> Vec<Vec<i64>> {
    let period = loaded.question.period;
    let apart = loaded.grouping.apart.clone();
    let usual = loaded.seen(View::default(), apart.clone());
    let level = Some(*usual.grouping.levels.end());
    let finest = loaded.seen(View { level, ..View::default() }, apart).grouping;
    let mut groups: BTreeMap<Option<usize>, Vec<i64>> = BTreeMap::new();
    for Department { id, .. } in &loaded.departments {
        let large = |place: &usize| {
            finest.groups.get(*place).is_some_and(|group| group.headcount.mean(period) >= SMALL)
        };
        groups.entry(finest.place_of(*id).filter(large)).or_default().push(*id);
    }
    groups.into_values().collect()
}

/// Whose weeks decide, and who was in which group.
struct Groups {
    departments: Vec<Vec<i64>>,
    of_person: HashMap<i64, Vec<(usize, Stay)>>,
}

impl Groups {
    fn of(loaded: &Loaded, managers: bool) -> Groups {
        let departments = match managers {
            true => vec![loaded.departments.iter().map(|department| department.id).collect()],
            false => groups(loaded),
        };
        let numbered = departments.iter().enumerate();
        let of_department: HashMap<i64, usize> =
            numbered.flat_map(|(group, ids)| ids.iter().map(move |id| (*id, group))).collect();
        let mut of_person: HashMap<i64, Vec<(usize, Stay)>> = HashMap::new();
        for stay in loaded.stays.iter().filter(|stay| stay.manager || !managers) {
            if let Some(group) = of_department.get(&stay.department_id) {
                of_person.entry(stay.person_id).or_default().push((*group, *stay));
            }
        }
        Groups { departments, of_person }
    }

    /// Where somebody was throughout the week; of who moved within it nobody needs to know.
    fn of_person(&self, person: i64, week: Period) -> Option<usize> {
        let mut places = self.of_person.get(&person)?.iter().filter(|(_, stay)| stay.days_in(week) > 0);
        let (place, _) = places.next()?;
        places.all(|(other, _)| other == place).then_some(*place)
    }
}

/// How many people of each group did something, week by week as it is asked for.
struct Weeks<'a> {
    groups: &'a Groups,
    with_searches: bool,
    known: BTreeMap<NaiveDate, HashMap<usize, HashSet<i64>>>,
}

impl Weeks<'_> {
    fn people(&mut self, c: &mut Conn, week: Period, group: usize) -> QueryResult<People> {
        if !self.known.contains_key(&week.from) {
            let mut people: HashMap<usize, HashSet<i64>> = HashMap::new();
            let mut active: Vec<i64> = active::of(c, week, None)?.accessed.iter().collect();
            if self.with_searches {
                active.extend(readings::searched_in_vain(c, week)?);
            }
            for person in active {
                if let Some(group) = self.groups.of_person(person, week) {
                    people.entry(group).or_default().insert(person);
                }
            }
            self.known.insert(week.from, people);
        }
        let people = self.known.get(&week.from).and_then(|of_week| of_week.get(&group));
        Ok(People::of(people.map_or(0, HashSet::len)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// A day of November 2026, of which the second is a Monday; 0 and less are of October.
    fn day(of_month: i64) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day");
        first + chrono::Duration::days(of_month - 1)
    }

    fn period((from, to): (i64, i64)) -> Period {
        Period { from: day(from), to: day(to) }
    }

    /// What is told of a period, by how many people did something in each week from the second of November on.
    fn told(weeks: &[usize], first: i64, days: (i64, i64)) -> Option<Period> {
        let in_week = |week: Period| {
            let number = (week.from - day(2)).num_days() / 7;
            let people = usize::try_from(number).ok().and_then(|number| weeks.get(number));
            Ok::<_, Infallible>(People::of(people.copied().unwrap_or(0)))
        };
        match inside(period(days), day(first), in_week) {
            Ok(told) => told,
        }
    }

    #[test]
    fn a_period_tells_whole_steps() {
        for (weeks, first, days, expected) in [
            (&[5, 5, 5, 5][..], 2, (2, 30), Some((2, 30))),
            // A week that is not over, and one that has begun.
            (&[5, 5, 5, 5], 2, (4, 27), Some((9, 23))),
            (&[5, 5, 5, 5], 2, (4, 9), None),
            // Before the first day there is nothing to be told apart from.
            (&[5, 5, 5, 5], 4, (3, 16), Some((3, 16))),
            (&[5, 5, 5, 5], 4, (4, 16), Some((4, 16))),
            (&[5, 5, 5, 5], 4, (5, 16), Some((9, 16))),
            // A week of few ends no step, and the one after it begins none.
            (&[5, 4, 5, 5], 2, (2, 16), Some((2, 9))),
            (&[5, 4, 5, 5], 2, (2, 23), Some((2, 23))),
            (&[5, 4, 5, 5], 2, (16, 30), Some((23, 30))),
            (&[4, 4, 4, 4], 2, (2, 30), None),
            // Weeks of nobody change nothing.
            (&[5, 0, 0, 5], 2, (2, 23), Some((2, 23))),
            (&[4, 0, 0, 5], 2, (2, 23), None),
            (&[0, 0, 0, 5], 23, (9, 30), Some((9, 30))),
            (&[0, 0, 0, 0], 90, (2, 30), Some((2, 30))),
        ] {
            assert_eq!(told(weeks, first, days), expected.map(period), "{weeks:?} {first} {days:?}");
        }
    }

    proptest! {
        #[test]
        fn what_two_periods_differ_by_is_of_five_people_or_nobody(
            weeks in prop::collection::vec(0_usize..8, 1..9),
            first in -9_i64..9,
            days in prop::collection::vec(-20_i64..80, 8),
        ) {
            // Nobody does anything before the first day, and somebody on it.
            let weeks: Vec<usize> = weeks.iter().enumerate()
                .map(|(number, people)| if day(2 + 7 * number as i64 + 6) < day(first) { 0 } else { *people })
                .collect();
            let mut ends: Vec<NaiveDate> = Vec::new();
            for pair in days.chunks(2) {
                let days = (pair[0].min(pair[1]), pair[0].max(pair[1]));
                if let Some(told) = told(&weeks, first, days) {
                    prop_assert!(day(days.0) <= told.from && told.to <= day(days.1));
                    ends.extend([told.from, told.to]);
                }
            }
            ends.sort_unstable();
            for pair in ends.windows(2) {
                // Weeks of which any day that counts lies between.
                let between: Vec<usize> = weeks.iter().enumerate()
                    .filter(|(number, _)| {
                        let monday = day(2 + 7 * *number as i64);
                        let begins = monday.max(day(first));
                        pair[0].max(day(first)) < monday + Days::new(7) && begins < pair[1]
                            && pair[0].max(begins) < pair[1]
                    })
                    .map(|(_, people)| *people)
                    .collect();
                let enough = between.iter().any(|people| *people >= 5);
                prop_assert!(enough || between.iter().all(|people| *people == 0), "{pair:?} {between:?}");
            }
        }
    }
}
