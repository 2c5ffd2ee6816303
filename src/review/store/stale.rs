//! Insights that may not be true any more.

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;

use super::cases::{self, NewCase, Opened};
use crate::accounts::person::{Actor, Person};
use crate::archive::insight::Insight;
use crate::db::Conn;
use crate::db::schema::{first_accesses, insight_reads, insights, review_cases};
use crate::error::{AppError, AppResult};
use crate::jobs::Times;
use crate::review::case::{Decision, Evidence, Kind, State, stale};

/// The most new cases of one run: a queue that nobody can work through helps nobody.
const AT_ONCE: usize = 20;
/// How many old insights are read at once.
const PAGE: i64 = 500;

/// Opens a case for the oldest insights that the rule finds stale and that nobody was asked about lately.
/// Returns how many.
///
/// # Errors
/// What the database says.
pub fn find(c: &mut Conn, times: &Times) -> AppResult<usize> {
    let policy = times.config.policy.review;
    let today = times.calendar.day(times.now);
    let before = |days: i64| today.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MIN);
    let (old, unopened, observed) =
        (before(policy.stale_days), before(policy.unopened_days), before(policy.observed_days));
    let lately = times.calendar.start_of(unopened);
    let asked_after = times.calendar.start_of(old);
    let mut opened = 0;
    let mut last: (NaiveDate, i64) = (NaiveDate::MIN, 0);
    // PostgreSQL has no day before 4713 BC.
    last.0 = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(last.0);
    while opened < AT_ONCE {
        // `day` agrees with contributed_at, so its index serves.
        let page: Vec<(i64, NaiveDate, Option<NaiveDate>)> = insights::table
            .filter(insights::withdrawn_at.is_null())
            .filter(insights::day.le(old))
            .filter(insights::day.gt(last.0).or(insights::day.eq(last.0).and(insights::id.gt(last.1))))
            .filter(
                not(exists(
                    first_accesses::table
                        .filter(first_accesses::insight_id.eq(insights::id))
                        .filter(first_accesses::last_at.ge(lately)),
                ))
                // Openings that were turned into counts, where one looks back further than they are kept.
                .and(not(exists(
                    insight_reads::table
                        .filter(insight_reads::insight_id.eq(insights::id))
                        .filter(insight_reads::last_day.ge(unopened)),
                )))
                .or(insights::observed_on.le(observed).assume_not_null()),
            )
            .filter(not(exists(
                review_cases::table
                    .filter(review_cases::insight_id.eq(insights::id.nullable()))
                    .filter(review_cases::kind.eq(Kind::Stale.name()))
                    .filter(
                        review_cases::state
                            .ne(State::Done.name())
                            .or(review_cases::decided_at.gt(asked_after).assume_not_null()),
                    ),
            )))
            .order((insights::day, insights::id))
            .limit(PAGE)
            .select((insights::id, insights::day, insights::observed_on))
            .load(c)?;
        let Some((id, day, _)) = page.last() else { break };
        last = (*day, *id);
        for (id, shared, observed) in page {
            let opened_at: Option<NaiveDateTime> = first_accesses::table
                .filter(first_accesses::insight_id.eq(id))
                .select(max(first_accesses::last_at))
                .first(c)?;
            let before: Option<NaiveDate> = insight_reads::table
                .filter(insight_reads::insight_id.eq(id))
                .select(max(insight_reads::last_day))
                .first(c)?;
            let opened_on = opened_at.map(|at| times.calendar.day(at)).max(before);
            let Some(rule) = stale(today, shared, observed, opened_on, &policy) else { continue };
            let evidence = Evidence::Stale { shared, observed, opened: opened_on, rule };
            let new = NewCase::about(Kind::Stale, id, evidence, times.now);
            opened += usize::from(matches!(cases::open(c, &new)?, Opened::New(_)));
            if opened == AT_ONCE {
                break;
            }
        }
    }
    Ok(opened)
}

/// Whether its author or a curator is asked if an insight is still true.
///
/// # Errors
/// What the database says.
pub fn is_asked(c: &mut Conn, insight_id: i64) -> QueryResult<bool> {
    Ok(!cases::pending_of(c, insight_id, &[Kind::Stale])?.is_empty())
}

/// Its author says that an insight is still true: the case is decided.
///
/// # Errors
/// 403 for others, 409 when nobody asks (any more).
pub fn confirm(c: &mut Conn, actor: &Actor, person: &Person, insight: &Insight) -> AppResult<()> {
    if !insight.is_own && !person.role.curates() {
        return Err(AppError::Forbidden(
            "Its author and curators say whether it is still true. Add a remark instead.",
        ));
    }
    let pending = cases::pending_of(c, insight.id, &[Kind::Stale])?;
    if pending.is_empty() {
        return Err(AppError::Conflict("Nobody asks about it any more."));
    }
    for (id, _) in pending {
        let said = if insight.is_own { "Its author says so" } else { "A curator says so on its page" };
        cases::settle(c, Some(actor), actor.at, id, Decision::StillTrue, said)?;
    }
    Ok(())
}
