//! The register of the demo company: obstacles in each state, one trial that has ended and one that runs, and
//! why people did not share.

use chrono::{Days, Duration, NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::hours::Hours;
use crate::accounts::person::{Actor, Role};
use crate::db::Conn;
use crate::db::schema::{departments, people, trial_insights};
use crate::error::AppResult;
use crate::flow;
use crate::flow::metrics::definitions::{Made, definition};
use crate::flow::metrics::{self, Question};
use crate::market::store::worth;
use crate::obstacles::measure::weeks_before;
use crate::obstacles::obstacle::{Content, Obstacle, State};
use crate::obstacles::reasons::Reason;
use crate::obstacles::store::history::{self, Kind};
use crate::obstacles::store::register::{self, Change};
use crate::obstacles::store::trials::{self, New};
use crate::obstacles::store::{measures, reasons, telling};
use crate::obstacles::target::{Flow, Target};
use crate::policy::ObstaclePolicy;

/// What a figure or both ends of a flow are called here.
enum Hurt {
    Metric(&'static str),
    Flow(&'static str, &'static str),
}

/// An obstacle as it is told.
struct Told {
    hurt: Hurt,
    description: &'static str,
    action: &'static str,
    /// Days ago.
    opened: u64,
    /// Days from today until it is due; below 0 it is overdue, or over.
    due: i64,
    /// What was done, and how many days ago.
    done: &'static [(u64, &'static str)],
    /// How it ended, and how many days ago.
    ended: Option<(u64, State, &'static str)>,
}

#[rustfmt::skip]
const OBSTACLES: [Told; 6] = [
    Told { hurt: Hurt::Metric("C4"), description: "Nobody opens the archive before a customer visit, because nobody is reminded of it", action: "The visit form links to the customer's page.\nTeam leads ask for it in the weekly meeting.", opened: 119, due: -60,
        done: &[(105, "The visit form links to the customer's page"), (84, "Six teams begin their week with the customers they visit")],
        ended: Some((70, State::Removed, "It is a habit by now; the form stays as it is")) },
    Told { hurt: Hurt::Metric("C1m"), description: "Managers hear customers every week and write none of it down", action: "The management meeting begins with one insight each.", opened: 112, due: -50,
        done: &[(98, "First meeting that began with insights")],
        ended: Some((49, State::Removed, "The meeting has kept to it for seven weeks")) },
    Told { hurt: Hurt::Flow("Sales", "Support"), description: "Support learns of what Sales promised when the customer calls", action: "Send what Sales hears to the hotline, as a trial first.", opened: 52, due: 12,
        done: &[(50, "Agreed with the team leads of the hotline")], ended: None },
    Told { hurt: Hurt::Flow("Product", "Finance"), description: "Finance sees what a feature costs, not what customers say it is worth", action: "Send what Product shares about prices, as a trial.\nIf it helps, Finance follows the topic.", opened: 16, due: 26,
        done: &[], ended: None },
    Told { hurt: Hurt::Flow("Support", "Product"), description: "Product names faults by part number, Support by what the customer sees", action: "A list of both names, kept by Documentation.", opened: 40, due: -4,
        done: &[], ended: None },
    Told { hurt: Hurt::Metric("C17.zero_results"), description: "Searches for contract terms find nothing: they stand in another system", action: "Ask Legal whether the terms may be linked.", opened: 75, due: -40,
        done: &[(68, "Legal says no")],
        ended: Some((61, State::Accepted, "The terms stay where they are; the search page says where")) },
];

/// Department, months ago, reason, people.
const UNSHARED: [(&str, u32, Reason, i32); 14] = [
    ("Sales", 3, Reason::NoTime, 5),
    ("Sales", 2, Reason::Rival, 6),
    ("Sales", 1, Reason::NoTime, 4),
    ("Sales", 1, Reason::Looks, 2),
    ("Support", 3, Reason::NotWanted, 6),
    ("Support", 2, Reason::NoTime, 7),
    ("Support", 1, Reason::NotWanted, 5),
    ("Support", 1, Reason::Where, 3),
    ("Operations", 2, Reason::NotWanted, 4),
    ("Operations", 1, Reason::Where, 5),
    ("Product", 2, Reason::Looks, 3),
    ("Product", 1, Reason::Looks, 3),
    ("Finance", 1, Reason::Other, 2),
    ("Marketing", 1, Reason::Rival, 3),
];

/// Tells it all.
///
/// # Errors
/// What the database refuses.
pub fn tell(c: &mut Conn, hours: Hours) -> AppResult<()> {
    let officer: Option<i64> = people::table
        .filter(people::role.eq(Role::Cco.name()))
        .order(people::id)
        .select(people::id)
        .first(c)
        .optional()?;
    let Some(officer) = officer else { return Ok(()) };
    // The guides among the first: whoever looks through an employee or a manager sees one of their own.
    let owners: Vec<i64> = people::table
        .filter(people::role.eq(Role::Employee.name()))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .limit(OBSTACLES.len() as i64)
        .select(people::id)
        .load(c)?;
    for (number, told) in OBSTACLES.iter().enumerate() {
        let Some(owner) = owners.get((number + 4) % OBSTACLES.len()).copied() else { continue };
        if let Some(id) = record(c, hours, told, officer, owner)? {
            match told.hurt {
                Hurt::Flow("Sales", to) => ended_trial(c, hours, id, officer, ("Sales", to))?,
                Hurt::Flow("Product", to) => running_trial(c, hours, id, officer, ("Product", to))?,
                _ => {}
            }
        }
    }
    unshared(c, hours)
}

/// Somebody acting on a working day some days ago, at ten.
fn acting(c: &mut Conn, hours: Hours, person_id: i64, days: u64) -> AppResult<Actor> {
    let (department_id, manager) =
        people::table.find(person_id).select((people::department_id, people::manager)).first(c)?;
    let day = hours.working_from(hours.ago(days)).min(hours.today());
    let at = (hours.calendar.start_of(day) + Duration::hours(10)).min(hours.now);
    Ok(Actor { person_id, department_id, manager, at, day })
}

fn department(c: &mut Conn, name: &str) -> QueryResult<Option<i64>> {
    departments::table.filter(departments::path.eq(name)).select(departments::id).first(c).optional()
}

/// A department of that name, or the first of its parts, in which somebody works.
fn peopled(c: &mut Conn, name: &str) -> QueryResult<Option<i64>> {
    departments::table
        .inner_join(people::table)
        .filter(departments::path.eq(name).or(departments::path.like(format!("{name}/%"))))
        .order(departments::id)
        .select(departments::id)
        .first(c)
        .optional()
}

fn record(c: &mut Conn, hours: Hours, told: &Told, officer: i64, owner: i64) -> AppResult<Option<i64>> {
    let target = match told.hurt {
        Hurt::Metric(code) => Target::of_code(code),
        Hurt::Flow(from, to) => match (department(c, from)?, department(c, to)?) {
            (Some(a), Some(b)) => Some(Target::Flow(Flow {
                from_key: a.to_string(),
                from_name: from.into(),
                to_key: b.to_string(),
                to_name: to.into(),
            })),
            _ => None,
        },
    };
    let first = flow::store::readings::first_day(c)?;
    let actor = acting(c, hours, officer, told.opened)?;
    // A company of a few weeks has not had time for it.
    let (Some(target), true) = (target, first.is_some_and(|first| first + Days::new(28) <= actor.day)) else {
        return Ok(None);
    };
    let due_on = hours.today() + Duration::days(told.due);
    let content = Content {
        description: told.description.into(),
        action: told.action.into(),
        owner_id: owner,
        due_on,
        state: State::Open,
    };
    let id = register::open(c, &actor, &target, &content)?;
    for (number, (days, words)) in told.done.iter().enumerate() {
        let actor = acting(c, hours, owner, *days)?;
        history::note(c, id, Kind::Acted, &actor, actor.day, words, None, None)?;
        if number == 0 {
            change(c, id, &actor, State::Acting, "")?;
        }
    }
    if let Some((days, state, words)) = told.ended {
        let actor = acting(c, hours, officer, days)?;
        change(c, id, &actor, state, words)?;
    }
    let obstacle = register::obstacle_of(c, id)?;
    let weeks = ObstaclePolicy::default().weeks;
    measures::one(c, &obstacle, weeks_before(actor.day, weeks), actor.at, hours.calendar)?;
    each_monday(c, &obstacle, hours, actor.day)?;
    Ok(Some(id))
}

/// Measures an obstacle as the job did: each Monday since it was opened, until some weeks after its end.
fn each_monday(c: &mut Conn, obstacle: &Obstacle, hours: Hours, opened_on: NaiveDate) -> AppResult<()> {
    // What takes the events to compute is measured when it was opened and now: a demo is to begin soon.
    if matches!(&obstacle.target, Target::Metric { id, .. } if definition(id).is_some_and(|d| d.made == Made::ByNight))
    {
        return measure(c, obstacle, hours, hours.now);
    }
    let mut day = opened_on;
    while let Some(next) = day.checked_add_days(Days::new(7)).filter(|next| *next < hours.today()) {
        day = next;
        measure(c, obstacle, hours, hours.calendar.start_of(day) + Duration::hours(5))?;
    }
    measure(c, obstacle, hours, hours.now)
}

/// Measures what is due at a moment. A figure that comes from the events is computed first, as the job of the
/// night would have.
fn measure(c: &mut Conn, obstacle: &Obstacle, hours: Hours, now: NaiveDateTime) -> AppResult<()> {
    let weeks = ObstaclePolicy::default().weeks;
    // Twice: that of the opening may be due as well.
    for _ in 0..2 {
        measures::measure_one_due(c, obstacle, now, hours.calendar, weeks)?;
        for period in flow::store::figures::waiting(c)? {
            let view = flow::groups::View::default();
            let question = Question { period, segment: None, view, calendar: hours.calendar };
            metrics::compute_and_keep(c, &[question], worth::as_of, now)?;
            measures::measure_one_due(c, obstacle, now, hours.calendar, weeks)?;
        }
    }
    Ok(())
}

fn change(c: &mut Conn, id: i64, actor: &Actor, state: State, words: &str) -> AppResult<()> {
    let before = register::obstacle_of(c, id)?;
    let content = Content { state, ..before.content };
    let change = Change { id, seen: before.version, kind: Kind::State, words, content: &content };
    register::change(c, actor, &change)?;
    Ok(())
}

/// A trial, the department its insights go to, these, and who began it.
type Started = (i64, i64, Vec<i64>, Actor);

/// Starts a trial some days ago with what was there then; none where it is too little.
fn start(
    c: &mut Conn,
    hours: Hours,
    (obstacle_id, officer): (i64, i64),
    (from, to): (&str, &str),
    days_ago: u64,
    insights: usize,
) -> AppResult<Option<Started>> {
    let (Some(from), Some(to)) = (department(c, from)?, department(c, to)?) else { return Ok(None) };
    let all = flow::store::readings::departments(c)?;
    let below = |id| flow::groups::subtree(&all, id).map_or_else(Vec::new, |(_, ids)| ids);
    let (givers, takers) = (below(from), below(to));
    let policy = ObstaclePolicy::default();
    let actor = acting(c, hours, officer, days_ago)?;
    let since = actor.day.checked_sub_days(Days::new(policy.trial_from_days.unsigned_abs()));
    let since: NaiveDate = since.unwrap_or(actor.day);
    let chosen: Vec<i64> =
        trials::candidates(c, Some(&givers), &takers, (since, actor.day), policy.trial_insights)?
            .into_iter()
            .map(|one| one.id)
            .take(insights)
            .collect();
    if chosen.len() < crate::obstacles::trial::FEWEST_INSIGHTS {
        return Ok(None);
    }
    let new = New {
        obstacle_id,
        department_id: to,
        insights: &chosen,
        seed: "example-industries",
        days: policy.trial_days,
        calendar: hours.calendar,
    };
    let id = trials::start(c, &actor, &new)?;
    Ok(Some((id, to, takers, actor)))
}

fn ended_trial(c: &mut Conn, hours: Hours, id: i64, officer: i64, flow: (&str, &str)) -> AppResult<()> {
    let Some((trial, _, takers, actor)) = start(c, hours, (id, officer), flow, 45, 24)? else {
        return Ok(());
    };
    let drawn: Vec<(i64, bool)> = trial_insights::table
        .filter(trial_insights::trial_id.eq(trial))
        .order((trial_insights::pair, trial_insights::at_once))
        .select((trial_insights::insight_id, trial_insights::at_once))
        .load(c)?;
    let readers: Vec<(i64, i64, bool)> = people::table
        .filter(people::department_id.eq_any(&takers))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .select((people::id, people::department_id, people::manager))
        .load(c)?;
    for (number, (insight, at_once)) in drawn.iter().enumerate() {
        // What was sent is opened by some more.
        let times = if *at_once { 8 + number % 5 } else { number % 2 };
        for time in 0..times {
            let (person_id, department_id, manager) = readers[(number * 7 + time * 13) % readers.len()];
            let at: NaiveDateTime = actor.at
                + Duration::days(1 + ((number + 3 * time) % 12) as i64)
                + Duration::minutes((17 * number + 41 * time) as i64 % 400);
            let day = hours.calendar.day(at);
            let reader = Actor { person_id, department_id, manager, at, day };
            flow::store::record_access(c, &reader, *insight)?;
        }
    }
    let over = actor.day + Duration::days(ObstaclePolicy::default().trial_days);
    let night = hours.calendar.start_of(over) + Duration::minutes(10);
    trials::finish(c, id, trial, night, hours.calendar)?;
    Ok(())
}

fn running_trial(c: &mut Conn, hours: Hours, id: i64, officer: i64, flow: (&str, &str)) -> AppResult<()> {
    start(c, hours, (id, officer), flow, 6, 16)?;
    let obstacle = register::obstacle_of(c, id)?;
    let actor = acting(c, hours, obstacle.content.owner_id, 6)?;
    change(c, id, &actor, State::Acting, "")
}

fn unshared(c: &mut Conn, hours: Hours) -> AppResult<()> {
    let this_month = crate::reports::periods::month_of(hours.today()).from;
    for (name, months, reason, count) in UNSHARED {
        let month = this_month.checked_sub_months(chrono::Months::new(months)).unwrap_or(this_month);
        if let Some(id) = peopled(c, name)? {
            reasons::add(c, month, id, reason, count)?;
        }
    }
    let last_month = this_month.checked_sub_months(chrono::Months::new(1)).unwrap_or(this_month);
    telling::reasons_are_there(c, last_month, hours.calendar.start_of(this_month) + Duration::minutes(10))?;
    Ok(())
}
