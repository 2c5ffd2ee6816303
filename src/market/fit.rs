//! The batch fit: how lenient every rater is, and from that the value of everything.
//!
//! The model and its constants are those of [`super::value`]. Given the values, a rater's leniency is
//!
//! ```text
//! b_u = clip( sum over R_u of (r - mu - v_i - g_id) / (|R_u| + lambda_u), -cap, cap )
//! ```
//!
//! and the map from leniencies to leniencies is a contraction in the largest difference: each predicted
//! value is a non-positive combination of leniencies with total weight
//! `gamma_id = alpha + (1 - alpha) S_i / (lambda_v + S_i) < 1`, `alpha = n_id / (n_id + lambda_g)`, so
//! that the factor is `q = max over u of sum over R_u of gamma / (|R_u| + lambda_u) < 1`; clipping widens
//! nothing. Hence there is one solution, every order of updates reaches it (Bertsekas and Tsitsiklis,
//! "Parallel and Distributed Computation", 1989, section 6.2), and what is left of the error is at most
//! the last step times `q / (1 - q)`, wherever the last sweep began: from sweep to sweep it may begin further on
//! ([`super::leap`]).

use super::leap::Leap;
use super::value::{Estimate, Judgement, Params, estimate};

/// A counted rating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    pub item: i64,
    /// The rater's market department at the time of the rating, as a number.
    pub department: u32,
    pub rater: i64,
    /// 1 to 5.
    pub stars: f64,
}

/// A rater and how generous they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rater {
    pub id: i64,
    /// In stars, within the cap.
    pub leniency: f64,
    /// How many ratings of theirs count.
    pub ratings: u32,
}

/// The solution for a set of ratings.
#[derive(Clone, Debug)]
pub struct Fit {
    /// By id.
    pub raters: Vec<Rater>,
    /// Rated items by id.
    pub items: Vec<(i64, Estimate)>,
    /// How often the raters were gone through.
    pub sweeps: u32,
    /// No leniency is further from the solution than this, in stars.
    pub error_bound: f64,
    /// `q`: at the most, what a sweep leaves of a distance from the solution.
    pub contraction: f64,
}

/// A step below this ends the iteration, in stars. With 1e-9 what remains can be ten times the 1e-8 to
/// which the fit is checked, where a few people have rated nearly everything (`q` near 1).
const STILL: f64 = 1e-12;
/// Sweeps after which none begins further on any more: what is left is the plain iteration, which always ends.
const MOST_LEAPS: u32 = 200;
/// A bound for constants nobody should choose; the usual ones need some thirty to some hundred sweeps.
const MOST_SWEEPS: u32 = 20_000;

/// Solves for a set of ratings, at most one per rater and item. The same set gives the same bits,
/// whatever its order: it is sorted by item, department and rater first.
pub fn fit(params: &Params, ratings: Vec<Rating>) -> Fit {
    fit_from(params, ratings, |_| 0.0)
}

/// As [`fit`], beginning with `start(rater)` instead of zero. The solution is the same.
pub fn fit_from(params: &Params, mut ratings: Vec<Rating>, start: impl Fn(i64) -> f64) -> Fit {
    ratings.sort_unstable_by_key(|rating| (rating.item, rating.department, rating.rater));
    let mut work = Work::new(params, &ratings, start);
    let mut sweeps = 0;
    let mut step = f64::INFINITY;
    let mut leap = Leap::default();
    while step >= STILL && sweeps < MOST_SWEEPS {
        let before = work.leniency.clone();
        let last = std::mem::replace(&mut step, work.sweep(params, &ratings));
        sweeps += 1;
        if step >= STILL && sweeps < MOST_LEAPS {
            leap.from(before, &mut work.leniency, step > last, params.cap);
        }
    }
    let q = work.contraction(params);
    let raters: Vec<Rater> = work
        .raters
        .iter()
        .enumerate()
        .map(|(at, &id)| Rater { id, leniency: work.leniency[at], ratings: work.history(at) })
        .collect();
    let mut items = Vec::with_capacity(work.items.len());
    let mut judgements = Vec::new();
    let mut next = 0;
    for same in ratings.chunk_by(|a, b| a.item == b.item) {
        judgements.clear();
        judgements.extend(same.iter().zip(&work.rater_of[next..]).map(|(rating, &rater)| Judgement {
            department: rating.department,
            stars: rating.stars,
            leniency: raters[rater as usize].leniency,
            history: raters[rater as usize].ratings,
        }));
        next += same.len();
        items.push((same[0].item, estimate(params, &judgements)));
    }
    let error_bound = if ratings.is_empty() { 0.0 } else { step * q / (1.0 - q) };
    Fit { raters, items, sweeps, error_bound, contraction: q }
}

/// All raters of one department of one item.
struct Cell {
    item: u32,
    n: f64,
    /// Of `r - mu - b`.
    sum: f64,
    /// Votes of one of its raters: `s / n`.
    vote: f64,
    /// `n / (n + lambda_g)`.
    own_voice: f64,
}

struct Item {
    /// `lambda_v + S`.
    strength: f64,
    /// Sum over departments of `s m`.
    weighted: f64,
}

/// A rating as its rater has it.
#[derive(Clone, Copy, Default)]
struct Own {
    cell: u32,
    /// `r - mu`.
    above: f64,
}

/// The sums of the iteration, in arrays: a rating costs 24 bytes beside itself.
struct Work {
    cells: Vec<Cell>,
    items: Vec<Item>,
    /// Ids, ascending.
    raters: Vec<i64>,
    leniency: Vec<f64>,
    /// Of each rating.
    cell_of: Vec<u32>,
    rater_of: Vec<u32>,
    /// The ratings of each rater, side by side (a million ratings are slow to find one by one):
    /// `of_rater[first[u]..first[u + 1]]`.
    of_rater: Vec<Own>,
    first: Vec<u32>,
}

impl Work {
    fn new(params: &Params, ratings: &[Rating], start: impl Fn(i64) -> f64) -> Work {
        let mut raters: Vec<i64> = ratings.iter().map(|rating| rating.rater).collect();
        raters.sort_unstable();
        raters.dedup();
        let leniency = raters.iter().map(|&id| start(id).clamp(-params.cap, params.cap)).collect();

        let mut work = Work {
            cells: Vec::new(),
            items: Vec::new(),
            leniency,
            cell_of: Vec::with_capacity(ratings.len()),
            rater_of: Vec::with_capacity(ratings.len()),
            of_rater: vec![Own::default(); ratings.len()],
            first: vec![0; raters.len() + 1],
            raters,
        };
        for same_item in ratings.chunk_by(|a, b| a.item == b.item) {
            let item = work.items.len() as u32;
            let mut votes = 0.0;
            for same_cell in same_item.chunk_by(|a, b| a.department == b.department) {
                let n = same_cell.len() as f64;
                votes += params.votes(n);
                let cell = work.cells.len() as u32;
                work.cell_of.extend(std::iter::repeat_n(cell, same_cell.len()));
                work.cells.push(Cell {
                    item,
                    n,
                    sum: 0.0,
                    vote: params.votes(n) / n,
                    own_voice: params.own_voice(n),
                });
            }
            work.items.push(Item { strength: params.lambda_v + votes, weighted: 0.0 });
        }
        for rating in ratings {
            // Every rater is in the list made from the same ratings.
            let at = work.raters.binary_search(&rating.rater).unwrap_or_default();
            work.rater_of.push(at as u32);
            work.first[at + 1] += 1;
        }
        for at in 1..work.first.len() {
            work.first[at] += work.first[at - 1];
        }
        let mut free = work.first.clone();
        for (at, rating) in ratings.iter().enumerate() {
            let place = &mut free[work.rater_of[at] as usize];
            work.of_rater[*place as usize] = Own { cell: work.cell_of[at], above: rating.stars - params.mu };
            *place += 1;
        }
        work
    }

    fn history(&self, rater: usize) -> u32 {
        self.first[rater + 1] - self.first[rater]
    }

    /// Sums everything anew, so that no rounding error grows from sweep to sweep.
    fn sum(&mut self, params: &Params, ratings: &[Rating]) {
        for cell in &mut self.cells {
            cell.sum = 0.0;
        }
        for (at, rating) in ratings.iter().enumerate() {
            self.cells[self.cell_of[at] as usize].sum +=
                rating.stars - params.mu - self.leniency[self.rater_of[at] as usize];
        }
        for item in &mut self.items {
            item.weighted = 0.0;
        }
        for cell in &self.cells {
            self.items[cell.item as usize].weighted += cell.vote * cell.sum;
        }
    }

    /// Goes through the raters by id and corrects each; returns the largest correction.
    fn sweep(&mut self, params: &Params, ratings: &[Rating]) -> f64 {
        self.sum(params, ratings);
        let mut largest = 0.0_f64;
        for rater in 0..self.raters.len() {
            let own = self.first[rater] as usize..self.first[rater + 1] as usize;
            let mut rest = 0.0;
            for rating in &self.of_rater[own.clone()] {
                let cell = &self.cells[rating.cell as usize];
                let item = &self.items[cell.item as usize];
                let v = item.weighted / item.strength;
                let g = (cell.sum / cell.n - v) * cell.own_voice;
                rest += rating.above - v - g;
            }
            let lenient = rest / (own.len() as f64 + params.lambda_u);
            let lenient = lenient.clamp(-params.cap, params.cap);
            let moved = lenient - self.leniency[rater];
            if moved == 0.0 {
                continue;
            }
            self.leniency[rater] = lenient;
            for rating in &self.of_rater[own] {
                let cell = &mut self.cells[rating.cell as usize];
                cell.sum -= moved;
                self.items[cell.item as usize].weighted -= moved * cell.vote;
            }
            largest = largest.max(moved.abs());
        }
        largest
    }

    /// The factor `q` by which a sweep shrinks what is left, at the most.
    fn contraction(&self, params: &Params) -> f64 {
        let mut q = 0.0_f64;
        for rater in 0..self.raters.len() {
            let own = &self.of_rater[self.first[rater] as usize..self.first[rater + 1] as usize];
            let total: f64 = own
                .iter()
                .map(|rating| {
                    let cell = &self.cells[rating.cell as usize];
                    let alpha = cell.own_voice;
                    let strength = self.items[cell.item as usize].strength;
                    alpha + (1.0 - alpha) * (1.0 - params.lambda_v / strength)
                })
                .sum();
            q = q.max(total / (own.len() as f64 + params.lambda_u));
        }
        q
    }
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
