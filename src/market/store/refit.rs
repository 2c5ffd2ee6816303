//! The refit: all leniencies and values anew, from all ratings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::merged::Merged;
use super::standing::Standings;
use super::values::{self, Epoch, STORED, Stored};
use super::voices::Voices;
use super::{columns, queue, recompute, settled, state};
use crate::db::Conn;
use crate::db::quick::Moment;
use crate::db::schema::{
    insight_authors, insight_values, insights, raters, ratings, value_cells, value_epochs,
};
use crate::each_db;
use crate::error::AppResult;
use crate::flow::store::covered;
use crate::market::enough::Enough;
use crate::market::fit::{self, Rater, Rating};
use crate::market::label::label;
use crate::market::shown::{Known, Shown};
use crate::market::value::{Estimate, estimate, new_mu};
use crate::policy::ValuePolicy;

/// Cells written at once: 4 columns each, under the 32,766 parameters of SQLite.
const CELLS: usize = 5_000;

/// Rows fetched at once: a result is held twice for a moment, by the driver and by us.
const PAGE: i64 = 20_000;

/// What a refit did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refitted {
    pub ratings: usize,
    pub raters: usize,
    /// Insights, rated or not.
    pub insights: usize,
    pub sweeps: u32,
    /// No leniency is further from the solution than this, in stars.
    pub error_bound: f64,
    /// The common level, in stars.
    pub mu: f64,
    /// Whether an epoch began with it.
    pub new_epoch: bool,
    /// How many shown values were renewed.
    pub shown: usize,
}

impl fmt::Display for Refitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ratings by {} people of {} insights; mu {}{}; {} sweeps, error at most {:.1e} star; {} shown values renewed",
            self.ratings,
            self.raters,
            self.insights,
            self.mu,
            if self.new_epoch { " (a new epoch)" } else { "" },
            self.sweeps,
            self.error_bound,
            self.shown,
        )
    }
}

/// Replaces all leniencies and values by those of the batch fit, in the caller's transaction, and renews
/// shown values that are new, seven days old, or two raters behind. A new epoch begins when `mu` would
/// differ by 0.05 or more. Nobody is told of anything: it is for bulk changes such as an import. On PostgreSQL ratings wait meanwhile, reading does not.
///
/// # Errors
/// What the database says.
pub fn refit(c: &mut Conn, now: NaiveDateTime) -> AppResult<Refitted> {
    let policy = values::policy(c)?;
    run(c, now, &policy, false)
}

/// As [`refit`], with the company's present constants: where they are others than those in force, an epoch
/// begins with them. Authors are told of shown values that moved.
///
/// # Errors
/// What the database says.
pub fn refit_with(c: &mut Conn, now: NaiveDateTime, policy: &ValuePolicy) -> AppResult<Refitted> {
    run(c, now, policy, true)
}

fn run(c: &mut Conn, now: NaiveDateTime, policy: &ValuePolicy, tell: bool) -> AppResult<Refitted> {
    state::lock(c)?;
    // Waits for ratings under way and holds back new ones: a rating stored between our reading and our
    // writing would be missing from the value until the next refit.
    if let Conn::Postgres(c) = c {
        c.batch_execute("LOCK TABLE insight_values IN EXCLUSIVE MODE")?;
    }
    start_missing(c)?;
    covered::forget(c)?;
    let standings = Standings::all(c)?;
    let voices = Voices::load(c, &standings)?;
    let merged = Merged::all(c)?;
    let (all, enough) = counted(c, &voices, &standings, &merged)?;
    let ratings = all.len();
    let in_force = values::epoch(c)?;
    let due = new_mu(policy, in_force.mu, all.iter().map(|rating| rating.stars).sum(), ratings as f64);
    let new_epoch = due.is_some() || *policy != in_force.policy;
    if new_epoch {
        diesel::insert_into(value_epochs::table)
            .values((
                value_epochs::mu.eq(due.unwrap_or(in_force.mu)),
                value_epochs::started_at.eq(now),
                value_epochs::policy.eq(policy.to_text()),
            ))
            .execute(c)?;
    }
    let epoch = values::epoch(c)?;
    let fit = fit::fit(&epoch.params(), all);
    replace_raters(c, &fit.raters)?;
    replace_cells(c, &voices, &fit.items)?;
    let (insights, moved) = replace_values(c, &epoch, &voices, (&fit.items, &enough), now)?;
    let ids: Vec<i64> = moved.iter().map(|(id, ..)| *id).collect();
    recompute::put_accounts(c, &ids, (&epoch, &merged))?;
    if tell {
        for (id, before, shown) in &moved {
            settled::tell(c, &epoch, *id, before, shown, now)?;
        }
    }
    covered::make_next(c, covered::over(now))?;
    queue::clear(c)?;
    state::refitted(c, fit.contraction, fit.error_bound, now)?;
    Ok(Refitted {
        ratings,
        raters: fit.raters.len(),
        insights,
        sweeps: fit.sweeps,
        error_bound: fit.error_bound,
        mu: epoch.mu,
        new_epoch,
        shown: moved.len(),
    })
}

/// Replaces all cells by those of the fit.
fn replace_cells(c: &mut Conn, voices: &Voices, estimates: &[(i64, Estimate)]) -> QueryResult<()> {
    if let Conn::Postgres(c) = c {
        return columns::settle_cells(c, voices, estimates);
    }
    diesel::delete(value_cells::table).execute(c)?;
    let mut rows = Vec::with_capacity(CELLS);
    for (insight_id, estimate) in estimates {
        for view in &estimate.departments {
            rows.push((
                value_cells::insight_id.eq(*insight_id),
                value_cells::voice.eq(voices.names.get(view.department as usize).map_or("", String::as_str)),
                value_cells::n.eq(values::count(view.raters)),
                value_cells::sum.eq(view.sum),
            ));
            if rows.len() == CELLS {
                each_db!(c, c => diesel::insert_into(value_cells::table).values(&rows).execute(c))?;
                rows.clear();
            }
        }
    }
    each_db!(c, c => diesel::insert_into(value_cells::table).values(&rows).execute(c))?;
    Ok(())
}

/// Gives a row to every insight that came without one.
fn start_missing(c: &mut Conn) -> QueryResult<()> {
    let missing: Vec<(i64, NaiveDateTime)> = insights::table
        .left_join(insight_values::table)
        .filter(insight_values::insight_id.is_null())
        .select((insights::id, insights::contributed_at))
        .load(c)?;
    if missing.is_empty() { Ok(()) } else { values::start_many(c, &missing) }
}

#[derive(Insertable)]
#[diesel(table_name = raters, treat_none_as_default_value = false)]
struct RaterRow {
    person_id: i64,
    leniency: f64,
    ratings: i32,
}

fn replace_raters(c: &mut Conn, fitted: &[Rater]) -> QueryResult<()> {
    diesel::delete(raters::table).execute(c)?;
    for part in fitted.chunks(5_000) {
        let rows: Vec<RaterRow> = part
            .iter()
            .map(|rater| RaterRow {
                person_id: rater.id,
                leniency: rater.leniency,
                ratings: i32::try_from(rater.ratings).unwrap_or(i32::MAX),
            })
            .collect();
        each_db!(c, c => diesel::insert_into(raters::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Insight, what was shown, what is shown now.
type Moved = (i64, Shown, Shown);

/// Since when insights have ratings enough, by insight.
type EnoughOf = HashMap<i64, Enough<u32>>;

/// Writes every insight's value (`estimates` by id; what is not among them is unrated); returns how many
/// there are and which shown values were renewed.
fn replace_values(
    c: &mut Conn,
    epoch: &Epoch,
    voices: &Voices,
    (estimates, enough): (&[(i64, Estimate)], &EnoughOf),
    now: NaiveDateTime,
) -> QueryResult<(usize, Vec<Moved>)> {
    let unrated = estimate(&epoch.params(), &[]);
    let (mut last, mut insights, mut moved) = (0, 0, Vec::new());
    let at_once = match c {
        Conn::Sqlite(_) => 1_500, // 19 columns each: under its 32,766 parameters
        Conn::Postgres(_) => PAGE,
    };
    loop {
        let page: Vec<(i64, Stored, i32, NaiveDateTime, i64)> = insight_values::table
            .inner_join(insights::table)
            .filter(insight_values::insight_id.gt(last))
            .order(insight_values::insight_id)
            .limit(at_once)
            .select((
                insight_values::insight_id,
                STORED,
                insight_values::uses,
                insight_values::contributed_at,
                insights::department_id,
            ))
            .load(c)?;
        let Some(&(id, ..)) = page.last() else {
            return Ok((insights, moved));
        };
        last = id;
        insights += page.len();
        let mut rows = Vec::with_capacity(page.len());
        for (insight_id, stored, uses, contributed_at, department_id) in page {
            let estimate = estimates
                .binary_search_by_key(&insight_id, |(id, _)| *id)
                .map_or(&unrated, |at| &estimates[at].1);
            let label = label(
                &epoch.policy,
                estimate,
                Some(voices.of_department(department_id)),
                Some(stored.label()),
            );
            let known = Known {
                raters: values::count(estimate.raters),
                value: estimate.value,
                sd: estimate.sd,
                label,
            };
            let enough_since = enough.get(&insight_id).and_then(Enough::since);
            let before = stored.shown();
            let shown = before.after_refit(&epoch.policy, &known, now);
            if shown != before {
                moved.push((insight_id, before, shown));
            }
            rows.push(values::Row {
                insight_id,
                uses,
                contributed_at,
                change: values::change(epoch.id, estimate, enough_since, label, &shown, now),
            });
        }
        values::put_many(c, &rows)?;
    }
}

/// A rating that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub rating: Rating,
    /// When this person first rated it.
    pub first_at: NaiveDateTime,
    /// When the rating that counts was given.
    pub at: NaiveDateTime,
}

/// All counted ratings, and since when each insight has enough of them.
pub(super) fn counted(
    c: &mut Conn,
    voices: &Voices,
    standings: &Standings,
    merged: &Merged,
) -> QueryResult<(Vec<Rating>, EnoughOf)> {
    let total: i64 = ratings::table.count().get_result(c)?;
    let mut all = Vec::with_capacity(usize::try_from(total).unwrap_or_default());
    let mut enough = EnoughOf::new();
    each_counted(c, voices, standings, merged, |counted| {
        enough.entry(counted.rating.item).or_default().add(counted.rating.department, counted.at);
        all.push(counted.rating);
    })?;
    Ok((all, enough))
}

/// Each counted rating: not those of an insight's authors, nor of an insight that was undone, nor those a
/// standing keeps out; those of a merged insight at the one that stands for it.
pub(super) fn each_counted(
    c: &mut Conn,
    voices: &Voices,
    standings: &Standings,
    merged: &Merged,
    mut take: impl FnMut(Counted),
) -> QueryResult<()> {
    if merged.is_empty() {
        return each_given(c, voices, standings, None, take);
    }
    let mut all = Vec::new();
    each_given(c, voices, standings, None, |given| all.push(given))?;
    counted_of(all.into_iter(), merged, &mut take);
    Ok(())
}

/// Of ratings the ones that count: those of a merged insight at the one that stands for it, each person's once,
/// the latest.
pub(super) fn counted_of(
    given: impl Iterator<Item = Counted>,
    merged: &Merged,
    mut take: impl FnMut(Counted),
) {
    // Of those that stand for others: the latest of each person.
    let mut latest: BTreeMap<(i64, i64), Counted> = BTreeMap::new();
    for one in given {
        let kept = merged.kept(one.rating.item);
        let counted = Counted { rating: Rating { item: kept, ..one.rating }, ..one };
        if !merged.stands_for_others(kept) {
            take(counted);
        } else if !merged.is_author(kept, one.rating.rater) {
            let known = latest.entry((kept, one.rating.rater)).or_insert(counted);
            if known.at < counted.at {
                *known = counted;
            }
        }
    }
    latest.into_values().for_each(take);
}

/// A rating: its id, insight, person, department and stars, when it was first given, and when the last time.
pub(super) type GivenRow = (i64, i64, i64, i64, i32, Moment, Moment);

/// Each rating that may count, of all or of those given before a time, at the insight it was given to.
pub(super) fn each_given(
    c: &mut Conn,
    voices: &Voices,
    standings: &Standings,
    until: Option<NaiveDateTime>,
    mut take: impl FnMut(Counted),
) -> QueryResult<()> {
    let authors: HashSet<(i64, i64)> = insight_authors::table
        .inner_join(
            ratings::table.on(ratings::insight_id
                .eq(insight_authors::insight_id)
                .and(ratings::person_id.eq(insight_authors::person_id))),
        )
        .select((insight_authors::insight_id, insight_authors::person_id))
        .load::<(i64, i64)>(c)?
        .into_iter()
        .collect();
    let undone: HashSet<i64> =
        insights::table.filter(insights::undone.eq(true)).select(insights::id).load(c)?.into_iter().collect();
    let mut last = 0;
    loop {
        let rows = ratings::table.filter(ratings::id.gt(last)).order(ratings::id).limit(PAGE).select((
            ratings::id,
            ratings::insight_id,
            ratings::person_id,
            ratings::department_id,
            ratings::value,
            ratings::first_at,
            ratings::at,
        ));
        let page: Vec<GivenRow> = match &mut *c {
            Conn::Sqlite(c) => rows.load(c)?,
            Conn::Postgres(c) => columns::ratings_after(c, last, PAGE)?,
        };
        let Some(&(id, ..)) = page.last() else { return Ok(()) };
        last = id;
        for (_, item, rater, department, value, Moment(first_at), Moment(at)) in page {
            if undone.contains(&item) || authors.contains(&(item, rater)) {
                continue;
            }
            if until.is_some_and(|until| at >= until) {
                continue;
            }
            let Some(department) = voices.of(department, standings.of(item, rater)) else { continue };
            let rating = Rating { item, department, rater, stars: f64::from(value) };
            take(Counted { rating, first_at, at });
        }
    }
}
