//! `value_changes` and `value_queue`: what a rating leaves to be done behind the request. The request
//! recomputes its own insight and adds one row here; a job, on one node at a time, corrects leniencies and
//! what follows from them.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::merged::Merged;
use super::recompute::{self, JudgedRow, Rated, Why, counted, judged};
use super::{state, values};
use crate::db::Conn;
use crate::db::fragments::{FEW, in_few};
use crate::db::schema::{insights, raters, ratings, value_cells, value_changes, value_queue};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::market::incremental::{Cell, CoRater, Own, Source, Walk};

/// Rows of `value_changes` taken in one transaction: few, so that on SQLite a rating never waits long for
/// the job.
const TAKE: i64 = 4;
/// Waiting raters looked at to know how much is left.
const SAMPLE: usize = 50;

/// Notes that the ratings of an insight changed.
pub(super) fn changed(c: &mut Conn, insight_id: i64) -> QueryResult<()> {
    diesel::insert_into(value_changes::table)
        .values(value_changes::insight_id.eq(insight_id))
        .execute(c)
        .map(|_| ())
}

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drained {
    /// Insights whose ratings had changed.
    pub changed: usize,
    /// Raters looked at.
    pub looked_at: usize,
    /// Of these, those whose leniency was corrected.
    pub corrected: usize,
    /// Insights whose value followed.
    pub followed: usize,
    /// Raters that still wait.
    pub waiting: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} insights changed; {} raters looked at, {} corrected; {} values followed; {} raters wait",
            self.changed, self.looked_at, self.corrected, self.followed, self.waiting
        )
    }
}

/// A turn, in the caller's transaction: takes what changed, looks at up to `p_max` raters, and
/// keeps the rest for the next turn.
///
/// # Errors
/// What the database says.
pub fn drain(c: &mut Conn, now: NaiveDateTime) -> AppResult<Drained> {
    let known = state::lock(c)?;
    let changes: Vec<(i64, i64)> = value_changes::table
        .order(value_changes::id)
        .limit(TAKE)
        .select((value_changes::id, value_changes::insight_id))
        .load(c)?;
    let waiting: Vec<i64> =
        value_queue::table.order(value_queue::id).select(value_queue::person_id).load(c)?;
    if changes.is_empty() && waiting.is_empty() {
        return Ok(Drained::default());
    }
    let epoch = values::epoch(c)?;
    let insights: BTreeSet<i64> = changes.iter().map(|(_, insight)| *insight).collect();
    let insights: Vec<i64> = insights.into_iter().collect();
    // One by one: on another node a rating may have taken a smaller number and not be committed yet.
    for (id, _) in &changes {
        diesel::delete(value_changes::table.find(*id)).execute(c)?;
    }
    // A rating that was on its way while the last turn corrected its rater was computed with the leniency
    // of before.
    recompute::many(c, &insights, |_| Why::Leniencies, now)?;

    let merged = Merged::all(c)?;
    let mut tables = Tables { c, merged, voices: HashMap::new() };
    let first = tables.raters_of(&insights)?;
    let mut walk = Walk::new(epoch.params(), epoch.policy.tau, &mut tables);
    for rater in waiting.into_iter().chain(first.into_iter().map(|(_, rater)| rater.rater)) {
        walk.push(rater);
    }
    let most = usize::try_from(epoch.policy.p_max).unwrap_or(usize::MAX);
    let looked_at = walk.run(most)?;
    let residual = walk.residual(SAMPLE)?;
    let walked = walk.finish();

    for (person_id, leniency) in &walked.moved {
        diesel::update(raters::table.find(*person_id)).set(raters::leniency.eq(*leniency)).execute(c)?;
    }
    recompute::many(c, &walked.touched, |_| Why::Leniencies, now)?;
    diesel::delete(value_queue::table).execute(c)?;
    for part in walked.waiting.chunks(1_000) {
        let rows: Vec<_> = part.iter().map(|person_id| value_queue::person_id.eq(*person_id)).collect();
        each_db!(c, c => diesel::insert_into(value_queue::table).values(&rows).execute(c))?;
    }
    state::drained(c, known.factor.max(walked.q), residual, now)?;
    Ok(Drained {
        changed: insights.len(),
        looked_at,
        corrected: walked.moved.len(),
        followed: walked.touched.len(),
        waiting: walked.waiting.len(),
        more: !walked.waiting.is_empty() || changes.len() == usize::try_from(TAKE).unwrap_or_default(),
    })
}

/// Forgets what waits: a refit has done it all.
pub(super) fn clear(c: &mut Conn) -> QueryResult<()> {
    diesel::delete(value_changes::table).execute(c)?;
    diesel::delete(value_queue::table).execute(c)?;
    Ok(())
}

/// The tables as a walk sees them.
struct Tables<'c> {
    c: &'c mut Conn,
    merged: Merged,
    /// Numbers of voices met so far.
    voices: HashMap<String, u32>,
}

impl Tables<'_> {
    fn voice(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.voices.len()).unwrap_or(u32::MAX);
        *self.voices.entry(name).or_insert(next)
    }
}

impl Source for Tables<'_> {
    type Error = AppError;

    fn rater(&mut self, rater: i64) -> AppResult<(f64, Vec<Own>)> {
        let there = diesel::dsl::exists(
            insights::table.filter(insights::id.eq(ratings::insight_id)).filter(insights::undone.eq(false)),
        );
        let rows = judged!(ratings::person_id.eq(rater).and(there)).load::<JudgedRow>(self.c)?;
        let rated = counted(rows, &self.merged);
        let leniency = rated.first().map_or(0.0, |rated| rated.leniency);
        let own = rated
            .into_iter()
            .map(|rated| Own { item: rated.insight_id, voice: self.voice(rated.voice), stars: rated.stars })
            .collect();
        Ok((leniency, own))
    }

    fn cells(&mut self, items: &[i64]) -> AppResult<Vec<(i64, Cell)>> {
        let mut cells = Vec::new();
        for part in items.chunks(FEW) {
            let rows: Vec<(i64, String, i32, f64)> = value_cells::table
                .filter(in_few(value_cells::insight_id, part))
                .order((value_cells::insight_id, value_cells::voice))
                .select((value_cells::insight_id, value_cells::voice, value_cells::n, value_cells::sum))
                .load(self.c)?;
            for (item, voice, n, sum) in rows {
                cells.push((item, Cell { voice: self.voice(voice), n: f64::from(n), sum }));
            }
        }
        Ok(cells)
    }

    fn raters_of(&mut self, items: &[i64]) -> AppResult<Vec<(i64, CoRater)>> {
        let rated = recompute::rated(self.c, items, &self.merged)?;
        let co_rater = |rated: &Rated| CoRater { rater: rated.person_id, ratings: rated.history };
        Ok(rated.iter().map(|rated| (rated.insight_id, co_rater(rated))).collect())
    }
}
