//! Too few to tell of.

use std::collections::HashSet;

use super::figure::Figure;
use crate::flow::matrix::FEWEST_READERS;

/// Whether so many are some, but fewer than may be told of.
pub(super) fn is_few(readers: usize) -> bool {
    (1..FEWEST_READERS).contains(&(readers as u64))
}

/// Suppresses the next smallest figures as long as what is suppressed follows from the sum of all, or
/// tells of few readers together.
pub(super) fn suppress_more(mut figures: Vec<(&mut Figure, &HashSet<i64>)>) {
    loop {
        let hidden = figures.iter().filter(|(figure, _)| figure.suppressed);
        let readers: HashSet<i64> = hidden.clone().flat_map(|(_, readers)| readers.iter()).copied().collect();
        let count = hidden.count();
        if count == 0 || (count > 1 && !is_few(readers.len())) {
            return;
        }
        let next = figures
            .iter_mut()
            .filter(|(figure, _)| figure.numerator.is_some_and(|count| count > 0.0))
            .min_by(|(a, _), (b, _)| a.numerator.unwrap_or(0.0).total_cmp(&b.numerator.unwrap_or(0.0)));
        match next {
            Some((next, _)) => next.suppress(),
            None => return,
        }
    }
}
