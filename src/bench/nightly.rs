//! How long the jobs take that run by themselves, on a database that was filled.

use std::time::Instant;

use super::report::Target;
use crate::config::Config;
use crate::db::{Conn, DatabaseUrl, in_read_transaction, in_write_transaction};
use crate::error::{AppError, AppResult};
use crate::jobs::{MORE, Times};

use super::Plan;

/// Turns of one job at the most.
const TURNS: usize = 200;
/// A night's work, in seconds.
const NIGHT: f64 = 60.0;

/// Runs every job of the product once, until it has no more to do, and says how long each took.
pub(super) fn measure(plan: &Plan, database: &str, say: &dyn Fn(&str)) -> AppResult<(Vec<String>, Target)> {
    let url: DatabaseUrl = database.parse().map_err(AppError::BadRequest)?;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let config = Config::from_pairs([
        pair("DATABASE_URL", database),
        pair("PUBLIC_URL", "http://127.0.0.1"),
        pair("TIME_ZONE", plan.calendar.zone.name()),
    ])
    .map_err(AppError::Internal)?;
    // A minute after what was filled in ends.
    let times = Times {
        now: plan.now + chrono::Duration::minutes(1),
        calendar: plan.calendar,
        config: std::sync::Arc::new(config),
    };
    let (mut notes, mut all) = (Vec::new(), 0.0);
    for job in crate::JOBS {
        let mut c =
            Conn::open(&url).map_err(|error| AppError::Internal(format!("cannot open {url}: {error}")))?;
        let (began, mut longest, mut held, mut turns) = (Instant::now(), 0.0_f64, 0.0_f64, 0);
        for _ in 0..TURNS {
            let turn = Instant::now();
            // As a node does it: what only reads holds nobody up.
            let stores = match job.reads {
                Some(reads) => in_read_transaction(&mut c, |c| reads(c, &times))?,
                None => None,
            };
            let writing = Instant::now();
            let note = in_write_transaction(&mut c, |c| match stores {
                Some(stores) => stores(c, &times),
                None => (job.run)(c, &times),
            })?;
            longest = longest.max(turn.elapsed().as_secs_f64());
            held = held.max(writing.elapsed().as_secs_f64());
            turns += 1;
            if !note.starts_with(MORE) {
                break;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        all += seconds;
        if seconds >= 0.1 {
            let note = format!(
                "job {}: {seconds:.1} s in {turns} turns, the longest {longest:.1} s, the writer held for {held:.1} s",
                job.name
            );
            say(&note);
            notes.push(note);
        }
    }
    Ok((notes, Target::at_most("all jobs of a night together", all, NIGHT, " s")))
}
