//! Who reads whose insights: the table of flows, and which of its cells may be shown.

use std::collections::HashSet;

use super::nested::withhold_below;
use super::statistics::network::Flows;
use super::withhold::Hidden;

/// A cell needs readers from at least this many people to be shown.
pub const FEWEST_READERS: u64 = 5;

/// Why a cell has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer than five people read.
    Few,
    /// It could be worked out from the sums and the cells that are shown.
    Recoverable,
}

/// Distinct readers and insights that met for the first time in the period: rows give, columns read.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub flows: Flows,
    /// Distinct readers per cell, counted up to a limit at least [`FEWEST_READERS`].
    pub readers: Vec<u64>,
    hidden: Hidden,
}

impl Matrix {
    /// Withholds what must not be told; nothing if `unsuppressed`. `people` are the readers of each cell,
    /// at least [`FEWEST_READERS`] of them where there are so many; `shares` says which groups have ever
    /// shared anything: that nobody read the others is no secret.
    pub fn new(flows: Flows, people: &[HashSet<i64>], shares: &[bool], unsuppressed: bool) -> Matrix {
        Matrix::below(flows, people, shares, &[], unsuppressed)
    }

    /// As [`Matrix::new`], where the same flows are told between coarser groups too: `coarser` has, coarsest
    /// first, the coarse group of each group. What is withheld there follows from nothing here, nor the
    /// other way round.
    pub fn below(
        flows: Flows,
        people: &[HashSet<i64>],
        shares: &[bool],
        coarser: &[Vec<usize>],
        unsuppressed: bool,
    ) -> Matrix {
        let hidden = if unsuppressed {
            Hidden::nothing(flows.size())
        } else {
            withhold_below(&flows, people, shares, coarser)
        };
        let readers = people.iter().map(|people| people.len() as u64).collect();
        Matrix { flows, readers, hidden }
    }

    /// How many groups there are.
    pub fn size(&self) -> usize {
        self.flows.size()
    }

    /// Why this cell is not shown, or none.
    pub fn withheld(&self, from: usize, to: usize) -> Option<Withheld> {
        self.hidden.cells[from * self.size() + to]
    }

    /// Distinct readers of a cell.
    pub fn readers(&self, from: usize, to: usize) -> u64 {
        self.readers[from * self.size() + to]
    }

    /// The number of a cell that may be shown.
    pub fn shown(&self, from: usize, to: usize) -> Option<u64> {
        self.withheld(from, to).is_none().then(|| self.flows.get(from, to) as u64)
    }

    /// Whether all flow together, and what of it crosses departments, may be told.
    pub fn tells_totals(&self) -> bool {
        !self.hidden.totals
    }

    /// All first openings that crossed departments; none where that would give a withheld cell away.
    pub fn crossing(&self) -> Option<u64> {
        (!self.hidden.across && !self.hidden.totals)
            .then(|| (self.flows.total() - self.flows.internal()) as u64)
    }

    /// All that was opened of what a group shared, at home included; none where that would give a withheld
    /// cell away, or tell of few.
    pub fn given(&self, from: usize) -> Option<u64> {
        let told = !self.hidden.given[from] && self.withheld(from, from).is_none();
        told.then(|| self.flows.given(from) as u64)
    }

    /// All that a group opened, at home included; none as above.
    pub fn received(&self, to: usize) -> Option<u64> {
        let told = !self.hidden.received[to] && self.withheld(to, to).is_none();
        told.then(|| self.flows.received(to) as u64)
    }

    /// What chance would send from one group to another: `given * received / all`, at home included, as
    /// in the silo index. Computed from what is told alone, so that it tells nothing more: in the place of
    /// a withheld number stands an equal part of what the told ones leave of their sum. None without flow,
    /// or where not even all of it is told.
    pub fn expected(&self, from: usize, to: usize) -> Option<f64> {
        let total = self.flows.total();
        if self.hidden.totals || total <= 0.0 {
            return None;
        }
        let n = self.size();
        let home: Vec<Option<f64>> =
            (0..n).map(|at| self.withheld(at, at).is_none().then(|| self.flows.get(at, at))).collect();
        let across = |whole: fn(&Flows, usize) -> f64, hidden: &[bool]| -> Vec<Option<f64>> {
            (0..n).map(|at| (!hidden[at]).then(|| whole(&self.flows, at) - self.flows.get(at, at))).collect()
        };
        let internal = self.flows.internal();
        let home = filled(&home, internal);
        let given = filled(&across(Flows::given, &self.hidden.given), total - internal);
        let received = filled(&across(Flows::received, &self.hidden.received), total - internal);
        Some((given[from] + home[from]) * (received[to] + home[to]) / total)
    }
}

/// The numbers with equal parts of what they leave of `sum` where there are none.
fn filled(numbers: &[Option<f64>], sum: f64) -> Vec<f64> {
    let missing = numbers.iter().filter(|number| number.is_none()).count();
    let left = sum - numbers.iter().flatten().sum::<f64>();
    numbers.iter().map(|number| number.unwrap_or(left / missing as f64)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A table of `rows` with so many readers in each cell; those of a column are partly the same people.
    fn table(rows: &[Vec<u64>], readers: &[Vec<u64>], shares: &[bool]) -> Matrix {
        let n = rows.len();
        let mut flows = Flows::new(n);
        let mut people = Vec::new();
        for (from, to) in (0..n).flat_map(|from| (0..n).map(move |to| (from, to))) {
            flows.add(from, to, rows[from][to] as f64);
            let first = (to * 1000 + from) as i64;
            people.push((first..first + readers[from][to] as i64).collect());
        }
        Matrix::new(flows, &people, shares, false)
    }

    fn matrix<const N: usize>(rows: [[u64; N]; N], readers: [[u64; N]; N]) -> Matrix {
        table(&rows.map(Vec::from), &readers.map(Vec::from), &[true; N])
    }

    fn shown(matrix: &Matrix) -> Vec<Vec<Option<u64>>> {
        (0..matrix.size()).map(|from| (0..matrix.size()).map(|to| matrix.shown(from, to)).collect()).collect()
    }

    #[test]
    fn a_single_small_cell_takes_others_with_it() {
        let found = matrix(
            [[50, 3, 30, 40], [20, 60, 25, 22], [11, 12, 70, 13], [14, 15, 16, 80]],
            [[9, 2, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]],
        );
        assert_eq!(found.withheld(0, 1), Some(Withheld::Few));
        let hidden = (0..4).map(|row| (0..4).filter(|c| found.shown(row, *c).is_none()).count());
        assert!(hidden.clone().all(|count| count != 1), "{:?}", shown(&found));
        assert!(hidden.sum::<usize>() >= 4);
    }

    #[test]
    fn nothing_shared_is_no_secret() {
        let found = table(&[vec![10, 30], vec![0, 0]], &[vec![2, 6], vec![0, 0]], &[true, false]);
        assert_eq!(shown(&found), [[None, Some(30)], [Some(0), Some(0)]]);
        assert!(!found.tells_totals(), "all minus the one that is shown");
    }

    #[test]
    fn nothing_small_nothing_withheld() {
        let found = matrix([[5, 6], [7, 8]], [[5, 5], [5, 5]]);
        assert_eq!(shown(&found), [[Some(5), Some(6)], [Some(7), Some(8)]]);
        assert_eq!((found.given(0), found.received(0)), (Some(11), Some(12)), "with what stays at home");
        assert_eq!(found.expected(0, 1), Some(11.0 * 14.0 / 26.0), "from the sums as they are printed");
    }

    #[test]
    fn a_sum_of_few_readers_is_not_told() {
        let mut readers = [[9; 5]; 5];
        readers[0][1..].fill(1);
        let mut amounts = [[20; 5]; 5];
        amounts[0] = [20, 1, 1, 1, 1];
        let found = matrix(amounts, readers);
        assert_eq!(found.given(0), None, "four openings by four people");
        let told = (1..5).filter(|from| found.given(*from).is_some()).count();
        assert!(told < 4, "it would be what the others leave of all");
        assert!(found.tells_totals());
    }

    #[test]
    fn a_segment_hardly_anybody_reads_tells_not_even_its_sum() {
        let found = matrix([[0, 1, 1], [1, 0, 1], [0, 0, 0]], [[0, 1, 1], [1, 0, 1], [0, 0, 0]]);
        assert!(shown(&found).into_iter().flatten().all(|cell| cell.is_none()));
        assert!((0..3).all(|at| found.given(at).is_none() && found.received(at).is_none()));
        assert!(!found.tells_totals());
        assert_eq!(found.expected(0, 1), None);
    }

    /// Solves the sums for what is withheld across departments as far as they determine it, by
    /// elimination: a line with a single unknown gives it away, and then perhaps the next.
    fn given_away(found: &Matrix) -> Vec<(usize, usize)> {
        let n = found.size();
        let mut unknown: HashSet<(usize, usize)> = (0..n * n)
            .map(|cell| (cell / n, cell % n))
            .filter(|(from, to)| from != to && found.withheld(*from, *to).is_some())
            .collect();
        unknown.extend((0..n).filter(|at| found.hidden.given[*at]).map(|at| (at, n)));
        unknown.extend((0..n).filter(|at| found.hidden.received[*at]).map(|at| (n, at)));
        if found.hidden.across {
            unknown.insert((n, n));
        }
        let mut solved = Vec::new();
        loop {
            let alone = unknown.iter().copied().find(|(row, column)| {
                unknown.iter().filter(|other| other.0 == *row).count() == 1
                    || unknown.iter().filter(|other| other.1 == *column).count() == 1
            });
            match alone {
                Some(entry) => {
                    unknown.remove(&entry);
                    solved.push(entry);
                }
                None => return solved,
            }
        }
    }

    proptest! {
        #[test]
        fn no_withheld_cell_follows_from_the_sums(
            n in 2_usize..8,
            cells in prop::collection::vec((0_u64..60, 0_u64..30), 64),
            few in any::<bool>(),
        ) {
            let number = |at: usize, of: fn(&(u64, u64)) -> u64| (0..n).map(|to| of(&cells[at * n + to])).collect();
            let rows: Vec<Vec<u64>> = (0..n).map(|at| number(at, |cell| cell.0)).collect();
            let mut readers: Vec<Vec<u64>> = (0..n).map(|at| number(at, |cell| cell.1)).collect();
            if few {
                readers.iter_mut().flatten().for_each(|people| *people /= 6);
            }
            let found = table(&rows, &readers, &vec![true; n]);
            prop_assert_eq!(given_away(&found), Vec::new());
            for (at, people) in found.readers.iter().enumerate() {
                prop_assert!(*people >= FEWEST_READERS || found.shown(at / n, at % n).is_none());
            }
            // Nor does a sum that is told leave a few readers when the told cells are taken from it.
            for from in (0..n).filter(|from| found.given(*from).is_some()) {
                let hidden = (0..n).filter(|to| found.shown(from, *to).is_none());
                let people: u64 = hidden.clone().map(|to| found.readers(from, to)).sum();
                prop_assert!(hidden.count() == 0 || people == 0 || people >= FEWEST_READERS);
            }
        }
    }
}
