//! What an insight is worth: the closed form of one insight, given how lenient its raters are.
//!
//! The model (policy `V1`) explains a rating `r` of rater `u` in department `d` of insight `i` as
//! `mu + b_u + v_i + g_id + noise`: a common level, the rater's leniency, the insight's value, and what
//! the department sees in it beyond that. It minimises
//!
//! ```text
//! sum (r - mu - b_u - v_i - g_id)^2 + lambda_u sum b_u^2 + lambda_v sum v_i^2 + lambda_g sum g_id^2
//! subject to |b_u| <= cap
//! ```
//!
//! which is the posterior mode of a crossed random-effects model with `lambda_x = sigma2 / variance of x`
//! (ridge regression in three blocks; Gao and Owen, "Efficient moment calculations for variance
//! components in large unbalanced crossed random effects models", Electronic Journal of Statistics 11,
//! 2017, for estimating the constants by moments). Given the leniencies the rest has a closed form,
//! [`estimate`]; [`super::fit`] finds the leniencies.
//!
//! All values are in stars. The fit never clips; only what is shown is clipped to 1 to 5.

use crate::policy::ValuePolicy;

/// The constants of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Neutral ratings with which a rater's leniency begins: the noise's variance over that of leniency.
    pub lambda_u: f64,
    /// Neutral votes with which an insight begins: the noise's variance over that of values.
    pub lambda_v: f64,
    /// The most a department can ever say, in votes; infinite means that departments do not matter and
    /// every rating is a vote of its own.
    pub lambda_g: f64,
    /// The common level in stars: what an insight is worth of which nothing is known.
    pub mu: f64,
    /// The most by which a rating is corrected for leniency, in stars.
    pub cap: f64,
    /// The variance of a single rating around what the model expects, in squared stars.
    pub sigma2: f64,
    /// How many standard deviations the lower bound lies below the value.
    pub z: f64,
}

impl Params {
    /// Policy `V1` with the first `mu`. Three neutral votes and three neutral ratings did as well as the
    /// best of 64 combinations on public rating data; `z` is the 90 % quantile of the normal distribution.
    pub const V1: Params = Params {
        lambda_u: 3.0,
        lambda_v: 3.0,
        lambda_g: 3.0,
        mu: 3.0,
        cap: 1.0,
        sigma2: 0.8,
        z: 1.281_551_565_544_600_4,
    };

    /// The constants a company has chosen, with the `mu` of the epoch.
    pub fn of(policy: &ValuePolicy, mu: f64) -> Params {
        let ValuePolicy { lambda_u, lambda_v, lambda_g, cap, sigma2, z, .. } = *policy;
        Params { lambda_u, lambda_v, lambda_g, mu, cap, sigma2, z }
    }

    /// Reads `name=number` pairs separated by commas over these constants; `lambda_g` may be `inf`.
    ///
    /// # Errors
    /// One sentence naming the pair that is wrong and what would be right.
    pub fn with(self, pairs: &str) -> Result<Params, String> {
        let mut params = self;
        for pair in pairs.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, number) = pair
                .split_once('=')
                .ok_or_else(|| format!("\"{pair}\" must be name=number, as in lambda_u=3"))?;
            let (name, number) = (name.trim(), number.trim());
            let value: f64 = number
                .parse()
                .ok()
                .filter(|value: &f64| !value.is_nan())
                .ok_or_else(|| format!("{name}: \"{number}\" is not a number"))?;
            match name {
                "lambda_u" => params.lambda_u = value,
                "lambda_v" => params.lambda_v = value,
                "lambda_g" => params.lambda_g = value,
                "mu" => params.mu = value,
                "cap" => params.cap = value,
                "sigma2" => params.sigma2 = value,
                "z" => params.z = value,
                _ => {
                    return Err(format!(
                        "\"{name}\" is not a constant of the model; these are: lambda_u, lambda_v, lambda_g, mu, cap, sigma2, z"
                    ));
                }
            }
        }
        params.check().map(|()| params)
    }

    /// Whether the fit has one solution and reaches it.
    fn check(&self) -> Result<(), String> {
        let wrong = |name: &str, right: &str| Err(format!("{name} must be {right}"));
        if !(self.lambda_u >= 0.0 && self.lambda_u.is_finite()) {
            return wrong("lambda_u", "zero or a positive number");
        }
        if !(self.lambda_v > 0.0 && self.lambda_v.is_finite()) {
            return wrong("lambda_v", "a positive number");
        }
        if self.lambda_g <= 0.0 {
            return wrong("lambda_g", "a positive number, or inf");
        }
        if !self.mu.is_finite() {
            return wrong("mu", "a number of stars");
        }
        if self.cap < 0.0 {
            return wrong("cap", "zero or a positive number of stars, or inf");
        }
        if !(self.sigma2 > 0.0 && self.sigma2.is_finite()) {
            return wrong("sigma2", "a positive number");
        }
        if !self.z.is_finite() {
            return wrong("z", "a number");
        }
        Ok(())
    }

    /// Votes of a department with `n` raters: `n lambda_g / (n + lambda_g)`, always under `lambda_g`.
    pub fn votes(&self, n: f64) -> f64 {
        n / (1.0 + n / self.lambda_g)
    }

    /// How far a department's own view follows its mean: `n / (n + lambda_g)`, from 0 to 1.
    pub fn own_voice(&self, n: f64) -> f64 {
        n / (n + self.lambda_g)
    }
}

/// A counted rating of the insight in question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The rater's market department (first part of the path at the time of the rating), as a number.
    pub department: u32,
    /// 1 to 5.
    pub stars: f64,
    /// How generous this rater usually is, in stars, within the cap.
    pub leniency: f64,
    /// How many ratings of this rater count altogether, this one included.
    pub history: u32,
}

/// What the ratings of an insight say.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Counted raters.
    pub raters: usize,
    /// Votes of all departments together, without the neutral ones.
    pub votes: f64,
    /// Stars, unrounded and unclipped; at most one star outside 1 to 5.
    pub value: f64,
    /// Standard deviation of the value, in stars.
    pub sd: f64,
    /// The value is above this with a probability of 90 % (at the usual `z`), in stars.
    pub lower: f64,
    /// The departments that have rated, by number.
    pub departments: Vec<DepartmentView>,
}

/// How one department sees an insight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepartmentView {
    pub department: u32,
    pub raters: usize,
    /// What the insight is worth to this department, in stars, shrunk towards the value.
    pub value: f64,
    /// Of its raters' stars less `mu` less their leniency.
    pub sum: f64,
}

struct Cell {
    department: u32,
    n: f64,
    sum: f64,
}

/// The closed form of one insight given the leniencies of its raters. With `y = r - mu - b_u` and `n`,
/// `m` the count and mean of `y` in a department:
///
/// ```text
/// s_d = n lambda_g / (n + lambda_g)                 votes of the department
/// S   = sum s_d                                     votes of the insight
/// v   = sum s_d m_d / (lambda_v + S)                value = mu + v
/// g_d = n (m_d - v) / (n + lambda_g)                department view = mu + v + g_d
/// sd2 = sigma2 (1 / (lambda_v + S) + sum_u w_u2 / (|R_u| + lambda_u)),  w_u = (s_d / n) / (lambda_v + S)
/// ```
///
/// The second part of `sd2` is the doubt about the leniencies; against the exact posterior `sd` is within
/// half a percent. No rating: the value is `mu` and `sd` its prior width.
pub fn estimate(params: &Params, judgements: &[Judgement]) -> Estimate {
    let mut cells: Vec<Cell> = Vec::new();
    for judgement in judgements {
        let y = judgement.stars - params.mu - judgement.leniency;
        match cells.iter_mut().find(|cell| cell.department == judgement.department) {
            Some(cell) => {
                cell.n += 1.0;
                cell.sum += y;
            }
            None => cells.push(Cell { department: judgement.department, n: 1.0, sum: y }),
        }
    }
    cells.sort_unstable_by_key(|cell| cell.department);

    let mut votes = 0.0;
    let mut weighted = 0.0;
    for cell in &cells {
        let s = params.votes(cell.n);
        votes += s;
        weighted += s / cell.n * cell.sum;
    }
    let strength = params.lambda_v + votes;
    let v = weighted / strength;

    let mut doubt = 1.0 / strength;
    for judgement in judgements {
        let n = cells.iter().find(|cell| cell.department == judgement.department).map_or(1.0, |cell| cell.n);
        let w = params.votes(n) / n / strength;
        doubt += w * w / (f64::from(judgement.history) + params.lambda_u);
    }
    let sd = (params.sigma2 * doubt).sqrt();
    let value = params.mu + v;
    let departments = cells
        .iter()
        .map(|cell| DepartmentView {
            department: cell.department,
            raters: cell.n as usize,
            value: value + (cell.sum / cell.n - v) * params.own_voice(cell.n),
            sum: cell.sum,
        })
        .collect();
    Estimate { raters: judgements.len(), votes, value, sd, lower: value - params.z * sd, departments }
}

/// The `mu` of a new epoch, if one is due: `mu* = (30 * 3.0 + sum of ratings) / (30 + their number)`, with
/// the policy's first `mu` and its weight, when it differs from the one in force by at least the policy's
/// step. Inside an epoch it is frozen, so that values are never silently rescaled.
pub fn new_mu(policy: &ValuePolicy, in_force: f64, sum: f64, n: f64) -> Option<f64> {
    let mu = (policy.mu_weight * policy.mu + sum) / (policy.mu_weight + n);
    ((mu - in_force).abs() >= policy.epoch_step).then_some(mu)
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
