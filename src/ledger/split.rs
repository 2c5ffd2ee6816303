//! Dividing whole credits fairly.

/// Divides `total` by `weights` with the largest remainders (Hamilton's method): everybody gets the whole
/// part of their share, and what is left goes one by one to the largest fractions, of equal ones to the
/// lower index. The parts sum to `total`.
///
/// Nothing where the total or a weight is below zero, or no weight is above it.
pub fn hamilton(total: i64, weights: &[i64]) -> Option<Vec<i64>> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total < 0 || sum <= 0 || weights.iter().any(|weight| *weight < 0) {
        return None;
    }
    let product = |weight: i64| i128::from(total) * i128::from(weight);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        parts.push(i64::try_from(product(*weight) / sum).ok()?);
    }
    let left = total - parts.iter().sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    // Stable: equal remainders keep the order of their indices.
    by_remainder.sort_by_key(|index| std::cmp::Reverse(product(weights[*index]) % sum));
    for index in by_remainder.into_iter().take(usize::try_from(left).ok()?) {
        parts[index] += 1;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_divided_is_not() {
        assert_eq!(hamilton(10, &[]), None);
        assert_eq!(hamilton(10, &[0, 0]), None);
        assert_eq!(hamilton(10, &[1, -1, 1]), None);
        assert_eq!(hamilton(-1, &[1]), None);
        assert_eq!(hamilton(0, &[2, 1]), Some(vec![0, 0]));
        assert_eq!(hamilton(i64::MAX, &[i64::MAX, i64::MAX]), Some(vec![i64::MAX / 2 + 1, i64::MAX / 2]));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total_and_stay_within_one_of_their_share(
            total in 0_i64..1_000_000,
            weights in proptest::collection::vec(0_i64..1_000, 1..12),
        ) {
            let sum: i64 = weights.iter().sum();
            let Some(parts) = hamilton(total, &weights) else {
                prop_assert_eq!(sum, 0);
                return Ok(());
            };
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                let floor = total * weight / sum;
                prop_assert!((floor..=floor + 1).contains(part));
                prop_assert!(*weight > 0 || *part == 0, "nothing for no weight");
            }
            // More weight never means fewer credits; of equals the earlier is not behind.
            for (i, a) in weights.iter().enumerate() {
                for (j, b) in weights.iter().enumerate() {
                    if a > b || (a == b && i < j) {
                        prop_assert!(parts[i] >= parts[j]);
                    }
                }
            }
        }
    }
}
