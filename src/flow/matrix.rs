//! Who reads whose insights: the table of flows, and which of its cells may be shown.

use std::collections::HashSet;

use super::statistics::network::Flows;

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
    withheld: Vec<Option<Withheld>>,
}

impl Matrix {
    /// Withholds what must not be shown; nothing if `unsuppressed`.
    pub fn new(flows: Flows, readers: Vec<u64>, unsuppressed: bool) -> Matrix {
        let shares = vec![true; flows.size()];
        Matrix::knowing(flows, readers, &shares, unsuppressed)
    }

    /// The same where some groups have never shared anything (`shares` says which have): that nobody
    /// read it is no secret, so their zeros are shown, and cannot hide another cell either.
    pub fn knowing(flows: Flows, readers: Vec<u64>, shares: &[bool], unsuppressed: bool) -> Matrix {
        let withheld =
            if unsuppressed { vec![None; readers.len()] } else { withhold(&flows, &readers, shares) };
        Matrix { flows, readers, withheld }
    }

    /// How many groups there are.
    pub fn size(&self) -> usize {
        self.flows.size()
    }

    /// Why this cell is not shown, or none.
    pub fn withheld(&self, from: usize, to: usize) -> Option<Withheld> {
        self.withheld[from * self.size() + to]
    }

    /// Distinct readers of a cell.
    pub fn readers(&self, from: usize, to: usize) -> u64 {
        self.readers[from * self.size() + to]
    }

    /// The number of a cell that may be shown.
    pub fn shown(&self, from: usize, to: usize) -> Option<u64> {
        self.withheld(from, to).is_none().then(|| self.flows.get(from, to) as u64)
    }

    /// What a group gives to others; none where that would give a single withheld cell away, as it does
    /// where there are only two groups.
    pub fn given_away(&self, from: usize) -> Option<u64> {
        let hidden = (0..self.size()).filter(|to| *to != from && self.withheld(from, *to).is_some());
        (hidden.count() != 1).then(|| (self.flows.given(from) - self.flows.get(from, from)) as u64)
    }

    /// What a group reads of others; none as above.
    pub fn read_elsewhere(&self, to: usize) -> Option<u64> {
        let hidden = (0..self.size()).filter(|from| *from != to && self.withheld(*from, to).is_some());
        (hidden.count() != 1).then(|| (self.flows.received(to) - self.flows.get(to, to)) as u64)
    }
}

/// Cells with few readers, and as many more as it takes that none of them follows from the sums: what a
/// row gives to others, what a column reads of others, and what stays at home altogether.
///
/// A withheld cell follows from the sums exactly if it is a bridge of the graph whose nodes are rows and
/// columns and whose edges are the withheld cells: every other one lies on a circle, and can be a little
/// more where its neighbours are a little less.
fn withhold(flows: &Flows, readers: &[u64], shares: &[bool]) -> Vec<Option<Withheld>> {
    let n = flows.size();
    let hides = |cell: usize| shares[cell / n] || readers[cell] > 0;
    let mut withheld: Vec<Option<Withheld>> = readers
        .iter()
        .enumerate()
        .map(|(cell, readers)| (*readers < FEWEST_READERS && hides(cell)).then_some(Withheld::Few))
        .collect();
    let home: Vec<usize> = (0..n).map(|group| group * n + group).collect();
    if home.iter().filter(|cell| withheld[**cell].is_some()).count() == 1
        && let Some(cell) =
            smallest(flows, home.iter().copied().filter(|cell| withheld[*cell].is_none() && hides(*cell)))
    {
        withheld[cell] = Some(Withheld::Recoverable);
    }
    loop {
        let edges: HashSet<usize> =
            (0..n * n).filter(|cell| cell / n != cell % n && withheld[*cell].is_some()).collect();
        let Some(bridge) = edges.iter().copied().filter(|edge| is_bridge(*edge, &edges, n)).min() else {
            return withheld;
        };
        let beside = (0..n * n).filter(|cell| {
            cell / n != cell % n
                && withheld[*cell].is_none()
                && hides(*cell)
                && (cell / n == bridge / n || cell % n == bridge % n)
        });
        // Where the row and the column have nothing more to hide, there is nothing to work it out from
        // but the sums themselves, which the caller shows as they are.
        let anywhere =
            || (0..n * n).filter(|cell| cell / n != cell % n && withheld[*cell].is_none() && hides(*cell));
        match smallest(flows, beside).or_else(|| smallest(flows, anywhere())) {
            Some(cell) => withheld[cell] = Some(Withheld::Recoverable),
            None => return withheld,
        }
    }
}

fn smallest(flows: &Flows, cells: impl Iterator<Item = usize>) -> Option<usize> {
    let n = flows.size();
    cells.min_by(|a, b| flows.get(a / n, a % n).total_cmp(&flows.get(b / n, b % n)).then(a.cmp(b)))
}

/// Whether row and column of this cell fall apart without it.
fn is_bridge(edge: usize, edges: &HashSet<usize>, n: usize) -> bool {
    let (row, column) = (edge / n, edge % n);
    let mut seen_rows = vec![false; n];
    let mut seen_columns = vec![false; n];
    seen_rows[row] = true;
    let mut waiting = vec![(true, row)];
    while let Some((is_row, at)) = waiting.pop() {
        for other in 0..n {
            let cell = if is_row { at * n + other } else { other * n + at };
            if cell == edge || !edges.contains(&cell) {
                continue;
            }
            let seen = if is_row { &mut seen_columns[other] } else { &mut seen_rows[other] };
            if !*seen {
                *seen = true;
                waiting.push((!is_row, other));
            }
        }
    }
    !seen_columns[column]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matrix(rows: &[&[u64]], readers: &[&[u64]]) -> Matrix {
        let mut flows = Flows::new(rows.len());
        for (from, row) in rows.iter().enumerate() {
            for (to, amount) in row.iter().enumerate() {
                flows.add(from, to, *amount as f64);
            }
        }
        Matrix::new(flows, readers.iter().flat_map(|row| row.iter().copied()).collect(), false)
    }

    fn shown(matrix: &Matrix) -> Vec<Vec<Option<u64>>> {
        (0..matrix.size()).map(|from| (0..matrix.size()).map(|to| matrix.shown(from, to)).collect()).collect()
    }

    #[test]
    fn a_single_small_cell_takes_others_with_it() {
        let found = matrix(
            &[&[50, 3, 30, 40], &[20, 60, 25, 22], &[11, 12, 70, 13], &[14, 15, 16, 80]],
            &[&[9, 2, 9, 9], &[9, 9, 9, 9], &[9, 9, 9, 9], &[9, 9, 9, 9]],
        );
        assert_eq!(found.withheld(0, 1), Some(Withheld::Few));
        let hidden = (0..4).map(|row| (0..4).filter(|c| found.shown(row, *c).is_none()).count());
        assert!(hidden.clone().all(|count| count != 1), "{:?}", shown(&found));
        assert!(hidden.sum::<usize>() >= 4);
    }

    #[test]
    fn nothing_shared_is_no_secret() {
        let mut flows = Flows::new(2);
        flows.add(0, 0, 10.0);
        flows.add(0, 1, 30.0);
        let found = Matrix::knowing(flows, vec![2, 6, 0, 0], &[true, false], false);
        assert_eq!(shown(&found), [[None, Some(30)], [Some(0), Some(0)]]);
    }

    #[test]
    fn nothing_small_nothing_withheld() {
        let found = matrix(&[&[5, 6], &[7, 8]], &[&[5, 5], &[5, 5]]);
        assert_eq!(shown(&found), [[Some(5), Some(6)], [Some(7), Some(8)]]);
    }

    /// Solves the sums for the withheld cells as far as they determine them, by hand of elimination:
    /// a row or column with a single unknown gives it away, again and again.
    fn gives_away(found: &Matrix) -> bool {
        let n = found.size();
        let unknown: HashSet<usize> = (0..n * n)
            .filter(|cell| cell / n != cell % n && found.withheld(cell / n, cell % n).is_some())
            .collect();
        (0..n).any(|line| {
            unknown.iter().filter(|cell| *cell / n == line).count() == 1
                || unknown.iter().filter(|cell| *cell % n == line).count() == 1
        })
    }

    proptest! {
        #[test]
        fn no_withheld_cell_follows_from_the_sums(
            n in 3_usize..8,
            cells in prop::collection::vec((0_u64..60, 0_u64..30), 64),
        ) {
            let mut flows = Flows::new(n);
            let mut readers = Vec::new();
            for (at, (amount, people)) in cells.iter().take(n * n).enumerate() {
                flows.add(at / n, at % n, *amount as f64);
                readers.push(*people);
            }
            let found = Matrix::new(flows, readers, false);
            let hidden = (0..n * n).filter(|c| c / n != c % n && found.withheld(c / n, c % n).is_some()).count();
            // Three groups have one circle only, and it may need all of them.
            prop_assert!(!gives_away(&found) || hidden == n * (n - 1));
            for (at, people) in found.readers.iter().enumerate() {
                prop_assert!(*people >= FEWEST_READERS || found.shown(at / n, at % n).is_none());
            }
        }
    }
}
