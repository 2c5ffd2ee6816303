//! Trials of sending insights to a department. Each step is one transaction that begins by taking the trial
//! out of the state it was in: of two nodes one goes on.

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::history::{self, Kind};
use super::{register, telling};
use crate::accounts::audit;
use crate::accounts::person::Actor;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{departments, insights, people, trial_insights, trials};
use crate::error::{AppError, AppResult};
use crate::flow::apart::Apart;
use crate::flow::groups::{Department, FEWEST_PEOPLE, subtree};
use crate::flow::period::{Period, in_words};
use crate::flow::statistics::permutation;
use crate::flow::store::sending::{self, Reason, Sending};
use crate::flow::store::{pairs, readings};
use crate::obstacles::trial::{self, Drawn, FEWEST_INSIGHTS, Outcome, State};

/// A trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub id: i64,
    pub obstacle_id: i64,
    pub department_id: i64,
    /// The department's path.
    pub department: String,
    pub seed: String,
    pub started_by: String,
    pub started_on: NaiveDate,
    /// The first day that does not count.
    pub ends_on: NaiveDate,
    pub state: State,
    /// UTC.
    pub ended_at: Option<NaiveDateTime>,
    /// Why it was stopped.
    pub reason: String,
    pub outcome: Option<Outcome>,
}

type Row = (
    i64,
    i64,
    i64,
    String,
    String,
    String,
    (NaiveDate, NaiveDate),
    String,
    Option<NaiveDateTime>,
    String,
    String,
);

fn trial(row: Row) -> AppResult<Trial> {
    let (
        id,
        obstacle_id,
        department_id,
        department,
        seed,
        started_by,
        days,
        state,
        ended_at,
        reason,
        outcome,
    ) = row;
    let state = State::named(&state)
        .ok_or_else(|| AppError::Internal(format!("trial {id} is in an unknown state")))?;
    let outcome = if outcome.is_empty() {
        None
    } else {
        Some(
            serde_json::from_str(&outcome)
                .map_err(|error| AppError::Internal(format!("trial {id} cannot be read: {error}")))?,
        )
    };
    Ok(Trial {
        id,
        obstacle_id,
        department_id,
        department,
        seed,
        started_by,
        started_on: days.0,
        ends_on: days.1,
        state,
        ended_at,
        reason,
        outcome,
    })
}

/// The trials of an obstacle, newest first.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, obstacle_id: i64) -> AppResult<Vec<Trial>> {
    load(c, Some(obstacle_id), i64::MAX)
}

/// The last trials that have ended with a result, of all obstacles.
///
/// # Errors
/// What the database says.
pub fn told(c: &mut Conn, most: i64) -> AppResult<Vec<Trial>> {
    let mut all = load(c, None, most)?;
    all.retain(|trial| trial.outcome.is_some());
    Ok(all)
}

fn load(c: &mut Conn, obstacle_id: Option<i64>, most: i64) -> AppResult<Vec<Trial>> {
    let mut query = trials::table
        .inner_join(departments::table)
        .inner_join(people::table.on(people::id.eq(trials::started_by)))
        .order(trials::id.desc())
        .limit(most)
        .select((
            trials::id,
            trials::obstacle_id,
            trials::department_id,
            departments::path,
            trials::seed,
            people::name,
            (trials::started_on, trials::ends_on),
            trials::state,
            trials::ended_at,
            trials::reason,
            trials::outcome,
        ))
        .into_boxed();
    if let Some(id) = obstacle_id {
        query = query.filter(trials::obstacle_id.eq(id));
    }
    query.load::<Row>(c)?.into_iter().map(trial).collect()
}

/// An insight of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Member {
    pub insight_id: i64,
    pub title: String,
    pub pair: i32,
    pub at_once: bool,
    /// Withdrawn, or merged into another.
    pub is_gone: bool,
}

/// The insights of a trial, by pair.
///
/// # Errors
/// What the database says.
pub fn members(c: &mut Conn, trial_id: i64) -> QueryResult<Vec<Member>> {
    trial_insights::table
        .inner_join(insights::table)
        .filter(trial_insights::trial_id.eq(trial_id))
        .order((trial_insights::pair, trial_insights::at_once.desc(), trial_insights::insight_id))
        .select((
            trial_insights::insight_id,
            insights::title,
            trial_insights::pair,
            trial_insights::at_once,
            insights::withdrawn_at.is_not_null().or(insights::merged_into.is_not_null()),
        ))
        .load(c)
}

/// An insight that may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: i64,
    pub title: String,
    pub department: String,
}

/// Insights that a trial may send to a department: of these other departments (or of all), since a day, in
/// the archive still, never sent there; those that the department has read least first, then the newest.
///
/// # Errors
/// What the database says.
pub fn candidates(
    c: &mut Conn,
    from: Option<&[i64]>,
    to: &[i64],
    (since, today): (NaiveDate, NaiveDate),
    most: i64,
) -> QueryResult<Vec<Candidate>> {
    let mut query = insights::table
        .inner_join(departments::table)
        .filter(insights::undone.eq(false))
        .filter(insights::withdrawn_at.is_null())
        .filter(insights::merged_into.is_null())
        .filter(insights::day.ge(since).and(insights::day.le(today)))
        .filter(insights::department_id.ne_all(to.to_vec()))
        .order((insights::contributed_at.desc(), insights::id.desc()))
        .limit(most * 10)
        .select((insights::id, insights::title, departments::path))
        .into_boxed();
    if let Some(from) = from {
        query = query.filter(insights::department_id.eq_any(from.to_vec()));
    }
    let mut sent: Vec<i64> = sending::sent_insights(c, to)?.into_iter().map(|known| known.thing).collect();
    let waiting: Vec<i64> = trial_insights::table
        .inner_join(trials::table)
        .filter(trials::state.eq(State::Running.name()))
        .filter(trials::department_id.eq_any(to.to_vec()))
        .select(trial_insights::insight_id)
        .load(c)?;
    sent.extend(waiting);
    let mut found: Vec<Candidate> = query
        .load::<(i64, String, String)>(c)?
        .into_iter()
        .filter(|(id, ..)| !sent.contains(id))
        .map(|(id, title, department)| Candidate { id, title, department })
        .collect();
    let ids: Vec<i64> = found.iter().map(|one| one.id).collect();
    let readers = pairs::readers_of_each(c, &ids, to, (None, today))?;
    found.sort_by_key(|one| readers.get(&one.id).map_or(0, |people| people.len()));
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// A department and everything below it that is large enough for a trial, and that is told apart from its
/// neighbours on this day.
///
/// # Errors
/// 409 where it has too few people or is not, 404 where there is none; what the database says.
pub fn takers(
    c: &mut Conn,
    department_id: i64,
    (calendar, today): (Calendar, NaiveDate),
) -> AppResult<Vec<i64>> {
    let all = readings::departments(c)?;
    let (path, ids) = subtree(&all, department_id).ok_or(AppError::NotFound)?;
    let people: i64 = people::table
        .filter(people::department_id.eq_any(&ids))
        .filter(people::disabled_at.is_null())
        .count()
        .get_result(c)?;
    if (people as u64) < FEWEST_PEOPLE {
        return Err(AppError::Conflict(
            "This department has fewer than five people: too few to tell anything. Choose the one above it.",
        ));
    }
    let yesterday = today.pred_opt().unwrap_or(today);
    if !is_told_apart(c, &all, &path, Period { from: yesterday, to: today }, calendar)? {
        return Err(AppError::Conflict(
            "What this department opens is told only together with its neighbours: alone, fewer than five people could be worked out. Choose the one above it.",
        ));
    }
    Ok(ids)
}

/// Whether what a department opens in a period may be told.
fn is_told_apart(
    c: &mut Conn,
    all: &[Department],
    path: &str,
    period: Period,
    calendar: Calendar,
) -> QueryResult<bool> {
    Ok(Apart::new(all, &readings::stays(c, calendar)?, period).may_tell(path))
}

/// What a trial begins with.
pub struct New<'a> {
    pub obstacle_id: i64,
    pub department_id: i64,
    pub insights: &'a [i64],
    /// Of the draw and of the interval.
    pub seed: &'a str,
    pub days: i64,
    pub calendar: Calendar,
}

/// Draws the halves, sends one, and returns the trial's id.
///
/// # Errors
/// 409 with too few insights, too few people, or while another trial runs there; what the database says.
pub fn start(c: &mut Conn, actor: &Actor, new: &New<'_>) -> AppResult<i64> {
    let obstacle = register::obstacle_of(c, new.obstacle_id)?;
    let takers = takers(c, new.department_id, (new.calendar, actor.day))?;
    let running: i64 = trials::table
        .filter(trials::department_id.eq(new.department_id))
        .filter(trials::state.eq(State::Running.name()))
        .count()
        .get_result(c)?;
    if running > 0 {
        return Err(AppError::Conflict(
            "A trial with this department runs already; two at once would spoil each other. Wait for its end, or stop it.",
        ));
    }
    let mut chosen: Vec<i64> = insights::table
        .filter(insights::id.eq_any(new.insights))
        .filter(insights::withdrawn_at.is_null())
        .filter(insights::merged_into.is_null())
        .filter(insights::undone.eq(false))
        .filter(insights::department_id.ne_all(&takers))
        .order(insights::id)
        .select(insights::id)
        .load(c)?;
    let sent = sending::sent_insights(c, &takers)?;
    chosen.retain(|id| sent.iter().all(|known| known.thing != *id));
    if chosen.len() < FEWEST_INSIGHTS {
        return Err(AppError::Conflict(
            "A trial takes at least twelve insights that are in the archive and were not sent there before: six pairs are the fewest of which anything can be told.",
        ));
    }
    let readers = pairs::readers_of_each(c, &chosen, &takers, (None, actor.day))?;
    let scores: Vec<i64> =
        chosen.iter().map(|id| readers.get(id).map_or(0, |people| people.len() as i64)).collect();
    let drawn = permutation::pairs(&scores, new.seed);
    let ends_on = actor.day.checked_add_days(Days::new(new.days.unsigned_abs())).unwrap_or(actor.day);
    let id = diesel::insert_into(trials::table)
        .values((
            trials::obstacle_id.eq(new.obstacle_id),
            trials::department_id.eq(new.department_id),
            trials::seed.eq(new.seed),
            trials::started_by.eq(actor.person_id),
            trials::started_at.eq(actor.at),
            trials::started_on.eq(actor.day),
            trials::ends_on.eq(ends_on),
            trials::state.eq(State::Running.name()),
            trials::reason.eq(""),
            trials::outcome.eq(""),
        ))
        .returning(trials::id)
        .get_result::<i64>(c)?;
    for (insight, (pair, at_once)) in chosen.iter().zip(&drawn) {
        diesel::insert_into(trial_insights::table)
            .values((
                trial_insights::trial_id.eq(id),
                trial_insights::insight_id.eq(insight),
                trial_insights::pair.eq(i32::try_from(*pair).unwrap_or(i32::MAX)),
                trial_insights::at_once.eq(*at_once),
            ))
            .execute(c)?;
    }
    let at_once = send(c, id, new.department_id, true, Some(actor.person_id), actor.at)?;
    let name: String = departments::table.find(new.department_id).select(departments::path).first(c)?;
    let words = format!(
        "A trial began: {} of {} insights sent to {name}, the others wait until {}",
        at_once,
        chosen.len(),
        in_words(ends_on)
    );
    history::note(c, obstacle.id, Kind::Trial, actor, actor.day, &words, None, None)?;
    let detail = format!("trial:{id} with department:{}, {} insights", new.department_id, chosen.len());
    audit::record(
        c,
        Some(actor.person_id),
        actor.at,
        "began a trial of",
        &format!("obstacle:{}", obstacle.id),
        &detail,
    )?;
    telling::changed(c, &obstacle, actor, "a trial began")?;
    Ok(id)
}

/// Sends a half to the department; returns how many of it there are. What was withdrawn is left out.
fn send(
    c: &mut Conn,
    trial_id: i64,
    department_id: i64,
    at_once: bool,
    by: Option<i64>,
    at: NaiveDateTime,
) -> AppResult<usize> {
    let half: Vec<i64> = trial_insights::table
        .filter(trial_insights::trial_id.eq(trial_id))
        .filter(trial_insights::at_once.eq(at_once))
        .order(trial_insights::insight_id)
        .select(trial_insights::insight_id)
        .load(c)?;
    sending::send(c, &Sending { things: &half, department_id, reason: Reason::Trial, by, at })?;
    Ok(half.len())
}

/// Takes a trial out of running; false where somebody did already.
fn end(
    c: &mut Conn,
    id: i64,
    state: State,
    (at, by): (NaiveDateTime, Option<i64>),
    reason: &str,
    outcome: &str,
) -> QueryResult<bool> {
    let running = trials::table.filter(trials::id.eq(id)).filter(trials::state.eq(State::Running.name()));
    diesel::update(running)
        .set((
            trials::state.eq(state.name()),
            trials::ended_at.eq(Some(at)),
            trials::ended_by.eq(by),
            trials::reason.eq(reason),
            trials::outcome.eq(outcome),
        ))
        .execute(c)
        .map(|ended| ended == 1)
}

/// The oldest trial whose time is over, if there is one.
///
/// # Errors
/// What the database says.
pub fn next_due(c: &mut Conn, today: NaiveDate) -> QueryResult<Option<(i64, i64)>> {
    trials::table
        .filter(trials::state.eq(State::Running.name()))
        .filter(trials::ends_on.le(today))
        .order(trials::id)
        .select((trials::id, trials::obstacle_id))
        .first(c)
        .optional()
}

/// Ends a trial whose time is over: what it found is kept, and what waited is sent. False where it had ended.
///
/// # Errors
/// What the database says.
pub fn finish(
    c: &mut Conn,
    obstacle_id: i64,
    id: i64,
    now: NaiveDateTime,
    calendar: Calendar,
) -> AppResult<bool> {
    let today = calendar.day(now);
    let Some(trial) = of(c, obstacle_id)?.into_iter().find(|trial| trial.id == id) else { return Ok(false) };
    let outcome = outcome(c, &trial, calendar)?;
    let text = serde_json::to_string(&outcome).map_err(|error| AppError::Internal(error.to_string()))?;
    if !end(c, id, State::Finished, (now, None), "", &text)? {
        return Ok(false);
    }
    send(c, id, trial.department_id, false, None, now)?;
    let said = trial::sentence(&outcome, &trial.department);
    let words = format!("The trial ended, and what waited was sent. {said}");
    history::note_by_itself(c, obstacle_id, Kind::Trial, (now, today), &words)?;
    // Whoever sees to it and whoever opened it both hear; nobody did it.
    let obstacle = register::obstacle_of(c, obstacle_id)?;
    let nobody = Actor { person_id: 0, department_id: 0, manager: false, at: now, day: today };
    telling::changed(c, &obstacle, &nobody, "its trial has ended")?;
    Ok(true)
}

fn outcome(c: &mut Conn, trial: &Trial, calendar: Calendar) -> AppResult<Outcome> {
    let members = members(c, trial.id)?;
    let ids: Vec<i64> = members.iter().map(|member| member.insight_id).collect();
    let all = readings::departments(c)?;
    let takers = subtree(&all, trial.department_id).map_or_else(Vec::new, |(_, ids)| ids);
    let period = Period { from: trial.started_on, to: trial.ends_on };
    // Somebody may have left since it began, of the department or of a sister.
    let may_tell = is_told_apart(c, &all, &trial.department, period, calendar)?;
    let mut readers = pairs::readers_of_each(c, &ids, &takers, (Some(period.from), period.to))?;
    let uses = pairs::uses_of_each(c, &ids, &takers, period)?;
    let drawn: Vec<Drawn> = members
        .iter()
        .map(|member| Drawn {
            pair: u32::try_from(member.pair).unwrap_or(0),
            at_once: member.at_once,
            is_gone: member.is_gone,
            readers: readers.remove(&member.insight_id).unwrap_or_default(),
            uses: uses.get(&member.insight_id).copied().unwrap_or(0),
        })
        .collect();
    Ok(trial::judge(&drawn, &trial.seed, may_tell))
}

/// Stops a trial before its end, with or without sending what waits. Nothing is compared: to stop when it
/// looks good would find what is not there.
///
/// # Errors
/// 409 where it does not run any more; what the database says.
pub fn stop(
    c: &mut Conn,
    actor: &Actor,
    (obstacle_id, id): (i64, i64),
    reason: &str,
    and_send: bool,
) -> AppResult<()> {
    let trial = of(c, obstacle_id)?.into_iter().find(|trial| trial.id == id).ok_or(AppError::NotFound)?;
    if !end(c, id, State::Stopped, (actor.at, Some(actor.person_id)), reason, "")? {
        return Err(AppError::Conflict("This trial does not run any more. Look at it again."));
    }
    let sent = if and_send {
        send(c, id, trial.department_id, false, Some(actor.person_id), actor.at)?;
        "what waited was sent"
    } else {
        "what waited was not sent"
    };
    let words = format!("The trial was stopped, {sent}: {reason}");
    history::note(c, obstacle_id, Kind::Trial, actor, actor.day, &words, None, None)?;
    let object = format!("obstacle:{obstacle_id}");
    let detail = format!("trial:{id}, {sent}");
    audit::record(c, Some(actor.person_id), actor.at, "stopped a trial of", &object, &detail)?;
    let obstacle = register::obstacle_of(c, obstacle_id)?;
    telling::changed(c, &obstacle, actor, "its trial was stopped")?;
    Ok(())
}
