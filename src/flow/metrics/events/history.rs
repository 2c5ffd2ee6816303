//! What was read of each insight, and by whom in each of some periods: one pass over the first openings and one
//! over all of them, however many periods there are.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::super::loaded::Loaded;
use super::beside::beside;
use super::marks::Marks;
use super::numbers::Numbers;
use super::reads::{FIRST_DAYS, Few};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::flow::groups::Department;
use crate::flow::period::Period;
use crate::flow::store::histories::{self, FirstRead, Shared};
use crate::flow::store::retention::{self, Ages, Remains};
use crate::text::fold;

/// How much a first opening weighs: nothing up to a lower bound of 3 stars, one from 4.5.
pub(super) fn weight(lower: f64) -> f64 {
    ((lower - 3.0) / 1.5).clamp(0.0, 1.0)
}

/// The ends of periods, ascending; each once.
pub(super) struct Ends(pub(super) Vec<(NaiveDate, NaiveDateTime)>);

impl Ends {
    pub fn of(periods: impl Iterator<Item = Period>, calendar: Calendar) -> Ends {
        let mut days: Vec<NaiveDate> = periods.map(|period| period.to).collect();
        days.sort_unstable();
        days.dedup();
        Ends(days.into_iter().map(|day| (day, calendar.start_of(day))).collect())
    }

    pub fn times(&self) -> impl Iterator<Item = NaiveDateTime> {
        self.0.iter().map(|(_, at)| *at)
    }

    fn last(&self) -> (NaiveDate, NaiveDateTime) {
        self.0.last().copied().unwrap_or_default()
    }

    /// The first end that comes after a time, by number.
    fn after(&self, at: NaiveDateTime) -> Option<usize> {
        self.0.iter().position(|(_, end)| at < *end)
    }

    fn after_day(&self, day: NaiveDate) -> Option<usize> {
        self.0.iter().position(|(end, _)| day < *end)
    }

    fn position(&self, period: Period) -> usize {
        self.0.iter().position(|(day, _)| *day == period.to).unwrap_or_default()
    }
}

/// What is read of a period beside what is read of insights.
pub(super) struct Window<'a> {
    pub(super) period: Period,
    /// Which of the ends is its own.
    pub(super) end: usize,
    pub(super) loaded: &'a Loaded,
    /// The group of each department, by number.
    pub(super) places: Vec<Option<usize>>,
    /// What a first opening of each insight weighs, by number.
    pub(super) weights: Vec<f64>,
    /// By the numbers of people.
    pub(super) readers: Vec<Option<Box<Reading>>>,
    /// Who read each author, both by the numbers of people: rows come by insight, so neighbours go to one author.
    pub(super) read_by: Vec<Marks>,
    pub(super) ages: Vec<u64>,
    pub(super) new_readers: Few,
    pub(super) new_readers_outside: Few,
}

/// First openings of a person in a period.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) flows: Vec<((usize, usize), u32)>,
    pub(super) weight: f64,
    pub(super) crossing: f64,
}

/// What was read of an insight. Where something depends on the end, the number of the first end after it is
/// kept.
pub(super) struct Read {
    pub(super) shared: Shared,
    pub(super) home: u32,
    pub(super) author: u32,
    pub(super) first: Option<NaiveDateTime>,
    pub(super) first_outside: Option<NaiveDateTime>,
    pub(super) reached: Vec<(u32, usize)>,
    pub(super) ages: Option<Vec<u16>>,
}

/// All of it.
pub(super) struct History<'a> {
    pub(super) ends: Ends,
    pub(super) people: Arc<[i64]>,
    pub(super) numbers: Numbers,
    /// By the numbers of departments.
    pub(super) tops: Vec<u32>,
    pub(super) departments: Numbers,
    pub(super) ids: Vec<i64>,
    pub(super) items: Numbers,
    pub(super) reads: Vec<Read>,
    /// For each insight and end: first openings and the last days since the end before.
    pub(super) readers: Vec<u32>,
    pub(super) last_day: Vec<Option<NaiveDate>>,
    pub(super) last_day_outside: Vec<Option<NaiveDate>>,
    /// By end.
    pub(super) reached_people: Vec<Few>,
    pub(super) old_readers: Vec<Few>,
    pub(super) windows: Vec<Window<'a>>,
    pub(super) remains: Vec<Remains>,
    pub(super) remaining_ages: Vec<(i64, Ages)>,
}

impl<'a> History<'a> {
    /// Reads it. `weigh` says of each period what a first opening of an insight weighs. All must be of one
    /// calendar.
    pub fn load(
        c: &mut Conn,
        all: &[&'a Loaded],
        ends: Ends,
        shared: Vec<Shared>,
        weigh: impl Fn(Period, i64) -> f64,
    ) -> QueryResult<History<'a>> {
        let people: Arc<[i64]> = histories::everybody(c)?.into();
        let numbers = Numbers::of(&people);
        let (known, tops) = all.first().map_or_else(Default::default, |one| tops(&one.departments));
        let departments = Numbers::of(&known);
        let ids: Vec<i64> = shared.iter().map(|one| one.id).collect();
        let (_, end) = ends.last();
        let top = |id: i64| departments.get(id).map_or(u32::MAX, |at| tops[at]);
        let reads: Vec<Read> = shared
            .into_iter()
            .map(|shared| Read {
                home: top(shared.department_id),
                author: numbers.get(shared.author_id).map_or(0, |at| at as u32),
                first: None,
                first_outside: None,
                reached: Vec::new(),
                ages: shared.is_older(FIRST_DAYS, end).then(Vec::new),
                shared,
            })
            .collect();
        let cells = reads.len() * ends.0.len();
        let windows = all
            .iter()
            .map(|loaded| {
                let period = loaded.question.period;
                Window {
                    period,
                    end: ends.position(period),
                    loaded,
                    places: known.iter().map(|id| loaded.grouping.place_of(*id)).collect(),
                    weights: ids.iter().map(|id| weigh(period, *id)).collect(),
                    readers: std::iter::repeat_with(|| None).take(people.len()).collect(),
                    read_by: vec![Marks::default(); people.len()],
                    ages: Vec::new(),
                    new_readers: Few::default(),
                    new_readers_outside: Few::default(),
                }
            })
            .collect();
        let mut history = History {
            reached_people: vec![Few::default(); ends.0.len()],
            old_readers: vec![Few::default(); ends.0.len()],
            readers: vec![0; cells],
            last_day: vec![None; cells],
            last_day_outside: vec![None; cells],
            items: Numbers::of(&ids),
            remains: retention::remains(c)?,
            remaining_ages: retention::ages(c)?,
            ends,
            people,
            numbers,
            tops,
            departments,
            ids,
            reads,
            windows,
        };
        history.read_firsts(c)?;
        history.read_all(c)?;
        Ok(history)
    }

    fn read_firsts(&mut self, c: &mut Conn) -> QueryResult<()> {
        let (_, end) = self.ends.last();
        let ids = std::mem::take(&mut self.ids);
        // Rows come by insight: what holds for one is found once.
        let mut at = Masks::default();
        let read = beside(
            |take| histories::each_first_read(c, &ids, end, |read| take(*read)),
            |read| {
                if at.insight_id != read.insight_id {
                    at = self.masks(read.insight_id);
                }
                if let Some(item) = at.item {
                    self.first(&read, item, &at);
                }
            },
        );
        self.ids = ids;
        read
    }

    fn masks(&self, insight_id: i64) -> Masks {
        let Some(item) = self.items.get(insight_id) else { return Masks { insight_id, ..Masks::default() } };
        let shared = &self.reads[item].shared;
        let of_ends = |fits: &dyn Fn(NaiveDateTime) -> bool| {
            let ends = self.ends.0.iter().enumerate();
            ends.filter(|(_, (_, end))| fits(*end)).fold(0, |bits: u64, (at, _)| bits | 1 << at)
        };
        Masks {
            insight_id,
            item: Some(item),
            reaching: of_ends(&|end| shared.is_reaching(end)),
            old: of_ends(&|end| shared.is_older(FIRST_DAYS, end)),
        }
    }

    fn first(&mut self, read: &FirstRead, item: usize, masks: &Masks) {
        let Some(after) = self.ends.after(read.at) else { return };
        let department = self.departments.get(read.to_department_id);
        let to = department.map_or(u32::MAX, |at| self.tops[at]);
        let of = &mut self.reads[item];
        let outside = to != of.home;
        self.readers[item * self.ends.0.len() + after] += 1;
        of.first = earlier(of.first, read.at);
        if outside {
            of.first_outside = earlier(of.first_outside, read.at);
            match of.reached.iter_mut().find(|(top, _)| *top == to) {
                Some((_, known)) => *known = after.min(*known),
                None => of.reached.push((to, after)),
            }
        }
        for end in after..self.ends.0.len() {
            if masks.reaching >> end & 1 == 1 {
                self.reached_people[end].add(read.person_id);
            }
            if masks.old >> end & 1 == 1 {
                self.old_readers[end].add(read.person_id);
            }
        }
        let Some(person) = self.numbers.get(read.person_id) else { return };
        let people = self.people.len();
        for window in self.windows.iter_mut().filter(|window| after <= window.end) {
            if window.period.holds(of.shared.day) {
                window.new_readers.add(read.person_id);
                if outside {
                    window.new_readers_outside.add(read.person_id);
                }
            }
            if !window.period.holds(read.day) {
                continue;
            }
            let reader = window.readers[person].get_or_insert_default();
            if let Some(read_by) = window.read_by.get_mut(of.author as usize) {
                read_by.add(person as u32, people);
            }
            let from = self.departments.get(of.shared.department_id).and_then(|at| window.places[at]);
            if let (Some(from), Some(to)) = (from, department.and_then(|at| window.places[at])) {
                match reader.flows.iter_mut().find(|(pair, _)| *pair == (from, to)) {
                    Some((_, count)) => *count += 1,
                    None => reader.flows.push(((from, to), 1)),
                }
            }
            let weight = window.weights[item];
            reader.weight += weight;
            reader.crossing += if outside { weight } else { 0.0 };
        }
    }

    fn read_all(&mut self, c: &mut Conn) -> QueryResult<()> {
        let (last, _) = self.ends.last();
        let ends = self.ends.0.len();
        let mut days = Days::default();
        let ids = std::mem::take(&mut self.ids);
        let take = |(insight_id, department_id, day): (i64, i64, NaiveDate)| {
            let Some(item) = self.items.get(insight_id) else { return };
            let (after, inside) = days.find(day, &self.ends, &self.windows);
            let Some(after) = after else { return };
            let read = &mut self.reads[item];
            let cell = item * ends + after;
            self.last_day[cell] = self.last_day[cell].max(Some(day));
            if self.departments.get(department_id).map_or(u32::MAX, |at| self.tops[at]) != read.home {
                self.last_day_outside[cell] = self.last_day_outside[cell].max(Some(day));
            }
            let age = usize::try_from((day - read.shared.day).num_days()).unwrap_or(0);
            if let Some(ages) = read.ages.as_mut().filter(|_| (age as i64) < FIRST_DAYS) {
                ages.push(age as u16);
            }
            let mut rest = inside;
            while rest != 0 {
                let ages = &mut self.windows[rest.trailing_zeros() as usize].ages;
                if ages.len() <= age {
                    ages.resize(age + 1, 0);
                }
                ages[age] += 1;
                rest &= rest - 1;
            }
        };
        let read = beside(
            |send| {
                histories::each_read(c, &ids, last, |insight, department, day| {
                    send((insight, department, day))
                })
            },
            take,
        );
        self.ids = ids;
        read
    }
}

/// Of the insight whose rows are being read.
#[derive(Default)]
struct Masks {
    insight_id: i64,
    item: Option<usize>,
    /// A bit for each end at which it is of the age at which reach is looked at, and for each at which it is
    /// old enough for a half-life.
    reaching: u64,
    old: u64,
}

/// The day of the last row and what holds for it: neighbours are often of one day.
#[derive(Default)]
struct Days(HashMap<NaiveDate, (Option<usize>, u64)>, Option<(NaiveDate, (Option<usize>, u64))>);

impl Days {
    /// The number of the first end after a day, and a bit for each period that holds it.
    fn find(&mut self, day: NaiveDate, ends: &Ends, windows: &[Window<'_>]) -> (Option<usize>, u64) {
        if let Some((last, found)) = self.1
            && last == day
        {
            return found;
        }
        let found = *self.0.entry(day).or_insert_with(|| {
            let holding = windows.iter().enumerate().filter(|(_, window)| window.period.holds(day));
            (ends.after_day(day), holding.fold(0, |bits, (at, _)| bits | 1 << at))
        });
        self.1 = Some((day, found));
        found
    }
}

pub(super) fn earlier(known: Option<NaiveDateTime>, other: NaiveDateTime) -> Option<NaiveDateTime> {
    Some(known.map_or(other, |known| known.min(other)))
}

/// Every department by ascending id, and the number of the one at the top of the tree above it.
fn tops(departments: &[Department]) -> (Vec<i64>, Vec<u32>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut tops: Vec<(i64, u32)> = departments
        .iter()
        .map(|department| {
            let name = fold(department.path.split('/').next().unwrap_or_default());
            let next = numbers.len() as u32;
            (department.id, *numbers.entry(name).or_insert(next))
        })
        .collect();
    tops.sort_unstable();
    tops.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn an_opening_weighs_by_the_lower_bound_of_the_value() {
        for (lower, expected) in [(1.0, 0.0), (3.0, 0.0), (3.75, 0.5), (4.5, 1.0), (5.0, 1.0)] {
            assert!((weight(lower) - expected).abs() < 1e-12, "{lower}");
        }
    }
}
