//! How long the jobs take that run by themselves, on a database that was filled.

use std::time::Instant;

use super::report::Target;
use crate::config::Config;
use crate::db::{Conn, DatabaseUrl, in_read_transaction, in_write_transaction};
use crate::error::{AppError, AppResult};
use crate::jobs::{Every, Job, MORE, Times};
use crate::market;

use super::Plan;

/// Turns of one job at the most.
const TURNS: usize = 200;
/// What a night's jobs may take, in seconds: each, and better all of them together.
const NIGHT: f64 = 60.0;

/// Turns in which ratings are followed, at the most.
const FOLLOWING: usize = 100;

fn times(plan: &Plan, database: &str) -> AppResult<Times> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let config = Config::from_pairs([
        pair("DATABASE_URL", database),
        pair("PUBLIC_URL", "http://127.0.0.1"),
        pair("TIME_ZONE", plan.calendar.zone.name()),
    ])
    .map_err(AppError::Internal)?;
    // A minute after what was filled in ends.
    let now = plan.now + chrono::Duration::minutes(1);
    Ok(Times { now, calendar: plan.calendar, config: std::sync::Arc::new(config) })
}

fn open(database: &str) -> AppResult<Conn> {
    let url: DatabaseUrl = database.parse().map_err(AppError::BadRequest)?;
    Conn::open(&url).map_err(|error| AppError::Internal(format!("cannot open {url}: {error}")))
}

/// How long a job took.
#[derive(Default)]
struct Took {
    turns: usize,
    /// All in seconds.
    all: f64,
    longest: f64,
    /// The longest that everybody else's writes waited.
    held: f64,
}

/// Runs a job until it has no more to do or has had so many turns.
fn run(c: &mut Conn, job: &Job, times: &Times, turns: usize) -> AppResult<Took> {
    let (began, mut took) = (Instant::now(), Took::default());
    while took.turns < turns {
        let turn = Instant::now();
        // As a node does it: what only reads holds nobody up.
        let stores = match job.reads {
            Some(reads) => in_read_transaction(c, |c| reads(c, times))?,
            None => None,
        };
        let writing = Instant::now();
        let note = in_write_transaction(c, |c| match stores {
            Some(stores) => stores(c, times),
            None => (job.run)(c, times),
        })?;
        took.longest = took.longest.max(turn.elapsed().as_secs_f64());
        took.held = took.held.max(writing.elapsed().as_secs_f64());
        took.turns += 1;
        if !note.starts_with(MORE) {
            break;
        }
    }
    took.all = began.elapsed().as_secs_f64();
    Ok(took)
}

/// How fast leniencies follow the ratings that were given while the pages were measured.
pub(super) fn following(plan: &Plan, database: &str) -> AppResult<String> {
    let (mut c, times) = (open(database)?, times(plan, database)?);
    let before = super::store::ratings_to_follow(&mut c)?;
    let took = run(&mut c, &market::jobs::QUEUE, &times, FOLLOWING)?;
    let followed = before - super::store::ratings_to_follow(&mut c)?;
    Ok(format!(
        "leniencies followed {followed} of {before} ratings in {:.1} s, the writer held for {:.0} ms at the longest",
        took.all,
        took.held * 1e3
    ))
}

/// Runs every job of the product once, until it has no more to do, and says how long each took. They are due at
/// hours of their own, some of them once a week; one after the other they are what a node does that was away.
pub(super) fn measure(
    plan: &Plan,
    database: &str,
    say: &dyn Fn(&str),
) -> AppResult<(Vec<String>, [Target; 2])> {
    let times = times(plan, database)?;
    let (mut notes, mut all, mut longest) = (Vec::new(), 0.0, 0.0_f64);
    for job in crate::JOBS {
        let took = run(&mut open(database)?, job, &times, TURNS)?;
        all += took.all;
        let weekly = matches!(job.every, Every::MondayAt(..));
        if !weekly {
            longest = longest.max(took.all);
        }
        if took.all >= 0.1 {
            let note = format!(
                "job {}{}: {:.1} s in {} turns, the longest {:.1} s, the writer held for {:.1} s",
                job.name,
                if weekly { " (each week)" } else { "" },
                took.all,
                took.turns,
                took.longest,
                took.held
            );
            say(&note);
            notes.push(note);
        }
    }
    let targets = [
        Target::at_most("the longest job of each night, with all its turns", longest, NIGHT, " s"),
        Target::at_most("all jobs of a night together, with those of a week", all, NIGHT, " s"),
    ];
    Ok((notes, targets))
}
