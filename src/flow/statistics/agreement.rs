//! How far raters agree beyond chance: Krippendorff's alpha for ordered values.

/// How often each of the five stars was given to one thing.
pub type Stars = [u32; 5];

/// Krippendorff's alpha with the ordinal distance (K. Krippendorff, "Computing Krippendorff's
/// alpha-reliability", 2011, section D): `1 - (n - 1) sum o_ck d_ck / sum n_c n_k d_ck` over pairs of
/// values `c < k`, where `o` are coincidences, each thing with `m` ratings giving `1 / (m - 1)` per pair,
/// and `d_ck = (sum of n_g from c to k - (n_c + n_k) / 2)^2`.
///
/// Things with fewer than two ratings say nothing and are left out. None where no pair is left or only one
/// value was ever given: agreement that could not have been otherwise is not agreement.
pub fn alpha(things: &[Stars]) -> Option<f64> {
    let mut sums = Coincidences::default();
    things.iter().for_each(|stars| sums.add(stars, 1.0));
    sums.alpha()
}

/// The alpha of things, each counted so often: for drawing them again.
pub fn weighted_alpha(things: &[Coincidences], times: &[u32]) -> Option<f64> {
    let mut sums = Coincidences::default();
    for (one, times) in things.iter().zip(times).filter(|(_, times)| **times > 0) {
        for (sum, cell) in sums.0.iter_mut().flatten().zip(one.0.iter().flatten()) {
            *sum += cell * f64::from(*times);
        }
    }
    sums.alpha()
}

/// The matrix of coincidences of one thing or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coincidences([[f64; 5]; 5]);

impl Coincidences {
    /// Those of one thing.
    pub fn of(stars: &Stars) -> Coincidences {
        let mut sums = Coincidences::default();
        sums.add(stars, 1.0);
        sums
    }

    fn add(&mut self, stars: &Stars, times: f64) {
        let ratings: u32 = stars.iter().sum();
        if ratings < 2 {
            return;
        }
        let share = times / f64::from(ratings - 1);
        for (c, row) in self.0.iter_mut().enumerate() {
            for (k, cell) in row.iter_mut().enumerate() {
                let pairs = if c == k { stars[c] * stars[c].saturating_sub(1) } else { stars[c] * stars[k] };
                *cell += f64::from(pairs) * share;
            }
        }
    }

    fn alpha(&self) -> Option<f64> {
        let n_of: [f64; 5] = std::array::from_fn(|c| self.0[c].iter().sum());
        let n: f64 = n_of.iter().sum();
        let (mut observed, mut expected) = (0.0, 0.0);
        for c in 0..5 {
            for k in c + 1..5 {
                let between: f64 = n_of[c..=k].iter().sum();
                let distance = (between - (n_of[c] + n_of[k]) / 2.0).powi(2);
                observed += self.0[c][k] * distance;
                expected += n_of[c] * n_of[k] * distance;
            }
        }
        (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_published_examples() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/krippendorff.json"))
                .expect("JSON");
        for case in oracle["cases"].as_array().expect("cases") {
            let rows: Vec<Vec<Option<f64>>> = serde_json::from_value(case["data"].clone()).expect("rows");
            let mut things = vec![Stars::default(); rows[0].len()];
            for (thing, value) in rows.iter().flat_map(|row| row.iter().enumerate()) {
                if let Some(value) = value {
                    things[thing][*value as usize - 1] += 1;
                }
            }
            let (found, right) = (alpha(&things).expect("alpha"), case["ordinal"].as_f64().expect("alpha"));
            assert!((found - right).abs() < 1e-9, "{}: {found}", case["name"]);
        }
    }

    #[test]
    fn one_value_or_no_pair_is_undefined_and_not_agreement() {
        assert_eq!(alpha(&[]), None);
        assert_eq!(alpha(&[[0, 0, 0, 3, 0], [0, 0, 0, 2, 0]]), None);
        assert_eq!(alpha(&[[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]), None);
    }

    proptest! {
        #[test]
        fn never_above_one_and_the_same_in_any_order(
            mut things in prop::collection::vec(prop::array::uniform5(0_u32..4), 1..30),
        ) {
            let found = alpha(&things);
            let turned: Vec<Stars> = things.iter().map(|s| std::array::from_fn(|k| s[4 - k])).collect();
            things.reverse();
            for other in [alpha(&things), alpha(&turned)] {
                match (found, other) {
                    (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9 && a <= 1.0 + 1e-12),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
            let once: Vec<Coincidences> = things.iter().map(Coincidences::of).collect();
            let again = weighted_alpha(&once, &vec![1; things.len()]);
            prop_assert_eq!(again.is_some(), found.is_some());
            if let (Some(a), Some(b)) = (again, found) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }
}
