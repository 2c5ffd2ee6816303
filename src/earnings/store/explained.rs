//! How what was earned came about, for whoever was paid and for the administrator.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, exists, max, not, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::schema::{
    earning_ratings, earning_shares, earnings, insight_authors, insight_values, insights, ratings,
};
use crate::earnings::week::Week;
use crate::market::label::Label;
use crate::market::shown::ShownRow;
use crate::policy::ValuePolicy;

/// An insight's week as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Settled {
    pub insight_id: i64,
    pub title: String,
    pub raters: i32,
    pub departments: i32,
    pub lower_hundredths: i32,
    pub quality_bp: i32,
    pub readers: i32,
    pub noted_uses: i32,
    pub weighted_readers: i32,
    /// For all its authors, before the weekly cap of an author.
    pub credits: i64,
}

/// The columns of [`Settled`].
macro_rules! settled_columns {
    () => {
        (
            earnings::insight_id,
            insights::title,
            earnings::raters,
            earnings::departments,
            earnings::lower_hundredths,
            earnings::quality_bp,
            earnings::readers,
            earnings::noted_uses,
            earnings::weighted_readers,
            earnings::credits,
        )
    };
}

/// What an insight's week was worth to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub settled: Settled,
    /// Their part, before and after their weekly cap; for the administrator those of all authors.
    pub earned: i64,
    pub paid: i64,
    /// Whether the insight's number is shown now: only then may an amount be told per insight, since it
    /// says what the value is.
    pub has_number: bool,
    /// Whether it is still in the archive.
    pub withdrawn: bool,
}

/// What a person's insights with new readers earned in a week, what was paid most first.
///
/// # Errors
/// What the database says.
pub fn explained_to(
    c: &mut Conn,
    policy: &ValuePolicy,
    person_id: i64,
    week: Week,
) -> QueryResult<Vec<Explained>> {
    let rows: Vec<(Settled, i64, i64, ShownRow, Option<NaiveDateTime>)> = earning_shares::table
        .inner_join(earnings::table.on(
            earnings::insight_id.eq(earning_shares::insight_id).and(earnings::week.eq(earning_shares::week)),
        ))
        .inner_join(insights::table.on(insights::id.eq(earning_shares::insight_id)))
        .inner_join(insight_values::table.on(insight_values::insight_id.eq(earning_shares::insight_id)))
        .filter(earning_shares::person_id.eq(person_id).and(earning_shares::week.eq(week.monday())))
        .order((earning_shares::paid.desc(), earnings::readers.desc(), earning_shares::insight_id))
        .select((
            settled_columns!(),
            earning_shares::earned,
            earning_shares::paid,
            ShownRow::as_select(),
            insights::withdrawn_at,
        ))
        .load(c)?;
    Ok(rows
        .into_iter()
        .map(|(settled, earned, paid, shown, withdrawn_at)| Explained {
            settled,
            earned,
            paid,
            has_number: shown.has_number(policy),
            withdrawn: withdrawn_at.is_some(),
        })
        .collect())
}

/// What all insights with new readers earned in a week, what was paid most first.
///
/// # Errors
/// What the database says.
pub fn settled_insights(c: &mut Conn, policy: &ValuePolicy, week: Week) -> QueryResult<Vec<Explained>> {
    let paid: Vec<(i64, i64)> = earning_shares::table
        .filter(earning_shares::week.eq(week.monday()))
        .select((earning_shares::insight_id, earning_shares::paid))
        .load(c)?;
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    for (insight, paid) in paid {
        *sums.entry(insight).or_default() += paid;
    }
    let rows: Vec<(Settled, ShownRow, Option<NaiveDateTime>)> = earnings::table
        .inner_join(insights::table)
        .inner_join(insight_values::table.on(insight_values::insight_id.eq(earnings::insight_id)))
        .filter(earnings::week.eq(week.monday()))
        .order((earnings::credits.desc(), earnings::readers.desc(), earnings::insight_id))
        .select((settled_columns!(), ShownRow::as_select(), insights::withdrawn_at))
        .load(c)?;
    Ok(rows
        .into_iter()
        .map(|(settled, shown, withdrawn_at)| Explained {
            earned: settled.credits,
            paid: sums.get(&settled.insight_id).copied().unwrap_or(0),
            settled,
            has_number: shown.has_number(policy),
            withdrawn: withdrawn_at.is_some(),
        })
        .collect())
}

/// A settled week in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekSum {
    pub week: Week,
    /// UTC.
    pub settled_at: NaiveDateTime,
    /// Insights with new readers, and those that earned.
    pub insights: i64,
    pub earning: i64,
    pub authors: i64,
    pub credits: i64,
}

/// The settled weeks, the latest first, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn settled_weeks(c: &mut Conn, limit: i64) -> QueryResult<Vec<WeekSum>> {
    let weeks: Vec<(NaiveDate, Option<NaiveDateTime>, i64)> = earnings::table
        .group_by(earnings::week)
        .select((earnings::week, max(earnings::settled_at), count_star()))
        .order(earnings::week.desc())
        .limit(limit)
        .load(c)?;
    let Some((oldest, ..)) = weeks.last() else { return Ok(Vec::new()) };
    type Paid = (NaiveDate, i64, i64, i64);
    let paid: Vec<Paid> = earning_shares::table
        .filter(earning_shares::week.ge(*oldest).and(earning_shares::paid.gt(0)))
        .group_by(earning_shares::week)
        .select((
            earning_shares::week,
            sql::<BigInt>("COUNT(DISTINCT insight_id)"),
            sql::<BigInt>("COUNT(DISTINCT person_id)"),
            sql::<BigInt>("CAST(SUM(paid) AS BIGINT)"),
        ))
        .load(c)?;
    Ok(weeks
        .into_iter()
        .map(|(monday, settled_at, insights)| {
            let found = paid.iter().find(|(week, ..)| *week == monday);
            let (_, earning, authors, credits) = found.copied().unwrap_or((monday, 0, 0, 0));
            let settled_at = settled_at.unwrap_or_default();
            WeekSum { week: Week::of(monday), settled_at, insights, earning, authors, credits }
        })
        .collect())
}

/// A first rating of one's own that was looked at for a credit; without its stars.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct RatedThen {
    pub insight_id: i64,
    pub title: String,
    pub day: NaiveDate,
    /// Not beyond the week's most.
    pub paid: bool,
}

/// A person's first ratings of a week, as far as they have been looked at; of insights that are still in
/// the archive.
///
/// # Errors
/// What the database says.
pub fn ratings_of(c: &mut Conn, person_id: i64, week: Week) -> QueryResult<Vec<RatedThen>> {
    earning_ratings::table
        .inner_join(insights::table)
        .filter(earning_ratings::person_id.eq(person_id))
        .filter(earning_ratings::week.eq(week.monday()))
        .filter(visible_to(person_id))
        .order((earning_ratings::day.desc(), insights::title))
        .select((insights::id, insights::title, earning_ratings::day, earning_ratings::paid))
        .load(c)
}

/// How a person rates, in two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raterly {
    /// First ratings since the given time, of insights that are not their own.
    pub since: i64,
    /// Insights that are not early any more and were when this person rated them: fewer than three others
    /// had.
    pub helped: i64,
}

/// What a person's ratings did; `since` in UTC.
///
/// # Errors
/// What the database says.
pub fn raterly(c: &mut Conn, person_id: i64, since: NaiveDateTime) -> QueryResult<Raterly> {
    let own = exists(
        insight_authors::table
            .filter(insight_authors::insight_id.eq(ratings::insight_id))
            .filter(insight_authors::person_id.eq(person_id)),
    );
    let given = ratings::table.filter(ratings::person_id.eq(person_id)).filter(not(own));
    let lately = given.filter(ratings::first_at.ge(since)).count().get_result(c)?;
    let earlier = diesel::alias!(ratings as earlier);
    let before = earlier
        .filter(earlier.field(ratings::insight_id).eq(ratings::insight_id))
        .filter(earlier.field(ratings::first_at).lt(ratings::first_at))
        .select(count_star())
        .single_value();
    let helped = ratings::table
        .inner_join(insight_values::table.on(insight_values::insight_id.eq(ratings::insight_id)))
        .filter(ratings::person_id.eq(person_id))
        .filter(insight_values::label.ne(Label::Early.name()))
        .filter(before.lt(EARLY_RATERS))
        .filter(not(exists(
            insight_authors::table
                .filter(insight_authors::insight_id.eq(ratings::insight_id))
                .filter(insight_authors::person_id.eq(person_id)),
        )))
        .count()
        .get_result(c)?;
    Ok(Raterly { since: lately, helped })
}

/// Raters with which an insight is early whatever they say.
const EARLY_RATERS: i64 = 3;
