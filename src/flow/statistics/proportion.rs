//! Shares: so many of so many.

use super::{Estimate, Z90, Z95};

/// The 95 % score interval (E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", JASA 22, 1927), without continuity correction. None for 0 of 0.
///
/// Unlike the textbook interval it stays inside 0 and 1, and is right at 0 and at all.
pub fn wilson(x: u64, n: u64) -> Option<Estimate> {
    if n == 0 || x > n {
        return None;
    }
    let (low, high) = limits(x, n, Z95);
    Some(Estimate { value: x as f64 / n as f64, low, high })
}

fn limits(x: u64, n: u64, z: f64) -> (f64, f64) {
    let (p, n_) = (x as f64 / n as f64, n as f64);
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n_)) / (1.0 + z2 / n_);
    let half = z / (1.0 + z2 / n_) * (p * (1.0 - p) / n_ + z2 / (4.0 * n_ * n_)).sqrt();
    // At the ends the limit is exact; the square root leaves a rounding error there.
    let low = if x == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if x == n { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// Whether two shares differ by more than chance explains: the 90 % interval of their difference by
/// Newcombe's hybrid of two score intervals (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10)
/// leaves 0 out.
pub fn differ(now: (u64, u64), before: (u64, u64)) -> bool {
    if now.1 < 10 || before.1 < 10 || now.0 > now.1 || before.0 > before.1 {
        return false;
    }
    let (a, b) = (now.0 as f64 / now.1 as f64, before.0 as f64 / before.1 as f64);
    let (low_a, high_a) = limits(now.0, now.1, Z90);
    let (low_b, high_b) = limits(before.0, before.1, Z90);
    let low = (a - b) - ((a - low_a).powi(2) + (high_b - b).powi(2)).sqrt();
    let high = (a - b) + ((high_a - a).powi(2) + (b - low_b).powi(2)).sqrt();
    low > 0.0 || high < 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_an_independent_solver() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/wilson.json")).expect("JSON");
        for row in oracle["rows"].as_array().expect("rows") {
            let (x, n) = (row["x"].as_u64().expect("x"), row["n"].as_u64().expect("n"));
            let (low, high) = limits(x, n, row["z"].as_f64().expect("z"));
            for (found, right) in [(low, &row["wilson"][0]), (high, &row["wilson"][1])] {
                assert!((found - right.as_f64().expect("a limit")).abs() < 1e-12, "{row}: {found}");
            }
        }
    }

    #[test]
    fn nothing_of_nothing_has_no_share() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }

    #[test]
    fn a_change_is_one_only_beyond_chance() {
        for (now, before, moved) in
            [((50, 100), (52, 100), false), ((80, 100), (50, 100), true), ((5, 5), (0, 5), false)]
        {
            assert_eq!(differ(now, before), moved, "{now:?} {before:?}");
        }
    }

    proptest! {
        #[test]
        fn stays_inside_and_around(n in 1_u64..100_000, part in 0.0..=1.0_f64) {
            let x = (n as f64 * part) as u64;
            let share = wilson(x, n).expect("a share");
            prop_assert!(0.0 <= share.low && share.low <= share.value);
            prop_assert!(share.value <= share.high && share.high <= 1.0);
        }
    }
}
