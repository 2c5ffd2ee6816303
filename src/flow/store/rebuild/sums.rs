//! What events add up to: counts of departments, flows, readers and people.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::opened::Read;
use super::tables::{First, Person};
use crate::db::Conn;
use crate::db::quick::Day;
use crate::db::schema::{activity_daily, flow_daily, insight_reads, insights, searches, uses};
use crate::flow::store::retention::long_ago;

/// Day, department, manager, segment.
pub(super) type ActivityKey = (NaiveDate, i64, bool, i64);
/// From, to, day, segment.
pub(super) type FlowKey = (i64, i64, NaiveDate, i64);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ActivitySums {
    pub contributions: i64,
    pub accesses: i64,
    pub uses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

/// All of it, as far as it was added up.
pub(super) struct Sums {
    line: Option<NaiveDate>,
    pub activity: HashMap<ActivityKey, ActivitySums>,
    pub flow: HashMap<FlowKey, i64>,
    /// By insight and department.
    pub readers: HashMap<(i64, i64), i32>,
    pub people: Days,
}

impl Sums {
    /// Of contributions, uses and searches, and what is kept of days before the line.
    pub fn of_other_events(c: &mut Conn, line: Option<NaiveDate>) -> QueryResult<Sums> {
        let mut sums = Sums {
            line,
            activity: HashMap::new(),
            flow: HashMap::new(),
            readers: HashMap::new(),
            people: Days::default(),
        };
        let shared: Vec<(i64, NaiveDate, i64, bool, Option<i64>)> = insights::table
            .filter(insights::undone.eq(false))
            .select((
                insights::author_id,
                insights::day,
                insights::department_id,
                insights::manager,
                insights::segment_id,
            ))
            .load(c)?;
        for (author, day, department, manager, segment) in shared {
            let segment = segment.unwrap_or(0);
            sums.activity.entry((day, department, manager, segment)).or_default().contributions += 1;
            sums.people.add((author, Day(day), segment), 1, 0);
        }
        let used: Vec<(NaiveDate, i64, bool, Option<i64>)> = uses::table
            .inner_join(insights::table)
            .select((uses::day, uses::department_id, uses::manager, insights::segment_id))
            .load(c)?;
        for (day, department, manager, segment) in used {
            sums.activity.entry((day, department, manager, segment.unwrap_or(0))).or_default().uses += 1;
        }
        let searched: Vec<(NaiveDate, i64, bool, i32)> = searches::table
            .select((searches::day, searches::department_id, searches::manager, searches::results))
            .load(c)?;
        for (day, department, manager, results) in searched {
            let of_day = sums.activity.entry((day, department, manager, 0)).or_default();
            of_day.searches += 1;
            of_day.zero_result_searches += i64::from(results == 0);
        }
        let forgotten: Vec<(i64, i64, i64)> = insight_reads::table
            .filter(insight_reads::readers.ne(0))
            .select((insight_reads::insight_id, insight_reads::department_id, insight_reads::readers))
            .load(c)?;
        for (insight, department, readers) in forgotten {
            *sums.readers.entry((insight, department)).or_default() +=
                i32::try_from(readers).unwrap_or(i32::MAX);
        }
        if let Some(line) = line {
            sums.kept(c, line)?;
        }
        Ok(sums)
    }

    fn kept(&mut self, c: &mut Conn, line: NaiveDate) -> QueryResult<()> {
        use {activity_daily as a, flow_daily as f};
        let opened: Vec<(ActivityKey, i64)> = a::table
            .filter(a::day.lt(line).and(a::accesses.ne(0)))
            .select(((a::day, a::department_id, a::manager, a::segment_id), a::accesses))
            .load(c)?;
        for (key, accesses) in opened {
            self.activity.entry(key).or_default().accesses += accesses;
        }
        let flows: Vec<(FlowKey, i64)> = f::table
            .filter(f::day.lt(line))
            .select(((f::from_department_id, f::to_department_id, f::day, f::segment_id), f::first_accesses))
            .load(c)?;
        for (key, firsts) in flows {
            *self.flow.entry(key).or_default() += firsts;
        }
        Ok(())
    }

    /// An opening.
    pub fn read(&mut self, read: &Read) {
        let key = (read.day, i64::from(read.department), read.manager, i64::from(read.segment));
        self.activity.entry(key).or_default().accesses += 1;
        self.people.read(read);
    }

    /// A first opening.
    pub fn first(&mut self, first: &First) {
        // Days that were forgotten are among what is kept of flows.
        if self.line.is_none() || first.day.0 > long_ago() {
            let key = (first.from_department_id, first.to_department_id, first.day.0, first.segment_id);
            *self.flow.entry(key).or_default() += 1;
        }
        *self.readers.entry((first.insight_id, first.to_department_id)).or_default() += 1;
    }
}

/// Person, day, segment.
type DayKey = (i64, Day, i64);

/// What people did on each day. Openings wait as numbers and are counted some millions at a time.
#[derive(Default)]
pub(super) struct Days {
    waiting: Vec<(u32, NaiveDate, u32)>,
    /// In the order of their keys, each once.
    counted: Vec<Person>,
    others: Vec<Person>,
}

impl Days {
    fn add(&mut self, (person_id, day, segment_id): DayKey, contributions: i64, accesses: i64) {
        self.others.push(Person { person_id, day, segment_id, contributions, accesses });
    }

    fn read(&mut self, read: &Read) {
        self.waiting.push((read.person, read.day, read.segment));
    }

    /// Counts what waits.
    pub fn pause(&mut self) {
        self.waiting.sort_unstable();
        let of = |same: &[(u32, NaiveDate, u32)]| {
            let (person, day, segment) = *same.first()?;
            Some(Person {
                person_id: i64::from(person),
                day: Day(day),
                segment_id: i64::from(segment),
                contributions: 0,
                accesses: same.len() as i64,
            })
        };
        let new: Vec<Person> = self.waiting.chunk_by(|a, b| a == b).filter_map(of).collect();
        self.waiting.clear();
        self.counted = added(std::mem::take(&mut self.counted), new);
    }

    /// All of it.
    pub fn finish(mut self) -> Vec<Person> {
        self.pause();
        let mut others = std::mem::take(&mut self.others);
        others.sort_unstable_by_key(key);
        let alone = added(others, Vec::new());
        added(self.counted, alone)
    }
}

fn key(row: &Person) -> DayKey {
    (row.person_id, row.day, row.segment_id)
}

/// Both together, in the order of their keys; those of one key are one.
fn added(one: Vec<Person>, other: Vec<Person>) -> Vec<Person> {
    let mut all: Vec<Person> = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    loop {
        let from_one = match (one.peek(), other.peek()) {
            (Some(a), Some(b)) => key(a) <= key(b),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return all,
        };
        let Some(next) = (if from_one { one.next() } else { other.next() }) else { return all };
        match all.last_mut().filter(|last| key(last) == key(&next)) {
            Some(last) => {
                last.contributions += next.contributions;
                last.accesses += next.accesses;
            }
            None => all.push(next),
        }
    }
}
