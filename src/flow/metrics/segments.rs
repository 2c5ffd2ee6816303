//! C1 and C2 by what the insights are about.

use std::collections::HashSet;

use diesel::QueryResult;

use super::figure::{Figure, Whom};
use super::loaded::Loaded;
use super::small::suppress_more;
use crate::flow::matrix::FEWEST_READERS;

impl Loaded {
    /// C1 and C2 of each segment: its insights' events, by everybody. `readers` says who opened something
    /// of it, at least five of them if there were so many; below five their openings are withheld, and as
    /// many more as it takes that the sum does not tell of few.
    ///
    /// # Errors
    /// What `readers` says.
    pub fn segment_rates(
        &self,
        mut readers: impl FnMut(i64) -> QueryResult<HashSet<i64>>,
    ) -> QueryResult<Vec<(i64, [Figure; 2])>> {
        let everybody = self.headcount(|_| true);
        let mut rates = Vec::new();
        let mut people = Vec::new();
        for (id, name) in self.segment_names() {
            let sums = self.sums(|row| row.segment_id == id);
            let [shared, mut opened] = self.rates(&Whom::Segment(name), sums, everybody);
            let unseen = sums.accesses == 0 || self.question.view.unsuppressed;
            let of_this = if unseen { HashSet::new() } else { readers(id)? };
            if !unseen && (of_this.len() as u64) < FEWEST_READERS {
                opened.suppress();
            }
            people.push(of_this);
            rates.push((id, [shared, opened]));
        }
        if !self.question.view.unsuppressed {
            suppress_more(rates.iter_mut().map(|(_, [_, opened])| opened).zip(&people).collect());
        }
        Ok(rates)
    }

    /// The segments that had something to count, and none at the end.
    fn segment_names(&self) -> impl Iterator<Item = (i64, String)> {
        let chosen = self.question.segment;
        let busy: HashSet<i64> = self
            .activity
            .iter()
            .filter(|row| row.contributions + row.accesses > 0)
            .map(|row| row.segment_id)
            .filter(|id| chosen.is_none_or(|chosen| chosen == *id))
            .collect();
        self.segments
            .iter()
            .cloned()
            .chain(std::iter::once((0, String::new())))
            .filter(move |(id, _)| busy.contains(id))
    }
}
