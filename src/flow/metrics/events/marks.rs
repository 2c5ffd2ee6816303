//! Which of many somebody has met: a short list as long as they are few, then a bit for each.

/// From this part of all on, bits take less room than a list.
const PART: usize = 32;

/// Different numbers below a bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Ascending up to `sorted`, then as they came, perhaps twice.
    few: Vec<u32>,
    sorted: usize,
    /// One bit for each number; empty while there are few.
    bits: Vec<u64>,
}

impl Marks {
    /// Marks a number below `all`.
    pub fn add(&mut self, number: u32, all: usize) {
        if let Some(word) = self.bits.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
            return;
        }
        self.few.push(number);
        if self.few.len() >= (2 * self.sorted).max(all / PART).max(8) {
            self.tidy();
            if self.few.len() > all / PART {
                self.bits = vec![0; all / 64 + 1];
                for number in std::mem::take(&mut self.few) {
                    self.add(number, all);
                }
            }
        }
    }

    fn tidy(&mut self) {
        self.few.sort_unstable();
        self.few.dedup();
        self.sorted = self.few.len();
    }

    /// Those that were marked, ascending.
    pub fn list(&self) -> Vec<u32> {
        if self.bits.is_empty() {
            let mut own = self.clone();
            own.tidy();
            return own.few;
        }
        let mut all = Vec::new();
        for (at, word) in self.bits.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                all.push(at as u32 * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_list_and_bits_hold_the_same() {
        for (all, count) in [(10, 3), (1_000, 20), (1_000, 5_000), (65, 200), (100_000, 4_000)] {
            let (mut marks, mut right) = (Marks::default(), BTreeSet::new());
            for n in 0..count {
                let number = (n * n * 7 + n * 13) % all as u32;
                marks.add(number, all);
                right.insert(number);
            }
            assert_eq!(marks.list(), right.into_iter().collect::<Vec<_>>(), "{count} of {all}");
        }
    }
}
