//! When an insight had ratings enough to trust what is said about its value: three raters of two
//! departments (C13 of the flow).

use chrono::NaiveDateTime;

/// Raters and departments that are enough.
const RATERS: usize = 3;
const DEPARTMENTS: usize = 2;

/// The counted ratings of an insight as far as they decide it, in any order. `D` names a department.
#[derive(Clone, Debug)]
pub struct Enough<D> {
    /// The first ratings, in the order of their times; no more than are enough.
    first: Vec<NaiveDateTime>,
    /// The first rating of each department.
    departments: Vec<(D, NaiveDateTime)>,
}

impl<D> Default for Enough<D> {
    fn default() -> Self {
        Enough { first: Vec::new(), departments: Vec::new() }
    }
}

impl<D: PartialEq> Enough<D> {
    /// Adds a rating that somebody of `department` gave at `at`.
    pub fn add(&mut self, department: D, at: NaiveDateTime) {
        let place = self.first.partition_point(|earlier| *earlier <= at);
        self.first.insert(place, at);
        self.first.truncate(RATERS);
        match self.departments.iter_mut().find(|(known, _)| *known == department) {
            Some((_, first)) => *first = at.min(*first),
            None => self.departments.push((department, at)),
        }
    }

    /// Since when there are enough; `None` while there are not.
    pub fn since(&self) -> Option<NaiveDateTime> {
        let third = *self.first.get(RATERS - 1)?;
        let mut departments: Vec<NaiveDateTime> = self.departments.iter().map(|(_, at)| *at).collect();
        departments.sort_unstable();
        Some(third.max(*departments.get(DEPARTMENTS - 1)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minute(minute: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2026, 11, 2)
            .and_then(|day| day.and_hms_opt(9, minute, 0))
            .expect("a time")
    }

    fn since(ratings: &[(char, u32)]) -> Option<NaiveDateTime> {
        let mut enough = Enough::default();
        for &(department, at) in ratings {
            enough.add(department, minute(at));
        }
        enough.since()
    }

    #[test]
    fn three_raters_of_two_departments_are_enough() {
        for (ratings, at) in [
            (&[][..], None),
            (&[('a', 1), ('b', 2)], None),
            (&[('a', 1), ('a', 2), ('a', 3), ('a', 4)], None),
            (&[('a', 1), ('b', 2), ('a', 3)], Some(3)),
            (&[('a', 1), ('a', 2), ('a', 3), ('b', 7)], Some(7)),
            (&[('a', 9), ('b', 2), ('a', 3), ('c', 4)], Some(4)),
        ] {
            assert_eq!(since(ratings), at.map(minute), "{ratings:?}");
        }
    }

    proptest! {
        /// As counted rating by rating in the order of time.
        #[test]
        fn it_is_the_first_moment_with_enough(
            ratings in prop::collection::vec((prop::sample::select(vec!['a', 'b', 'c']), 0_u32..60), 0..9),
        ) {
            let first = (0..60).find(|now| {
                let given: Vec<_> = ratings.iter().filter(|(_, at)| at <= now).collect();
                let departments: std::collections::HashSet<_> = given.iter().map(|(name, _)| name).collect();
                given.len() >= 3 && departments.len() >= 2
            });
            prop_assert_eq!(since(&ratings), first.map(minute));
        }
    }
}
