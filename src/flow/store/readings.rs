//! What the figures are computed from: sums of roll-ups and probes of indexes. Nothing here reads as
//! many rows as there are accesses, but for [`people_sums`], which only the command line asks.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Timestamp};

use super::{active, covered, retention};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::quick::{Day as QuickDay, Moment};
use crate::db::schema::{
    activity_daily, departments, insights, memberships, people, person_daily, ratings, searches, segments,
};
use crate::each_db;
use crate::flow::groups::Department;
use crate::flow::headcount::Stay;
use crate::flow::period::Period;

/// Every department that ever was, in the order of their paths.
pub fn departments(c: &mut Conn) -> QueryResult<Vec<Department>> {
    let rows = departments::table
        .order((departments::folded_path, departments::id))
        .select((departments::id, departments::path, departments::closed_on))
        .load::<(i64, String, Option<chrono::NaiveDate>)>(c)?;
    Ok(rows
        .into_iter()
        .map(|(id, path, closed_on)| Department { id, path, open: closed_on.is_none() })
        .collect())
}

/// Every segment with its name, by name.
pub fn segments(c: &mut Conn) -> QueryResult<Vec<(i64, String)>> {
    segments::table
        .order((segments::folded_name, segments::id))
        .select((segments::id, segments::name))
        .load(c)
}

/// Who was where, and when.
pub fn stays(c: &mut Conn, calendar: Calendar) -> QueryResult<Vec<Stay>> {
    type Ends = (Option<QuickDay>, Option<QuickDay>);
    type Row = (i64, i64, bool, Ends, Ends, Option<Moment>);
    let all = memberships::table.inner_join(people::table).select((
        memberships::person_id,
        memberships::department_id,
        memberships::manager,
        (memberships::from_day, memberships::to_day),
        (people::joined_on, people::left_on),
        people::disabled_at,
    ));
    let rows: Vec<Row> = each_db!(c, c => all.load(c))?;
    Ok(rows
        .into_iter()
        .map(|(person_id, department_id, manager, (from, to), (joined, left), disabled)| {
            let disabled = disabled.map(|at| calendar.day(at.0));
            let days = |days: [Option<QuickDay>; 2]| days.into_iter().flatten().map(|day| day.0);
            Stay {
                person_id,
                department_id,
                manager,
                from: days([from, joined]).max(),
                to: days([to, left]).chain(disabled).min(),
            }
        })
        .collect())
}

/// The first day of which everything is known: of the first event of all, or that of the line before which
/// who read what was forgotten ([`super::retention`]).
pub fn first_day(c: &mut Conn) -> QueryResult<Option<chrono::NaiveDate>> {
    let first = first_event_day(c)?;
    Ok(first.max(super::retention::line(c)?.filter(|_| first.is_some())))
}

/// The day of the first event of all.
pub fn first_event_day(c: &mut Conn) -> QueryResult<Option<chrono::NaiveDate>> {
    activity_daily::table.select(activity_daily::day).order(activity_daily::day).first(c).optional()
}

/// Who searched in vain in a period.
///
/// # Errors
/// What the database says.
pub fn searched_in_vain(c: &mut Conn, period: Period) -> QueryResult<Vec<i64>> {
    searches::table
        .filter(searches::results.eq(0))
        .filter(searches::day.ge(period.from).and(searches::day.lt(period.to)))
        .select(searches::person_id)
        .distinct()
        .load(c)
}

/// Sums of a period by department, manager flag and segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Activity {
    pub department_id: i64,
    pub manager: bool,
    pub segment_id: i64,
    pub contributions: i64,
    pub accesses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

/// The sums of a period.
pub fn activity(c: &mut Conn, period: Period) -> QueryResult<Vec<Activity>> {
    use activity_daily as t;
    t::table
        .filter(t::day.ge(period.from).and(t::day.lt(period.to)))
        .group_by((t::department_id, t::manager, t::segment_id))
        .select((
            t::department_id,
            t::manager,
            t::segment_id,
            sql::<BigInt>("CAST(SUM(contributions) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(accesses) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(searches) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(zero_result_searches) AS BIGINT)"),
        ))
        .load(c)
}

/// How much was shared and opened before a day: other only after events of the past were added or taken back.
pub fn before(c: &mut Conn, day: chrono::NaiveDate) -> QueryResult<(i64, i64)> {
    use activity_daily as t;
    t::table
        .filter(t::day.lt(day))
        .select((
            sql::<BigInt>("CAST(COALESCE(SUM(contributions), 0) AS BIGINT)"),
            sql::<BigInt>("CAST(COALESCE(SUM(accesses), 0) AS BIGINT)"),
        ))
        .first(c)
}

/// What happened on a day; the managers' part beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Day {
    #[diesel(sql_type = Date)]
    pub day: chrono::NaiveDate,
    #[diesel(sql_type = BigInt)]
    pub contributions: i64,
    #[diesel(sql_type = BigInt)]
    pub accesses: i64,
    #[diesel(sql_type = BigInt)]
    pub manager_contributions: i64,
    #[diesel(sql_type = BigInt)]
    pub manager_accesses: i64,
    #[diesel(sql_type = BigInt)]
    pub searches: i64,
    #[diesel(sql_type = BigInt)]
    pub zero_result_searches: i64,
}

/// The days of a period on which something happened, of one segment or all, and of some departments or
/// all.
pub fn days(
    c: &mut Conn,
    period: Period,
    segment: Option<i64>,
    departments: Option<&[i64]>,
) -> QueryResult<Vec<Day>> {
    let segment = segment.map_or_else(String::new, |id| format!(" AND segment_id = {id}"));
    let inside =
        departments.map_or_else(String::new, |ids| format!(" AND department_id IN ({})", listed(ids)));
    diesel::sql_query(format!(
        "SELECT day, CAST(SUM(contributions) AS BIGINT) AS contributions, \
                CAST(SUM(accesses) AS BIGINT) AS accesses, \
                CAST(SUM(CASE WHEN manager THEN contributions ELSE 0 END) AS BIGINT) AS manager_contributions, \
                CAST(SUM(CASE WHEN manager THEN accesses ELSE 0 END) AS BIGINT) AS manager_accesses, \
                CAST(SUM(searches) AS BIGINT) AS searches, \
                CAST(SUM(zero_result_searches) AS BIGINT) AS zero_result_searches \
         FROM activity_daily WHERE day >= $1 AND day < $2{segment}{inside} GROUP BY day ORDER BY day"
    ))
    .bind::<Date, _>(period.from)
    .bind::<Date, _>(period.to)
    .load(c)
}

/// Numbers for an SQL list; an empty one matches nothing.
fn listed(ids: &[i64]) -> String {
    if ids.is_empty() {
        return "-1".into();
    }
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether somebody did anything in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Active {
    #[diesel(sql_type = BigInt)]
    pub person_id: i64,
    #[diesel(sql_type = Bool)]
    pub contributed: bool,
    #[diesel(sql_type = Bool)]
    pub accessed: bool,
}

/// Everybody, with whether they contributed and accessed in the period: two index probes a person.
pub fn active(c: &mut Conn, period: Period, segment: Option<i64>) -> QueryResult<Vec<Active>> {
    let segment = segment.map_or_else(String::new, |id| format!(" AND d.segment_id = {id}"));
    // The literal `contributions > 0` is what lets the partial index serve.
    diesel::sql_query(format!(
        "SELECT p.id AS person_id, \
                EXISTS (SELECT 1 FROM person_daily d WHERE d.person_id = p.id AND d.day >= $1 AND d.day < $2 \
                        AND d.contributions > 0{segment}) AS contributed, \
                EXISTS (SELECT 1 FROM person_daily d WHERE d.person_id = p.id AND d.day >= $1 AND d.day < $2 \
                        AND d.accesses > 0{segment}) AS accessed \
         FROM people p"
    ))
    .bind::<Date, _>(period.from)
    .bind::<Date, _>(period.to)
    .load(c)
}

/// What somebody did in a period, by segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct PersonSum {
    pub person_id: i64,
    pub segment_id: i64,
    pub contributions: i64,
    pub accesses: i64,
}

/// What everybody did in a period. Reads every row of the period: for the command line, not for a page.
pub fn people_sums(c: &mut Conn, period: Period) -> QueryResult<Vec<PersonSum>> {
    use person_daily as t;
    t::table
        .filter(t::day.ge(period.from).and(t::day.lt(period.to)))
        .group_by((t::person_id, t::segment_id))
        .select((
            t::person_id,
            t::segment_id,
            sql::<BigInt>("CAST(SUM(contributions) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(accesses) AS BIGINT)"),
        ))
        .load(c)
}

/// People whose days are read at a time.
const PEOPLE: usize = 200;

/// The same of several periods, in one pass: of each period its own, by person and segment.
pub fn people_sums_of(c: &mut Conn, periods: &[Period]) -> QueryResult<Vec<Vec<PersonSum>>> {
    use person_daily as t;
    let (first, last) = (periods.iter().map(|one| one.from).min(), periods.iter().map(|one| one.to).max());
    let Some((first, last)) = first.zip(last) else { return Ok(Vec::new()) };
    let mut sums: Vec<Vec<PersonSum>> = vec![Vec::new(); periods.len()];
    // Of one person, by segment and period.
    let mut person = 0;
    let mut of_person: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
    let mut next = |of_person: &mut BTreeMap<i64, Vec<(i64, i64)>>, person_id: i64| {
        for (segment_id, cells) in std::mem::take(of_person) {
            for (sums, (contributions, accesses)) in sums.iter_mut().zip(cells) {
                if contributions != 0 || accesses != 0 {
                    sums.push(PersonSum { person_id, segment_id, contributions, accesses });
                }
            }
        }
    };
    let mut take = |(person_id, day, segment, contributions, accesses): (i64, QuickDay, i64, i64, i64)| {
        if person_id != person {
            next(&mut of_person, person);
            person = person_id;
        }
        let cells = of_person.entry(segment).or_insert_with(|| vec![(0, 0); periods.len()]);
        for (cell, _) in cells.iter_mut().zip(periods).filter(|(_, period)| period.holds(day.0)) {
            cell.0 += contributions;
            cell.1 += accesses;
        }
    };
    type Row = (i64, QuickDay, i64, i64, i64);
    let people: Vec<i64> = people::table.order(people::id).select(people::id).load(c)?;
    for few in people.chunks(PEOPLE) {
        let (Some(lowest), Some(highest)) = (few.first(), few.last()) else { continue };
        let rows = t::table
            .filter(t::person_id.ge(lowest).and(t::person_id.le(highest)))
            .filter(t::day.ge(first).and(t::day.lt(last)))
            .order((t::person_id, t::day, t::segment_id))
            .select((t::person_id, t::day, t::segment_id, t::contributions, t::accesses));
        each_db!(&mut *c, c => {
            for row in rows.load_iter::<Row, DefaultLoadingMode>(c)? {
                take(row?);
            }
        });
    }
    next(&mut of_person, person);
    Ok(sums)
}

/// First accesses from one department to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct FlowSum {
    #[diesel(sql_type = BigInt)]
    pub from_id: i64,
    #[diesel(sql_type = BigInt)]
    pub to_id: i64,
    #[diesel(sql_type = BigInt)]
    pub first_accesses: i64,
}

/// The first accesses of a period, into these departments: one short range of the roll-up per pair.
pub fn flows(c: &mut Conn, period: Period, segment: Option<i64>, into: &[i64]) -> QueryResult<Vec<FlowSum>> {
    let into = listed(into);
    let segment = segment.map_or_else(String::new, |id| format!(" AND r.segment_id = {id}"));
    let mut sums = diesel::sql_query(format!(
        "SELECT f.id AS from_id, t.id AS to_id, \
                COALESCE((SELECT CAST(SUM(r.first_accesses) AS BIGINT) FROM flow_daily r \
                          WHERE r.from_department_id = f.id AND r.to_department_id = t.id \
                            AND r.day >= $1 AND r.day < $2{segment}), 0) AS first_accesses \
         FROM departments f CROSS JOIN departments t \
         WHERE EXISTS (SELECT 1 FROM insights i WHERE i.department_id = f.id) \
           AND t.id IN ({into})"
    ))
    .bind::<Date, _>(period.from)
    .bind::<Date, _>(period.to)
    .load::<FlowSum>(c)?;
    sums.retain(|sum| sum.first_accesses != 0);
    Ok(sums)
}

/// The departments that had shared anything by the end of a period.
pub fn sharing(c: &mut Conn, period: Period, segment: Option<i64>) -> QueryResult<Vec<i64>> {
    let segment = segment.map_or_else(String::new, |id| format!(" AND COALESCE(i.segment_id, 0) = {id}"));
    let rows = diesel::sql_query(format!(
        "SELECT d.id FROM departments d \
         WHERE EXISTS (SELECT 1 FROM insights i WHERE i.department_id = d.id AND i.day < $1{segment})"
    ))
    .bind::<Date, _>(period.to)
    .load::<Id>(c)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Who opened something of a segment in a period, up to `limit` of them.
pub fn segment_readers(c: &mut Conn, period: Period, segment: i64, limit: u64) -> QueryResult<HashSet<i64>> {
    // Of a month of which counts remain they stand in for those who read.
    let kept = retention::month_readers_of(c, period, Some(segment))?;
    if !kept.is_empty() && retention::line(c)?.is_some_and(|line| period.from < line) {
        return Ok(kept
            .into_iter()
            .flat_map(|(id, manager, n)| retention::stand_ins(id, manager, n))
            .collect());
    }
    // Five are mostly found in the last week.
    let last = Period {
        from: period.from.max(period.to.checked_sub_days(chrono::Days::new(7)).unwrap_or(period.from)),
        ..period
    };
    for days in [last, period] {
        let found: HashSet<i64> = active::of(c, days, Some(segment))?
            .accessed
            .iter()
            .take(usize::try_from(limit).unwrap_or(0))
            .collect();
        if found.len() as u64 >= limit || days == period {
            return Ok(found);
        }
    }
    Ok(HashSet::new())
}

/// Distinct people of `to` who first accessed something of `from` in the period, counted up to `limit`.
pub fn readers(
    c: &mut Conn,
    period: Period,
    segment: Option<i64>,
    from: i64,
    to: i64,
    limit: u64,
) -> QueryResult<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Reader {
        #[diesel(sql_type = BigInt)]
        person_id: i64,
    }
    let segment = segment.map_or_else(String::new, |id| format!(" AND segment_id = {id}"));
    let openings = format!(
        "SELECT person_id FROM first_accesses \
         WHERE from_department_id = $1 AND to_department_id = $2 AND day >= $3 AND day < $4{segment}"
    );
    // A database may read all of them to find different people, of which a few openings mostly have enough.
    let few = (limit <= FEW as u64).then(|| format!("{openings} LIMIT {FEW}"));
    let all = format!("SELECT DISTINCT person_id FROM ({openings}) AS o LIMIT {limit}");
    for statement in few.into_iter().chain([all]) {
        let is_some = statement.starts_with("SELECT person_id");
        let rows = diesel::sql_query(statement)
            .bind::<BigInt, _>(from)
            .bind::<BigInt, _>(to)
            .bind::<Date, _>(period.from)
            .bind::<Date, _>(period.to)
            .load::<Reader>(c)?;
        let is_all = !is_some || rows.len() < FEW;
        let mut people: Vec<i64> = rows.into_iter().map(|row| row.person_id).collect();
        people.sort_unstable();
        people.dedup();
        people.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if is_all || people.len() as u64 >= limit {
            return Ok(people);
        }
    }
    Ok(Vec::new())
}

/// Openings that are looked at first.
const FEW: usize = 64;

/// Insights old enough to judge, and those of them with enough ratings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub covered: i64,
    pub old_enough: i64,
    /// Younger than that at the end of the period.
    pub too_young: i64,
}

/// From this age on an insight should have had its ratings.
pub const OLD_ENOUGH_DAYS: i64 = 14;

/// How many insights that were at least 14 days old at the end of a period had at least 3 ratings from at least 2
/// departments (first names of their paths) by then; the market keeps with each value since when. `end` is when the
/// period ends, and `day_of` the company's day of a time.
pub fn coverage(
    c: &mut Conn,
    (to, end): (chrono::NaiveDate, NaiveDateTime),
    segment: Option<i64>,
    day_of: impl Fn(NaiveDateTime) -> chrono::NaiveDate,
) -> QueryResult<Coverage> {
    let limit = end - chrono::Duration::days(OLD_ENOUGH_DAYS);
    // Sums of days, and of the one day on which some are old enough and some are not the insights themselves.
    let last = day_of(limit);
    let mut of_last = insights::table
        .filter(insights::day.eq(last))
        .filter(insights::undone.eq(false))
        .filter(insights::contributed_at.le(limit))
        .into_boxed();
    // Insights of segment 0 have none.
    let of_segment = match segment {
        None => String::new(),
        Some(0) => " AND insight_id IN (SELECT id FROM insights WHERE segment_id IS NULL)".to_owned(),
        Some(id) => format!(" AND insight_id IN (SELECT id FROM insights WHERE segment_id = {id})"),
    };
    of_last = match segment {
        None => of_last,
        Some(0) => of_last.filter(insights::segment_id.is_null()),
        Some(id) => of_last.filter(insights::segment_id.eq(id)),
    };
    #[derive(QueryableByName)]
    struct Covered {
        #[diesel(sql_type = BigInt)]
        covered: i64,
    }
    let known = match segment {
        None => covered::before(c, end, limit)?,
        Some(_) => None,
    };
    let Covered { covered } = match known {
        Some(covered) => Covered { covered },
        None => diesel::sql_query(format!(
            "SELECT COUNT(*) AS covered FROM insight_values WHERE enough_since < $1 AND contributed_at <= $2{of_segment}"
        ))
        .bind::<Timestamp, _>(end)
        .bind::<Timestamp, _>(limit)
        .get_result(c)?,
    };
    let all = shared_before(c, to, segment)?;
    let old_enough = shared_before(c, last, segment)? + of_last.count().get_result::<i64>(c)?;
    Ok(Coverage { covered, old_enough, too_young: all - old_enough })
}

/// How many insights were shared before a day.
fn shared_before(c: &mut Conn, day: chrono::NaiveDate, segment: Option<i64>) -> QueryResult<i64> {
    use activity_daily as t;
    let mut rows = t::table.filter(t::day.lt(day)).into_boxed();
    if let Some(segment) = segment {
        rows = rows.filter(t::segment_id.eq(segment));
    }
    rows.select(sql::<BigInt>("CAST(COALESCE(SUM(contributions), 0) AS BIGINT)")).first(c)
}

/// Ratings that count and were given in a period.
pub fn ratings_given(c: &mut Conn, period: Period) -> QueryResult<i64> {
    ratings::table.filter(ratings::day.ge(period.from).and(ratings::day.lt(period.to))).count().get_result(c)
}
