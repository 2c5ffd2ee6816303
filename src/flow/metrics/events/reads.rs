//! What was read of each insight, and by whom in the period: one pass over the first openings, and one over
//! all of them.

use std::collections::{HashMap, HashSet};

use chrono::{Days, Duration, NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::super::loaded::Loaded;
use super::super::worth::Worth;
use crate::db::Conn;
use crate::flow::store::histories::{self, Shared};
use crate::flow::store::readings;
use crate::flow::store::retention;
use crate::text::fold;

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

impl Item {
    /// Whether it was shared at least so many days before the end.
    pub fn is_older(&self, days: i64, end: NaiveDateTime) -> bool {
        self.shared.contributed_at <= end - Duration::days(days)
    }

    /// Whether it could still be read at the end.
    pub fn is_there(&self, end: NaiveDateTime) -> bool {
        self.shared.withdrawn_at.is_none_or(|at| at >= end)
    }

    /// Whether it is of the age at which reach is looked at.
    pub fn is_reaching(&self, end: NaiveDateTime) -> bool {
        self.is_older(REACHING.0, end) && !self.is_older(REACHING.1 + 1, end)
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
    /// Whose insights.
    pub authors: HashSet<i64>,
}

/// All of it.
pub(super) struct Reads {
    pub end: NaiveDateTime,
    /// By id.
    pub items: Vec<Item>,
    /// By person.
    pub readers: HashMap<i64, Reader>,
    /// Departments at the top of the tree in which somebody is at the end.
    pub departments: HashSet<u32>,
    /// Openings in the period by the insight's age in days.
    pub ages: Vec<u64>,
    /// Who had read insights shared in the period, and who of them from another department.
    pub new_readers: HashSet<i64>,
    pub new_readers_outside: HashSet<i64>,
    /// Who had read insights of the age at which reach is looked at, and those old enough for a half-life.
    pub reached_people: HashSet<i64>,
    pub old_readers: HashSet<i64>,
}

/// How much a first opening weighs: nothing up to a lower bound of 3 stars, one from 4.5.
fn weight(lower: f64) -> f64 {
    ((lower - 3.0) / 1.5).clamp(0.0, 1.0)
}

impl Reads {
    pub(super) fn load(c: &mut Conn, loaded: &Loaded, worth: &Worth) -> QueryResult<Reads> {
        let question = loaded.question;
        let period = question.period;
        let end = question.calendar.start_of(period.to);
        let tops = tops(c)?;
        let top = |department: i64| tops.get(&department).copied().unwrap_or(u32::MAX);
        let mut items: Vec<Item> = histories::shared(c, end)?
            .into_iter()
            .map(|shared| Item {
                home: top(shared.department_id),
                readers: 0,
                reached: Vec::new(),
                first: None,
                first_outside: None,
                last_day: None,
                last_day_outside: None,
                ages: None,
                shared,
            })
            .collect();
        for item in items.iter_mut().filter(|item| item.is_older(FIRST_DAYS, end)) {
            item.ages = Some(Vec::new());
        }
        let ids: Vec<i64> = items.iter().map(|item| item.shared.id).collect();
        let mut reads = Reads {
            end,
            items,
            readers: HashMap::new(),
            departments: loaded
                .stays
                .iter()
                .filter(|stay| stay.is_at_end_of(period))
                .map(|stay| top(stay.department_id))
                .collect(),
            ages: Vec::new(),
            new_readers: HashSet::new(),
            new_readers_outside: HashSet::new(),
            reached_people: HashSet::new(),
            old_readers: HashSet::new(),
        };
        let place = |department: i64| loaded.grouping.place_of(department);
        histories::each_first_read(c, &ids, end, |read| {
            let Some(at) = position(&ids, read.insight_id) else { return };
            let item = &mut reads.items[at];
            let to = top(read.to_department_id);
            item.readers += 1;
            let is_new = period.holds(item.shared.day);
            item.first = earlier(item.first, read.at);
            if is_new {
                reads.new_readers.insert(read.person_id);
            }
            if to != item.home {
                item.first_outside = earlier(item.first_outside, read.at);
                if is_new {
                    reads.new_readers_outside.insert(read.person_id);
                }
                if !item.reached.contains(&to) {
                    item.reached.push(to);
                }
            }
            if item.is_reaching(end) {
                reads.reached_people.insert(read.person_id);
            }
            if item.ages.is_some() {
                reads.old_readers.insert(read.person_id);
            }
            if !period.holds(read.day) {
                return;
            }
            let reader = reads.readers.entry(read.person_id).or_default();
            reader.authors.insert(item.shared.author_id);
            if let (Some(from), Some(to)) = (place(read.from_department_id), place(read.to_department_id)) {
                match reader.flows.iter_mut().find(|(pair, _)| *pair == (from, to)) {
                    Some((_, count)) => *count += 1,
                    None => reader.flows.push(((from, to), 1)),
                }
            }
            let weight = worth.of(read.insight_id).map_or(0.0, |judged| weight(judged.lower));
            reader.weight += weight;
            reader.crossing += if to == item.home { 0.0 } else { weight };
        })?;
        histories::each_read(c, period.to, |insight_id, department_id, day| {
            let Some(at) = position(&ids, insight_id) else { return };
            let item = &mut reads.items[at];
            item.last_day = item.last_day.max(Some(day));
            if top(department_id) != item.home {
                item.last_day_outside = item.last_day_outside.max(Some(day));
            }
            let age = usize::try_from((day - item.shared.day).num_days()).unwrap_or(0);
            if let Some(ages) = item.ages.as_mut().filter(|_| (age as i64) < FIRST_DAYS) {
                ages.push(age as u16);
            }
            if day >= period.from {
                if reads.ages.len() <= age {
                    reads.ages.resize(age + 1, 0);
                }
                reads.ages[age] += 1;
            }
        })?;
        reads.add_remains(c, &ids, top)?;
        Ok(reads)
    }

    /// Adds what remains of the openings before the line. Only a period after it is computed from events, so
    /// all of them were before its end, and none is of an insight shared in it.
    fn add_remains(&mut self, c: &mut Conn, ids: &[i64], top: impl Fn(i64) -> u32) -> QueryResult<()> {
        for remains in retention::remains(c)? {
            let Some(at) = position(ids, remains.insight_id) else { continue };
            let to = top(remains.department_id);
            let people = retention::stand_ins(remains.department_id, false, remains.readers);
            let item = &mut self.items[at];
            item.readers += u32::try_from(remains.readers).unwrap_or(u32::MAX);
            item.first = earlier(item.first, retention::long_ago().and_time(chrono::NaiveTime::MIN));
            item.last_day = item.last_day.max(Some(remains.last_day));
            if to != item.home {
                item.last_day_outside = item.last_day_outside.max(Some(remains.last_day));
                if !item.reached.contains(&to) {
                    item.reached.push(to);
                }
            }
            if item.is_reaching(self.end) {
                self.reached_people.extend(people);
            } else if item.ages.is_some() {
                self.old_readers.extend(people);
            }
        }
        for (insight, known) in retention::ages(c)? {
            let Some(at) = position(ids, insight) else { continue };
            if let Some(ages) = &mut self.items[at].ages {
                for (age, count) in known {
                    ages.extend(std::iter::repeat_n(age, usize::try_from(count).unwrap_or(0)));
                }
            }
        }
        Ok(())
    }

    /// The day so many days before the end.
    pub fn days_before_end(&self, to: NaiveDate, days: u64) -> NaiveDate {
        to.checked_sub_days(Days::new(days)).unwrap_or(to)
    }
}

fn position(ids: &[i64], id: i64) -> Option<usize> {
    ids.binary_search(&id).ok()
}

fn earlier(known: Option<NaiveDateTime>, other: NaiveDateTime) -> Option<NaiveDateTime> {
    Some(known.map_or(other, |known| known.min(other)))
}

/// The number of the department at the top of the tree, of every department.
fn tops(c: &mut Conn) -> QueryResult<HashMap<i64, u32>> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    Ok(readings::departments(c)?
        .into_iter()
        .map(|department| {
            let name = fold(department.path.split('/').next().unwrap_or_default());
            let next = numbers.len() as u32;
            (department.id, *numbers.entry(name).or_insert(next))
        })
        .collect())
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
