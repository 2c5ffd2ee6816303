//! The arithmetic behind the flow figures: pure functions with their sources, tested against published
//! examples and independent solvers (`tests/fixtures/oracles`).

pub mod agreement;
pub mod bootstrap;
pub mod brokerage;
pub mod difference;
pub mod elimination;
pub mod inequality;
pub mod network;
pub mod permutation;
pub mod proportion;
pub mod quantiles;
pub mod rate;
pub mod survival;

/// The 0.975 quantile of the standard normal distribution: 95 % intervals.
pub const Z95: f64 = 1.959_963_984_540_054;
/// The 0.95 quantile: 90 % intervals, which decide whether a change is shown as one.
pub const Z90: f64 = 1.644_853_626_951_472_2;

/// A number with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}
