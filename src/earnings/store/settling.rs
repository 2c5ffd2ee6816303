//! Settling a week: what its readers were worth, paid as one sum per author.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count, max};
use diesel::prelude::*;

use super::readers::{Candidate, candidates};
use crate::clock::Calendar;
use crate::db::schema::{earning_shares, earning_uses, earnings};
use crate::db::{Conn, exclude_writers};
use crate::each_db;
use crate::earnings::rule;
use crate::earnings::week::Week;
use crate::error::{AppError, AppResult};
use crate::ledger::split::hamilton;
use crate::ledger::store::post_all;
use crate::ledger::{Reason, Transaction};
use crate::policy::CreditPolicy;

/// Rows of one statement: far below the parameters either database takes.
const CHUNK: usize = 1_000;

/// What settling a week did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledWeek {
    pub week: Week,
    /// Insights decided now, whether they earned or not.
    pub insights: usize,
    /// Those that earned.
    pub earning: usize,
    pub authors: usize,
    pub credits: i64,
}

impl fmt::Display for SettledWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.insights == 0 {
            return write!(f, "week {}: nothing left to settle", self.week);
        }
        write!(
            f,
            "week {}: {} of {} insights with new readers earned {} credits for {} authors",
            self.week, self.earning, self.insights, self.credits, self.authors
        )
    }
}

/// The last week of which anything was settled.
///
/// # Errors
/// What the database says.
pub fn last_settled(c: &mut Conn) -> QueryResult<Option<Week>> {
    earnings::table
        .select(max(earnings::week))
        .first::<Option<NaiveDate>>(c)
        .map(|monday| monday.map(Week::of))
}

/// Decides what every insight with new readers in the week has earned, and pays its authors, each one sum.
/// An insight and week that were decided stay as they are, so doing it again, or on two nodes at once,
/// pays nothing twice. Judged by the values as they stand now; a value that falls later takes nothing back.
///
/// # Errors
/// 400 when the week is not over yet; what the database says.
pub fn settle_week(
    c: &mut Conn,
    week: Week,
    policy: &CreditPolicy,
    calendar: Calendar,
    now: NaiveDateTime,
) -> AppResult<SettledWeek> {
    if calendar.day(now) < week.end() {
        return Err(AppError::BadRequest(
            "This week is not over yet. It can be settled from the Monday after it.".into(),
        ));
    }
    let mut settled = SettledWeek { week, insights: 0, earning: 0, authors: 0, credits: 0 };
    if !policy.on {
        return Ok(settled);
    }
    // Both at once: a transaction of somebody's that has begun to post ends first, and a later one waits
    // before it holds an account that this one needs.
    exclude_writers(c, &["earnings", "ledger_transactions"])?;
    let candidates = candidates(c, week, calendar)?;
    if candidates.is_empty() {
        return Ok(settled);
    }
    // A week is settled again only for insights that came later, with an import: then under other keys.
    let run: i64 = earnings::table
        .filter(earnings::week.eq(week.monday()))
        .select(count(earnings::settled_at).aggregate_distinct())
        .first(c)?;
    let shares = divide(c, week, policy, &candidates)?;
    keep(c, week, policy, now, &candidates, &shares)?;
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    for share in &shares {
        *sums.entry(share.person_id).or_default() += share.paid;
    }
    let payments: Vec<Transaction> = sums
        .iter()
        .filter(|(_, credits)| **credits > 0)
        .map(|(person, credits)| {
            let again = if run > 0 { format!(":{}", run + 1) } else { String::new() };
            let key = format!("earn:{person}:{week}{again}");
            Transaction::grant(key, Reason::Earned { week: week.monday() }, *person, *credits, now)
        })
        .collect();
    post_all(c, &payments)?;
    let earning: std::collections::BTreeSet<i64> =
        shares.iter().filter(|share| share.paid > 0).map(|share| share.insight_id).collect();
    settled.insights = candidates.len();
    settled.earning = earning.len();
    settled.authors = payments.len();
    settled.credits = sums.values().sum();
    Ok(settled)
}

/// What an insight earned in a week, and by which figures.
#[derive(Clone, Copy, Debug, Insertable)]
#[diesel(table_name = earnings, treat_none_as_default_value = false)]
struct Decided {
    insight_id: i64,
    week: NaiveDate,
    settled_at: NaiveDateTime,
    raters: i32,
    departments: i32,
    lower_hundredths: i32,
    quality_bp: i32,
    readers: i32,
    noted_uses: i32,
    weighted_readers: i32,
    credits: i64,
}

/// One author's part of what an insight earned.
#[derive(Clone, Copy, Debug, Insertable)]
#[diesel(table_name = earning_shares, treat_none_as_default_value = false)]
struct Share {
    insight_id: i64,
    week: NaiveDate,
    person_id: i64,
    earned: i64,
    paid: i64,
}

/// Equal parts for the authors of an insight, then at most the weekly cap for each of them, taken from all
/// their insights in proportion.
fn divide(
    c: &mut Conn,
    week: Week,
    policy: &CreditPolicy,
    candidates: &BTreeMap<i64, Candidate>,
) -> AppResult<Vec<Share>> {
    let week = week.monday();
    let mut by_author: BTreeMap<i64, Vec<Share>> = BTreeMap::new();
    for (insight_id, candidate) in candidates {
        let credits = earned(policy, candidate);
        let equal = vec![1; candidate.authors.len()];
        let parts = hamilton(credits, &equal).unwrap_or_default();
        for (person_id, earned) in candidate.authors.iter().zip(parts) {
            let share = Share { insight_id: *insight_id, week, person_id: *person_id, earned, paid: earned };
            by_author.entry(*person_id).or_default().push(share);
        }
    }
    let paid: Vec<(i64, i64)> = earning_shares::table
        .filter(earning_shares::week.eq(week))
        .filter(earning_shares::paid.ne(0))
        .select((earning_shares::person_id, earning_shares::paid))
        .load(c)?;
    let mut before: HashMap<i64, i64> = HashMap::new();
    for (person_id, paid) in paid {
        *before.entry(person_id).or_default() += paid;
    }
    for (person_id, shares) in &mut by_author {
        let left = (policy.author_cap - before.get(person_id).copied().unwrap_or(0)).max(0);
        let weights: Vec<i64> = shares.iter().map(|share| share.earned).collect();
        if weights.iter().sum::<i64>() > left {
            for (share, part) in shares.iter_mut().zip(hamilton(left, &weights).unwrap_or_default()) {
                share.paid = part;
            }
        }
    }
    Ok(by_author.into_values().flatten().collect())
}

fn earned(policy: &CreditPolicy, candidate: &Candidate) -> i64 {
    let weighted = rule::weighted(policy, candidate.readers.values().copied());
    rule::credits(policy, &candidate.worth, weighted, candidate.already)
}

/// Writes down what was decided and by which figures.
fn keep(
    c: &mut Conn,
    week: Week,
    policy: &CreditPolicy,
    now: NaiveDateTime,
    candidates: &BTreeMap<i64, Candidate>,
    shares: &[Share],
) -> QueryResult<()> {
    let week = week.monday();
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    let rows: Vec<Decided> = candidates
        .iter()
        .map(|(insight_id, candidate)| {
            let readers: i64 = candidate.readers.values().map(|readers| readers.first).sum();
            let weighted = rule::weighted(policy, candidate.readers.values().copied());
            let worth = candidate.worth;
            Decided {
                insight_id: *insight_id,
                week,
                settled_at: now,
                raters: small(worth.raters),
                departments: small(worth.departments),
                lower_hundredths: small(worth.lower_hundredths),
                quality_bp: small(rule::quality_bp(policy, worth.lower_hundredths)),
                readers: small(readers),
                noted_uses: small(candidate.users.len() as i64),
                weighted_readers: small(weighted),
                credits: earned(policy, candidate),
            }
        })
        .collect();
    match c {
        Conn::Postgres(c) => {
            diesel::copy_from(earnings::table).from_insertable(rows).execute(c)?;
            diesel::copy_from(earning_shares::table).from_insertable(shares.to_vec()).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for part in rows.chunks(CHUNK) {
                diesel::insert_into(earnings::table).values(part).execute(c)?;
            }
            for part in shares.chunks(CHUNK) {
                diesel::insert_into(earning_shares::table).values(part).execute(c)?;
            }
        }
    }
    let uses: Vec<_> = candidates
        .iter()
        .flat_map(|(insight_id, candidate)| candidate.users.iter().map(|person| (*insight_id, *person)))
        .map(|(insight_id, person_id)| {
            (
                earning_uses::insight_id.eq(insight_id),
                earning_uses::person_id.eq(person_id),
                earning_uses::week.eq(week),
            )
        })
        .collect();
    for part in uses.chunks(CHUNK) {
        let part = part.to_vec();
        each_db!(c, c => diesel::insert_into(earning_uses::table).values(part).execute(c))?;
    }
    Ok(())
}
