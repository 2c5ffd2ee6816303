//! The job that turns who read what into counts; [`super::retention`] says what remains.
//!
//! Each run is one transaction: it keeps the figures of one month, or turns some days into counts. All of it
//! hangs on the oldest access there is, so it does the same whichever node runs it, and nothing twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Timestamp};
use diesel::upsert::excluded;

use super::active;
use super::retention::{ANY_SEGMENT, line, long_ago};
use crate::accounts::audit;
use crate::db::Conn;
use crate::db::schema::{
    accesses, first_accesses, insight_read_ages, kept_months, month_flow_readers, month_readers,
    person_daily, retention_line, trials,
};
use crate::each_db;
use crate::flow::headcount::{Stay, everybody};
use crate::flow::period::Period;

/// Accesses that one transaction turns into counts, the last day's all.
const AT_ONCE: usize = 20_000;
/// Days of an insight's life whose openings make its half-life.
const FIRST_DAYS: i64 = 365;
/// Rows a statement takes.
const BATCH: usize = 400;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// Keep the figures of this month, then [`keep_month`].
    Keep(Period),
    /// [`forget_days`].
    Forget,
}

/// The first day of which a trial that runs counts who opened what; none where none runs.
///
/// # Errors
/// What the database says.
pub fn needed_from(c: &mut Conn) -> QueryResult<Option<NaiveDate>> {
    trials::table.filter(trials::state.eq("running")).select(diesel::dsl::min(trials::started_on)).first(c)
}

/// What is to be done so that no access of a day before `target` has a person.
///
/// # Errors
/// What the database says.
pub fn next(c: &mut Conn, target: NaiveDate) -> QueryResult<Next> {
    let Some(oldest) = oldest(c)?.filter(|oldest| *oldest < target) else { return Ok(Next::Nothing) };
    let month = month_of(oldest);
    Ok(if is_kept(c, month)? { Next::Forget } else { Next::Keep(month) })
}

/// The months of which figures must be kept before that, the oldest first.
///
/// # Errors
/// What the database says.
pub fn months_to_keep(c: &mut Conn, target: NaiveDate) -> QueryResult<Vec<Period>> {
    let mut months = Vec::new();
    let Some(oldest) = oldest(c)? else { return Ok(months) };
    let mut month = month_of(oldest);
    while month.from < target {
        if !is_kept(c, month)? {
            months.push(month);
        }
        month = month_of(month.to);
    }
    Ok(months)
}

fn oldest(c: &mut Conn) -> QueryResult<Option<NaiveDate>> {
    accesses::table.order(accesses::day).select(accesses::day).first(c).optional()
}

fn month_of(day: NaiveDate) -> Period {
    let from = day.with_day(1).unwrap_or(day);
    Period { from, to: from.checked_add_months(Months::new(1)).unwrap_or(from) }
}

fn is_kept(c: &mut Conn, month: Period) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(kept_months::table.find(month.from))).get_result(c)
}

/// Keeps how many people stood behind the month's figures. Its night figures must have been kept before, in
/// the same transaction, while all its events are there. `stays` says who was where.
///
/// # Errors
/// What the database says.
pub fn keep_month(c: &mut Conn, month: Period, stays: &[Stay], now: NaiveDateTime) -> QueryResult<()> {
    diesel::insert_into(kept_months::table)
        .values((
            kept_months::from_day.eq(month.from),
            kept_months::to_day.eq(month.to),
            kept_months::kept_at.eq(now),
        ))
        .execute(c)?;
    let last: HashMap<i64, (i64, bool)> = everybody(stays, month)
        .into_iter()
        .map(|stay| (stay.person_id, (stay.department_id, stay.manager)))
        .collect();
    let read: Vec<(i64, i64)> = person_daily::table
        .filter(person_daily::day.ge(month.from).and(person_daily::day.lt(month.to)))
        .filter(person_daily::accesses.gt(0))
        .select((person_daily::person_id, person_daily::segment_id))
        .distinct()
        .load(c)?;
    let mut readers: BTreeMap<(i64, i64, bool), HashSet<i64>> = BTreeMap::new();
    for (person, segment) in read {
        let Some((department, manager)) = last.get(&person) else { continue };
        for segment in [segment, ANY_SEGMENT] {
            readers.entry((segment, *department, *manager)).or_default().insert(person);
        }
    }
    for ((segment, department, manager), people) in readers {
        diesel::insert_into(month_readers::table)
            .values((
                month_readers::from_day.eq(month.from),
                month_readers::segment_id.eq(segment),
                month_readers::department_id.eq(department),
                month_readers::manager.eq(manager),
                month_readers::readers.eq(people.len() as i64),
            ))
            .execute(c)?;
    }
    keep_flow_readers(c, month)
}

fn keep_flow_readers(c: &mut Conn, month: Period) -> QueryResult<()> {
    use first_accesses as f;
    let read: Vec<(i64, i64, i64, i64)> = f::table
        .filter(f::day.ge(month.from).and(f::day.lt(month.to)))
        .select((f::person_id, f::from_department_id, f::to_department_id, f::segment_id))
        .distinct()
        .load(c)?;
    // Whoever moved in the month counts in one of their departments only: departments that a page shows
    // together must not count a person twice.
    let mut home: HashMap<i64, i64> = HashMap::new();
    for (person, _, to, _) in &read {
        let known = home.entry(*person).or_insert(*to);
        *known = (*known).max(*to);
    }
    let mut readers: BTreeMap<(i64, i64, i64), HashSet<i64>> = BTreeMap::new();
    for (person, from, to, segment) in read.iter().filter(|(person, _, to, _)| home.get(person) == Some(to)) {
        for segment in [*segment, ANY_SEGMENT] {
            readers.entry((*from, *to, segment)).or_default().insert(*person);
        }
    }
    for ((from, to, segment), people) in readers {
        use month_flow_readers as t;
        diesel::insert_into(t::table)
            .values((
                t::from_day.eq(month.from),
                t::from_department_id.eq(from),
                t::to_department_id.eq(to),
                t::segment_id.eq(segment),
                t::readers.eq(people.len() as i64),
            ))
            .execute(c)?;
    }
    Ok(())
}

/// What was turned into counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    pub accesses: usize,
    pub days: Period,
}

/// Turns the oldest days before `target` into counts, up to the end of a month that is not kept yet, and
/// leaves a row in the audit log. `start_of` tells when a day begins, in UTC.
///
/// # Errors
/// What the database says.
pub fn forget_days(
    c: &mut Conn,
    target: NaiveDate,
    start_of: impl Fn(NaiveDate) -> NaiveDateTime,
    now: NaiveDateTime,
) -> QueryResult<Option<Forgotten>> {
    let mut forgotten: Option<Forgotten> = None;
    while let Some(day) = oldest(c)?.filter(|day| *day < target) {
        if !is_kept(c, month_of(day))? || forgotten.is_some_and(|sum| sum.accesses >= AT_ONCE) {
            break;
        }
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let accesses = forget_day(c, day, next, start_of(next))?;
        let sum = forgotten.get_or_insert(Forgotten { accesses: 0, days: Period { from: day, to: next } });
        sum.accesses += accesses;
        sum.days.to = next;
    }
    if let Some(Forgotten { accesses, days }) = forgotten {
        let detail = format!("{accesses} accesses of {} to {}", days.from, days.last_day());
        audit::record(c, None, now, "turned into counts who opened what in", "archive", &detail)?;
    }
    Ok(forgotten)
}

fn forget_day(c: &mut Conn, day: NaiveDate, next: NaiveDate, end: NaiveDateTime) -> QueryResult<usize> {
    move_line(c, next)?;
    keep_ages(c, day)?;
    for statement in OPENINGS_OF_DAY {
        diesel::sql_query(statement).bind::<Date, _>(day).execute(c)?;
    }
    for statement in READERS_OF_DAY {
        diesel::sql_query(statement).bind::<Timestamp, _>(end).bind::<Date, _>(day).execute(c)?;
    }
    diesel::sql_query(FIRST_LONG_AGO)
        .bind::<Timestamp, _>(long_ago().and_time(chrono::NaiveTime::MIN))
        .bind::<Date, _>(long_ago())
        .bind::<Date, _>(day)
        .execute(c)?;
    for statement in DAYS_OF_PEOPLE {
        diesel::sql_query(statement).bind::<Date, _>(day).execute(c)?;
    }
    active::changed(c, [day])?;
    diesel::delete(accesses::table.filter(accesses::day.eq(day))).execute(c)
}

fn move_line(c: &mut Conn, to: NaiveDate) -> QueryResult<()> {
    if line(c)?.is_some_and(|line| line >= to) {
        return Ok(());
    }
    each_db!(c, c => diesel::insert_into(retention_line::table)
        .values((retention_line::id.eq(1), retention_line::before_day.eq(to)))
        .on_conflict(retention_line::id)
        .do_update()
        .set(retention_line::before_day.eq(excluded(retention_line::before_day)))
        .execute(c))?;
    Ok(())
}

/// How often each insight was opened, and when last.
const OPENINGS_OF_DAY: [&str; 1] =
    ["INSERT INTO insight_reads (insight_id, department_id, accesses, readers, last_day) \
     SELECT insight_id, department_id, COUNT(*), 0, MAX(day) FROM accesses WHERE day = $1 \
     GROUP BY insight_id, department_id \
     ON CONFLICT (insight_id, department_id) \
     DO UPDATE SET accesses = insight_reads.accesses + excluded.accesses, last_day = excluded.last_day"];

/// Readers who have not come back since: counted, then forgotten.
const READERS_OF_DAY: [&str; 2] = [
    "INSERT INTO insight_reads (insight_id, department_id, accesses, readers, last_day) \
     SELECT f.insight_id, f.to_department_id, 0, COUNT(*), MAX(f.day) FROM first_accesses f \
     WHERE f.last_at < $1 \
       AND (f.insight_id, f.person_id) IN (SELECT a.insight_id, a.person_id FROM accesses a WHERE a.day = $2) \
     GROUP BY f.insight_id, f.to_department_id \
     ON CONFLICT (insight_id, department_id) DO UPDATE SET readers = insight_reads.readers + excluded.readers",
    "DELETE FROM first_accesses WHERE last_at < $1 \
       AND (insight_id, person_id) IN (SELECT a.insight_id, a.person_id FROM accesses a WHERE a.day = $2)",
];

/// Those who have: when they first opened it is forgotten, not that they have read it.
const FIRST_LONG_AGO: &str = "UPDATE first_accesses SET at = $1, day = $2 WHERE day = $3 \
     AND (insight_id, person_id) IN (SELECT a.insight_id, a.person_id FROM accesses a WHERE a.day = $3)";

/// What somebody shared on a day is known from the insights.
const DAYS_OF_PEOPLE: [&str; 2] = [
    "UPDATE person_daily SET accesses = 0 WHERE day = $1 AND accesses <> 0 \
       AND person_id IN (SELECT a.person_id FROM accesses a WHERE a.day = $1)",
    "DELETE FROM person_daily WHERE day = $1 AND accesses = 0 AND contributions = 0 \
       AND person_id IN (SELECT a.person_id FROM accesses a WHERE a.day = $1)",
];

/// Adds the ages of the insights opened on a day to those that are known.
fn keep_ages(c: &mut Conn, day: NaiveDate) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Opened {
        #[diesel(sql_type = BigInt)]
        insight_id: i64,
        #[diesel(sql_type = Date)]
        day: NaiveDate,
        #[diesel(sql_type = BigInt)]
        accesses: i64,
    }
    let opened: Vec<Opened> = diesel::sql_query(
        "SELECT i.id AS insight_id, i.day AS day, COUNT(*) AS accesses \
         FROM accesses a JOIN insights i ON i.id = a.insight_id WHERE a.day = $1 GROUP BY i.id, i.day ORDER BY i.id",
    )
    .bind::<Date, _>(day)
    .load(c)?;
    let young: Vec<Opened> = opened
        .into_iter()
        .filter(|opened| (0..FIRST_DAYS).contains(&(day - opened.day).num_days()))
        .collect();
    use insight_read_ages as t;
    for few in young.chunks(BATCH) {
        let ids: Vec<i64> = few.iter().map(|opened| opened.insight_id).collect();
        let known: HashMap<i64, String> =
            t::table.filter(t::insight_id.eq_any(ids)).load::<(i64, String)>(c)?.into_iter().collect();
        let rows: Vec<_> = few
            .iter()
            .map(|opened| {
                let new = format!("{}:{}", (day - opened.day).num_days(), opened.accesses);
                let text = match known.get(&opened.insight_id) {
                    Some(ages) => format!("{ages} {new}"),
                    None => new,
                };
                (t::insight_id.eq(opened.insight_id), t::ages.eq(text))
            })
            .collect();
        each_db!(c, c => diesel::insert_into(t::table)
            .values(rows)
            .on_conflict(t::insight_id)
            .do_update()
            .set(t::ages.eq(excluded(t::ages)))
            .execute(c))?;
    }
    Ok(())
}
