//! Chance that comes out the same every time: one seeded generator per purpose, so that a change in how
//! ratings are drawn leaves people and insights as they were.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The seed of the demo company.
const SEED: u64 = 0x5EED_7ADE_0001;

/// A seeded generator with the few shapes the story needs.
pub struct Dice(StdRng);

impl Dice {
    /// A generator for `purpose`; the same purpose gives the same numbers.
    pub fn for_purpose(purpose: &str) -> Dice {
        // FNV-1a: any mixing will do, as long as it is the same on every machine.
        let mixed = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice(StdRng::seed_from_u64(SEED ^ mixed))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// An index below `len`, which must not be 0.
    pub fn index(&mut self, len: usize) -> usize {
        self.0.random_range(0..len)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Normal with mean 0 and this standard deviation (Box and Muller, one of the pair).
    pub fn normal(&mut self, sd: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        sd * radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// An index drawn by weight; `None` where all weights are zero.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            if *weight > 0.0 && left < *weight {
                return Some(index);
            }
            left -= weight;
        }
        // Rounding may use up the sum just before the end.
        weights.iter().rposition(|weight| *weight > 0.0)
    }

    /// Brings a list into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_its_own_numbers_and_always_the_same() {
        let draw =
            |purpose: &str| (0..5).map(|_| Dice::for_purpose(purpose).whole(0, 1 << 40)).collect::<Vec<_>>();
        assert_eq!(draw("people"), draw("people"));
        assert_ne!(draw("people"), draw("ratings"));
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut dice = Dice::for_purpose("test");
        assert!((0..1000).all(|_| dice.weighted(&[0.0, 1.0, 0.0]) == Some(1)));
        assert_eq!(dice.weighted(&[0.0, 0.0]), None);
    }
}
