//! What the value model costs on a large company: the nightly refit, and what follows from a single
//! rating. Computed in memory, on one core; reading and writing the tables is not in it.

use std::time::Instant;

use super::report::Target;
use crate::market::fit::{Rating, fit};
use crate::market::incremental::{Memory, Walk};
use crate::market::value::Params;
use crate::policy::ValuePolicy;

/// Ratings, people and insights of the company that is measured.
const RATINGS: i64 = 1_000_000;
const PEOPLE: u64 = 10_000;
const INSIGHTS: i64 = 100_000;
/// Everything is measured so often and the least is taken: what others do on the machine is not the model.
const TURNS: usize = 3;
/// Single ratings measured.
const SINGLE: usize = 2_000;

/// A figure of the model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub notes: Vec<String>,
    pub targets: Vec<Target>,
}

/// Measures the refit of a million ratings of ten thousand people, and single ratings on top of it.
pub fn measure() -> Model {
    let mut state = 1_u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut rated = std::collections::HashSet::new();
    let mut ratings = Vec::with_capacity(RATINGS as usize);
    // Every rater has a leniency and every insight a worth, so that there is something to find.
    let mut rating = |item: i64, dice: &mut dyn FnMut(u64) -> u64| loop {
        let rater = dice(PEOPLE) as i64;
        if rated.insert((item, rater)) {
            let stars = 1 + (item % 3 + rater % 2 + dice(3) as i64 - i64::from(rater % 7 == 0)).clamp(0, 4);
            return Rating { item, department: (rater % 12) as u32, rater, stars: stars as f64 };
        }
    };
    for at in 0..RATINGS {
        ratings.push(rating(at % INSIGHTS, &mut dice));
    }
    let (params, policy) = (Params::V1, ValuePolicy::default());
    let mut refit = f64::INFINITY;
    let mut solution = fit(&params, Vec::new());
    for _ in 0..TURNS {
        let all = ratings.clone();
        let begun = Instant::now();
        solution = fit(&params, all);
        refit = refit.min(begun.elapsed().as_secs_f64());
    }

    let mut memory = Memory::new(&params, &ratings, &solution.raters);
    let mut times = Vec::with_capacity(SINGLE);
    let mut looked_at = 0;
    for _ in 0..SINGLE {
        let item = dice(INSIGHTS as u64) as i64;
        let new = rating(item, &mut dice);
        memory.add(&params, &new);
        let raters = memory.raters_of(item);
        let mut least = f64::INFINITY;
        let mut last = None;
        for _ in 0..TURNS {
            let begun = Instant::now();
            let mut walk = Walk::new(params, policy.tau, &mut memory);
            walk.push(new.rater);
            raters.iter().for_each(|other| walk.push(*other));
            let Ok(popped) = walk.run(policy.p_max as usize);
            let walked = walk.finish();
            least = least.min(begun.elapsed().as_secs_f64() * 1000.0);
            last = Some((popped, walked));
        }
        if let Some((popped, walked)) = last {
            looked_at += popped;
            memory.absorb(&walked);
        }
        times.push(least);
    }
    times.sort_by(f64::total_cmp);
    let quantile = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
    Model {
        notes: vec![
            format!(
                "refit of {RATINGS} ratings of {PEOPLE} people: {refit:.2} s, {} sweeps, error at most {:.1e} star",
                solution.sweeps, solution.error_bound
            ),
            format!(
                "a single rating on top of them: p50 {:.3} ms, p99 {:.3} ms, {:.1} raters looked at",
                quantile(0.5),
                quantile(0.99),
                looked_at as f64 / SINGLE as f64
            ),
        ],
        targets: vec![
            Target::at_most("refit of a million ratings on one core", refit, 3.0, " s"),
            Target::at_most("computation of a single rating, p99", quantile(0.99), 2.0, " ms"),
        ],
    }
}
