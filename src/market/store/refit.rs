//! The refit: all leniencies and values anew, from all ratings.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::values::{self, STORED, Stored};
use super::{market_department, numbered};
use crate::db::Conn;
use crate::db::schema::{
    departments, insight_authors, insight_values, insights, raters, ratings, value_epochs,
};
use crate::each_db;
use crate::error::AppResult;
use crate::market::fit::{self, Rater, Rating};
use crate::market::label::label;
use crate::market::shown::Known;
use crate::market::value::{Estimate, Params, estimate, new_mu};

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
/// differ by 0.05 or more. On PostgreSQL ratings wait meanwhile, reading does not.
///
/// # Errors
/// What the database says.
pub fn refit(c: &mut Conn, now: NaiveDateTime) -> AppResult<Refitted> {
    // Waits for ratings under way and holds back new ones: a rating stored between our reading and our
    // writing would be missing from the value until the next refit.
    if let Conn::Postgres(c) = c {
        c.batch_execute("LOCK TABLE insight_values IN EXCLUSIVE MODE")?;
    }
    start_missing(c)?;
    let departments = Departments::load(c)?;
    let all = counted(c, &departments)?;
    let ratings = all.len();
    let (mut epoch_id, mut mu) = values::epoch(c)?;
    let due = new_mu(mu, all.iter().map(|rating| rating.stars).sum(), ratings as f64);
    if let Some(due) = due {
        diesel::insert_into(value_epochs::table)
            .values((value_epochs::mu.eq(due), value_epochs::started_at.eq(now)))
            .execute(c)?;
        (epoch_id, mu) = values::epoch(c)?;
    }
    let params = Params { mu, ..Params::V1 };
    let fit = fit::fit(&params, all);
    replace_raters(c, &fit.raters)?;
    let (insights, shown) = replace_values(c, &params, epoch_id, &departments, &fit.items, now)?;
    Ok(Refitted {
        ratings,
        raters: fit.raters.len(),
        insights,
        sweeps: fit.sweeps,
        error_bound: fit.error_bound,
        mu,
        new_epoch: due.is_some(),
        shown,
    })
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

/// Writes every insight's value (`estimates` by id; what is not among them is unrated); returns how many there are and how many shown values were renewed.
fn replace_values(
    c: &mut Conn,
    params: &Params,
    epoch_id: i64,
    departments: &Departments,
    estimates: &[(i64, Estimate)],
    now: NaiveDateTime,
) -> QueryResult<(usize, usize)> {
    let unrated = estimate(params, &[]);
    let (mut last, mut insights, mut renewed) = (0, 0, 0);
    loop {
        let page: Vec<(i64, Stored, i32, NaiveDateTime, i64)> = insight_values::table
            .inner_join(insights::table)
            .filter(insight_values::insight_id.gt(last))
            .order(insight_values::insight_id)
            .limit(1_500) // 17 columns each: under the 32,766 parameters of SQLite
            .select((
                insight_values::insight_id,
                STORED,
                insight_values::uses,
                insight_values::contributed_at,
                insights::department_id,
            ))
            .load(c)?;
        let Some(&(id, ..)) = page.last() else {
            return Ok((insights, renewed));
        };
        last = id;
        insights += page.len();
        let mut rows = Vec::with_capacity(page.len());
        for (insight_id, stored, uses, contributed_at, department_id) in page {
            let estimate = estimates
                .binary_search_by_key(&insight_id, |(id, _)| *id)
                .map_or(&unrated, |at| &estimates[at].1);
            let label = label(estimate, Some(departments.number(department_id)), Some(stored.label()));
            let known = Known {
                raters: values::count(estimate.raters),
                value: estimate.value,
                sd: estimate.sd,
                label,
            };
            let before = stored.shown();
            let shown = before.after_refit(&known, now);
            renewed += usize::from(shown != before);
            rows.push(values::Row {
                insight_id,
                uses,
                contributed_at,
                change: values::change(epoch_id, estimate, label, &shown, now),
            });
        }
        values::put_many(c, &rows)?;
    }
}

/// The market's departments of all departments, as numbers, and by department.
pub(super) struct Departments {
    number_of: HashMap<i64, u32>,
}

impl Departments {
    pub(super) fn load(c: &mut Conn) -> QueryResult<Departments> {
        let rows: Vec<(i64, String)> =
            departments::table.select((departments::id, departments::folded_path)).load(c)?;
        let numbers = numbered(rows.iter().map(|(_, path)| path.as_str()));
        let number_of = rows
            .iter()
            .map(|(id, path)| (*id, numbers.get(market_department(path)).copied().unwrap_or_default()))
            .collect();
        Ok(Departments { number_of })
    }

    pub(super) fn number(&self, department_id: i64) -> u32 {
        self.number_of.get(&department_id).copied().unwrap_or_default()
    }
}

/// All counted ratings: not those of an insight's authors, nor of an insight that was undone.
pub(super) fn counted(c: &mut Conn, departments: &Departments) -> QueryResult<Vec<Rating>> {
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
    let total: i64 = ratings::table.count().get_result(c)?;
    let mut all = Vec::with_capacity(usize::try_from(total).unwrap_or_default());
    let mut last = 0;
    loop {
        let page: Vec<(i64, i64, i64, i64, i32)> = ratings::table
            .filter(ratings::id.gt(last))
            .order(ratings::id)
            .limit(PAGE)
            .select((
                ratings::id,
                ratings::insight_id,
                ratings::person_id,
                ratings::department_id,
                ratings::value,
            ))
            .load(c)?;
        let Some(&(id, ..)) = page.last() else {
            return Ok(all);
        };
        last = id;
        all.extend(
            page.into_iter()
                .filter(|(_, item, rater, ..)| !undone.contains(item) && !authors.contains(&(*item, *rater)))
                .map(|(_, item, rater, department, value)| Rating {
                    item,
                    department: departments.number(department),
                    rater,
                    stars: f64::from(value),
                }),
        );
    }
}
