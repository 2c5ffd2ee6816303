//! Filling a database, signing everybody in, and counting what a run wrote.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::fill::{self, Filling};
use super::reference::ROW_TABLE;
use super::{Filled, Plan, Tokens};
use crate::accounts::session;
use crate::db::schema::{accesses, insights, people, value_changes};
use crate::db::{Conn, DatabaseUrl, in_write_transaction, migrate, upkeep};
use crate::demo::write::Writer;
use crate::error::{AppError, AppResult};
use crate::flow::store::{active, covered, rebuild};
use crate::market::store::refit;
use crate::review::store::texts;
use crate::web::token;

/// The schema of a PostgreSQL database in which the bench works.
const SCHEMA: &str = "tradewind_bench";

/// Makes the tables and fills them in one transaction; everybody is signed in.
pub(super) fn fill(database: &str, filling: &Filling, plan: &Plan, say: &dyn Fn(&str)) -> Filled {
    let mut c = open(database)?;
    migrate::run(&mut c).map_err(AppError::Internal)?;
    let began = std::time::Instant::now();
    // A file that is filled for the first time needs no log beside it: twice the writing for nothing.
    if let Conn::Sqlite(c) = &mut c {
        c.batch_execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")?;
    }
    // What is made up refers to what is there: whoever may leaves that unchecked.
    if let Conn::Postgres(c) = &mut c {
        let _ = c.batch_execute("SET session_replication_role = replica");
    }
    let (tokens, openings, rollups) = in_write_transaction(&mut c, |c| write(c, filling, plan, say))?;
    if let Conn::Postgres(c) = &mut c {
        c.batch_execute("RESET session_replication_role")?;
    }
    if let Conn::Sqlite(c) = &mut c {
        c.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096")?;
    }
    make_ready(&mut c, plan)?;
    // What PostgreSQL does by itself after a while, and a node on SQLite in its first night.
    upkeep::look_at_sizes(&mut c)?;
    let settle = match c {
        Conn::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
        Conn::Postgres(_) => "VACUUM ANALYZE",
    };
    c.batch_execute(settle)?;
    say(&format!(
        "filled {} with {openings} openings in {:.0} s; all roll-ups made from the events in {rollups:.1} s",
        shown(database),
        began.elapsed().as_secs_f64()
    ));
    Ok(tokens)
}

/// Signs everybody in to a database that an earlier run has filled.
pub(super) fn sign_in(database: &str, filling: &Filling, plan: &Plan, say: &dyn Fn(&str)) -> Filled {
    let mut c = open(database)?;
    migrate::run(&mut c).map_err(AppError::Internal)?;
    let size = filling.size;
    let (people, insights): (Vec<i64>, Vec<i64>) = (
        people::table
            .filter(people::email.like("p%@bench.example"))
            .order(people::id)
            .select(people::id)
            .load(&mut c)?,
        insights::table.order(insights::id).limit(size.insights as i64).select(insights::id).load(&mut c)?,
    );
    if people.len() != size.people || insights.len() != size.insights {
        return Err(AppError::BadRequest(format!(
            "{} is filled with {} people and {} insights",
            shown(database),
            people.len(),
            insights.len()
        )));
    }
    let tokens = in_write_transaction(&mut c, |c| {
        let mut tokens = Vec::with_capacity(people.len());
        for id in &people {
            let token = token::fresh()?;
            session::start(c, &token, *id, plan.now)?;
            tokens.push(token);
        }
        Ok(tokens)
    })?;
    make_ready(&mut c, plan)?;
    let there: i64 = accesses::table.count().get_result(&mut c)?;
    say(&format!("{} is filled, with {there} openings", shown(database)));
    let filled: usize = (0..size.people).map(|person| filling.of_person(person).0.len()).sum();
    // Authors' own pages are among the pairs and record nothing.
    let more = u64::try_from(there).unwrap_or(0).saturating_sub(filled as u64);
    let used_pairs = more + more / 10 + 1_000;
    Ok(Tokens { people: tokens, insights, rebuild_seconds: f64::NAN, used_pairs })
}

/// What a node that runs has gathered of each day soon after its end, and the table of the writing reference.
fn make_ready(c: &mut Conn, plan: &Plan) -> AppResult<()> {
    c.batch_execute(ROW_TABLE)?;
    let today = plan.calendar.day(plan.now);
    while in_write_transaction(c, |c| Ok(active::make_next(c, today)?))?.is_some_and(|(_, more)| more) {}
    in_write_transaction(c, |c| Ok(covered::make_next(c, covered::over(plan.now))?))?;
    Ok(())
}

/// Insights that are written at a time.
const INSIGHTS: usize = 1_000;
/// People whose events are made at a time.
const PEOPLE: usize = 250;

/// Returns how many openings there are as well, and how many seconds the roll-ups took.
fn write(
    c: &mut Conn,
    filling: &Filling,
    plan: &Plan,
    say: &dyn Fn(&str),
) -> AppResult<(Tokens, usize, f64)> {
    let since = plan.calendar.day(plan.now - chrono::Duration::days(200));
    let mut writer = Writer::new(c, plan.calendar, since, plan.now);
    let mut people = Vec::with_capacity(filling.size.people);
    for number in 0..filling.size.people {
        let (department, new) = fill::person(filling.size, number);
        let id = writer.person(department, new)?;
        let token = token::fresh()?;
        session::start(writer.conn(), &token, id, plan.now)?;
        people.push(token);
    }
    let told = std::cell::Cell::new(std::time::Instant::now());
    let slowly = |what: &str, done: usize, all: usize| {
        if told.get().elapsed().as_secs() >= 5 {
            told.set(std::time::Instant::now());
            say(&format!("{what}: {done} of {all}"));
        }
    };
    for (part, few) in filling.insights.chunks(INSIGHTS).enumerate() {
        writer.insights(few)?;
        slowly("insights", part * INSIGHTS, filling.insights.len());
    }
    let aside = rebuild::accesses_aside(writer.conn())?;
    let mut openings = 0;
    for first in (0..filling.size.people).step_by(PEOPLE) {
        let (mut deeds, mut rated) = (Vec::new(), Vec::new());
        for person in first..(first + PEOPLE).min(filling.size.people) {
            let (of_person, ratings) = filling.of_person(person);
            deeds.extend(of_person);
            rated.extend(ratings);
        }
        openings += deeds.len();
        writer.fresh_openings(deeds)?;
        writer.ratings(&rated)?;
        slowly("openings and ratings, of people", first, filling.size.people);
    }
    if let Some(aside) = aside {
        say("making indexes");
        aside.back(writer.conn())?;
    }
    say("making roll-ups and values");
    let began = std::time::Instant::now();
    rebuild::recompute(writer.conn())?;
    let rollups = began.elapsed().as_secs_f64();
    let now = plan.now;
    refit::refit(writer.conn(), now)?;
    say("looking at texts");
    // A job does this after an import and looks for others alike, too; it would run beside what is measured.
    texts::remember_all(writer.conn(), &mut |done| slowly("texts", done, filling.insights.len()))?;
    let insights = writer.ids().to_vec();
    let tokens = Tokens { people, insights, rebuild_seconds: rollups, used_pairs: 0 };
    Ok((tokens, openings, rollups))
}

/// How many accesses there are.
pub(super) fn accesses(database: &str) -> AppResult<i64> {
    Ok(accesses::table.count().get_result(&mut open(database)?)?)
}

/// How many ratings wait for their raters' leniencies to follow.
pub(super) fn ratings_to_follow(c: &mut Conn) -> AppResult<i64> {
    Ok(value_changes::table.count().get_result(c)?)
}

/// The address that leads into a schema of the bench's own, and whether an earlier run has filled it: a fresh
/// one is made unless it is to be kept.
pub(super) fn own_schema(database: &str, keep: bool) -> AppResult<(String, bool)> {
    let mut c = open(database)?;
    let joint = if database.contains('?') { '&' } else { '?' };
    let url = format!("{database}{joint}options=-c%20search_path%3D{SCHEMA}");
    if keep && is_there(&mut c)? && is_filled(&url)? {
        return Ok((url, true));
    }
    c.batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}"))?;
    Ok((url, false))
}

/// Whether there are tables in the schema.
fn is_there(c: &mut Conn) -> AppResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct There {
        #[diesel(sql_type = Bool)]
        there: bool,
    }
    let table = diesel::sql_query("SELECT to_regclass($1) IS NOT NULL AS there");
    Ok(table.bind::<Text, _>(format!("{SCHEMA}.people")).get_result::<There>(c)?.there)
}

/// Filling is one transaction: whoever finds people finds everything.
fn is_filled(url: &str) -> AppResult<bool> {
    Ok(people::table.select(people::id).first::<i64>(&mut open(url)?).optional()?.is_some())
}

/// Removes the schema with everything in it.
pub(super) fn drop_schema(database: &str) -> AppResult<()> {
    Ok(open(database)?.batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))?)
}

fn open(database: &str) -> AppResult<Conn> {
    let url: DatabaseUrl = database.parse().map_err(AppError::BadRequest)?;
    Conn::open(&url).map_err(|error| AppError::Internal(format!("cannot open {url}: {error}")))
}

fn shown(database: &str) -> String {
    database.parse::<DatabaseUrl>().map_or_else(|_| "the database".into(), |url| url.to_string())
}
