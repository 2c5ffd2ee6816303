//! Many openings and contributions at once: what an import, the demo company and the bench bring. Decided
//! in memory, written in batches, roll-ups added up first; one statement per event managed a tenth.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::bulk::{self, AccessRow};
use super::{active, retention};
use crate::db::Conn;
use crate::db::schema::{
    accesses, activity_daily, first_accesses, flow_daily, insight_readers, insights, person_daily,
};
use crate::each_db;
use crate::flow::event::{BETWEEN_ACCESSES, Place, Segment};

/// Rows per statement: more wins nothing, and PostgreSQL takes at most 65,535 values.
const BATCH: usize = 500;

/// Somebody opened an insight. Ids below one stand for things that are not in the database yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub insight_id: i64,
    pub person_id: i64,
    /// Of the person at that time.
    pub department_id: i64,
    pub manager: bool,
    /// UTC.
    pub at: NaiveDateTime,
    /// The company's day of `at`.
    pub day: NaiveDate,
    /// Not told itself, but a rating says it must have been: counts where no opening came before it.
    pub implied: bool,
}

/// Which of many openings count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// Those that count, by insight, person and time.
    pub counted: Vec<Opening>,
    /// How many of them were implied.
    pub implied: u64,
    /// How many are there already: the same person, insight and time.
    pub already: u64,
    /// How many lie less than half an hour from one that counts.
    pub too_soon: u64,
    /// How many are of days that were turned into counts: whether they are among these nobody can tell, so
    /// they are left out.
    pub too_old: u64,
}

/// Decides which openings count, beside those that are counted already: at least half an hour from the
/// one before and, where later ones are there already, from the one after. The same openings a second
/// time count nothing. Openings by authors must have been left out by the caller.
///
/// # Errors
/// What the database says.
pub fn what_counts(c: &mut Conn, mut openings: Vec<Opening>) -> QueryResult<Counting> {
    openings.sort_unstable_by_key(|o| (o.insight_id, o.person_id, o.at, o.implied));
    let any = accesses::table.select(accesses::id).first::<i64>(c).optional()?.is_some();
    let mut counting = Counting { counted: Vec::with_capacity(openings.len()), ..Counting::default() };
    if let Some(line) = retention::line(c)? {
        let told = |openings: &[Opening]| openings.iter().filter(|o| !o.implied).count() as u64;
        let all = told(&openings);
        openings.retain(|opening| opening.day >= line);
        counting.too_old = all - told(&openings);
    }
    for of_insight in openings.chunk_by(|a, b| a.insight_id == b.insight_id) {
        let mut known: HashMap<i64, Vec<NaiveDateTime>> = HashMap::new();
        if let Some(insight_id) = of_insight.first().map(|o| o.insight_id).filter(|id| any && *id > 0) {
            let rows = accesses::table
                .filter(accesses::insight_id.eq(insight_id))
                .select((accesses::person_id, accesses::at))
                .load::<(i64, NaiveDateTime)>(c)?;
            for (person_id, at) in rows {
                known.entry(person_id).or_default().push(at);
            }
        }
        for of_person in of_insight.chunk_by(|a, b| a.person_id == b.person_id) {
            let person_id = of_person.first().map_or(0, |o| o.person_id);
            count_pair(of_person, known.remove(&person_id).unwrap_or_default(), &mut counting);
        }
    }
    Ok(counting)
}

/// Counts the openings of one person and insight; `times` are those there already.
fn count_pair(openings: &[Opening], mut times: Vec<NaiveDateTime>, counting: &mut Counting) {
    times.sort_unstable();
    for opening in openings {
        let next = times.partition_point(|at| *at <= opening.at);
        let before = next.checked_sub(1).and_then(|n| times.get(n)).copied();
        let after = times.get(next).copied();
        if opening.implied && before.is_some() {
            continue;
        }
        if before == Some(opening.at) {
            counting.already += 1;
            continue;
        }
        let close = |other: NaiveDateTime| (other - opening.at).abs() < BETWEEN_ACCESSES;
        if before.is_some_and(close) || after.is_some_and(close) {
            counting.too_soon += u64::from(!opening.implied);
            continue;
        }
        times.insert(next, opening.at);
        counting.implied += u64::from(opening.implied);
        counting.counted.push(*opening);
    }
}

#[derive(Insertable)]
#[diesel(table_name = first_accesses, treat_none_as_default_value = false)]
struct FirstRow {
    insight_id: i64,
    person_id: i64,
    from_department_id: i64,
    to_department_id: i64,
    segment_id: i64,
    manager: bool,
    at: NaiveDateTime,
    day: NaiveDate,
    last_at: NaiveDateTime,
}

/// A first access that is there already.
#[derive(Queryable)]
struct Known {
    person_id: i64,
    from_department_id: i64,
    to_department_id: i64,
    segment_id: i64,
    at: NaiveDateTime,
    day: NaiveDate,
    last_at: NaiveDateTime,
}

/// What is added to the roll-ups, before it is written.
#[derive(Default)]
struct Sums {
    activity: HashMap<Place, (i64, i64)>,
    person: HashMap<(i64, NaiveDate, Segment), (i64, i64)>,
    flow: HashMap<(NaiveDate, i64, i64, i64), i64>,
    /// By insight and department.
    readers: HashMap<(i64, i64), i32>,
}

/// Writes openings that [`what_counts`] has found to count, in its order and with real ids, with their
/// first accesses and roll-ups. `moved` learns after each batch how many are written.
///
/// # Errors
/// `NotFound` when an insight is not there.
pub fn add_openings(c: &mut Conn, openings: &[Opening], moved: &mut dyn FnMut(u64)) -> QueryResult<()> {
    let mut sums = Sums::default();
    let mut rows = Vec::with_capacity(bulk::AT_ONCE.min(openings.len()));
    let mut firsts = Vec::with_capacity(BATCH);
    let mut written = 0;
    for of_insight in openings.chunk_by(|a, b| a.insight_id == b.insight_id) {
        let insight_id = of_insight.first().map_or(0, |o| o.insight_id);
        let (from, segment) = insights::table
            .find(insight_id)
            .select((insights::department_id, insights::segment_id))
            .first::<(i64, Option<i64>)>(c)?;
        let segment = Segment(segment);
        let known: HashMap<i64, Known> = first_accesses::table
            .filter(first_accesses::insight_id.eq(insight_id))
            .select((
                first_accesses::person_id,
                first_accesses::from_department_id,
                first_accesses::to_department_id,
                first_accesses::segment_id,
                first_accesses::at,
                first_accesses::day,
                first_accesses::last_at,
            ))
            .load::<Known>(c)?
            .into_iter()
            .map(|row| (row.person_id, row))
            .collect();
        for of_person in of_insight.chunk_by(|a, b| a.person_id == b.person_id) {
            for opening in of_person {
                sums.count_access(opening, segment);
                rows.push(access_row(opening, segment));
                if rows.len() == bulk::AT_ONCE {
                    written += bulk::write(c, &mut rows)?;
                    moved(written);
                }
            }
            let (Some(first), Some(last)) = (of_person.first(), of_person.last()) else {
                continue;
            };
            match known.get(&first.person_id) {
                None => {
                    *sums.flow.entry((first.day, from, first.department_id, segment.key())).or_default() += 1;
                    *sums.readers.entry((insight_id, first.department_id)).or_default() += 1;
                    firsts.push(first_row(first, last.at, from, segment));
                    if firsts.len() == BATCH {
                        insert_firsts(c, &mut firsts)?;
                    }
                }
                Some(known) => move_first(c, first, last.at, segment, known, &mut sums)?,
            }
        }
    }
    written += bulk::write(c, &mut rows)?;
    insert_firsts(c, &mut firsts)?;
    sums.write(c)?;
    moved(written);
    Ok(())
}

/// Writes first openings of pairs of people and insights that nobody has opened, whole companies of them,
/// without their roll-ups: call [`super::rebuild::recompute`] after the last. None may be by an author.
///
/// # Errors
/// What the database says.
pub fn add_fresh(c: &mut Conn, openings: &[Opening]) -> QueryResult<()> {
    let segments: HashMap<i64, Option<i64>> =
        insights::table.select((insights::id, insights::segment_id)).load(c)?.into_iter().collect();
    for few in openings.chunks(bulk::AT_ONCE) {
        let segment = |id: &i64| Segment(segments.get(id).copied().flatten());
        let mut rows = few.iter().map(|o| access_row(o, segment(&o.insight_id))).collect();
        bulk::write(c, &mut rows)?;
    }
    Ok(())
}

/// Counts many contributions: whose, and where. Those undone within ten minutes must be left out.
///
/// # Errors
/// What the database says.
pub fn add_contributions(c: &mut Conn, contributions: &[(i64, Place)]) -> QueryResult<()> {
    let mut sums = Sums::default();
    for (author_id, place) in contributions {
        sums.activity.entry(*place).or_default().0 += 1;
        sums.person.entry((*author_id, place.day, place.segment)).or_default().0 += 1;
    }
    sums.write(c)
}

/// An earlier opening than the first known became known: the flow follows it to its day and department.
fn move_first(
    c: &mut Conn,
    first: &Opening,
    last_at: NaiveDateTime,
    segment: Segment,
    known: &Known,
    sums: &mut Sums,
) -> QueryResult<()> {
    use first_accesses::dsl as t;
    let row =
        t::first_accesses.filter(t::insight_id.eq(first.insight_id)).filter(t::person_id.eq(first.person_id));
    let last_at = last_at.max(known.last_at);
    if first.at >= known.at {
        return diesel::update(row).set(t::last_at.eq(last_at)).execute(c).map(|_| ());
    }
    let from = known.from_department_id;
    *sums.flow.entry((known.day, from, known.to_department_id, known.segment_id)).or_default() -= 1;
    *sums.flow.entry((first.day, from, first.department_id, segment.key())).or_default() += 1;
    *sums.readers.entry((first.insight_id, known.to_department_id)).or_default() -= 1;
    *sums.readers.entry((first.insight_id, first.department_id)).or_default() += 1;
    diesel::update(row)
        .set((
            t::at.eq(first.at),
            t::day.eq(first.day),
            t::manager.eq(first.manager),
            t::to_department_id.eq(first.department_id),
            t::segment_id.eq(segment.key()),
            t::last_at.eq(last_at),
        ))
        .execute(c)
        .map(|_| ())
}

fn access_row(opening: &Opening, segment: Segment) -> AccessRow {
    AccessRow {
        insight_id: opening.insight_id,
        person_id: opening.person_id,
        department_id: opening.department_id,
        manager: opening.manager,
        segment_id: segment.key(),
        at: opening.at,
        day: opening.day,
    }
}

fn first_row(first: &Opening, last_at: NaiveDateTime, from: i64, segment: Segment) -> FirstRow {
    FirstRow {
        insight_id: first.insight_id,
        person_id: first.person_id,
        from_department_id: from,
        to_department_id: first.department_id,
        segment_id: segment.key(),
        manager: first.manager,
        at: first.at,
        day: first.day,
        last_at,
    }
}

fn insert_firsts(c: &mut Conn, rows: &mut Vec<FirstRow>) -> QueryResult<()> {
    if !rows.is_empty() {
        each_db!(c, c => diesel::insert_into(first_accesses::table).values(&*rows).execute(c))?;
        rows.clear();
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = activity_daily, treat_none_as_default_value = false)]
struct ActivityRow {
    day: NaiveDate,
    department_id: i64,
    manager: bool,
    segment_id: i64,
    contributions: i64,
    accesses: i64,
}

#[derive(Insertable)]
#[diesel(table_name = person_daily, treat_none_as_default_value = false)]
struct PersonRow {
    person_id: i64,
    day: NaiveDate,
    segment_id: i64,
    contributions: i64,
    accesses: i64,
}

#[derive(Insertable)]
#[diesel(table_name = flow_daily, treat_none_as_default_value = false)]
struct FlowRow {
    day: NaiveDate,
    from_department_id: i64,
    to_department_id: i64,
    segment_id: i64,
    first_accesses: i64,
}

impl Sums {
    fn count_access(&mut self, opening: &Opening, segment: Segment) {
        let place = Place {
            department_id: opening.department_id,
            manager: opening.manager,
            day: opening.day,
            segment,
        };
        self.activity.entry(place).or_default().1 += 1;
        self.person.entry((opening.person_id, opening.day, segment)).or_default().1 += 1;
    }

    /// Adds everything to the roll-ups, each row once.
    fn write(self, c: &mut Conn) -> QueryResult<()> {
        write_activity(c, self.activity)?;
        write_person(c, self.person)?;
        write_flow(c, self.flow)?;
        write_readers(c, self.readers)
    }
}

fn write_activity(c: &mut Conn, sums: HashMap<Place, (i64, i64)>) -> QueryResult<()> {
    use activity_daily::dsl as t;
    let mut rows: Vec<_> = sums
        .into_iter()
        .map(|(place, (contributions, accesses))| ActivityRow {
            day: place.day,
            department_id: place.department_id,
            manager: place.manager,
            segment_id: place.segment.key(),
            contributions,
            accesses,
        })
        .collect();
    rows.sort_unstable_by_key(|row| (row.day, row.department_id, row.manager, row.segment_id));
    for rows in rows.chunks(BATCH) {
        each_db!(c, c => diesel::insert_into(t::activity_daily)
            .values(rows)
            .on_conflict((t::day, t::department_id, t::manager, t::segment_id))
            .do_update()
            .set((
                t::contributions.eq(t::contributions + excluded(t::contributions)),
                t::accesses.eq(t::accesses + excluded(t::accesses)),
            ))
            .execute(c))?;
    }
    Ok(())
}

fn write_person(c: &mut Conn, sums: HashMap<(i64, NaiveDate, Segment), (i64, i64)>) -> QueryResult<()> {
    use person_daily::dsl as t;
    let mut rows: Vec<_> = sums
        .into_iter()
        .map(|((person_id, day, segment), (contributions, accesses))| PersonRow {
            person_id,
            day,
            segment_id: segment.key(),
            contributions,
            accesses,
        })
        .collect();
    rows.sort_unstable_by_key(|row| (row.person_id, row.day, row.segment_id));
    active::changed(c, rows.iter().map(|row| row.day))?;
    for rows in rows.chunks(BATCH) {
        each_db!(c, c => diesel::insert_into(t::person_daily)
            .values(rows)
            .on_conflict((t::person_id, t::day, t::segment_id))
            .do_update()
            .set((
                t::contributions.eq(t::contributions + excluded(t::contributions)),
                t::accesses.eq(t::accesses + excluded(t::accesses)),
            ))
            .execute(c))?;
    }
    Ok(())
}

fn write_flow(c: &mut Conn, sums: HashMap<(NaiveDate, i64, i64, i64), i64>) -> QueryResult<()> {
    use flow_daily::dsl as t;
    let mut rows: Vec<_> = sums
        .into_iter()
        .map(|((day, from, to, segment_id), first_accesses)| FlowRow {
            day,
            from_department_id: from,
            to_department_id: to,
            segment_id,
            first_accesses,
        })
        .collect();
    rows.sort_unstable_by_key(|row| (row.day, row.from_department_id, row.to_department_id, row.segment_id));
    for rows in rows.chunks(BATCH) {
        each_db!(c, c => diesel::insert_into(t::flow_daily)
            .values(rows)
            .on_conflict((t::day, t::from_department_id, t::to_department_id, t::segment_id))
            .do_update()
            .set(t::first_accesses.eq(t::first_accesses + excluded(t::first_accesses)))
            .execute(c))?;
    }
    Ok(())
}

fn write_readers(c: &mut Conn, sums: HashMap<(i64, i64), i32>) -> QueryResult<()> {
    use insight_readers::dsl as t;
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable();
    for few in sums.chunks(BATCH) {
        let rows: Vec<_> = few
            .iter()
            .map(|((insight_id, department_id), readers)| {
                (t::insight_id.eq(insight_id), t::department_id.eq(department_id), t::readers.eq(readers))
            })
            .collect();
        each_db!(c, c => diesel::insert_into(t::insight_readers)
            .values(rows)
            .on_conflict((t::insight_id, t::department_id))
            .do_update()
            .set(t::readers.eq(t::readers + excluded(t::readers)))
            .execute(c))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(minute: i64, implied: bool) -> Opening {
        let at = "2026-01-05T09:00:00".parse::<NaiveDateTime>().expect("a time")
            + chrono::Duration::minutes(minute);
        Opening { insight_id: 1, person_id: 1, department_id: 1, manager: false, at, day: at.date(), implied }
    }

    /// The minutes that count, of openings at `told` and ratings at `rated`, beside those `there`.
    fn minutes(told: &[i64], rated: &[i64], there: &[i64]) -> Vec<i64> {
        let mut openings: Vec<_> = told
            .iter()
            .map(|minute| opening(*minute, false))
            .chain(rated.iter().map(|minute| opening(*minute, true)))
            .collect();
        openings.sort_by_key(|o| (o.at, o.implied));
        let mut counting = Counting::default();
        count_pair(&openings, there.iter().map(|minute| opening(*minute, false).at).collect(), &mut counting);
        counting.counted.iter().map(|o| (o.at - opening(0, false).at).num_minutes()).collect()
    }

    #[test]
    fn half_an_hour_lies_between_two_that_count() {
        for (told, rated, there, counted) in [
            (&[0, 29, 30, 59, 60][..], &[][..], &[][..], &[0, 30, 60][..]),
            (&[0, 20, 40], &[], &[], &[0, 40]),
            (&[0, 0], &[], &[], &[0]),
            (&[0, 30], &[], &[0, 30], &[]),
            (&[0, 20, 40], &[], &[30], &[0]),
            (&[60], &[], &[0, 89], &[]),
            (&[60], &[], &[0, 90], &[60]),
            // A rating says that it was opened before, not when.
            (&[], &[10], &[], &[10]),
            (&[], &[10, 100], &[], &[10]),
            (&[0], &[100], &[], &[0]),
            (&[100], &[10], &[], &[10, 100]),
            (&[20], &[10], &[], &[10]),
            (&[10], &[10], &[], &[10]),
            (&[], &[10], &[0], &[]),
        ] {
            assert_eq!(minutes(told, rated, there), counted, "{told:?} {rated:?} {there:?}");
        }
    }

    #[test]
    fn a_second_time_counts_nothing() {
        let (told, rated) = (&[0, 10, 29, 31, 45, 200, 229, 231][..], &[5, 100, 231][..]);
        let first = minutes(told, rated, &[]);
        assert_eq!(minutes(told, rated, &first), Vec::<i64>::new());
    }
}
