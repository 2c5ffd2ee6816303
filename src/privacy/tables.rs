//! Whether a withheld cell of a table of flows follows from what is told of it, at all levels together.

use crate::flow::matrix::{Matrix, Withheld};
use crate::flow::statistics::elimination::{follows, reduced};

/// Tables with more groups are not combined: each is looked at by itself.
const TOGETHER_UP_TO: usize = 20;

/// How many cells with few readers follow from the cells and sums that are told. The finest table comes
/// last; each comes with the group in it of each of the finest groups.
pub fn findings(levels: &[(Vec<usize>, Matrix)]) -> usize {
    let Some((identity, finest)) = levels.last() else { return 0 };
    if finest.size() > TOGETHER_UP_TO {
        return levels.iter().map(|(_, matrix)| alone(matrix)).sum();
    }
    let n = finest.size();
    let cells: Vec<(usize, usize)> = (0..n).flat_map(|from| (0..n).map(move |to| (from, to))).collect();
    let sum = |inside: &dyn Fn(usize, usize) -> bool| -> Vec<usize> {
        (0..cells.len()).filter(|at| inside(cells[*at].0, cells[*at].1)).collect()
    };
    let mut facts = Vec::new();
    let mut few: Vec<Vec<usize>> = Vec::new();
    for (group, matrix) in levels {
        let m = matrix.size();
        for (from, to) in (0..m).flat_map(|from| (0..m).map(move |to| (from, to))) {
            let block = sum(&|row, column| group[row] == from && group[column] == to);
            match matrix.withheld(from, to) {
                None => facts.push(block),
                Some(Withheld::Few) if matrix.readers(from, to) > 0 => few.push(block),
                Some(_) => {}
            }
        }
        for line in 0..m {
            if matrix.given(line).is_some() {
                facts.push(sum(&|row, _| group[row] == line));
            }
            if matrix.received(line).is_some() {
                facts.push(sum(&|_, column| group[column] == line));
            }
        }
        if matrix.tells_totals() {
            facts.push(sum(&|_, _| true));
            facts.push(sum(&|row, column| group[row] == group[column]));
        }
    }
    debug_assert_eq!(identity.len(), n);
    let rows = reduced(&facts, n * n);
    few.into_iter().filter(|block| follows(&rows, block)).count()
}

fn alone(matrix: &Matrix) -> usize {
    let n = matrix.size();
    let mut facts: Vec<Vec<usize>> =
        (0..n * n).filter(|cell| matrix.shown(cell / n, cell % n).is_some()).map(|cell| vec![cell]).collect();
    for line in 0..n {
        if matrix.given(line).is_some() {
            facts.push((0..n).map(|to| line * n + to).collect());
        }
        if matrix.received(line).is_some() {
            facts.push((0..n).map(|from| from * n + line).collect());
        }
    }
    if matrix.tells_totals() {
        facts.push((0..n * n).collect());
        facts.push((0..n).map(|at| at * n + at).collect());
    }
    let rows = reduced(&facts, n * n);
    let known = rows.iter().filter_map(|row| match row.as_slice() {
        [(cell, _)] => Some((cell / n, cell % n)),
        _ => None,
    });
    known
        .filter(|(from, to)| matrix.withheld(*from, *to) == Some(Withheld::Few))
        .filter(|(from, to)| matrix.readers(*from, *to) > 0)
        .count()
}
