//! `tradewind bench`: fills databases of a chosen size through the functions of an import, starts this
//! program's own server on them in processes of their own, and measures its pages against reference
//! handlers in the same minutes: on a machine that others use as well, only ratios hold still.

pub mod fill;
pub mod load;
pub mod model;
mod nightly;
pub mod reference;
pub mod report;
mod rounds;
pub mod server;
mod store;

use std::path::{Path, PathBuf};

pub use self::fill::Size;
use crate::clock::Calendar;
use crate::error::AppResult;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    pub size: Size,
    /// Where the SQLite files go.
    pub folder: PathBuf,
    /// A PostgreSQL database to fill and measure as well, in a schema of its own.
    pub postgres: Option<String>,
    /// Whether SQLite is filled and measured, too.
    pub sqlite: bool,
    /// Whether what was filled stays, and is used where it is there already.
    pub keep: bool,
    /// Whether nothing but the jobs is measured.
    pub only_jobs: bool,
    /// How long to measure each database, in seconds, at most.
    pub seconds: u64,
    /// Connections under load.
    pub connections: usize,
    /// This program.
    pub program: PathBuf,
    /// The company's calendar and the present: what is filled in ends there.
    pub calendar: Calendar,
    pub now: chrono::NaiveDateTime,
}

/// What came out of a database.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// "SQLite" or "PostgreSQL".
    pub database: String,
    pub lines: Vec<report::Line>,
    pub targets: Vec<report::Target>,
    /// Sentences: what was filled, what was counted.
    pub notes: Vec<String>,
}

/// Fills and measures; `say` gets progress and, at the end, nothing: the findings are returned.
///
/// # Errors
/// Says in a sentence what could not be done.
pub fn run(plan: &Plan, say: &dyn Fn(&str)) -> Result<Vec<Findings>, String> {
    say(&format!(
        "making {} people, {} insights, {} ratings, {} accesses",
        plan.size.people, plan.size.insights, plan.size.ratings, plan.size.accesses
    ));
    let filling = fill::Filling::make(plan.size, plan.now);
    let mut findings = Vec::new();
    if plan.sqlite {
        findings.push(on_sqlite(plan, &filling, say)?);
    }
    if let Some(url) = &plan.postgres {
        findings.push(on_postgres(plan, url, &filling, say)?);
    }
    Ok(findings)
}

fn on_sqlite(plan: &Plan, filling: &fill::Filling, say: &dyn Fn(&str)) -> Result<Findings, String> {
    let whole = database_in(&plan.folder, "bench.db");
    let ready = |name: &str| plan.keep && plan.folder.join(name).exists();
    let tokens = filled(plan, &whole, ready("bench.db"), filling, say)?;
    if plan.only_jobs {
        return rounds::jobs_alone(plan, &whole, &tokens, say);
    }
    // A tenth of the accesses, for what the flow page makes of ten times as many.
    let tenth = Size {
        accesses: plan.size.accesses / 10,
        ratings: plan.size.ratings.min(plan.size.accesses / 10),
        ..plan.size
    };
    let little = database_in(&plan.folder, "bench-tenth.db");
    let tenth = fill::Filling::make(tenth, plan.now);
    let tenth_tokens = filled(plan, &little, ready("bench-tenth.db"), &tenth, say)?;
    rounds::measure(plan, filling, &whole, &tokens, Some((&little, &tenth_tokens)), say)
}

fn on_postgres(
    plan: &Plan,
    url: &str,
    filling: &fill::Filling,
    say: &dyn Fn(&str),
) -> Result<Findings, String> {
    let (url, is_there) = store::own_schema(url, plan.keep).map_err(|error| error.to_string())?;
    let measured = filled(plan, &url, is_there, filling, say).and_then(|tokens| match plan.only_jobs {
        true => rounds::jobs_alone(plan, &url, &tokens, say),
        false => rounds::measure(plan, filling, &url, &tokens, None, say),
    });
    if !plan.keep {
        store::drop_schema(&url).map_err(|error| error.to_string())?;
    }
    measured
}

/// A database that is filled, now or by an earlier run.
fn filled(
    plan: &Plan,
    database: &str,
    is_there: bool,
    filling: &fill::Filling,
    say: &dyn Fn(&str),
) -> Result<Tokens, String> {
    match is_there {
        true => store::sign_in(database, filling, plan, say),
        false => store::fill(database, filling, plan, say),
    }
    .map_err(|error| error.to_string())
}

fn database_in(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// Where a filled database is signed in to.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// One session per person.
    pub people: Vec<String>,
    /// The id of every insight, by number.
    pub insights: Vec<i64>,
    /// How long it took to make all roll-ups from the events; not a number where an earlier run did.
    pub rebuild_seconds: f64,
    /// So many of the pairs that nobody had opened were opened by earlier runs, at the most.
    pub used_pairs: u64,
}

impl Tokens {
    /// The session of a person.
    pub fn of(&self, person: usize) -> &str {
        self.people.get(person).map_or("", String::as_str)
    }

    /// The CCO's: the last person.
    pub fn officer(&self) -> &str {
        self.people.last().map_or("", String::as_str)
    }

    /// The id of an insight.
    pub fn insight(&self, number: usize) -> i64 {
        self.insights.get(number).copied().unwrap_or_default()
    }
}

/// Shorthand of this module's stores.
type Filled = AppResult<Tokens>;
