//! The rows behind the numbers: contributions with their authors; accesses and searches as counts.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date};

use crate::db::Conn;
use crate::db::quick::Day;
use crate::db::schema::{
    accesses, departments, first_accesses, flow_daily, insight_tags, insight_values, insights, people,
    searches, tags,
};
use crate::each_db;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::period::Period;
use crate::flow::rest::Rest;
use crate::flow::steps::Steps;
use crate::web::paging::Cursor;

/// Rows of a page.
pub const PAGE: usize = 50;

/// Which contributions.
#[derive(Clone, Debug)]
pub struct Narrow {
    pub period: Period,
    /// 0: those without one.
    pub segment: Option<i64>,
    pub departments: Option<Vec<i64>>,
    pub managers: bool,
    /// Also those from before the period, which may be opened in it.
    pub earlier_too: bool,
    /// Only those that had ratings enough before a time, or had not.
    pub judged: Option<(bool, NaiveDateTime)>,
    pub after: Option<Cursor>,
}

/// A contribution as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Contribution {
    pub id: i64,
    pub title: String,
    pub author: String,
    pub author_id: i64,
    pub department: String,
    pub manager: bool,
    pub day: NaiveDate,
    contributed_at: NaiveDateTime,
    withdrawn_at: Option<NaiveDateTime>,
}

impl Contribution {
    /// Whether it was withdrawn: it still counts as one, but is not read any more.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn_at.is_some()
    }

    /// Where the next page begins.
    pub fn cursor(&self) -> Cursor {
        Cursor(vec![self.contributed_at.and_utc().timestamp_micros(), self.id])
    }
}

/// Departments up to which each is asked for its newest by itself; more are so much of a company that its
/// newest are looked through.
const ASKED_ALONE: usize = 32;

/// Contributions, newest first, one more than a page holds. Those that were withdrawn are among them,
/// since they count; whoever shows them leaves out their words.
///
/// Reads the newest until a page is full, never all of a period.
pub fn contributions(c: &mut Conn, narrow: &Narrow) -> QueryResult<Vec<Contribution>> {
    let Some(ids) = narrow.departments.as_ref().filter(|ids| ids.len() <= ASKED_ALONE) else {
        return of_departments(c, narrow, narrow.departments.as_deref());
    };
    let mut found = Vec::new();
    for id in ids {
        found.extend(of_departments(c, narrow, Some(&[*id]))?);
    }
    found.sort_by_key(|one| std::cmp::Reverse((one.contributed_at, one.id)));
    found.truncate(PAGE + 1);
    Ok(found)
}

fn of_departments(
    c: &mut Conn,
    narrow: &Narrow,
    of_departments: Option<&[i64]>,
) -> QueryResult<Vec<Contribution>> {
    let Period { from, to } = narrow.period;
    // An index of days would lead to all of a period, which would have to be sorted.
    let day = || sql::<Date>("COALESCE(insights.day, insights.day)");
    let mut query = insights::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(insights::undone.eq(false))
        .filter(day().lt(to))
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .limit(PAGE as i64 + 1)
        .select((
            insights::id,
            insights::title,
            people::name,
            insights::author_id,
            departments::path,
            insights::manager,
            insights::day,
            insights::contributed_at,
            insights::withdrawn_at,
        ))
        .into_boxed();
    if !narrow.earlier_too {
        query = query.filter(day().ge(from)).filter(insights::contributed_at.ge(in_any_zone(from, -ZONES)));
    }
    query = match narrow.segment {
        None => query,
        Some(0) => query.filter(insights::segment_id.is_null()),
        Some(id) => query.filter(insights::segment_id.eq(id)),
    };
    query = match of_departments {
        None => query,
        Some([id]) => query.filter(insights::department_id.eq(*id)),
        Some(ids) => query.filter(insights::department_id.eq_any(ids.to_vec())),
    };
    if narrow.managers {
        query = query.filter(insights::manager.eq(true));
    }
    if let Some((judged, end)) = narrow.judged {
        let of_this = insight_values::table
            .filter(insight_values::insight_id.eq(insights::id))
            .filter(insight_values::enough_since.lt(end));
        query = match judged {
            true => query.filter(exists(of_this)),
            false => query.filter(not(exists(of_this))),
        };
    }
    let last = in_any_zone(to, ZONES);
    let Some(Cursor(after)) = &narrow.after else {
        return query.filter(insights::contributed_at.le(last)).load(c);
    };
    if let [micros, id] = after[..] {
        let at = DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc();
        // The first condition is what the index is entered by.
        query = query.filter(insights::contributed_at.le(at.min(last))).filter(
            insights::contributed_at.lt(at).or(insights::contributed_at.eq(at).and(insights::id.lt(id))),
        );
    }
    query.load(c)
}

/// No clock of the world is further from UTC, in hours.
const ZONES: i64 = 15;

/// When a day begins, so many hours earlier or later: whatever the time zone in which an event got its day,
/// it came after the one and before the other.
fn in_any_zone(day: NaiveDate, hours: i64) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + Duration::hours(hours)
}

/// These contributions, in no order.
///
/// # Errors
/// What the database says.
pub fn by_ids(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<Contribution>> {
    insights::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(insights::id.eq_any(ids.to_vec()))
        .select((
            insights::id,
            insights::title,
            people::name,
            insights::author_id,
            departments::path,
            insights::manager,
            insights::day,
            insights::contributed_at,
            insights::withdrawn_at,
        ))
        .load(c)
}

/// Where the authors of these insights worked when they shared them.
///
/// # Errors
/// What the database says.
pub fn home_of(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, i64)>> {
    insights::table
        .filter(insights::id.eq_any(ids.to_vec()))
        .select((insights::id, insights::department_id))
        .load(c)
}

/// The topics that these departments shared most about in a period, and how many insights each.
///
/// # Errors
/// What the database says.
pub fn topics(
    c: &mut Conn,
    period: Period,
    of_departments: &[i64],
    limit: i64,
) -> QueryResult<Vec<(i64, i64)>> {
    insight_tags::table
        .inner_join(insights::table)
        .filter(insights::department_id.eq_any(of_departments.to_vec()))
        .filter(insights::undone.eq(false))
        .filter(insights::day.ge(period.from).and(insights::day.lt(period.to)))
        .group_by(insight_tags::tag_id)
        .order((diesel::dsl::count_star().desc(), insight_tags::tag_id))
        .limit(limit)
        .select((insight_tags::tag_id, diesel::dsl::count_star()))
        .load(c)
}

/// The names of topics.
///
/// # Errors
/// What the database says.
pub fn topic_names(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    tags::table.filter(tags::id.eq_any(ids.to_vec())).select((tags::id, tags::name)).load(c)
}

/// What is shown of the value of these insights: raters and tenths of a star, where there is any.
///
/// # Errors
/// What the database says.
pub fn shown_of(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, i32, i32)>> {
    insight_values::table
        .filter(insight_values::insight_id.eq_any(ids.to_vec()))
        .filter(insight_values::shown_raters.gt(0))
        .select((insight_values::insight_id, insight_values::shown_raters, insight_values::shown_tenths))
        .load(c)
}

/// How often somebody of a department opened an insight in a period. Never leaves this feature's first
/// floor: pages merge people into counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Openings {
    pub insight_id: i64,
    pub department_id: i64,
    pub person_id: i64,
    pub count: i64,
}

/// Who opened these insights in the period, as far as it is told in lists; managers only if asked.
///
/// # Errors
/// What the database says.
pub fn openings(
    c: &mut Conn,
    period: Period,
    of_insights: &[i64],
    managers: bool,
    steps: &Steps,
) -> QueryResult<Vec<Openings>> {
    let query = accesses::table
        .filter(accesses::insight_id.eq_any(of_insights.to_vec()))
        .filter(accesses::day.ge(period.from).and(accesses::day.lt(period.to)))
        .filter(accesses::manager.eq(true).or((!managers).into_sql::<Bool>()))
        .select((accesses::insight_id, accesses::department_id, accesses::person_id, accesses::day));
    let rows: Vec<(i64, i64, i64, Day)> = each_db!(c, c => query.load(c))?;
    let mut openings: HashMap<(i64, i64, i64), i64> = HashMap::new();
    for (insight, department, person, day) in rows {
        if steps.holds(department, day.0) {
            *openings.entry((insight, department, person)).or_default() += 1;
        }
    }
    let mut openings: Vec<Openings> = openings
        .into_iter()
        .map(|((insight_id, department_id, person_id), count)| Openings {
            insight_id,
            department_id,
            person_id,
            count,
        })
        .collect();
    openings.sort_unstable_by_key(|one| (one.insight_id, one.department_id, one.person_id));
    Ok(openings)
}

/// Insights that are looked at together, at most.
const AT_ONCE: i64 = 800;

/// Those who opened the insights of a list in its period, insight by insight from the newest on, until `add` has
/// seen enough: in a large company that is soon, so few are looked at first and twice as many each time. It is told
/// how many were looked at before, those that nobody opened included.
///
/// # Errors
/// What the database says.
pub fn each_opened(
    c: &mut Conn,
    period: Period,
    segment: Option<i64>,
    managers: bool,
    steps: &Steps,
    mut add: impl FnMut(usize, i64, &[Openings]) -> bool,
) -> QueryResult<()> {
    let (mut last, mut many, mut looked) = (i64::MAX, PAGE as i64, 0);
    loop {
        let mut query = insights::table
            .filter(insights::undone.eq(false))
            .filter(insights::day.lt(period.to))
            .filter(insights::id.lt(last))
            .order(insights::id.desc())
            .limit(many)
            .select(insights::id)
            .into_boxed();
        query = match segment {
            None => query,
            Some(0) => query.filter(insights::segment_id.is_null()),
            Some(id) => query.filter(insights::segment_id.eq(id)),
        };
        let ids: Vec<i64> = query.load(c)?;
        let Some(end) = ids.last() else { return Ok(()) };
        (last, many) = (*end, (many * 2).min(AT_ONCE));
        let rows = openings(c, period, &ids, managers, steps)?;
        for of_one in rows.chunk_by(|a, b| a.insight_id == b.insight_id) {
            if add(looked, of_one[0].insight_id, of_one) {
                return Ok(());
            }
        }
        looked += ids.len();
    }
}

/// How many people of these departments had opened each insight by the end of a period, as far as it is told.
///
/// # Errors
/// What the database says.
pub fn readers_of(
    c: &mut Conn,
    of_insights: &[i64],
    of_departments: &[i64],
    period: Period,
    steps: &Steps,
) -> QueryResult<BTreeMap<i64, i64>> {
    let query = first_accesses::table
        .filter(first_accesses::insight_id.eq_any(of_insights.to_vec()))
        .filter(first_accesses::to_department_id.eq_any(of_departments.to_vec()))
        .filter(first_accesses::day.lt(period.to))
        .select((first_accesses::insight_id, first_accesses::to_department_id, first_accesses::day));
    let rows: Vec<(i64, i64, Day)> = each_db!(&mut *c, c => query.load(c))?;
    let mut readers: BTreeMap<i64, i64> = BTreeMap::new();
    for (insight, department, day) in rows {
        if steps.told(department).is_some_and(|told| day.0 < told.to) {
            *readers.entry(insight).or_default() += 1;
        }
    }
    for (insight, department, count) in super::retention::readers_before(c, of_insights)? {
        if of_departments.contains(&department) {
            *readers.entry(insight).or_default() += count;
        }
    }
    Ok(readers)
}

/// First openings from some departments to some others, by day.
pub fn flow_days(
    c: &mut Conn,
    period: Period,
    segment: Option<i64>,
    from: &[i64],
    to: &[i64],
) -> QueryResult<Vec<(NaiveDate, i64)>> {
    use flow_daily as t;
    let mut query = t::table
        .filter(t::from_department_id.eq_any(from.to_vec()))
        .filter(t::to_department_id.eq_any(to.to_vec()))
        .filter(t::day.ge(period.from).and(t::day.lt(period.to)))
        .select((t::day, t::first_accesses))
        .into_boxed();
    if let Some(segment) = segment {
        query = query.filter(t::segment_id.eq(segment));
    }
    query.load(c)
}

/// Searches that found nothing, as far as they may be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllMissed {
    /// Words that at least five people searched, most searched first.
    pub known: Vec<Missed>,
    /// Searches for words that fewer people searched: the words might tell who they are. With those of days that are
    /// not told yet, of at least five people together, as far as others searched anything.
    pub others: i64,
    /// The days of which words are told.
    pub days: Option<Period>,
}

/// Words that found nothing, with how often and by how many people they were searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub words: String,
    pub searches: i64,
    pub people: usize,
    /// Department, person and how often: whoever shows it merges people into counts.
    pub by: Vec<(i64, i64, i64)>,
}

/// Whose searches that found nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Searchers<'a> {
    /// None for everybody.
    pub departments: Option<&'a [i64]>,
    pub managers: bool,
}

/// The searches of a period that found nothing, by their words without regard to case.
///
/// # Errors
/// What the database says.
pub fn missed(c: &mut Conn, period: Period, of: Searchers, steps: &Steps) -> QueryResult<AllMissed> {
    let mut query = searches::table
        .filter(searches::results.eq(0))
        .filter(searches::day.ge(period.from).and(searches::day.lt(period.to)))
        .order(searches::id)
        .select((searches::words, searches::person_id, searches::department_id, searches::day))
        .into_boxed();
    if let Some(ids) = of.departments {
        query = query.filter(searches::department_id.eq_any(ids.to_vec()));
    }
    if of.managers {
        query = query.filter(searches::manager.eq(true));
    }
    /// How often, by department and person.
    type Searches = BTreeMap<(i64, i64), i64>;
    let mut found: BTreeMap<String, (String, Searches)> = BTreeMap::new();
    let mut others = 0;
    for (words, person, department, day) in query.load::<(String, i64, i64, NaiveDate)>(c)? {
        if !steps.holds(department, day) {
            others += 1;
            continue;
        }
        let (_, by) =
            found.entry(crate::text::fold(words.trim())).or_insert_with(|| (words, BTreeMap::new()));
        *by.entry((department, person)).or_default() += 1;
    }
    let mut rest = Rest::default();
    for (folded, (_, by)) in &found {
        rest.add(folded, by.iter().map(|((_, person), count)| (*person, *count)));
    }
    let joining = rest.joining();
    let mut known = Vec::new();
    for (folded, (words, by)) in found {
        let missed = Missed {
            words,
            searches: by.values().sum(),
            people: by.keys().map(|(_, person)| person).collect::<HashSet<_>>().len(),
            by: by.into_iter().map(|((department, person), count)| (department, person, count)).collect(),
        };
        if (missed.people as u64) < FEWEST_PEOPLE || joining.as_ref() == Some(&folded) {
            others += missed.searches;
        } else {
            known.push(missed);
        }
    }
    known.sort_by(|a, b| b.searches.cmp(&a.searches).then_with(|| a.words.cmp(&b.words)));
    Ok(AllMissed { known, others, days: steps.days(of.departments) })
}
