//! Filling a database, signing everybody in, and counting what a run wrote.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::fill::{self, Filling};
use super::{Filled, Plan, Tokens};
use crate::accounts::session;
use crate::db::schema::accesses;
use crate::db::{Conn, DatabaseUrl, in_write_transaction, migrate};
use crate::demo::write::Writer;
use crate::error::{AppError, AppResult};
use crate::flow::store::rebuild;
use crate::market::store::refit;
use crate::policy::ReviewPolicy;
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
    let (tokens, openings, rollups) = in_write_transaction(&mut c, |c| write(c, filling, plan, say))?;
    if let Conn::Sqlite(c) = &mut c {
        c.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -4096")?;
    }
    // What PostgreSQL does by itself after a while. SQLite gets no statistics, because a node makes none.
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
    for (done, (author, at, draft)) in filling.insights.iter().enumerate() {
        writer.insight(*author, *at, draft)?;
        slowly("insights", done, filling.insights.len());
    }
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
    say("making roll-ups and values");
    let began = std::time::Instant::now();
    rebuild::recompute(writer.conn())?;
    let rollups = began.elapsed().as_secs_f64();
    let now = plan.now;
    refit::refit(writer.conn(), now)?;
    say("looking at texts");
    // A job does this after an import; done here, since it would run beside what is measured.
    while texts::scan(writer.conn(), plan.now, &ReviewPolicy::default())? > 0 {}
    let tokens = Tokens { people, insights: writer.ids().to_vec(), rebuild_seconds: rollups };
    Ok((tokens, openings, rollups))
}

/// How many accesses there are.
pub(super) fn accesses(database: &str) -> AppResult<i64> {
    Ok(accesses::table.count().get_result(&mut open(database)?)?)
}

/// Makes a fresh schema in a PostgreSQL database; returns the address that leads into it.
pub(super) fn own_schema(database: &str) -> AppResult<String> {
    open(database)?
        .batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}"))?;
    let joint = if database.contains('?') { '&' } else { '?' };
    Ok(format!("{database}{joint}options=-c%20search_path%3D{SCHEMA}"))
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
