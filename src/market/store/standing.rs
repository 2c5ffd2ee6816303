//! `rating_standings`: ratings that do not count as usual. A voided or held one does not count; those that
//! a case treats as one have one voice together, as a department has. Kept by insight and person, so that
//! a rating taken back and given again stands as before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::merged::Merged;
use super::recompute::{self, Why};
use crate::db::Conn;
use crate::db::fragments::{FEW, in_few};
use crate::db::schema::{rating_standings, ratings};
use crate::each_db;
use crate::error::AppResult;

/// Holds by rule have no case.
const NO_CASE: i64 = 0;

/// How a rating counts that does not count as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not at all.
    Out,
    /// With the one voice of this case.
    Case(i64),
}

impl Standing {
    /// What rows about one rating come to: out if any says so, else the first case's voice.
    pub(super) fn with(self, other: Standing) -> Standing {
        match (self, other) {
            (Standing::Case(one), Standing::Case(other)) => Standing::Case(one.min(other)),
            _ => Standing::Out,
        }
    }

    /// Of a row.
    pub(super) fn of(case_id: i64, standing: &str) -> Standing {
        if standing == "one" { Standing::Case(case_id) } else { Standing::Out }
    }
}

/// The standings of all ratings that have one: a few hundred at the most.
#[derive(Debug, Default)]
pub(super) struct Standings(HashMap<(i64, i64), Standing>);

impl Standings {
    pub(super) fn all(c: &mut Conn) -> QueryResult<Standings> {
        let rows: Vec<(i64, i64, i64, String)> = rating_standings::table
            .select((
                rating_standings::insight_id,
                rating_standings::person_id,
                rating_standings::case_id,
                rating_standings::standing,
            ))
            .load(c)?;
        let mut all: HashMap<(i64, i64), Standing> = HashMap::new();
        for (insight, person, case_id, standing) in rows {
            let row = Standing::of(case_id, &standing);
            all.entry((insight, person)).and_modify(|known| *known = known.with(row)).or_insert(row);
        }
        Ok(Standings(all))
    }

    pub(super) fn of(&self, insight: i64, person: i64) -> Option<Standing> {
        self.0.get(&(insight, person)).copied()
    }

    /// Every case that treats ratings as one.
    pub(super) fn cases(&self) -> BTreeSet<i64> {
        self.0
            .values()
            .filter_map(|standing| match standing {
                Standing::Case(id) => Some(*id),
                Standing::Out => None,
            })
            .collect()
    }
}

/// Ratings do not count while the case says so. `now` is the time of the decision. Values of their
/// insights follow at once; a shown value moves at once where at least two of its ratings are concerned,
/// else when it would anyway, so that none can be read off.
///
/// # Errors
/// What the database says. Ids that are no rating's are passed over.
pub fn void(c: &mut Conn, rating_ids: &[i64], case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    set(c, rating_ids, case_id, "void", None, now)
}

/// Undoes [`void`]: the case's voided ratings count again.
///
/// # Errors
/// What the database says.
pub fn restore(c: &mut Conn, case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    lift(c, case_id, "void", now)
}

/// Ratings have one voice together, that of a department, while the case is open.
///
/// # Errors
/// As [`void`].
pub fn treat_as_one(c: &mut Conn, rating_ids: &[i64], case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    set(c, rating_ids, case_id, "one", None, now)
}

/// Undoes [`treat_as_one`]: each rating speaks with its department again.
///
/// # Errors
/// What the database says.
pub fn release(c: &mut Conn, case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    lift(c, case_id, "one", now)
}

/// A rating does not count until the day, when a job releases it.
///
/// # Errors
/// As [`void`].
pub fn hold(c: &mut Conn, rating_id: i64, until_day: NaiveDate, now: NaiveDateTime) -> AppResult<()> {
    set(c, &[rating_id], NO_CASE, "held", Some(until_day), now)
}

/// Ratings wait while their case is open: they do not count, but nobody has decided against them, and who
/// gave them is paid for rating.
///
/// # Errors
/// As [`void`].
pub fn keep_waiting(c: &mut Conn, rating_ids: &[i64], case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    set(c, rating_ids, case_id, "held", None, now)
}

/// Undoes [`keep_waiting`].
///
/// # Errors
/// What the database says.
pub fn stop_waiting(c: &mut Conn, case_id: i64, now: NaiveDateTime) -> AppResult<()> {
    lift(c, case_id, "held", now)
}

/// Lets held ratings count whose day has come; returns how many.
///
/// # Errors
/// What the database says.
pub fn release_due(c: &mut Conn, today: NaiveDate, now: NaiveDateTime) -> AppResult<usize> {
    let due = rating_standings::table
        .filter(rating_standings::standing.eq("held"))
        .filter(rating_standings::until_day.le(today));
    let touched: Vec<i64> = due.select(rating_standings::insight_id).load(c)?;
    if touched.is_empty() {
        return Ok(0);
    }
    diesel::delete(
        rating_standings::table
            .filter(rating_standings::standing.eq("held"))
            .filter(rating_standings::until_day.le(today)),
    )
    .execute(c)?;
    follow(c, touched.iter().copied(), now)?;
    Ok(touched.len())
}

/// After `gone` was merged into `kept`, or that was taken back: the ratings of both count where they
/// should.
///
/// # Errors
/// What the database says.
pub fn follow_merge(c: &mut Conn, kept: i64, gone: i64, now: NaiveDateTime) -> AppResult<()> {
    let moved: i64 = ratings::table.filter(ratings::insight_id.eq(gone)).count().get_result(c)?;
    let moved = moved.max(1);
    decided(c, BTreeMap::from([(kept, moved), (gone, moved)]), now)
}

fn set(
    c: &mut Conn,
    rating_ids: &[i64],
    case_id: i64,
    standing: &'static str,
    until_day: Option<NaiveDate>,
    now: NaiveDateTime,
) -> AppResult<()> {
    let mut touched = Vec::new();
    for part in rating_ids.chunks(FEW) {
        let rows: Vec<(i64, i64)> = ratings::table
            .filter(in_few(ratings::id, part))
            .order(ratings::id)
            .select((ratings::insight_id, ratings::person_id))
            .load(c)?;
        for (insight_id, person_id) in rows {
            let row = (
                rating_standings::insight_id.eq(insight_id),
                rating_standings::person_id.eq(person_id),
                rating_standings::case_id.eq(case_id),
                rating_standings::standing.eq(standing),
                rating_standings::until_day.eq(until_day),
            );
            each_db!(c, c => diesel::insert_into(rating_standings::table)
                .values(row)
                .on_conflict((
                    rating_standings::insight_id,
                    rating_standings::person_id,
                    rating_standings::case_id,
                ))
                .do_update()
                .set((
                    rating_standings::standing.eq(standing),
                    rating_standings::until_day.eq(until_day),
                ))
                .execute(c))?;
            touched.push(insight_id);
        }
    }
    follow(c, touched, now)
}

fn lift(c: &mut Conn, case_id: i64, standing: &'static str, now: NaiveDateTime) -> AppResult<()> {
    let touched: Vec<i64> = rating_standings::table
        .filter(rating_standings::case_id.eq(case_id))
        .filter(rating_standings::standing.eq(standing))
        .select(rating_standings::insight_id)
        .load(c)?;
    diesel::delete(
        rating_standings::table
            .filter(rating_standings::case_id.eq(case_id))
            .filter(rating_standings::standing.eq(standing)),
    )
    .execute(c)?;
    follow(c, touched, now)
}

/// The values of the insights for which these ratings count follow: of a merged one, that which stands for
/// it.
fn follow(c: &mut Conn, touched: impl IntoIterator<Item = i64>, now: NaiveDateTime) -> AppResult<()> {
    let merged = Merged::all(c)?;
    let mut ratings_of: BTreeMap<i64, i64> = BTreeMap::new();
    for insight in touched {
        *ratings_of.entry(merged.kept(insight)).or_default() += 1;
    }
    decided(c, ratings_of, now)
}

/// Values follow of which so many ratings were decided about, and the leniencies after them.
fn decided(c: &mut Conn, ratings_of: BTreeMap<i64, i64>, now: NaiveDateTime) -> AppResult<()> {
    let why = |insight: i64| Why::Decided { ratings: ratings_of.get(&insight).copied().unwrap_or_default() };
    let insights: Vec<i64> = ratings_of.keys().copied().collect();
    recompute::many(c, &insights, why, now)?;
    for insight in insights {
        super::queue::changed(c, insight)?;
    }
    Ok(())
}
