//! Whether two numbers differ by more than chance, from their intervals alone.

use super::{Estimate, Z90, Z95};

/// The 90 % interval of `now - before`, of which both have 95 % intervals: each limit lies as far from the
/// difference as the two limits that would bring it there, squared and added (G. Y. Zou and A. Donner,
/// "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27,
/// 2008). For shares it is Newcombe's method 10, for which it was first found. 95 % limits are brought to
/// 90 % by the ratio of the normal quantiles.
pub fn interval(now: Estimate, before: Estimate) -> (f64, f64) {
    let narrow = Z90 / Z95;
    let down = |one: Estimate| (one.value - one.low) * narrow;
    let up = |one: Estimate| (one.high - one.value) * narrow;
    let difference = now.value - before.value;
    (
        difference - (down(now).powi(2) + up(before).powi(2)).sqrt(),
        difference + (up(now).powi(2) + down(before).powi(2)).sqrt(),
    )
}

/// Whether they differ by more than chance explains: the interval leaves 0 out.
pub fn differ(now: Estimate, before: Estimate) -> bool {
    let (low, high) = interval(now, before);
    low > 0.0 || high < 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn estimate(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn two_numbers_differ_only_beyond_both_intervals() {
        for (now, before, moved) in [
            ((4.0, 5.0, 6.0), (4.0, 5.0, 6.0), false),
            ((6.0, 7.0, 8.0), (4.0, 5.0, 6.0), true),
            // 1.1 apart: less than 1.19, the root of 0.84 twice squared.
            ((5.1, 6.1, 7.1), (4.0, 5.0, 6.0), false),
            ((5.2, 6.2, 7.2), (4.0, 5.0, 6.0), true),
            ((0.0, 1.0, 9.0), (4.0, 5.0, 6.0), false),
            ((-0.3, -0.2, -0.1), (0.0, 0.1, 0.2), true),
        ] {
            let of = |(low, value, high)| estimate(low, value, high);
            assert_eq!(differ(of(now), of(before)), moved, "{now:?} {before:?}");
        }
    }

    #[test]
    fn for_normal_limits_it_is_the_textbook_interval() {
        // Standard errors 3 and 4 make 5.
        let (low, high) = interval(
            estimate(10.0 - 3.0 * Z95, 10.0, 10.0 + 3.0 * Z95),
            estimate(2.0 - 4.0 * Z95, 2.0, 2.0 + 4.0 * Z95),
        );
        assert!((low - (8.0 - 5.0 * Z90)).abs() < 1e-12 && (high - (8.0 + 5.0 * Z90)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn holds_the_difference_and_turns_round_with_it(
            a in (-9.0..9.0_f64, 0.0..5.0_f64, 0.0..5.0_f64),
            b in (-9.0..9.0_f64, 0.0..5.0_f64, 0.0..5.0_f64),
        ) {
            let of = |(value, down, up): (f64, f64, f64)| estimate(value - down, value, value + up);
            let (low, high) = interval(of(a), of(b));
            let (back_low, back_high) = interval(of(b), of(a));
            prop_assert!(low <= a.0 - b.0 && a.0 - b.0 <= high);
            prop_assert!((low + back_high).abs() < 1e-9 && (high + back_low).abs() < 1e-9);
            prop_assert_eq!(differ(of(a), of(b)), differ(of(b), of(a)));
        }
    }
}
