//! Openings as events, a part of them at a time and in the order of insight, person and time.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{count_star, max, min, sql};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::BigInt;

use super::sums::Sums;
use super::tables::First;
use super::{PAGE, accesses};
use crate::db::Conn;
use crate::db::quick::{Day, Moment};
use crate::db::schema::insights;
use crate::each_db;

/// Openings held in memory at once, 48 bytes each: twenty million are read in four parts.
pub(super) const AT_ONCE: i64 = 5_500_000;
/// Openings whose first ones are compared at a time.
const STRETCH: usize = 50_000;

/// An opening, in few bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub id: i64,
    pub at: NaiveDateTime,
    pub day: NaiveDate,
    pub insight: u32,
    pub person: u32,
    pub department: u32,
    pub segment: u32,
    pub manager: bool,
}

impl Read {
    pub fn order(&self) -> (u32, u32, NaiveDateTime, i64) {
        (self.insight, self.person, self.at, self.id)
    }
}

/// A number of a thing: they are given one after the other.
fn small(id: i64) -> QueryResult<u32> {
    u32::try_from(id).map_err(|error| Error::DeserializationError(Box::new(error)))
}

/// Insights from one id to another.
pub(super) type Range = (i64, i64);

/// In which parts openings are read.
pub(super) struct Parts {
    /// Together all insights there may be.
    pub ranges: Vec<Range>,
    /// Where each insight comes from.
    departments: HashMap<i64, i64>,
}

impl Parts {
    /// Parts of at most so many openings, or of those of a single insight.
    pub fn of(c: &mut Conn, at_once: i64) -> QueryResult<Parts> {
        let counts: Vec<(i64, i64)> = accesses::table
            .group_by(accesses::insight_id)
            .order(accesses::insight_id)
            .select((accesses::insight_id, count_star()))
            .load(c)?;
        let departments: Vec<(i64, i64)> =
            insights::table.select((insights::id, insights::department_id)).load(c)?;
        Ok(Parts { ranges: ranges(&counts, at_once), departments: departments.into_iter().collect() })
    }

    /// The openings of a part, in no order; each is added to the sums.
    pub fn read(&self, c: &mut Conn, part: Range, sums: &mut Sums) -> QueryResult<Vec<Read>> {
        use accesses as t;
        let mut reads = Vec::new();
        each_page(c, |c, from, to| {
            // Not by the index of insights: it leads to rows that are far apart.
            let insight = || sql::<BigInt>("COALESCE(insight_id, 0)");
            let rows = t::table
                .filter(t::id.ge(from).and(t::id.lt(to)))
                .filter(insight().ge(part.0))
                .filter(insight().le(part.1))
                .select((
                    t::id,
                    t::insight_id,
                    t::person_id,
                    t::department_id,
                    t::segment_id,
                    t::manager,
                    t::at,
                    t::day,
                ));
            type Row = (i64, i64, i64, i64, i64, bool, Moment, Day);
            each_db!(c, c => {
                for row in rows.load_iter::<Row, DefaultLoadingMode>(c)? {
                    let (id, insight, person, department, segment, manager, at, day) = row?;
                    let read = Read {
                        id,
                        at: at.0,
                        day: day.0,
                        insight: small(insight)?,
                        person: small(person)?,
                        department: small(department)?,
                        segment: small(segment)?,
                        manager,
                    };
                    sums.read(&read);
                    reads.push(read);
                }
            });
            Ok(())
        })?;
        Ok(reads)
    }

    /// The first of the openings (in order) of each insight and person.
    pub fn firsts(&self, reads: &[Read]) -> Vec<First> {
        reads
            .chunk_by(|a, b| (a.insight, a.person) == (b.insight, b.person))
            .filter_map(|same| {
                let (first, last) = (same.first()?, same.last()?);
                let insight_id = i64::from(first.insight);
                Some(First {
                    insight_id,
                    person_id: i64::from(first.person),
                    from_department_id: *self.departments.get(&insight_id)?,
                    to_department_id: i64::from(first.department),
                    segment_id: i64::from(first.segment),
                    manager: first.manager,
                    at: Moment(first.at),
                    day: Day(first.day),
                    last_at: Moment(last.at),
                })
            })
            .collect()
    }
}

fn ranges(counts: &[(i64, i64)], at_once: i64) -> Vec<Range> {
    let (mut ranges, mut from, mut held) = (Vec::new(), i64::MIN, 0);
    for (insight, count) in counts {
        if held > 0 && held + count > at_once {
            ranges.push((from, insight - 1));
            (from, held) = (*insight, 0);
        }
        held += count;
    }
    ranges.push((from, i64::MAX));
    ranges
}

/// Calls `work` with ids from and up to which it is to read.
pub(super) fn each_page(
    c: &mut Conn,
    mut work: impl FnMut(&mut Conn, i64, i64) -> QueryResult<()>,
) -> QueryResult<()> {
    let ends = accesses::table.select((min(accesses::id), max(accesses::id)));
    let (from, last) = ends.first::<(Option<i64>, Option<i64>)>(c)?;
    let (Some(mut from), Some(last)) = (from, last) else { return Ok(()) };
    while from <= last {
        work(c, from, from + PAGE)?;
        from += PAGE;
    }
    Ok(())
}

/// Openings (in order) of a part, in stretches of whole insights, with the range that each stands for.
pub(super) fn stretches(mut reads: &[Read], part: Range) -> Vec<(Range, &[Read])> {
    let (mut found, mut from) = (Vec::new(), part.0);
    loop {
        let next = reads.get(STRETCH).map(|read| read.insight);
        let end = next.map_or(reads.len(), |next| reads.partition_point(|read| read.insight < next));
        // An insight with more than a stretch of openings is one.
        let end = match end {
            0 => reads.partition_point(|read| Some(read.insight) <= next),
            end => end,
        };
        let (now, then) = reads.split_at(end);
        let Some(first) = then.first() else {
            found.push(((from, part.1), now));
            return found;
        };
        let first = i64::from(first.insight);
        found.push(((from, first - 1), now));
        (reads, from) = (then, first);
    }
}

/// Puts what is kept in the place of what the events say: whoever came back since is no new reader. The events
/// say when last.
pub(super) fn keep(right: &mut Vec<First>, kept: Vec<First>) {
    for row in kept {
        let at = right.binary_search_by_key(&(row.insight_id, row.person_id), |first| {
            (first.insight_id, first.person_id)
        });
        match at {
            Ok(at) => right[at] = First { last_at: right[at].last_at, ..row },
            Err(at) => right.insert(at, row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_whole_insights_and_all_of_them() {
        let counts = [(3, 4), (5, 4), (6, 9), (8, 1), (9, 1)];
        assert_eq!(ranges(&counts, 8), [(i64::MIN, 5), (6, 7), (8, i64::MAX)]);
        assert_eq!(ranges(&counts, 100), [(i64::MIN, i64::MAX)]);
        assert_eq!(ranges(&[], 8), [(i64::MIN, i64::MAX)]);
    }

    #[test]
    fn stretches_follow_each_other_without_a_gap() {
        let read = |insight: u32| Read {
            id: 1,
            at: NaiveDateTime::default(),
            day: NaiveDate::default(),
            insight,
            person: 1,
            department: 1,
            segment: 0,
            manager: false,
        };
        for sizes in
            [&[][..], &[5], &[STRETCH + 1], &[STRETCH * 2, 3], &[3, STRETCH, STRETCH, 7], &[20_000; 9]]
        {
            let of = |(at, size): (usize, &usize)| std::iter::repeat_n(read(at as u32 * 2 + 1), *size);
            let reads: Vec<Read> = sizes.iter().enumerate().flat_map(of).collect();
            let found = stretches(&reads, (0, 1_000));
            assert_eq!(found.iter().map(|(_, few)| few.len()).sum::<usize>(), reads.len());
            assert_eq!((found[0].0.0, found[found.len() - 1].0.1), (0, 1_000));
            assert!(found.windows(2).all(|two| two[0].0.1 + 1 == two[1].0.0), "{sizes:?}");
            let inside = |range: &Range, few: &[Read]| {
                few.iter().all(|read| (range.0..=range.1).contains(&i64::from(read.insight)))
            };
            assert!(found.iter().all(|(range, few)| inside(range, few)), "{sizes:?}");
        }
    }
}
