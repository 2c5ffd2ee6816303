//! What a trial found, by the draw itself: things alike are put in pairs, a coin decides which of a pair is
//! treated, and the coin alone carries the interval. Nothing is assumed about how often things are opened.

use super::bootstrap::Stream;

/// Up to so many pairs all ways the coins could have fallen are looked at: 32,768.
const MOST_EXACT: usize = 15;
/// With more, so many of them, drawn with the trial's seed.
const DRAWS: usize = 9_999;
/// The part of all ways that a limit leaves outside on its side: 95 % intervals.
const TAIL: f64 = 0.025;
/// From so many pairs on there is an interval: one of 2^6 = 64 ways is less than 2.5 %, one of 32 is not.
pub const FEWEST_PAIRS: usize = 6;
/// Standard errors of a difference that is found 8 times in 10: the normal quantiles 0.975 and 0.8.
const FOUND_8_IN_10: f64 = 1.959_963_984_540_054 + 0.841_621_233_572_914_3;

/// What the pairs say of the mean difference, treated minus not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The mean of the differences.
    pub mean: f64,
    /// The 95 % interval; none with fewer than [`FEWEST_PAIRS`] pairs.
    pub interval: Option<(f64, f64)>,
    /// A true difference of this size would have been found about 8 times in 10.
    pub findable: Option<f64>,
}

impl Effect {
    /// Whether it is more than the coins alone explain.
    pub fn is_beyond_chance(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// Puts `scores` into pairs of neighbours by score and lets a coin choose one of each: for every score its
/// pair, counted from 1, and whether it is treated. With an odd number the largest is left without a
/// partner (pair 0), and a coin decides about it alone. Equal scores come in a random order, so that the
/// order they arrive in decides nothing.
pub fn pairs(scores: &[i64], seed: &str) -> Vec<(u32, bool)> {
    let mut stream = Stream::of(&["pairs", seed]);
    let mut order: Vec<usize> = (0..scores.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, stream.below(at + 1));
    }
    order.sort_by_key(|at| scores[*at]);
    let mut drawn = vec![(0, false); scores.len()];
    for (pair, both) in order.chunks(2).enumerate() {
        let heads = stream.below(2) == 0;
        match both {
            [first, second] => {
                let pair = u32::try_from(pair + 1).unwrap_or(u32::MAX);
                drawn[*first] = (pair, heads);
                drawn[*second] = (pair, !heads);
            }
            [alone] => drawn[*alone] = (0, heads),
            _ => {}
        }
    }
    drawn
}

/// The mean of the differences of pairs, with its interval: the differences `d` that a coin toss for each
/// pair does not refute (R. A. Fisher, "The Design of Experiments", 1935, section 21; for what follows, a
/// treatment adds the same to everything).
///
/// With a true difference of `d`, each `x - d` is as likely as its negative. Turning the signs of a set of
/// pairs round changes the sum by twice the sum of `x - d` over the set, so that a set speaks against `d`
/// exactly where the mean of `x` over it lies on the other side. The limits are therefore quantiles of the
/// means over all sets of pairs but the empty one (J. A. Hartigan, "Using subsample values as typical
/// values", JASA 64, 1969). None without a pair.
pub fn effect(differences: &[f64], seed: &str) -> Option<Effect> {
    let n = differences.len();
    if n == 0 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n as f64;
    let interval = (n >= FEWEST_PAIRS).then(|| {
        let mut means = subset_means(differences, seed);
        means.sort_unstable_by(f64::total_cmp);
        // The empty set always agrees: it is one of the ways too.
        let outside = (TAIL * (means.len() + 1) as f64).ceil() as usize - 1;
        (means[outside - 1], means[means.len() - outside])
    });
    let findable = (n > 1).then(|| {
        let squares: f64 = differences.iter().map(|x| (x - mean).powi(2)).sum();
        FOUND_8_IN_10 * (squares / (n - 1) as f64 / n as f64).sqrt()
    });
    Some(Effect { mean, interval, findable })
}

fn subset_means(differences: &[f64], seed: &str) -> Vec<f64> {
    let n = differences.len();
    let mean = |is_in: &dyn Fn(usize) -> bool| {
        let chosen = differences.iter().enumerate().filter(|(at, _)| is_in(*at));
        let (sum, count) = chosen.fold((0.0, 0_u32), |(sum, count), (_, x)| (sum + x, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    };
    if n <= MOST_EXACT {
        return (1_u32..1 << n).filter_map(|set| mean(&|at| set >> at & 1 == 1)).collect();
    }
    let mut stream = Stream::of(&["permutation", seed]);
    let mut means = Vec::with_capacity(DRAWS);
    while means.len() < DRAWS {
        let set: Vec<bool> = (0..n).map(|_| stream.below(2) == 1).collect();
        means.extend(mean(&|at| set[at]));
    }
    means
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn oracle() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/oracles/permutation.json")).expect("JSON")
    }

    fn differences(row: &serde_json::Value) -> Vec<f64> {
        let numbers = row["differences"].as_array().expect("numbers");
        numbers.iter().map(|x| x.as_f64().expect("a number")).collect()
    }

    #[test]
    fn agrees_with_an_independent_search() {
        for row in oracle()["exact"].as_array().expect("rows") {
            let differences = differences(row);
            let found = effect(&differences, "any").expect("an effect");
            let right = |name: &str| row[name].as_f64().expect("a number");
            let (low, high) = found.interval.expect("an interval");
            for (found, right) in [
                (found.mean, right("mean")),
                (low, right("low")),
                (high, right("high")),
                (found.findable.expect("a size"), right("findable")),
            ] {
                assert!((found - right).abs() < 1e-6, "{row}: {found} instead of {right}");
            }
        }
    }

    #[test]
    fn many_pairs_are_drawn_from_and_come_out_close() {
        for row in oracle()["drawn"].as_array().expect("rows") {
            let differences = differences(row);
            let found = effect(&differences, "fixed").expect("an effect");
            let (low, high) = found.interval.expect("an interval");
            let within = row["within"].as_f64().expect("a number");
            for (found, right) in [(low, &row["low"]), (high, &row["high"])] {
                assert!((found - right.as_f64().expect("a number")).abs() < within, "{row}: {found}");
            }
            assert_eq!(effect(&differences, "fixed"), effect(&differences, "fixed"), "the same seed");
            assert_ne!(effect(&differences, "fixed"), effect(&differences, "other"), "another seed");
        }
    }

    #[test]
    fn too_few_pairs_have_no_interval() {
        assert_eq!(effect(&[], "x"), None);
        for pairs in 1..FEWEST_PAIRS {
            let found = effect(&vec![3.0; pairs], "x").expect("an effect");
            assert_eq!((found.mean, found.interval), (3.0, None));
            assert!(!found.is_beyond_chance());
        }
        let six = effect(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "x").expect("an effect");
        // The second smallest of 63 means would need more pairs: the smallest is that of the first alone.
        assert_eq!(six.interval, Some((1.0, 6.0)));
        assert!(six.is_beyond_chance());
    }

    #[test]
    fn neighbours_are_paired_and_the_odd_one_stands_alone() {
        let scores = [9, 0, 4, 1, 5, 100, 8];
        let drawn = pairs(&scores, "seed");
        let pair_of = |score: i64| drawn[scores.iter().position(|s| *s == score).expect("a score")];
        for (a, b) in [(0, 1), (4, 5), (8, 9)] {
            assert_eq!(pair_of(a).0, pair_of(b).0);
            assert_ne!(pair_of(a).1, pair_of(b).1);
        }
        assert_eq!(pair_of(100).0, 0);
        assert_eq!(drawn, pairs(&scores, "seed"), "the same seed draws the same");
    }

    proptest! {
        #[test]
        fn every_pair_is_halved_whatever_the_scores(
            scores in prop::collection::vec(0_i64..20, 0..60),
            seed in "[a-z]{1,8}",
        ) {
            let drawn = pairs(&scores, &seed);
            let paired = scores.len() / 2;
            for pair in 1..=paired as u32 {
                let both: Vec<usize> = (0..drawn.len()).filter(|at| drawn[*at].0 == pair).collect();
                prop_assert_eq!(both.len(), 2);
                prop_assert_ne!(drawn[both[0]].1, drawn[both[1]].1);
            }
            prop_assert_eq!(drawn.iter().filter(|(pair, _)| *pair == 0).count(), scores.len() % 2);
        }

        #[test]
        fn turns_round_and_moves_with_the_differences(
            differences in prop::collection::vec(-20_i32..20, FEWEST_PAIRS..12),
            by in -9_i32..9,
        ) {
            let of = |f: &dyn Fn(f64) -> f64| {
                let changed: Vec<f64> = differences.iter().map(|x| f(f64::from(*x))).collect();
                effect(&changed, "x").and_then(|effect| effect.interval).expect("an interval")
            };
            let (low, high) = of(&|x| x);
            let mean = differences.iter().sum::<i32>() as f64 / differences.len() as f64;
            prop_assert!(low <= mean + 1e-9 && mean <= high + 1e-9);
            let (back_low, back_high) = of(&|x| -x);
            prop_assert!((low + back_high).abs() < 1e-9 && (high + back_low).abs() < 1e-9);
            let (moved_low, moved_high) = of(&|x| x + f64::from(by));
            prop_assert!((moved_low - low - f64::from(by)).abs() < 1e-9);
            prop_assert!((moved_high - high - f64::from(by)).abs() < 1e-9);
        }
    }

    proptest! {
        // Each looks at all ways of all ways.
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// What the interval promises: with no effect the coins put 0 outside at most once in twenty.
        #[test]
        fn holds_nothing_to_be_found_where_there_is_nothing(sizes in prop::collection::vec(1_i32..30, 6..8)) {
            let ways = 1_u32 << sizes.len();
            let outside = (0..ways)
                .filter(|way| {
                    let differences: Vec<f64> = sizes
                        .iter()
                        .enumerate()
                        .map(|(at, size)| f64::from(if way >> at & 1 == 1 { *size } else { -*size }))
                        .collect();
                    effect(&differences, "x").is_some_and(|effect| effect.is_beyond_chance())
                })
                .count();
            prop_assert!(outside as f64 <= 0.05 * f64::from(ways), "{outside} of {ways}");
        }
    }
}
