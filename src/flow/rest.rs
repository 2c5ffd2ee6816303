//! What the withheld rows of a list have together. Their sum follows from the total and the rows that are told,
//! so behind it, too, stand at least five people, or nobody: where they are fewer, the smallest of the rows that
//! are told is withheld with them.
//!
//! In a company where everything is opened by many, all openings of a period would have to be read to find that no
//! row is withheld. So only the first rows are looked at, and where they do not settle it, the smallest of them is
//! withheld whatever the others are: with it, five people stand behind the rest.

use std::collections::HashSet;

use super::groups::FEWEST_PEOPLE;

/// The rows of a list, such as insights with those who opened them, added one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest<K> {
    /// Those behind the rows of fewer than five people, as long as they are fewer than five together.
    few: HashSet<i64>,
    /// The smallest row of five people and more: its sum, and which it is.
    smallest: Option<(i64, K)>,
    /// Whether there are more rows, that nobody looked at.
    is_cut: bool,
}

/// Rows that are looked at, as long as none of them can be withheld with the others.
const LOOKED_AT: usize = 200;

impl<K: Ord + Clone> Rest<K> {
    /// Adds a row: how often each of its people did it.
    pub fn add(&mut self, row: &K, people: impl Iterator<Item = (i64, i64)>) {
        let (mut sum, mut behind) = (0, HashSet::new());
        for (person, count) in people {
            behind.insert(person);
            sum += count;
        }
        if (behind.len() as u64) < FEWEST_PEOPLE {
            self.few.extend(behind);
        } else if self.smallest.as_ref().is_none_or(|(least, of)| (sum, row) < (*least, of)) {
            self.smallest = Some((sum, row.clone()));
        }
    }

    /// Whether the withheld rows have five people together: more rows change nothing any more.
    pub fn is_enough(&self) -> bool {
        self.few.len() as u64 >= FEWEST_PEOPLE
    }

    /// Whether so many rows are enough, with those that nobody did anything in; if so, what the others are is not
    /// asked for.
    pub fn is_settled(&mut self, rows: usize) -> bool {
        self.is_cut = rows >= LOOKED_AT && self.smallest.is_some() && !self.is_enough();
        self.is_cut || self.is_enough()
    }

    /// Whether what the withheld rows have together tells of fewer than five people, while others are told.
    pub fn tells_of_few(&self) -> bool {
        !self.few.is_empty() && !self.is_enough() && self.smallest.is_some()
    }

    /// The row that is withheld with those of few people, if they need one.
    pub fn joining(&self) -> Option<K> {
        self.smallest.as_ref().filter(|_| self.is_cut || self.tells_of_few()).map(|(_, row)| row.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rest(rows: &[&[(i64, i64)]]) -> Rest<usize> {
        let mut rest = Rest::default();
        rows.iter().enumerate().for_each(|(at, row)| rest.add(&at, row.iter().copied()));
        rest
    }

    #[test]
    fn the_smallest_row_joins_those_of_few() {
        let five: Vec<(i64, i64)> = (0..5).map(|person| (person, 2)).collect();
        let seven: Vec<(i64, i64)> = (0..7).map(|person| (person, 1)).collect();
        for (rows, joining) in [
            // Two rows that one person opened each: what is left of the total is two.
            (vec![&five[..], &seven, &[(8, 1)], &[(9, 1)]], Some(1)),
            (vec![&five[..], &[(8, 1)]], Some(0)),
            (vec![&five[..], &[], &[]], None),
            (vec![&five[..], &[(8, 1), (9, 1), (10, 1)], &[(9, 1), (11, 1), (12, 3)]], None),
            // Nothing else is told.
            (vec![&[(8, 1)], &[(9, 1)]], None),
            (Vec::new(), None),
        ] {
            assert_eq!(rest(&rows).joining(), joining, "{rows:?}");
        }
    }

    #[test]
    fn rows_that_nobody_looked_at_have_somebody_beside_them() {
        let many: Vec<(i64, i64)> = (0..6).map(|person| (person, 1)).collect();
        let mut rest = Rest::default();
        assert!(!rest.is_settled(LOOKED_AT), "none that could be withheld");
        rest.add(&7, many.iter().copied());
        assert!(!rest.is_settled(LOOKED_AT - 1));
        assert_eq!(rest.joining(), None);
        assert!(rest.is_settled(LOOKED_AT));
        assert_eq!(rest.joining(), Some(7));
        rest.add(&8, many.iter().map(|(person, _)| (*person + 90, 1)).take(3));
        rest.add(&9, many.iter().map(|(person, _)| (*person + 80, 1)).take(3));
        assert!(rest.is_settled(LOOKED_AT));
        assert_eq!(rest.joining(), None, "they are enough by themselves");
    }

    proptest! {
        #[test]
        fn what_is_withheld_has_nobody_or_five_people(
            rows in prop::collection::vec(prop::collection::vec((0_i64..12, 1_i64..4), 0..9), 0..12),
        ) {
            let found = rest(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let people = |row: &[(i64, i64)]| row.iter().map(|(person, _)| *person).collect::<HashSet<_>>();
            let is_withheld = |at: usize, row: &[(i64, i64)]| people(row).len() < 5 || found.joining() == Some(at);
            let withheld: HashSet<i64> =
                rows.iter().enumerate().filter(|(at, row)| is_withheld(*at, row)).flat_map(|(_, row)| people(row)).collect();
            let is_told = rows.iter().enumerate().any(|(at, row)| !is_withheld(at, row));
            prop_assert!(withheld.is_empty() || withheld.len() >= 5 || !is_told, "{withheld:?}");
        }
    }
}
