//! Withholding in several tables of the same flows at once: between departments, and between the larger ones
//! these are parts of. A cell that is withheld in one must not follow from the other.

use std::collections::HashSet;

use super::matrix::Withheld;
use super::statistics::elimination::reduced;
use super::statistics::network::Flows;
use super::withhold::{Hidden, withhold};

/// In tables with more groups than this, a block with a withheld cell is withheld whole, which takes no
/// elimination.
const EXACT_UP_TO: usize = 30;

/// A coarser table, seen from a finer one.
struct Above {
    /// The coarse group of each group.
    group: Vec<usize>,
    size: usize,
    hidden: Hidden,
}

/// What is withheld of a table, given the coarser ones (coarsest first) that are told as well: for each, the
/// coarse group of each group.
pub(super) fn withhold_below(
    flows: &Flows,
    people: &[HashSet<i64>],
    shares: &[bool],
    coarser: &[Vec<usize>],
) -> Hidden {
    // From each group of the finest table to the groups above.
    let mut above: Vec<(Vec<usize>, Hidden)> = Vec::new();
    for group in coarser {
        let (flows, people, shares) = folded(flows, people, shares, group);
        let seen = seen_from(&above, group);
        above.push((group.clone(), settled(&flows, &people, &shares, &seen)));
    }
    let identity: Vec<usize> = (0..flows.size()).collect();
    settled(flows, people, shares, &seen_from(&above, &identity))
}

/// The table between coarse groups.
fn folded(
    flows: &Flows,
    people: &[HashSet<i64>],
    shares: &[bool],
    group: &[usize],
) -> (Flows, Vec<HashSet<i64>>, Vec<bool>) {
    let (n, m) = (flows.size(), count(group));
    let mut coarse = (Flows::new(m), vec![HashSet::new(); m * m], vec![false; m]);
    for from in 0..n {
        coarse.2[group[from]] |= shares[from];
        for to in 0..n {
            coarse.0.add(group[from], group[to], flows.get(from, to));
            coarse.1[group[from] * m + group[to]].extend(&people[from * n + to]);
        }
    }
    coarse
}

fn count(group: &[usize]) -> usize {
    group.iter().max().map_or(0, |last| last + 1)
}

/// The tables above, seen from the one whose groups `here` tells for the finest.
fn seen_from(above: &[(Vec<usize>, Hidden)], here: &[usize]) -> Vec<Above> {
    let seen = |(group, hidden): &(Vec<usize>, Hidden)| {
        let mut from_here = vec![0; count(here)];
        here.iter().zip(group).for_each(|(own, coarse)| from_here[*own] = *coarse);
        Above { size: count(group), group: from_here, hidden: hidden.clone() }
    };
    above.iter().map(seen).collect()
}

/// What is withheld of one table, given those above.
fn settled(flows: &Flows, people: &[HashSet<i64>], shares: &[bool], above: &[Above]) -> Hidden {
    let mut hidden = withhold(flows, people, shares);
    if above.is_empty() {
        return hidden;
    }
    let n = flows.size();
    for table in above {
        inherit(&mut hidden, table, shares);
    }
    if n > EXACT_UP_TO {
        for table in above {
            withhold_blocks(&mut hidden, table, people, shares);
        }
        return hidden;
    }
    for _ in 0..=n * n {
        let Some((from, to)) = given_away(&hidden, people, above) else { break };
        let beside = |cell: &usize| {
            let (row, column) = (cell / n, cell % n);
            let same_block = |table: &Above| {
                table.group[row] == table.group[from] && table.group[column] == table.group[to]
            };
            // First what shares the finest block, then what shares a line.
            let far = usize::from(!above.last().is_some_and(same_block));
            (far, (row != from && column != to) as usize)
        };
        let next = (0..n * n)
            .filter(|cell| hidden.cells[*cell].is_none() && shares[cell / n])
            .filter(|cell| flows.get(cell / n, cell % n) > 0.0)
            .min_by(|a, b| {
                let amount = |cell: &usize| flows.get(cell / n, cell % n);
                beside(a).cmp(&beside(b)).then(amount(a).total_cmp(&amount(b))).then(a.cmp(b))
            });
        match next {
            Some(cell) => hidden.cells[cell] = Some(Withheld::Recoverable),
            // Nothing is left to withhold but the sums.
            None if hidden.totals && hidden.given[from] && hidden.received[to] => break,
            None => {
                hidden.given[from] = true;
                hidden.received[to] = true;
                hidden.totals = true;
            }
        }
    }
    hidden
}

/// What is withheld above is withheld of its parts.
fn inherit(hidden: &mut Hidden, table: &Above, shares: &[bool]) {
    let n = table.group.len();
    for (from, shared) in shares.iter().enumerate() {
        for to in (0..n).filter(|_| *shared) {
            let block = table.group[from] * table.size + table.group[to];
            if table.hidden.cells[block].is_some() && hidden.cells[from * n + to].is_none() {
                hidden.cells[from * n + to] = Some(Withheld::Recoverable);
            }
        }
        hidden.given[from] |= table.hidden.given[table.group[from]];
        hidden.received[from] |= table.hidden.received[table.group[from]];
    }
    hidden.across |= table.hidden.across;
    hidden.totals |= table.hidden.totals;
}

/// Withholds every block in which a cell with few readers is.
fn withhold_blocks(hidden: &mut Hidden, table: &Above, people: &[HashSet<i64>], shares: &[bool]) {
    let n = table.group.len();
    let block = |cell: usize| table.group[cell / n] * table.size + table.group[cell % n];
    let few: HashSet<usize> = (0..n * n)
        .filter(|cell| hidden.cells[*cell] == Some(Withheld::Few) && !people[*cell].is_empty())
        .map(block)
        .collect();
    for cell in (0..n * n).filter(|cell| few.contains(&block(*cell)) && shares[cell / n]) {
        if hidden.cells[cell].is_none() {
            hidden.cells[cell] = Some(Withheld::Recoverable);
        }
    }
}

/// A withheld cell with few readers that follows from what is told here and above.
fn given_away(hidden: &Hidden, people: &[HashSet<i64>], above: &[Above]) -> Option<(usize, usize)> {
    let n = hidden.given.len();
    let unknown: Vec<usize> = (0..n * n).filter(|cell| hidden.cells[*cell].is_some()).collect();
    let sum = |inside: &dyn Fn(usize, usize) -> bool| -> Vec<usize> {
        (0..unknown.len()).filter(|at| inside(unknown[*at] / n, unknown[*at] % n)).collect()
    };
    let mut facts: Vec<Vec<usize>> = Vec::new();
    for line in 0..n {
        if !hidden.given[line] {
            facts.push(sum(&|from, to| from == line && to != line));
        }
        if !hidden.received[line] {
            facts.push(sum(&|from, to| to == line && from != line));
        }
    }
    if !hidden.totals {
        facts.push(sum(&|from, to| from == to));
    }
    if !hidden.across {
        facts.push(sum(&|from, to| from != to));
    }
    for table in above {
        let group = &table.group;
        for block in (0..table.size * table.size).filter(|block| table.hidden.cells[*block].is_none()) {
            facts.push(sum(&|from, to| group[from] * table.size + group[to] == block));
        }
        for line in 0..table.size {
            if !table.hidden.given[line] {
                facts.push(sum(&|from, to| group[from] == line && group[to] != line));
            }
            if !table.hidden.received[line] {
                facts.push(sum(&|from, to| group[to] == line && group[from] != line));
            }
        }
        if !table.hidden.totals {
            facts.push(sum(&|from, to| group[from] == group[to]));
        }
    }
    facts.retain(|fact| !fact.is_empty());
    let known = reduced(&facts, unknown.len()).into_iter().filter_map(|row| match row.as_slice() {
        [(at, _)] => Some(unknown[*at]),
        _ => None,
    });
    let few = |cell: &usize| hidden.cells[*cell] == Some(Withheld::Few) && !people[*cell].is_empty();
    known.filter(few).map(|cell| (cell / n, cell % n)).next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tables of `n` groups in `m` coarse ones, with so many openings and readers in each cell.
    fn both(n: usize, m: usize, cells: &[(u64, u64)]) -> (Flows, Vec<HashSet<i64>>, Vec<usize>) {
        let mut flows = Flows::new(n);
        let mut people = Vec::new();
        for (cell, (amount, readers)) in cells.iter().copied().enumerate().take(n * n) {
            let (amount, readers) = if readers == 0 { (0, 0) } else { (amount.max(readers), readers) };
            flows.add(cell / n, cell % n, amount as f64);
            let first = ((cell % n) * 100) as i64;
            people.push((first..first + readers as i64).collect());
        }
        (flows, people, (0..n).map(|group| group * m / n).collect())
    }

    #[test]
    fn a_cell_does_not_follow_from_the_larger_departments() {
        // Sales/North and Sales/South read Service; two people of the South did.
        let cells: Vec<(u64, u64)> =
            [[20, 20, 20], [20, 20, 20], [30, 3, 20]].concat().iter().map(|x| (*x, (*x).min(9))).collect();
        let mut cells = cells;
        cells[7] = (3, 2);
        let (flows, people, _) = both(3, 3, &cells);
        let group = vec![0, 0, 1];
        let hidden = withhold_below(&flows, &people, &[true; 3], std::slice::from_ref(&group));
        assert_eq!(hidden.cells[7], Some(Withheld::Few));
        assert!(hidden.cells[6].is_some(), "33 to both of Sales, so 30 would tell 3: {hidden:?}");
    }

    proptest! {
        #[test]
        fn nothing_follows_from_two_levels_together(
            n in 2_usize..8,
            m in 1_usize..4,
            cells in prop::collection::vec((0_u64..40, 0_u64..9), 64),
        ) {
            let (flows, people, group) = both(n, m.min(n), &cells);
            let coarser = std::slice::from_ref(&group);
            let hidden = withhold_below(&flows, &people, &vec![true; n], coarser);
            let (coarse_flows, coarse_people, shares) = folded(&flows, &people, &vec![true; n], &group);
            let coarse = withhold_below(&coarse_flows, &coarse_people, &shares, &[]);
            let above = [Above { size: count(&group), group: group.clone(), hidden: coarse }];
            prop_assert_eq!(given_away(&hidden, &people, &above), None);
        }
    }
}
