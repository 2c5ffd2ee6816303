//! Intervals by drawing the sample again from itself: for figures without a formula, and where one
//! person's events are not independent, so that people are drawn and not events (B. Efron and R.
//! Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13: the percentile interval).

use super::quantiles::quantile;

/// How often a sample is drawn.
pub const DRAWS: usize = 1_000;
/// Where a figure is undefined in more draws than this, it has no interval.
const MOST_UNDEFINED: usize = DRAWS / 20;

/// A stream of numbers that is the same for the same seed, for ever, on every machine: SplitMix64 (G.
/// Steele, D. Lea and C. Flood, OOPSLA 2014). The generators of crates may change between releases, and a
/// report would no longer come out as it was frozen.
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream of a figure and a span of days; the names of both make the seed (FNV-1a).
    pub fn of(names: &[&str]) -> Stream {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in names.iter().flat_map(|name| name.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Stream(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, each as likely as the others to within 2^-32 for any `n` there are people.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// The 95 % percentile interval of a statistic of `n` independent units. The statistic is told how often
/// each unit was drawn. None with fewer than two units, or where it is mostly undefined.
pub fn interval(
    n: usize,
    stream: Stream,
    statistic: impl FnMut(&[u32]) -> Option<f64>,
) -> Option<(f64, f64)> {
    drawn(n, n, stream, |unit| unit, statistic)
}

/// The same of units of which many are of one kind, and the statistic asks for no more: it is told how often each
/// kind was drawn. `kind_of` has a kind below `kinds` for each unit; the draws are those of [`interval`].
pub fn interval_of_kinds(
    kind_of: &[u32],
    kinds: usize,
    stream: Stream,
    statistic: impl FnMut(&[u32]) -> Option<f64>,
) -> Option<(f64, f64)> {
    drawn(kind_of.len(), kinds, stream, |unit| kind_of[unit] as usize, statistic)
}

fn drawn(
    n: usize,
    kinds: usize,
    mut stream: Stream,
    kind_of: impl Fn(usize) -> usize,
    mut statistic: impl FnMut(&[u32]) -> Option<f64>,
) -> Option<(f64, f64)> {
    if n < 2 {
        return None;
    }
    let mut drawn = vec![0_u32; kinds];
    let mut values = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        drawn.fill(0);
        for _ in 0..n {
            drawn[kind_of(stream.below(n))] += 1;
        }
        values.extend(statistic(&drawn).filter(|value| value.is_finite()));
    }
    if values.len() + MOST_UNDEFINED < DRAWS {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    Some((quantile(&values, 0.025)?, quantile(&values, 0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> impl FnMut(&[u32]) -> Option<f64> {
        |drawn: &[u32]| {
            let sum: f64 = values.iter().zip(drawn).map(|(x, times)| x * f64::from(*times)).sum();
            Some(sum / values.len() as f64)
        }
    }

    #[test]
    fn the_mean_has_about_its_textbook_interval() {
        // 0 to 99: mean 49.5, standard deviation 28.87, error 2.887, so 49.5 +- 5.66.
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let (low, high) = interval(100, Stream::of(&["mean"]), mean(&values)).expect("an interval");
        assert!((low - 43.84).abs() < 0.6 && (high - 55.16).abs() < 0.6, "{low} to {high}");
    }

    #[test]
    fn the_same_names_give_the_same_interval_and_others_another() {
        let values = [1.0, 5.0, 2.0, 8.0, 3.0, 9.5];
        let of = |names: &[&str]| interval(6, Stream::of(names), mean(&values));
        assert_eq!(of(&["C5", "2026-01-01"]), of(&["C5", "2026-01-01"]));
        assert_ne!(of(&["C5", "2026-01-01"]), of(&["C8", "2026-01-01"]));
        assert_ne!(of(&["C5", "1"]), of(&["C", "51"]), "names do not run into each other");
    }

    #[test]
    fn one_unit_or_a_figure_that_is_mostly_undefined_has_none() {
        assert_eq!(interval(1, Stream::of(&["x"]), |_| Some(1.0)), None);
        assert_eq!(interval(9, Stream::of(&["x"]), |drawn| (drawn[0] == 0).then_some(1.0)), None);
    }

    #[test]
    fn kinds_are_drawn_as_often_as_their_units() {
        let kind_of: Vec<u32> = (0..60).map(|unit| unit % 7).collect();
        let worth = |kind: usize| (kind * kind) as f64;
        let units: Vec<f64> = kind_of.iter().map(|kind| worth(*kind as usize)).collect();
        let of_kinds = interval_of_kinds(&kind_of, 7, Stream::of(&["kinds"]), |times| {
            let sum: f64 =
                times.iter().enumerate().map(|(kind, times)| worth(kind) * f64::from(*times)).sum();
            Some(sum / kind_of.len() as f64)
        });
        assert_eq!(of_kinds, interval(60, Stream::of(&["kinds"]), mean(&units)));
    }

    #[test]
    fn every_unit_comes_as_often_as_the_others() {
        let mut stream = Stream::of(&["fair"]);
        let mut times = [0_u32; 7];
        (0..70_000).for_each(|_| times[stream.below(7)] += 1);
        assert!(times.iter().all(|times| (9_600..10_400).contains(times)), "{times:?}");
    }
}
