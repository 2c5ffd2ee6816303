//! The roll-ups from the events: to replace them after an import, and to prove that they agree.
//!
//! Events are read once and put in order in memory, a bounded part of them at a time ([`opened`]); what they say
//! is laid beside what is stored, and only rows that differ are written ([`settle`]). A roll-up row of zeros is the
//! same as none: taking a contribution back leaves one.
//!
//! Events before the line ([`super::retention`]) are gone. What the roll-ups say of the accesses of those days
//! is taken for the events themselves, so that a rebuild keeps it and still finds every other difference.

mod active;
mod aside;
mod opened;
mod settle;
mod sums;
mod tables;

use chrono::NaiveDate;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

pub use self::aside::Away;
use self::aside::{Stored, with_indexes_aside};
use self::opened::Parts;
use self::settle::{Differing, Settling};
use self::sums::Sums;
use self::tables::{Activity, First, Flow, Person, Readers, Rollup};
use super::covered;
use super::retention::line;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::exclude_writers;
use crate::db::quick::{Day, Moment};
use crate::db::schema::{
    accesses, activity_daily, first_accesses, flow_daily, insight_readers, person_daily,
};
use crate::each_db;

/// A roll-up that did not agree with the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub table: &'static str,
    /// Rows that were missing, too many, or had another number.
    pub rows: i64,
}

/// Whose writers wait while the roll-ups are made: those of the events they are made from.
const EVENTS: [&str; 10] = [
    "insights",
    "accesses",
    "uses",
    "searches",
    "first_accesses",
    "activity_daily",
    "flow_daily",
    "insight_readers",
    "person_daily",
    "active_days",
];

/// Compares every roll-up with the events and mends the rows that differ. Nothing else writes meanwhile.
///
/// # Errors
/// What the database refuses.
pub fn check_and_mend(c: &mut Conn) -> QueryResult<Vec<Difference>> {
    check_and_mend_in_parts(c, opened::AT_ONCE)
}

/// The same with at most `at_once` openings in memory, or those of a single insight.
///
/// # Errors
/// What the database refuses.
pub fn check_and_mend_in_parts(c: &mut Conn, at_once: i64) -> QueryResult<Vec<Difference>> {
    exclude_writers(c, &EVENTS)?;
    mend(c, at_once)
}

/// The same after many events were added at once; what was kept of figures is computed again.
///
/// # Errors
/// What the database refuses.
pub fn recompute(c: &mut Conn) -> QueryResult<()> {
    exclude_writers(c, &EVENTS)?;
    super::figures::ask_for_all_again(c)?;
    mend(c, opened::AT_ONCE).map(|_| ())
}

/// Puts the indexes of the accesses aside while many are written into an empty company; nothing where there are
/// accesses.
///
/// # Errors
/// What the database refuses.
pub fn accesses_aside(c: &mut Conn) -> QueryResult<Option<Away>> {
    let any = accesses::table.select(accesses::id).first::<i64>(c).optional()?.is_some();
    if any { Ok(None) } else { aside::away(c, "accesses").map(Some) }
}

/// Holds at most so many openings in memory, or those of a single insight.
fn mend(c: &mut Conn, at_once: i64) -> QueryResult<Vec<Difference>> {
    let line = line(c)?;
    let mut sums = Sums::of_other_events(c, line)?;
    let firsts = with_indexes_aside::<First, _>(c, |c, stored| firsts(c, stored, line, at_once, &mut sums))?;
    let Sums { activity, flow, readers, people, .. } = sums;
    let activity = settle_all(c, Activity::rows(activity), Activity::each)?;
    let flow = settle_all(c, Flow::rows(flow), Flow::each)?;
    let readers = settle_all(c, Readers::rows(readers), Readers::each)?;
    let days = people.finish();
    let people = with_indexes_aside::<Person, _>(c, |c, stored| of_people(c, stored, &days))?;
    let active = active::settle(c, &days)?;
    let found = [
        (First::TABLE, firsts),
        (Activity::TABLE, activity),
        (Flow::TABLE, flow),
        (Readers::TABLE, readers),
        (Person::TABLE, people),
    ];
    Ok(found
        .into_iter()
        .map(|(table, differing)| Difference { table, rows: differing.rows() })
        .chain([
            Difference { table: "active_days", rows: active },
            Difference { table: "covered_days", rows: covered::settle(c)? },
        ])
        .filter(|difference| difference.rows > 0)
        .collect())
}

/// First openings, with the sums of all openings on the way.
fn firsts(
    c: &mut Conn,
    stored: Stored,
    line: Option<NaiveDate>,
    at_once: i64,
    sums: &mut Sums,
) -> QueryResult<Differing> {
    let mut differing = Differing::default();
    let parts = Parts::of(c, at_once)?;
    for part in &parts.ranges {
        let mut reads = parts.read(c, *part, sums)?;
        reads.sort_unstable_by_key(opened::Read::order);
        sums.people.pause();
        for (range, few) in opened::stretches(&reads, *part) {
            let mut right = parts.firsts(few);
            if let (Stored::Rows, Some(line)) = (stored, line) {
                opened::keep(&mut right, First::before(c, range, line)?);
            }
            right.iter().for_each(|first| sums.first(first));
            let mut settling = Settling::new(right.into_iter());
            if stored == Stored::Rows {
                First::each(c, range, |row| settling.stored(row))?;
            }
            differing.add(settling.finish(c)?);
        }
    }
    Ok(differing)
}

/// Days of people, some people at a time.
fn of_people(c: &mut Conn, stored: Stored, all: &[Person]) -> QueryResult<Differing> {
    let mut differing = Differing::default();
    let mut from = i64::MIN;
    let mut rest = all;
    loop {
        let next = rest.get(PEOPLE_ROWS).map(|row| row.person_id);
        let few = next.map_or(rest.len(), |next| rest.partition_point(|row| row.person_id < next));
        // One person with more than a stretch of rows makes a stretch.
        let few = if few == 0 { rest.partition_point(|row| Some(row.person_id) <= next) } else { few };
        let (now, then) = rest.split_at(few);
        let until = then.first().map_or(i64::MAX, |row| row.person_id - 1);
        let mut settling = Settling::new(now.iter().copied());
        if stored == Stored::Rows {
            Person::each(c, (from, until), |row| settling.stored(row))?;
        }
        differing.add(settling.finish(c)?);
        if then.is_empty() {
            return Ok(differing);
        }
        (from, rest) = (until + 1, then);
    }
}

/// Rows of people's days that are compared at a time.
const PEOPLE_ROWS: usize = 200_000;

fn settle_all<R: Rollup>(
    c: &mut Conn,
    right: Vec<R>,
    each: impl FnOnce(&mut Conn, &mut dyn FnMut(R)) -> QueryResult<()>,
) -> QueryResult<Differing> {
    let mut settling = Settling::new(right.into_iter());
    each(c, &mut |row| settling.stored(row))?;
    settling.finish(c)
}

/// Openings read at a time.
const PAGE: i64 = 100_000;

/// How many openings have another day than they would have in this time zone: TIME_ZONE was changed after
/// them. Events are never rewritten, so they keep it.
///
/// # Errors
/// What the database says.
pub fn of_another_zone(c: &mut Conn, calendar: Calendar) -> QueryResult<i64> {
    let mut moved = 0;
    opened::each_page(c, |c, from, to| {
        let rows = accesses::table
            .filter(accesses::id.ge(from).and(accesses::id.lt(to)))
            .select((accesses::at, accesses::day));
        each_db!(c, c => {
            for row in rows.load_iter::<(Moment, Day), DefaultLoadingMode>(c)? {
                let (at, day) = row?;
                moved += i64::from(calendar.day(at.0) != day.0);
            }
        });
        Ok(())
    })?;
    Ok(moved)
}
