//! `privacy_checks`: one row a night.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::privacy_checks as t;

/// What a check tried, and how much it found in which kind of numbers; never of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable)]
pub struct Check {
    /// UTC.
    pub at: NaiveDateTime,
    /// Periods that were combined.
    pub periods: i64,
    /// Sums of openings and searches that are told of them.
    pub sums: i64,
    /// Cells of tables of flows.
    pub cells: i64,
    /// Insights whose shown value was looked at.
    pub insights: i64,
    /// Whether there was time for everything.
    pub complete: bool,
    /// How much follows about fewer people than may be told of.
    pub findings: i64,
    /// Lists of who opened one insight, or searched the same words.
    pub lists: i64,
    /// Ends of rounds between which ratings are told.
    pub rounds: i64,
    /// Points of curves and distributions that are kept.
    pub points: i64,
    /// Halves of trials.
    pub halves: i64,
    /// Numbers of people who gave a reason for not sharing.
    pub reasons: i64,
    /// What the findings were in: "tables of flows (2); halves of trials (1)". Empty without any, and for checks
    /// before this was kept.
    pub found_in: String,
}

impl Check {
    /// Adds findings in one kind of numbers.
    pub fn add(&mut self, kind: &str, findings: usize) {
        if findings > 0 {
            self.findings += i64::try_from(findings).unwrap_or(i64::MAX);
            let before = if self.found_in.is_empty() { "" } else { "; " };
            self.found_in.push_str(&format!("{before}{kind} ({findings})"));
        }
    }
}

/// Writes it down.
///
/// # Errors
/// What the database says.
pub fn keep(c: &mut Conn, check: &Check) -> QueryResult<()> {
    diesel::insert_into(t::table)
        .values((
            t::at.eq(check.at),
            t::periods.eq(check.periods),
            t::sums.eq(check.sums),
            t::cells.eq(check.cells),
            t::insights.eq(check.insights),
            t::complete.eq(check.complete),
            t::findings.eq(check.findings),
            t::lists.eq(check.lists),
            t::rounds.eq(check.rounds),
            t::points.eq(check.points),
            t::halves.eq(check.halves),
            t::reasons.eq(check.reasons),
            t::found_in.eq(&check.found_in),
        ))
        .execute(c)
        .map(|_| ())
}

/// The last one.
///
/// # Errors
/// What the database says.
pub fn last(c: &mut Conn) -> QueryResult<Option<Check>> {
    t::table
        .order(t::id.desc())
        .select((
            t::at,
            t::periods,
            t::sums,
            t::cells,
            t::insights,
            t::complete,
            t::findings,
            t::lists,
            t::rounds,
            t::points,
            t::halves,
            t::reasons,
            t::found_in,
        ))
        .first(c)
        .optional()
}

/// Forgets those before a time.
///
/// # Errors
/// What the database says.
pub fn forget(c: &mut Conn, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(t::table.filter(t::at.lt(before))).execute(c)
}
