//! Events one by one, as far as figures need them that no sum can give. Read in pages, never all at once:
//! there are as many as openings.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::Conn;
use crate::db::quick::{Day, Moment};
use crate::db::schema::{
    accesses, first_accesses, insights, ledger_accounts, ledger_entries, ledger_transactions, people,
    request_answers, requests, review_cases, uses,
};
use crate::each_db;
use crate::flow::period::Period;

/// Insights whose first openings are read at a time.
const INSIGHTS: usize = 200;

/// An insight as its history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Shared {
    pub id: i64,
    pub author_id: i64,
    /// Of its author when sharing it.
    pub department_id: i64,
    pub contributed_at: NaiveDateTime,
    pub day: NaiveDate,
    pub withdrawn_at: Option<NaiveDateTime>,
}

/// What had been shared before `end` and not undone, by id.
pub fn shared(c: &mut Conn, end: NaiveDateTime) -> QueryResult<Vec<Shared>> {
    insights::table
        .filter(insights::undone.eq(false))
        .filter(insights::contributed_at.lt(end))
        .order(insights::id)
        .select((
            insights::id,
            insights::author_id,
            insights::department_id,
            insights::contributed_at,
            insights::day,
            insights::withdrawn_at,
        ))
        .load(c)
}

/// Everybody there ever was, by id.
pub fn everybody(c: &mut Conn) -> QueryResult<Vec<i64>> {
    people::table.order(people::id).select(people::id).load(c)
}

/// Somebody opened an insight for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstRead {
    pub insight_id: i64,
    pub person_id: i64,
    pub to_department_id: i64,
    pub at: NaiveDateTime,
    pub day: NaiveDate,
}

/// Every first opening before `end` of these insights (ascending ids), by insight and person. Where it comes
/// from is where the insight does.
pub fn each_first_read(
    c: &mut Conn,
    insight_ids: &[i64],
    end: NaiveDateTime,
    mut take: impl FnMut(&FirstRead),
) -> QueryResult<()> {
    use first_accesses as t;
    for ids in insight_ids.chunks(INSIGHTS) {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
        let rows = t::table
            .filter(t::insight_id.ge(first).and(t::insight_id.le(last)))
            .order((t::insight_id, t::person_id))
            .select((t::insight_id, t::person_id, t::to_department_id, t::at, t::day));
        // What is after the end is left out here: comparing times costs SQLite more.
        let mut read = |(insight_id, person_id, to_department_id, at, day): Row| {
            if at.0 < end {
                take(&FirstRead { insight_id, person_id, to_department_id, at: at.0, day: day.0 });
            }
        };
        type Row = (i64, i64, i64, Moment, Day);
        each_db!(&mut *c, c => {
            for row in rows.load_iter::<Row, DefaultLoadingMode>(c)? {
                read(row?);
            }
        });
    }
    Ok(())
}

/// Every opening of these insights (ascending ids) on a day before `end`, in no order. Insight, department of the
/// reader, day.
pub fn each_read(
    c: &mut Conn,
    insight_ids: &[i64],
    end: NaiveDate,
    mut take: impl FnMut(i64, i64, NaiveDate),
) -> QueryResult<()> {
    use accesses as t;
    // An insight's openings lie side by side in its index, which has all that is asked for.
    for ids in insight_ids.chunks(INSIGHTS) {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
        let rows = t::table.filter(t::insight_id.ge(first).and(t::insight_id.le(last))).select((
            t::insight_id,
            t::department_id,
            t::day,
        ));
        let mut read = |(insight_id, department_id, day): (i64, i64, Day)| {
            if day.0 < end {
                take(insight_id, department_id, day.0);
            }
        };
        each_db!(&mut *c, c => {
            for row in rows.load_iter::<(i64, i64, Day), DefaultLoadingMode>(c)? {
                read(row?);
            }
        });
    }
    Ok(())
}

/// The insights that at least two people had used before `end`.
pub fn used_by_two(c: &mut Conn, end: NaiveDateTime) -> QueryResult<HashSet<i64>> {
    let rows = uses::table
        .filter(uses::at.lt(end))
        .group_by(uses::insight_id)
        .having(count_star().ge(2))
        .select(uses::insight_id)
        .load::<i64>(c)?;
    Ok(rows.into_iter().collect())
}

/// A request, and what had become of it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Asked {
    pub department_id: i64,
    pub manager: bool,
    pub asked_at: NaiveDateTime,
    pub state: String,
    pub closed_at: Option<NaiveDateTime>,
}

/// The requests opened in a period.
pub fn asked(c: &mut Conn, period: Period) -> QueryResult<Vec<Asked>> {
    requests::table
        .filter(requests::day.ge(period.from).and(requests::day.lt(period.to)))
        .order(requests::id)
        .select((
            requests::department_id,
            requests::manager,
            requests::asked_at,
            requests::state,
            requests::closed_at,
        ))
        .load(c)
}

/// Who answered whose requests in a period.
pub fn answers(c: &mut Conn, period: Period) -> QueryResult<Vec<(i64, i64)>> {
    request_answers::table
        .inner_join(requests::table)
        .filter(request_answers::day.ge(period.from).and(request_answers::day.lt(period.to)))
        .filter(request_answers::withdrawn_at.is_null())
        .order((request_answers::request_id, request_answers::insight_id))
        .select((request_answers::person_id, requests::asker_id))
        .load(c)
}

/// Where credits went in a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// Out of the issuance, less what went back.
    pub issued: i64,
    /// From people into requests.
    pub spent: i64,
    /// In requests at the end.
    pub in_escrow: i64,
    /// What each person earned for insights.
    pub earned: Vec<i64>,
}

/// The credits that moved from `from` on and before `end`.
pub fn credits(c: &mut Conn, from: NaiveDateTime, end: NaiveDateTime) -> QueryResult<Credits> {
    let sum = || diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(ledger_entries.amount), 0) AS BIGINT)");
    let entries = || {
        ledger_entries::table
            .inner_join(ledger_transactions::table)
            .inner_join(ledger_accounts::table)
            .filter(ledger_transactions::at.lt(end))
            .into_boxed()
    };
    let moved = |kind: &'static str| {
        entries().filter(ledger_accounts::kind.eq(kind)).filter(ledger_transactions::at.ge(from))
    };
    let issued: i64 = moved("issuance").select(sum()).first(c)?;
    let spent: i64 = moved("person")
        .filter(ledger_transactions::reason.eq("bounty").or(ledger_transactions::reason.eq("co_funding")))
        .select(sum())
        .first(c)?;
    let in_escrow: i64 = entries().filter(ledger_accounts::kind.eq("escrow")).select(sum()).first(c)?;
    let earned = ledger_entries::table
        .inner_join(ledger_transactions::table)
        .inner_join(ledger_accounts::table)
        .filter(ledger_transactions::at.ge(from).and(ledger_transactions::at.lt(end)))
        .filter(ledger_accounts::kind.eq("person"))
        .filter(ledger_transactions::reason.eq("earned"))
        .group_by(ledger_accounts::owner_id)
        .select((ledger_accounts::owner_id, sum()))
        .load::<(i64, i64)>(c)?;
    Ok(Credits {
        issued: -issued,
        spent: -spent,
        in_escrow,
        earned: earned.into_iter().map(|(_, sum)| sum).collect(),
    })
}

/// How many pairs of people were flagged for rating each other by agreement.
pub fn flagged_pairs(c: &mut Conn, from: NaiveDateTime, end: NaiveDateTime) -> QueryResult<i64> {
    review_cases::table
        .filter(review_cases::kind.eq("pair"))
        .filter(review_cases::opened_at.ge(from).and(review_cases::opened_at.lt(end)))
        .count()
        .get_result(c)
}
