//! How unevenly something is spread over people.

/// The Gini coefficient over everybody, people with nothing included:
/// `sum((2k - n - 1) x_(k)) / (n sum x)` with x sorted upwards (C. Gini 1912, in the form of M. O.
/// Lorenz's curve; not corrected by n/(n-1)). 0: everybody the same; towards 1: one has all. None where
/// there is nobody or nothing.
pub fn gini(counts: &[u64]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let weighted: f64 =
        sorted.iter().enumerate().map(|(k, &x)| (2.0 * (k as f64 + 1.0) - n - 1.0) * x as f64).sum();
    Some(weighted / (n * total as f64))
}

/// How many people are the busiest `percent` per cent, rounded up.
pub fn top_people(people: usize, percent: usize) -> usize {
    (people * percent).div_ceil(100)
}

/// What the busiest `people` did, and what all did.
pub fn top_sum(counts: &[u64], people: usize) -> (u64, u64) {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    (sorted.iter().take(people).sum(), sorted.iter().sum())
}

/// What people did, ascending, to be summed up for a draw of them again and again.
#[derive(Clone, Debug)]
pub struct Spread(Vec<u64>);

impl Spread {
    /// From what each person did, in any order.
    pub fn new(mut counts: Vec<u64>) -> Spread {
        counts.sort_unstable();
        Spread(counts)
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        self.0.len()
    }

    /// [`gini`] of people drawn so often each.
    pub fn gini(&self, times: &[u32]) -> Option<f64> {
        let (mut weighted, mut total, mut before) = (0.0, 0.0, 0.0);
        let n: f64 = times.iter().map(|times| f64::from(*times)).sum();
        for (x, times) in self.0.iter().zip(times) {
            let (x, times) = (*x as f64, f64::from(*times));
            // The ranks before + 1 to before + times have 2k - n - 1 on average at their middle.
            weighted += x * times * (2.0 * before + times - n);
            total += x * times;
            before += times;
        }
        (total > 0.0).then(|| weighted / (n * total))
    }

    /// The part that the busiest `top` did of people drawn so often each.
    pub fn top_share(&self, times: &[u32], top: usize) -> Option<f64> {
        let (mut left, mut done, mut total) = (top as f64, 0.0, 0.0);
        for (x, times) in self.0.iter().zip(times).rev() {
            let (x, times) = (*x as f64, f64::from(*times));
            done += x * times.min(left);
            left -= times.min(left);
            total += x * times;
        }
        (total > 0.0).then(|| done / total)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_published_examples() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/gini.json")).expect("JSON");
        for row in oracle["rows"].as_array().expect("rows") {
            let x: Vec<u64> = serde_json::from_value(row["x"].clone()).expect("counts");
            match (gini(&x), row["gini"].as_f64()) {
                (None, None) => {}
                (Some(found), Some(right)) => assert!((found - right).abs() < 1e-12, "{row}: {found}"),
                other => panic!("{row}: {other:?}"),
            }
        }
    }

    #[test]
    fn one_in_a_hundred_is_rounded_up() {
        for (people, percent, top) in [(536, 1, 6), (100, 1, 1), (101, 1, 2), (0, 10, 0), (9, 10, 1)] {
            assert_eq!(top_people(people, percent), top);
        }
        assert_eq!(top_sum(&[1, 5, 0, 2], 2), (7, 8));
    }

    proptest! {
        #[test]
        fn drawn_people_have_the_figures_of_their_list(
            people in prop::collection::vec((0_u64..50, 0_u32..4), 1..40),
            top in 1_usize..8,
        ) {
            let mut sorted = people.clone();
            sorted.sort_unstable_by_key(|(count, _)| *count);
            let times: Vec<u32> = sorted.iter().map(|(_, times)| *times).collect();
            let list: Vec<u64> =
                sorted.iter().flat_map(|(x, times)| std::iter::repeat_n(*x, *times as usize)).collect();
            let spread = Spread::new(people.iter().map(|(count, _)| *count).collect());
            match (spread.gini(&times), gini(&list)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9, "{} {}", a, b),
                (a, b) => prop_assert_eq!(a, b),
            }
            let (done, all) = top_sum(&list, top);
            match spread.top_share(&times, top) {
                Some(share) => prop_assert!((share - done as f64 / all as f64).abs() < 1e-9),
                None => prop_assert_eq!(all, 0),
            }
        }

        #[test]
        fn between_zero_and_one_in_any_order_and_unit(
            mut counts in prop::collection::vec(0_u64..1000, 1..200),
            factor in 1_u64..50,
        ) {
            let before = gini(&counts);
            counts.reverse();
            prop_assert_eq!(before, gini(&counts));
            let scaled: Vec<u64> = counts.iter().map(|x| x * factor).collect();
            match (before, gini(&scaled)) {
                (Some(a), Some(b)) => {
                    prop_assert!((0.0..1.0).contains(&(a + 1e-15)) && (a - b).abs() < 1e-9);
                }
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
