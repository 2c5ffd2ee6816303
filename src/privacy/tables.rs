//! Whether a withheld cell of the table of flows follows from what is told of the same table.

use super::algebra;
use crate::flow::matrix::{Matrix, Withheld};

/// How many cells with few readers follow from the cells and sums that are told.
pub fn findings(matrix: &Matrix) -> usize {
    let n = matrix.size();
    let cells = || (0..n).flat_map(move |from| (0..n).map(move |to| (from, to)));
    let mut facts: Vec<Vec<usize>> = cells()
        .filter(|(from, to)| matrix.shown(*from, *to).is_some())
        .map(|(from, to)| vec![from * n + to])
        .collect();
    for at in 0..n {
        if matrix.given(at).is_some() {
            facts.push((0..n).map(|to| at * n + to).collect());
        }
        if matrix.received(at).is_some() {
            facts.push((0..n).map(|from| from * n + at).collect());
        }
    }
    if matrix.tells_totals() {
        facts.push((0..n * n).collect());
        facts.push((0..n).map(|at| at * n + at).collect());
    }
    let rows = algebra::reduced(&facts, n * n);
    let known = rows.iter().filter_map(|row| match row.as_slice() {
        [(cell, _)] => Some(*cell),
        _ => None,
    });
    known
        .filter(|cell| matrix.withheld(cell / n, cell % n) == Some(Withheld::Few))
        .filter(|cell| matrix.readers(cell / n, cell % n) > 0)
        .count()
}
