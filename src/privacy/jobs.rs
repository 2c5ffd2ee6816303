//! The nightly check, and telling everybody of thresholds that were lowered.

use std::time::{Duration as Wait, Instant};

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;

use super::facts::{self, Decide};
use super::reasons::{self, Tell};
use super::rests::{self, Joining};
use super::stars::{self, Cut};
use super::steps::{self, Step};
use super::store::checks::{self, Check};
use super::store::told;
use super::{counts, lists, ratings, recover, shapes, tables, trials};
use crate::accounts::person::Role;
use crate::accounts::store as accounts;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::people;
use crate::error::AppResult;
use crate::flow::apart::Apart;
use crate::flow::groups::View;
use crate::flow::matrix::Matrix;
use crate::flow::metrics::{Loaded, Question, offered};
use crate::flow::period::Period;
use crate::flow::rest::Rest;
use crate::flow::store::readings;
use crate::flow::store::retention::{self, Grain};
use crate::jobs::{Every, Job, MORE, Stores, Times};
use crate::market::store::agreed;
use crate::notices::{About, Kind, Notice, store::tell};
use crate::obstacles::reasons::told as tell_reasons;

/// Each night, after the figures of the night.
pub const CHECK: Job = Job {
    name: "privacy check",
    every: Every::DayAt(3, 50),
    lease_minutes: 30,
    run: keep_who_stands_alone,
    reads: Some(check),
};

/// Every minute: the next people are told of a threshold that was lowered.
pub const TELL: Job =
    Job { name: "privacy notices", every: Every::Minutes(1), lease_minutes: 5, run: announce, reads: None };

/// After this long it begins nothing new, so that a night's jobs stay within a minute.
const LONGEST: Wait = Wait::from_secs(40);
/// And of that, so long for lists of single insights.
const LISTS: Wait = Wait::from_secs(10);
/// Results that are kept, in days.
const KEPT_DAYS: i64 = 400;
/// People who are told in one transaction.
const AT_A_TIME: i64 = 500;

/// Nothing to store where other departments stand alone than yesterday: they are kept first, then it is looked again.
fn check(c: &mut Conn, times: &Times) -> AppResult<Option<Stores>> {
    let today = times.calendar.day(times.now);
    if !who_stands_otherwise(c, times.calendar, today)?.is_empty() {
        return Ok(None);
    }
    let found = Check { at: times.now, ..look(c, times.calendar, today, Rules::default())? };
    Ok(Some(Box::new(move |c, times| keep(c, times, &found))))
}

fn keep(c: &mut Conn, times: &Times, found: &Check) -> AppResult<String> {
    let today = times.calendar.day(times.now);
    checks::forget(c, times.now - Duration::days(KEPT_DAYS))?;
    checks::keep(c, found)?;
    if found.findings > 0 {
        tracing::error!(
            findings = found.findings,
            found_in = found.found_in,
            "figures tell of fewer people than they may"
        );
        alarm(c, times, today, &found.found_in)?;
    }
    let cut = if found.complete { "" } else { ", time ran out" };
    Ok(format!(
        "{} periods, {} sums, {} cells, {} insights, {} lists, {} rounds, {} points, {} halves, {} reasons: {} findings{cut}",
        found.periods,
        found.sums,
        found.cells,
        found.insights,
        found.lists,
        found.rounds,
        found.points,
        found.halves,
        found.reasons,
        found.findings
    ))
}

/// What decides what is told. The product has one of each; tests of this check bring others.
#[derive(Clone, Copy)]
pub struct Rules {
    /// Which departments stand alone.
    pub decide: Decide,
    /// Which ratings are told apart in time.
    pub cut: Cut,
    /// What is told of why people did not share.
    pub tell: Tell,
    /// Which row of a list is withheld with those of few people.
    pub joining: Joining,
    /// Which days of a period lists tell.
    pub step: Step,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            decide: Apart::new,
            cut: stars::rounds,
            tell: tell_reasons,
            joining: Rest::joining,
            step: Step::default(),
        }
    }
}

/// Tries to work out what fewer than five people did, from everything that is told by these rules.
///
/// # Errors
/// What the database says.
pub fn look(c: &mut Conn, calendar: Calendar, today: NaiveDate, rules: Rules) -> AppResult<Check> {
    let decide = rules.decide;
    let begun = Instant::now();
    let mut found = Check { complete: true, ..Check::default() };
    let (insights, few) = ratings::findings(c)?;
    found.insights = insights;
    found.add("values of insights", few);
    let (points, few) = shapes::findings(c)?;
    found.points = count(points);
    found.add("curves and distributions", few);
    let Some(first) = readings::first_day(c)?.filter(|first| *first < today) else { return Ok(found) };
    let question =
        |period: Period, segment: Option<i64>| Question { period, segment, view: View::default(), calendar };
    let usual = offered(today, first);
    let Some(base) = usual.first() else { return Ok(found) };
    let base = Loaded::new(c, question(*base, None))?;
    let mut windows = recover::windows(today, first, &base.stays);
    let usual_days = windows.first().cloned().unwrap_or_default();
    // What reports, obstacles and figures that were asked for tell, with what the pages offer.
    let mut told: BTreeSet<(NaiveDate, NaiveDate)> = told::periods(c)?.into_iter().collect();
    told.retain(|(from, to)| first <= *from && *to <= today);
    told.extend(usual_days.iter().map(|period| (period.from, period.to)));
    let mut all_told = Vec::new();
    for (from, to) in &told {
        let period = Period { from: *from, to: *to };
        if matches!(retention::grain(c, period), Ok(Grain::Events)) {
            all_told.push(period);
        }
    }
    windows.push(all_told);
    // All of them at once: a rating is nobody's department.
    let (rounds, few) = stars::findings(c, windows.iter().flatten().copied(), rules.cut)?;
    found.rounds = count(rounds);
    found.add("rounds of ratings", few);
    let (numbers, few) = reasons::findings(c, &base, today, rules.tell)?;
    found.reasons = count(numbers);
    found.add("reasons for not sharing", few);
    let (halves, few) = trials::findings(c, &base, decide)?;
    found.halves = count(halves);
    found.add("halves of trials", few);
    let looked = steps::findings(
        c,
        &base,
        windows.iter().flatten().copied(),
        (decide, rules.step),
        Instant::now() + LISTS,
    )?;
    found.lists = count(looked.lists);
    found.add("lists that end on different days", looked.findings);
    let mut few = 0;
    for windows in windows {
        if begun.elapsed() > LONGEST {
            found.complete = false;
            break;
        }
        let mut known = std::collections::BTreeSet::new();
        for period in windows {
            found.periods += 1;
            known.extend(facts::of(c, &base, period, decide)?);
        }
        found.sums += count(known.len());
        few += recover::findings(&known, &base.stays);
    }
    found.add("sums of openings and searches by department and period", few);
    // Those that reach to today or yesterday: what everybody looks at, one day after the other.
    let lately = |period: &&Period| today.signed_duration_since(period.to).num_days() <= 1;
    let days: BTreeSet<_> = usual_days.iter().filter(lately).map(|period| (period.from, period.to)).collect();
    let until = Instant::now() + LISTS;
    let looked = lists::findings(c, &base, &days, today, decide, until)?;
    found.lists += count(looked.lists);
    found.add("lists of who opened an insight or searched the same words", looked.findings);
    let looked = rests::findings(c, &base, &days, (decide, rules.joining), Instant::now() + LISTS)?;
    found.lists += count(looked.lists);
    found.add("rows of lists beside their total", looked.findings);
    let few = counts::findings(c, &base, &usual, calendar, today)?;
    found.add("numbers of people who opened something", few);
    let segments = base.segments.iter().map(|(id, _)| Some(*id));
    let segments: Vec<Option<i64>> = std::iter::once(None).chain(segments).chain([Some(0)]).collect();
    let mut few = 0;
    for (period, segment) in usual.iter().flat_map(|period| segments.iter().map(move |one| (*period, *one))) {
        if begun.elapsed() > LONGEST {
            found.complete = false;
            break;
        }
        let loaded = base.about(c, question(period, segment))?;
        let levels = at_all_levels(c, &loaded)?;
        found.cells += levels.iter().map(|(_, matrix)| count(matrix.size() * matrix.size())).sum::<i64>();
        few += tables::findings(&levels);
    }
    found.add("tables of flows between departments", few);
    Ok(found)
}

fn keep_who_stands_alone(c: &mut Conn, times: &Times) -> AppResult<String> {
    let changed = who_stands_otherwise(c, times.calendar, times.calendar.day(times.now))?;
    accounts::tell_alone(c, &changed)?;
    Ok(match changed.len() {
        0 => String::new(),
        departments => format!("{MORE}{departments} departments are told alone, or no longer"),
    })
}

/// Which departments are told by themselves where readers of an insight are counted, and were not, or the other way
/// round: those that yesterday's figures would tell.
fn who_stands_otherwise(c: &mut Conn, calendar: Calendar, today: NaiveDate) -> AppResult<Vec<(i64, bool)>> {
    let Some(yesterday) = today.pred_opt() else { return Ok(Vec::new()) };
    let departments = readings::departments(c)?;
    let stays = readings::stays(c, calendar)?;
    let apart = Apart::new(&departments, &stays, Period { from: yesterday, to: today });
    let top = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let alone: Vec<(i64, bool)> =
        departments.iter().map(|one| (one.id, apart.stands_alone(&top(&one.path)))).collect();
    Ok(accounts::told_otherwise(c, &alone)?)
}

/// The tables of flows that pages show of a question, the finest last, with the group in each of every group
/// of the finest.
fn at_all_levels(c: &mut Conn, loaded: &Loaded) -> AppResult<Vec<(Vec<usize>, Matrix)>> {
    let at = |level: usize| {
        loaded.seen(View { level: Some(level), ..View::default() }, loaded.grouping.apart.clone())
    };
    let levels = loaded.grouping.levels.clone();
    let finest = at(*levels.end());
    let identity = (0..finest.grouping.groups.len()).collect();
    let groups = finest.coarser().into_iter().chain([identity]);
    let mut all = Vec::new();
    for (level, group) in levels.zip(groups) {
        all.push((group, at(level).matrix(c, false)?));
    }
    Ok(all)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Tells administrators and the customer office, once a day.
fn alarm(c: &mut Conn, times: &Times, today: NaiveDate, found_in: &str) -> AppResult<()> {
    let whom: Vec<i64> = people::table
        .filter(people::role.eq_any([Role::Admin.name(), Role::Cco.name()]))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .select(people::id)
        .load(c)?;
    for person_id in whom {
        tell(
            c,
            &Notice {
                person_id,
                kind: Kind::Privacy,
                about: About {
                    thing: "privacy:check".into(),
                    title: "The nightly check of what figures tell".into(),
                    path: "/transparency#check".into(),
                },
                text: format!(
                    "The nightly check found figures that tell of fewer people than they may: {found_in}"
                ),
                key: format!("privacy:check:{today}"),
                department: None,
                at: times.now,
            },
        )?;
    }
    Ok(())
}

fn announce(c: &mut Conn, times: &Times) -> AppResult<String> {
    let Some(change) = agreed::untold(c)? else { return Ok(String::new()) };
    let next: Vec<i64> = people::table
        .filter(people::id.gt(change.told_up_to))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .limit(AT_A_TIME)
        .select(people::id)
        .load(c)?;
    for person_id in &next {
        tell(
            c,
            &Notice {
                person_id: *person_id,
                kind: Kind::Privacy,
                about: About {
                    thing: format!("privacy:threshold:{}", change.id),
                    title: "What is shown of ratings".into(),
                    path: "/privacy/thresholds".into(),
                },
                text: format!("A privacy threshold was lowered by two people: {}", change.sentence()),
                key: format!("privacy:threshold:{}", change.id),
                department: None,
                at: times.now,
            },
        )?;
    }
    let last = next.last().copied().unwrap_or(i64::MAX);
    agreed::told(c, change.id, last)?;
    Ok(if next.is_empty() { String::new() } else { format!("{MORE}{} people told", next.len()) })
}
