//! The middle of a list of numbers, its quarters, and the mean with its interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Estimate;

/// The quantile `p` of ascending numbers, linear between neighbours (R. Hyndman and Y. Fan, "Sample
/// quantiles in statistical packages", The American Statistician 50, 1996, type 7: what R, NumPy and
/// spreadsheets do). None of none.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let place = p * sorted.len().checked_sub(1)? as f64;
    let (below, part) = (place.floor(), place.fract());
    let (low, high) = (sorted.get(below as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * part)
}

/// The median with the lower and the upper quartile around it: how far the numbers spread, not how well
/// the median is known. None of none.
pub fn quartiles(mut values: Vec<f64>) -> Option<Estimate> {
    values.sort_unstable_by(f64::total_cmp);
    Some(Estimate {
        value: quantile(&values, 0.5)?,
        low: quantile(&values, 0.25)?,
        high: quantile(&values, 0.75)?,
    })
}

/// The median and quartiles of whole numbers given as how often each occurs: `counts[k]` times `k`.
pub fn quartiles_of_counts(counts: &[u64]) -> Option<Estimate> {
    let total: u64 = counts.iter().sum();
    let last = total.checked_sub(1)?;
    let at = |place: u64| {
        let mut seen = 0;
        counts.iter().position(|count| {
            seen += count;
            seen > place
        })
    };
    let quantile = |p: f64| {
        let place = p * last as f64;
        let (low, high) = (at(place.floor() as u64)? as f64, at(place.ceil() as u64)? as f64);
        Some(low + (high - low) * place.fract())
    };
    Some(Estimate { value: quantile(0.5)?, low: quantile(0.25)?, high: quantile(0.75)? })
}

/// The mean with its 95 % interval by Student's t. None of fewer than two.
pub fn mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = StudentsT::new(0.0, 1.0, n - 1.0).ok()?.inverse_cdf(0.975) * (variance / n).sqrt();
    Some(Estimate { value: mean, low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        // quantile(c(1, 2, 4, 8), type = 7) of R: 1.75, 3, 5.
        let found = quartiles(vec![8.0, 1.0, 4.0, 2.0]).expect("quartiles");
        assert_eq!((found.low, found.value, found.high), (1.75, 3.0, 5.0));
        assert_eq!(quartiles(vec![7.0]).map(|q| (q.low, q.value, q.high)), Some((7.0, 7.0, 7.0)));
        assert_eq!(quartiles(vec![]), None);
    }

    #[test]
    fn a_mean_has_students_interval() {
        // t.test(c(4.1, 3.9, 4.6, 3.2, 4.4)) of R: 4.04, 3.36875 to 4.71125 (t of 4 degrees 2.776445).
        let found = mean(&[4.1, 3.9, 4.6, 3.2, 4.4]).expect("a mean");
        let deviation = (1.172_f64 / 4.0).sqrt();
        let half = 2.776_445_105_197_793 * deviation / 5.0_f64.sqrt();
        assert!((found.value - 4.04).abs() < 1e-12);
        assert!((found.low - (4.04 - half)).abs() < 1e-9 && (found.high - (4.04 + half)).abs() < 1e-9);
        assert_eq!(mean(&[1.0]), None);
    }

    proptest! {
        #[test]
        fn counts_have_the_quartiles_of_their_list(counts in prop::collection::vec(0_u64..5, 0..30)) {
            let list: Vec<f64> = counts
                .iter()
                .enumerate()
                .flat_map(|(k, times)| std::iter::repeat_n(k as f64, *times as usize))
                .collect();
            prop_assert_eq!(quartiles_of_counts(&counts), quartiles(list));
        }
    }
}
