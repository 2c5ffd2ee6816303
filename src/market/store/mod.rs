//! The tables of the market: ratings and reveals, and what they say.

pub mod accounts;
pub mod agreed;
mod columns;
pub mod lots;
mod merged;
pub mod queue;
pub mod ratings;
mod recompute;
pub mod refit;
pub mod report;
mod settled;
pub mod standing;
pub mod state;
pub mod values;
mod voices;
pub mod worth;

/// The market's department of a department: the first part of its path, after case folding.
pub(crate) fn market_department(folded_path: &str) -> &str {
    folded_path.split('/').next().unwrap_or_default()
}
