//! Rates of events over exposure.

use statrs::function::gamma::{gamma_lr, ln_gamma};

use super::{Estimate, Z90, difference};

/// The exact 95 % interval of a Poisson mean from one count (F. Garwood, "Fiducial limits for the
/// Poisson distribution", Biometrika 28, 1936): quantiles of the gamma distribution, which are halves of
/// those of chi-square with 2x and 2x + 2 degrees of freedom.
///
/// For a count of 0 it is [0, 3.69].
pub fn garwood(count: u64) -> (f64, f64) {
    let x = count as f64;
    let low = if count == 0 { 0.0 } else { gamma_quantile(0.025, x) };
    (low, gamma_quantile(0.975, x + 1.0))
}

/// `count / exposure` with Garwood's interval; none without exposure.
pub fn rate(count: u64, exposure: f64) -> Option<Estimate> {
    (exposure > 0.0 && exposure.is_finite()).then(|| {
        let (low, high) = garwood(count);
        Estimate { value: count as f64 / exposure, low: low / exposure, high: high / exposure }
    })
}

/// Whether two rates differ by more than chance explains: the 90 % interval of their difference leaves 0 out.
/// From 10 events on either side on by the normal approximation; of fewer, down to none at all, from Garwood's
/// limits of both ([`difference`]), which err on the side of chance.
pub fn differ(now: (u64, f64), before: (u64, f64)) -> bool {
    if now.0 < 10 || before.0 < 10 {
        let limits = rate(now.0, now.1).zip(rate(before.0, before.1));
        return limits.is_some_and(|(now, before)| difference::differ(now, before));
    }
    let (a, b) = (now.0 as f64, before.0 as f64);
    let difference = a / now.1 - b / before.1;
    now.1 > 0.0
        && before.1 > 0.0
        && difference.abs() > Z90 * (a / now.1.powi(2) + b / before.1.powi(2)).sqrt()
}

/// The quantile `p` of the gamma distribution with `shape` and rate 1: Newton's method from the
/// Wilson-Hilferty approximation, inside a bracket that halves when a step leaves it.
fn gamma_quantile(p: f64, shape: f64) -> f64 {
    let z = if p < 0.5 { -super::Z95 } else { super::Z95 };
    let start = shape * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt())).powi(3);
    let mut x = start.max(1e-8);
    let (mut below, mut above) = (0.0_f64, f64::INFINITY);
    for _ in 0..100 {
        let error = gamma_lr(shape, x) - p;
        if error < 0.0 {
            below = x
        } else {
            above = x
        }
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        let mut next = x - error / density;
        if !(next > below && next < above) {
            next = if above.is_finite() { (below + above) / 2.0 } else { x * 2.0 };
        }
        if (next - x).abs() <= 1e-13 * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_published_limits() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/poisson.json")).expect("JSON");
        for row in oracle["rows"].as_array().expect("rows") {
            let (low, high) = garwood(row["x"].as_u64().expect("x"));
            for (found, right) in [(low, &row["ci95"][0]), (high, &row["ci95"][1])] {
                let right = right.as_f64().expect("a limit");
                assert!((found - right).abs() <= 1e-9 * right.max(1.0), "{row}: {found}");
            }
        }
    }

    #[test]
    fn no_exposure_no_rate() {
        assert_eq!(rate(3, 0.0), None);
        assert_eq!(rate(0, 2.0).map(|r| (r.value, r.low)), Some((0.0, 0.0)));
    }

    #[test]
    fn a_change_is_more_than_chance_explains_also_of_small_counts() {
        for (now, before, moved) in [
            ((200, 1.0), (100, 1.0), true),
            ((105, 1.0), (100, 1.0), false),
            // From nothing to much is a change, from nothing to a few is none.
            ((600, 1.0), (0, 1.0), true),
            ((0, 1.0), (600, 1.0), true),
            ((3, 1.0), (0, 1.0), false),
            ((9, 1.0), (12, 1.0), false),
            ((9, 1.0), (100, 1.0), true),
            ((0, 1.0), (0, 1.0), false),
            ((600, 1.0), (0, 0.0), false),
            ((600, 0.0), (600, 1.0), false),
        ] {
            assert_eq!(differ(now, before), moved, "{now:?} {before:?}");
        }
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_count(count in 0_u64..2_000_000) {
            let (low, high) = garwood(count);
            prop_assert!(low.is_finite() && high.is_finite());
            prop_assert!(low <= count as f64 && (count as f64) < high);
        }
    }
}
