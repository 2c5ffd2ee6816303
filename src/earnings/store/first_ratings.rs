//! The rater's credit: for the first rating of an insight, whatever the stars, at most so many a week.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use crate::clock::Calendar;
use crate::db::schema::{earning_ratings, insight_authors, ledger_transactions, rating_standings, ratings};
use crate::db::{Conn, exclude_writers};
use crate::each_db;
use crate::earnings::week::Week;
use crate::error::AppResult;
use crate::ledger::store::{post_all, posted};
use crate::ledger::{Reason, Transaction};
use crate::policy::CreditPolicy;

/// Rows of one statement: far below the parameters either database takes.
const CHUNK: usize = 1_000;

/// What paying the raters did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatersPaid {
    /// First ratings looked at.
    pub ratings: usize,
    pub people: usize,
    pub credits: i64,
}

impl fmt::Display for RatersPaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} first ratings earned {} people {} credits", self.ratings, self.people, self.credits)
    }
}

/// Pays the raters for the ratings given until the end of yesterday, this week and last, that have not
/// been looked at. Each is looked at once per person and insight, also beyond the week's most, so that
/// rating again earns nothing. Not in the request that rates: it is one of the most frequent, and nobody
/// waits for a credit.
///
/// # Errors
/// What the database says.
pub fn settle_ratings(
    c: &mut Conn,
    policy: &CreditPolicy,
    calendar: Calendar,
    now: NaiveDateTime,
) -> AppResult<RatersPaid> {
    if !policy.on || policy.rater_credit == 0 || policy.rater_weekly == 0 {
        return Ok(RatersPaid::default());
    }
    let today = calendar.day(now);
    let from = Week::last_over(today).monday();
    settle_between(c, policy, calendar, from, today, now)
}

/// As [`settle_ratings`], for the days from `from` until before `today`.
///
/// # Errors
/// What the database says.
pub fn settle_between(
    c: &mut Conn,
    policy: &CreditPolicy,
    calendar: Calendar,
    from: NaiveDate,
    today: NaiveDate,
    now: NaiveDateTime,
) -> AppResult<RatersPaid> {
    // As in settling a week: whoever has begun to post ends first, everybody else waits.
    exclude_writers(c, &["earning_ratings", "ledger_transactions"])?;
    let given = unseen(c, calendar.start_of(from), calendar.start_of(today))?;
    let earliest = given.iter().map(|(.., first_at)| Week::of(calendar.day(*first_at)).monday()).min();
    let mut weeks = paid_since(c, earliest.unwrap_or(from))?;
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    let mut rows = Vec::with_capacity(given.len());
    for (insight_id, person_id, first_at) in &given {
        let day = calendar.day(*first_at);
        let week = Week::of(day).monday();
        let so_far = weeks.get(&(*person_id, week)).copied().unwrap_or(0);
        let paid = so_far < policy.rater_weekly;
        weeks.insert((*person_id, week), so_far + i64::from(paid));
        if paid {
            *sums.entry(*person_id).or_default() += policy.rater_credit;
        }
        rows.push((
            earning_ratings::insight_id.eq(*insight_id),
            earning_ratings::person_id.eq(*person_id),
            earning_ratings::day.eq(day),
            earning_ratings::week.eq(week),
            earning_ratings::paid.eq(paid),
        ));
    }
    for part in rows.chunks(CHUNK) {
        let part = part.to_vec();
        each_db!(c, c => diesel::insert_into(earning_ratings::table).values(part).execute(c))?;
    }
    let last_day = today.pred_opt().unwrap_or(today);
    let mut payments = Vec::with_capacity(sums.len());
    let taken = taken_keys(c, sums.keys(), last_day)?;
    for (person, credits) in &sums {
        let mut key = first_key(*person, last_day);
        if taken.contains(&key) {
            key = free_key(c, *person, last_day)?;
        }
        payments.push(Transaction::grant(
            key,
            Reason::FirstRatings { day: last_day },
            *person,
            *credits,
            now,
        ));
    }
    post_all(c, &payments)?;
    Ok(RatersPaid { ratings: rows.len(), people: payments.len(), credits: sums.values().sum() })
}

/// First ratings in a span of time that have not been looked at, in the order of time: insight, person,
/// time. An author's own never counts.
fn unseen(
    c: &mut Conn,
    from: NaiveDateTime,
    to: NaiveDateTime,
) -> QueryResult<Vec<(i64, i64, NaiveDateTime)>> {
    let seen = exists(
        earning_ratings::table
            .filter(earning_ratings::insight_id.eq(ratings::insight_id))
            .filter(earning_ratings::person_id.eq(ratings::person_id)),
    );
    let own = exists(
        insight_authors::table
            .filter(insight_authors::insight_id.eq(ratings::insight_id))
            .filter(insight_authors::person_id.eq(ratings::person_id)),
    );
    // A curator has decided that it does not count.
    let void = exists(
        rating_standings::table
            .filter(rating_standings::insight_id.eq(ratings::insight_id))
            .filter(rating_standings::person_id.eq(ratings::person_id))
            .filter(rating_standings::standing.eq("void")),
    );
    ratings::table
        .filter(ratings::first_at.ge(from).and(ratings::first_at.lt(to)))
        .filter(not(seen))
        .filter(not(own))
        .filter(not(void))
        .order((ratings::first_at, ratings::id))
        .select((ratings::insight_id, ratings::person_id, ratings::first_at))
        .load(c)
}

/// How many of each person's ratings were paid of each week from this one on, of those of whom any was.
fn paid_since(c: &mut Conn, week: NaiveDate) -> QueryResult<BTreeMap<(i64, NaiveDate), i64>> {
    let rows: Vec<(i64, NaiveDate, i64)> = earning_ratings::table
        .filter(earning_ratings::week.ge(week))
        .filter(earning_ratings::paid)
        .group_by((earning_ratings::person_id, earning_ratings::week))
        .select((earning_ratings::person_id, earning_ratings::week, count_star()))
        .load(c)?;
    Ok(rows.into_iter().map(|(person, week, paid)| ((person, week), paid)).collect())
}

/// The key of what a person is paid for a day.
fn first_key(person: i64, day: NaiveDate) -> String {
    format!("rate:{person}:{day}")
}

/// Which of these people's keys something was posted under.
fn taken_keys<'a>(
    c: &mut Conn,
    people: impl Iterator<Item = &'a i64>,
    day: NaiveDate,
) -> QueryResult<HashSet<String>> {
    let keys: Vec<String> = people.map(|person| first_key(*person, day)).collect();
    let mut taken = HashSet::new();
    for part in keys.chunks(CHUNK) {
        let known = ledger_transactions::table.filter(ledger_transactions::key.eq_any(part));
        taken.extend(known.select(ledger_transactions::key).load::<String>(c)?);
    }
    Ok(taken)
}

/// A key that nothing was posted under. What is paid once is decided by the rows above; the same day comes
/// twice only where an import brought ratings after the first time.
fn free_key(c: &mut Conn, person: i64, day: NaiveDate) -> AppResult<String> {
    let mut key = first_key(person, day);
    let mut again = 1;
    while posted(c, &key)?.is_some() {
        again += 1;
        key = format!("rate:{person}:{day}:{again}");
    }
    Ok(key)
}
