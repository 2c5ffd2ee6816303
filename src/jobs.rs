//! What runs by itself: a list of jobs, a table of when each is due, and a lease so that of several nodes
//! one runs it.
//!
//! Every node asks each 30 seconds what is due and takes it by compare-and-set: the row count of one
//! `UPDATE` decides, the same statement on both databases. The job and the note of its end are one
//! transaction, so a job whose lease ran out under it takes back what it did, and nothing is done twice.
//!
//! A job that computes for long reads first, in a transaction that only reads ([`Job::reads`]), and holds
//! the writer for as long as storing takes: on SQLite everybody else's writes wait for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration as Wait;

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use diesel::prelude::*;

use crate::clock::Calendar;
use crate::config::Config;
use crate::db::schema::jobs;
use crate::db::{Conn, upkeep};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::web::App;

/// How often a node looks what is due.
const TICK: Wait = Wait::from_secs(30);
/// A job that failed is tried again after this.
const AGAIN: Duration = Duration::minutes(5);
/// What the note of a job begins with that has more to do at once: it is run again, in a transaction of
/// its own, so that none holds others up for long.
pub const MORE: &str = "more to do: ";
/// What the note of a job begins with that failed.
const FAILED: &str = "failed: ";
/// How often in a row, before the other jobs have their turn.
const TURNS: usize = 500;
/// Characters of an error that the table keeps.
const LONGEST_NOTE: usize = 500;

/// When a job is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// This long after it last ran.
    Minutes(i64),
    /// Each day at this time of the company's wall clock: hour and minute.
    DayAt(u32, u32),
    /// Each Monday at this time.
    MondayAt(u32, u32),
}

impl Every {
    /// When it is due after `now`, both in UTC. A time that a clock change skips comes right after the
    /// gap; one that comes twice counts once, the first time.
    pub fn next(self, now: NaiveDateTime, calendar: Calendar) -> NaiveDateTime {
        match self {
            Every::Minutes(minutes) => now + Duration::minutes(minutes),
            Every::DayAt(hour, minute) => after(now, calendar, (hour, minute), |_| true),
            Every::MondayAt(hour, minute) => {
                after(now, calendar, (hour, minute), |day| day.weekday() == Weekday::Mon)
            }
        }
    }
}

/// The next time after `now` that the company's clock shows this hour and minute on a day that fits.
fn after(
    now: NaiveDateTime,
    calendar: Calendar,
    (hour, minute): (u32, u32),
    fits: impl Fn(NaiveDate) -> bool,
) -> NaiveDateTime {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
    let today = calendar.day(now);
    (0..=8)
        .filter_map(|days| today.checked_add_days(Days::new(days)))
        .filter(|day| fits(*day))
        .map(|day| calendar.to_utc(day.and_time(time)))
        .find(|at| *at > now)
        .unwrap_or(now + Duration::days(1))
}

/// What a job is told: the time it runs at, and the settings.
#[derive(Clone)]
pub struct Times {
    /// UTC.
    pub now: NaiveDateTime,
    pub calendar: Calendar,
    pub config: Arc<Config>,
}

/// Something that runs by itself.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Its row in the table.
    pub name: &'static str,
    pub every: Every,
    /// Minutes after which another node may take it over: far more than it ever takes.
    pub lease_minutes: i64,
    /// Does it, in one transaction, and returns a note of what it did.
    pub run: fn(&mut Conn, &Times) -> AppResult<String>,
    /// Reads beforehand, and returns what is left to be stored instead of `run`; none where `run` is quick
    /// enough to do it all.
    pub reads: Option<Reads>,
}

/// The reading part of a job; `None` where there is nothing to compute, and `run` is to decide.
pub type Reads = fn(&mut Conn, &Times) -> AppResult<Option<Stores>>;

/// The storing part of a job, in one transaction; returns the note.
pub type Stores = Box<dyn FnOnce(&mut Conn, &Times) -> AppResult<String> + Send>;

/// Each night: the database looks after itself.
pub const UPKEEP: Job = Job {
    name: "upkeep",
    every: Every::DayAt(4, 0),
    lease_minutes: 10,
    run: keep_database_quick,
    reads: None,
};

fn keep_database_quick(c: &mut Conn, times: &Times) -> AppResult<String> {
    let (made, dropped) = crate::db::partitions::look_after(c, times.calendar.day(times.now))?;
    if made + dropped > 0 {
        return Ok(format!("{made} months of accesses begun, {dropped} ended"));
    }
    let looked = upkeep::look_at_sizes(c)?;
    Ok(if looked { "sizes of tables looked at" } else { "the database does this itself" }.to_owned())
}

/// A file of SQLite larger than this, in bytes, is read once a week: what the kernel does not hold in memory is
/// read in no order, and 8 GB took two minutes.
const READ_BY_NIGHT: i64 = 1 << 30;

/// Each night: the whole of SQLite's file is read; damage is an error, which the log tells and `/ready`.
pub const FILE_CHECK: Job = Job {
    name: "file check",
    every: Every::DayAt(4, 20),
    lease_minutes: 120,
    run: |_, _| Ok("nothing to do by night".to_owned()),
    reads: Some(|c, times| read_file(c, times, |bytes| bytes <= READ_BY_NIGHT)),
};

/// Each week: a file that is too large for each night.
pub const LARGE_FILE_CHECK: Job = Job {
    name: "large file check",
    every: Every::MondayAt(4, 20),
    lease_minutes: 240,
    run: |_, _| Ok("nothing to do by week".to_owned()),
    reads: Some(|c, times| read_file(c, times, |bytes| bytes > READ_BY_NIGHT)),
};

fn read_file(c: &mut Conn, times: &Times, is_now: fn(i64) -> bool) -> AppResult<Option<Stores>> {
    if upkeep::size(c)?.is_none_or(|bytes| !is_now(bytes)) {
        return Ok(None);
    }
    match upkeep::damage(c)? {
        Some(damage) => Err(AppError::Internal(upkeep::advice(&times.config.database_url, &damage))),
        None => Ok(Some(Box::new(|_, _| Ok("the file is sound".to_owned())))),
    }
}

/// Whether the file was found damaged when it was last read.
///
/// # Errors
/// What the database says.
pub fn is_file_damaged(c: &mut Conn) -> QueryResult<bool> {
    let notes: Vec<String> = jobs::table
        .filter(jobs::name.eq_any([FILE_CHECK.name, LARGE_FILE_CHECK.name]))
        .select(jobs::note)
        .load(c)?;
    Ok(notes.iter().any(|note| note.starts_with(FAILED)))
}

/// How one run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub name: &'static str,
    /// The job's note, or what went wrong.
    pub outcome: Result<String, String>,
}

/// Runs whatever is due and free on this node, one after the other, and returns how each ended. `node`
/// names this process in the table.
///
/// # Errors
/// When the table cannot be read or written. A job that fails is not an error here: it is logged, noted,
/// and due again in five minutes.
pub async fn tick(app: &App, node: &str, jobs: &[Job]) -> AppResult<Vec<Ran>> {
    enrol(app, jobs).await?;
    let mut ran = Vec::new();
    for job in due(app, jobs).await? {
        if let Some(outcome) = turns(app, node, *job).await? {
            ran.push(Ran { name: job.name, outcome });
        }
    }
    Ok(ran)
}

/// Runs a job until it has no more to do; `None` when another node has it.
async fn turns(app: &App, node: &str, job: Job) -> AppResult<Option<Result<String, String>>> {
    let mut last = None;
    for _ in 0..TURNS {
        if app.draining.load(Ordering::Relaxed) && last.is_some() {
            break;
        }
        let Some(outcome) = turn(app, node, job).await? else { break };
        let more = outcome.as_ref().is_ok_and(|note| note.starts_with(MORE));
        last = Some(outcome);
        if !more {
            break;
        }
    }
    Ok(last)
}

/// Runs a job once, if it is due and free.
async fn turn(app: &App, node: &str, job: Job) -> AppResult<Option<Result<String, String>>> {
    let times = Times { now: app.clock.now(), calendar: app.calendar(), config: app.config.clone() };
    let (me, now) = (node.to_owned(), times.now);
    if !app.db.write(move |c| Ok(take(c, &job, &me, now)?)).await? {
        return Ok(None);
    }
    tracing::debug!(job = job.name, "job begins");
    let outcome = match read_first(app, job, &times).await {
        Ok(stores) => {
            let (me, at) = (node.to_owned(), times.clone());
            app.db
                .write_alone(move |c| {
                    let note = match stores {
                        Some(stores) => stores(c, &at)?,
                        None => (job.run)(c, &at)?,
                    };
                    finish(c, &job, &me, &at, &note)?;
                    Ok(note)
                })
                .await
        }
        Err(error) => Err(error),
    };
    Ok(Some(match outcome {
        Ok(note) => {
            // Those that run every minute mostly find nothing to do, and say so by an empty note.
            if note.is_empty() {
                tracing::debug!(job = job.name, "job done");
            } else {
                tracing::info!(job = job.name, note, "job done");
            }
            Ok(note)
        }
        Err(error) => {
            tracing::error!(job = job.name, %error, "job failed");
            let note = error.to_string();
            let (me, kept) = (node.to_owned(), format!("{FAILED}{note}"));
            app.db.write(move |c| Ok(give_back(c, &job, &me, now, &kept)?)).await?;
            Err(note)
        }
    }))
}

/// What a job computes without holding the writer.
async fn read_first(app: &App, job: Job, times: &Times) -> AppResult<Option<Stores>> {
    let Some(reads) = job.reads else { return Ok(None) };
    let at = times.clone();
    app.db.read_alone(move |c| reads(c, &at)).await
}

/// Ticks until the node is told to stop. A tick that fails is logged; the next one tries again.
pub async fn keep_ticking(app: App, jobs: &'static [Job]) {
    let node = match crate::web::token::fresh() {
        Ok(token) => token.chars().take(12).collect::<String>(),
        Err(error) => {
            tracing::error!(%error, "jobs do not run on this node");
            return;
        }
    };
    while !app.draining.load(Ordering::Relaxed) {
        if let Err(error) = tick(&app, &node, jobs).await {
            tracing::warn!(%error, "jobs could not be looked at");
        }
        actix_web::rt::time::sleep(TICK).await;
    }
}

/// Gives a row to every job that has none: a nightly one waits for its night.
async fn enrol(app: &App, jobs: &[Job]) -> AppResult<()> {
    let known: Vec<String> = app.db.read(|c| Ok(jobs::table.select(jobs::name).load(c)?)).await?;
    let now = app.clock.now();
    let new: Vec<(&'static str, NaiveDateTime)> = jobs
        .iter()
        .filter(|job| !known.iter().any(|name| name == job.name))
        .map(|job| (job.name, job.every.next(now, app.calendar())))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    app.db
        .write(move |c| {
            for (name, due_at) in &new {
                let row = (jobs::name.eq(*name), jobs::due_at.eq(*due_at));
                each_db!(c, c => diesel::insert_into(jobs::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c))?;
            }
            Ok(())
        })
        .await
}

/// The jobs that are due and that nobody holds, in the order of the list.
async fn due<'a>(app: &App, jobs: &'a [Job]) -> AppResult<Vec<&'a Job>> {
    let now = app.clock.now();
    let names: Vec<String> = app
        .db
        .read(move |c| {
            Ok(jobs::table
                .filter(jobs::due_at.le(now))
                .filter(jobs::leased_until.is_null().or(jobs::leased_until.lt(now)))
                .select(jobs::name)
                .load(c)?)
        })
        .await?;
    Ok(jobs.iter().filter(|job| names.iter().any(|name| name == job.name)).collect())
}

/// Takes the lease: whose update finds the row free has it.
fn take(c: &mut Conn, job: &Job, node: &str, now: NaiveDateTime) -> QueryResult<bool> {
    let taken = diesel::update(
        jobs::table
            .filter(jobs::name.eq(job.name))
            .filter(jobs::due_at.le(now))
            .filter(jobs::leased_until.is_null().or(jobs::leased_until.lt(now))),
    )
    .set((
        jobs::leased_by.eq(Some(node)),
        jobs::leased_until.eq(Some(now + Duration::minutes(job.lease_minutes))),
    ))
    .execute(c)?;
    Ok(taken == 1)
}

/// Notes the end in the job's own transaction. Where another node has taken over meanwhile, the whole
/// run is taken back.
fn finish(c: &mut Conn, job: &Job, node: &str, times: &Times, note: &str) -> AppResult<()> {
    let next = if note.starts_with(MORE) { times.now } else { job.every.next(times.now, times.calendar) };
    let held = diesel::update(jobs::table.filter(jobs::name.eq(job.name)).filter(jobs::leased_by.eq(node)))
        .set((
            jobs::due_at.eq(next),
            jobs::leased_by.eq(None::<String>),
            jobs::leased_until.eq(None::<NaiveDateTime>),
            jobs::last_run_at.eq(Some(times.now)),
            jobs::note.eq(shortened(note)),
        ))
        .execute(c)?;
    if held == 1 {
        return Ok(());
    }
    Err(AppError::Internal(format!("another node took over {} before it was done", job.name)))
}

/// Notes a failure and lets any node try again.
fn give_back(c: &mut Conn, job: &Job, node: &str, now: NaiveDateTime, note: &str) -> QueryResult<()> {
    diesel::update(jobs::table.filter(jobs::name.eq(job.name)).filter(jobs::leased_by.eq(node)))
        .set((
            jobs::due_at.eq(now + AGAIN),
            jobs::leased_by.eq(None::<String>),
            jobs::leased_until.eq(None::<NaiveDateTime>),
            jobs::note.eq(shortened(note)),
        ))
        .execute(c)
        .map(|_| ())
}

fn shortened(note: &str) -> String {
    note.chars().take(LONGEST_NOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    #[test]
    fn a_nightly_job_is_due_at_the_companys_two_oclock() {
        let calendar = Calendar { zone: chrono_tz::Europe::Paris };
        for (now, next) in [
            ("2026-01-15T00:30:00", "2026-01-15T01:00:00"),
            ("2026-01-15T01:00:00", "2026-01-16T01:00:00"),
            ("2026-01-15T23:30:00", "2026-01-16T01:00:00"),
            // On 29 March 2026 the clocks go from 2:00 to 3:00, on 25 October from 3:00 back to 2:00.
            ("2026-03-28T12:00:00", "2026-03-29T01:00:00"),
            ("2026-10-24T12:00:00", "2026-10-25T00:00:00"),
            ("2026-10-25T00:00:00", "2026-10-26T01:00:00"),
        ] {
            assert_eq!(Every::DayAt(2, 0).next(utc(now), calendar), utc(next), "{now}");
        }
    }

    #[test]
    fn a_weekly_job_is_due_on_the_next_monday() {
        let calendar = Calendar { zone: chrono_tz::Europe::Paris };
        for (now, next) in [
            ("2026-11-02T02:59:59", "2026-11-02T03:00:00"),
            ("2026-11-02T03:00:00", "2026-11-09T03:00:00"),
            ("2026-11-08T23:30:00", "2026-11-09T03:00:00"),
            ("2026-11-05T12:00:00", "2026-11-09T03:00:00"),
        ] {
            assert_eq!(Every::MondayAt(4, 0).next(utc(now), calendar), utc(next), "{now}");
        }
    }

    #[test]
    fn an_hourly_job_is_due_an_hour_later() {
        let calendar = Calendar { zone: chrono_tz::UTC };
        assert_eq!(Every::Minutes(60).next(utc("2026-01-15T00:30:00"), calendar), utc("2026-01-15T01:30:00"));
    }
}
