//! The tables of the market: ratings and reveals, and what they say.

pub mod lots;
pub mod ratings;
pub mod refit;
pub mod report;
pub mod values;

use std::collections::HashMap;

/// The market's department of a department: the first part of its path, after case folding.
pub(crate) fn market_department(folded_path: &str) -> &str {
    folded_path.split('/').next().unwrap_or_default()
}

/// Numbers for the market's departments, in the order of their names: the same ratings give the same
/// numbers' order, and with it the same sums to the last bit, wherever they are loaded.
pub(crate) fn numbered<'a>(folded_paths: impl IntoIterator<Item = &'a str>) -> HashMap<String, u32> {
    let mut names: Vec<&str> = folded_paths.into_iter().map(market_department).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).zip(0..).collect()
}
