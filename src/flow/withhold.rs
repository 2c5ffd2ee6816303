//! Which cells and sums of the table of flows may be told: none that tells of fewer than five readers,
//! and none that follows from the others.

use std::collections::HashSet;

use super::matrix::{FEWEST_READERS, Withheld};
use super::statistics::network::Flows;

/// What is not told of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hidden {
    /// Of each cell, row by row.
    pub cells: Vec<Option<Withheld>>,
    /// Whether what a row gives to others is not told.
    pub given: Vec<bool>,
    /// Whether what a column reads of others is not told.
    pub received: Vec<bool>,
    /// Whether not even all that crosses departments is told: fewer than five read.
    pub across: bool,
    /// Whether all flow together is not told: that, or what stays at home would follow from it.
    pub totals: bool,
}

impl Hidden {
    /// Everything may be told.
    pub fn nothing(size: usize) -> Hidden {
        Hidden {
            cells: vec![None; size * size],
            given: vec![false; size],
            received: vec![false; size],
            across: false,
            totals: false,
        }
    }
}

/// The table with its sums as one more row and column, without the home cells, which are in no line: they
/// have only their sum over all groups.
///
/// What the sums tell of a withheld entry follows from this graph: nodes are rows and columns, edges the
/// withheld entries. An entry can be worked out exactly if its edge is a bridge: every other one lies on a
/// circle, and can be a little more where its neighbours are a little less.
struct Table<'a> {
    flows: &'a Flows,
    people: &'a [HashSet<i64>],
    shares: &'a [bool],
    groups: usize,
    hidden: Vec<Option<Withheld>>,
}

/// Withholds cells with few readers, sums of withheld cells that together have few, and as much more as
/// it takes that none of them follows from the rest. `shares` says which groups have shared anything:
/// that nobody read the others is no secret, so their zeros are told and hide nothing either.
pub(super) fn withhold(flows: &Flows, people: &[HashSet<i64>], shares: &[bool]) -> Hidden {
    let n = flows.size();
    let mut home: Vec<Option<Withheld>> = (0..n).map(|group| few(people, shares, n, group, group)).collect();
    let home_follows = !withhold_home(flows, people, shares, &mut home);
    let mut table = Table { flows, people, shares, groups: n, hidden: vec![None; (n + 1) * (n + 1)] };
    for (from, to) in (0..n).flat_map(|from| (0..n).map(move |to| (from, to))).filter(|(a, b)| a != b) {
        let at = table.at(from, to);
        table.hidden[at] = few(people, shares, n, from, to);
    }
    loop {
        match table.next() {
            Some(entry) if table.hidden[entry].is_none() => table.hidden[entry] = Some(Withheld::Recoverable),
            _ => break,
        }
    }
    let across = table.is_hidden(n, n);
    Hidden {
        cells: (0..n * n)
            .map(|cell| match (cell / n, cell % n) {
                (from, to) if from == to => home[from],
                (from, to) => table.hidden[table.at(from, to)],
            })
            .collect(),
        given: (0..n).map(|from| table.is_hidden(from, n)).collect(),
        received: (0..n).map(|to| table.is_hidden(n, to)).collect(),
        across,
        totals: across || home_follows,
    }
}

fn few(people: &[HashSet<i64>], shares: &[bool], n: usize, from: usize, to: usize) -> Option<Withheld> {
    let readers = people[from * n + to].len();
    ((readers as u64) < FEWEST_READERS && (shares[from] || readers > 0)).then_some(Withheld::Few)
}

/// Whether a sum tells of few people. That nobody read tells of nobody.
fn is_few(readers: usize) -> bool {
    (1..FEWEST_READERS).contains(&(readers as u64))
}

/// Withholds home cells until at least two are and they have five readers together, since their sum is
/// known. Whether that could be done.
fn withhold_home(
    flows: &Flows,
    people: &[HashSet<i64>],
    shares: &[bool],
    home: &mut [Option<Withheld>],
) -> bool {
    let n = home.len();
    loop {
        let hidden: Vec<usize> = (0..n).filter(|group| home[*group].is_some()).collect();
        let readers: HashSet<i64> =
            hidden.iter().flat_map(|group| &people[group * n + group]).copied().collect();
        if hidden.is_empty() || (hidden.len() > 1 && !is_few(readers.len())) {
            return true;
        }
        let next = (0..n)
            .filter(|group| home[*group].is_none() && shares[*group])
            .min_by(|a, b| flows.get(*a, *a).total_cmp(&flows.get(*b, *b)));
        match next {
            Some(group) => home[group] = Some(Withheld::Recoverable),
            None => return hidden.iter().all(|group| flows.get(*group, *group) == 0.0),
        }
    }
}

impl Table<'_> {
    fn side(&self) -> usize {
        self.groups + 1
    }

    fn at(&self, row: usize, column: usize) -> usize {
        row * self.side() + column
    }

    fn is_hidden(&self, row: usize, column: usize) -> bool {
        self.hidden[self.at(row, column)].is_some()
    }

    /// The next entry to withhold; none when nothing follows from the rest.
    fn next(&self) -> Option<usize> {
        if let Some(bridge) = self.bridges().into_iter().min() {
            let (row, column) = (bridge / self.side(), bridge % self.side());
            let beside = |entry: &usize| entry / self.side() == row || entry % self.side() == column;
            // Where nothing is left to withhold, the sum of all follows.
            return self.smallest(beside).or_else(|| self.smallest(|_| true)).or(Some(self.hidden.len() - 1));
        }
        let n = self.groups;
        for line in 0..n {
            for (row, column) in [(line, n), (n, line)] {
                let inside = |entry: &usize| match column {
                    column if column == n => entry / self.side() == row,
                    column => entry % self.side() == column,
                };
                if !self.is_hidden(row, column) && self.tells_of_few(inside) {
                    return Some(self.at(row, column));
                }
            }
        }
        if !self.is_hidden(n, n) && self.tells_of_few(|_| true) {
            let cells = |entry: &usize| entry / self.side() < n && entry % self.side() < n;
            return self.smallest(cells).or(Some(self.hidden.len() - 1));
        }
        None
    }

    /// Whether those of these cells that are withheld have few readers together.
    fn tells_of_few(&self, inside: impl Fn(&usize) -> bool) -> bool {
        let n = self.groups;
        let hidden: Vec<(usize, usize)> = (0..self.hidden.len())
            .filter(|entry| self.hidden[*entry].is_some() && inside(entry))
            .map(|entry| (entry / self.side(), entry % self.side()))
            .filter(|(row, column)| *row < n && *column < n)
            .collect();
        let readers: HashSet<i64> =
            hidden.iter().flat_map(|(row, column)| &self.people[row * n + column]).copied().collect();
        is_few(readers.len())
    }

    /// The smallest entry that is told so far and whose number is not known anyway; cells before sums.
    fn smallest(&self, fits: impl Fn(&usize) -> bool) -> Option<usize> {
        let n = self.groups;
        let value = |entry: usize| match (entry / self.side(), entry % self.side()) {
            (row, column) if column == n => self.flows.given(row) - self.flows.get(row, row),
            (row, column) if row == n => self.flows.received(column) - self.flows.get(column, column),
            (row, column) => self.flows.get(row, column),
        };
        let is_sum = |entry: usize| entry / self.side() == n || entry % self.side() == n;
        (0..self.hidden.len() - 1)
            .filter(|entry| entry / self.side() != entry % self.side())
            .filter(|entry| self.hidden[*entry].is_none() && fits(entry))
            .filter(|entry| entry / self.side() == n || self.shares[entry / self.side()])
            .min_by(|a, b| is_sum(*a).cmp(&is_sum(*b)).then(value(*a).total_cmp(&value(*b))).then(a.cmp(b)))
    }

    /// Withheld entries without which their row and their column fall apart.
    fn bridges(&self) -> Vec<usize> {
        let side = self.side();
        let mut search = Search {
            neighbours: (0..2 * side)
                .map(|node| {
                    (0..side)
                        .map(
                            |other| {
                                if node < side { node * side + other } else { other * side + node - side }
                            },
                        )
                        .filter(|entry| self.hidden[*entry].is_some())
                        .collect()
                })
                .collect(),
            side,
            seen_at: vec![0; 2 * side],
            clock: 0,
            bridges: Vec::new(),
        };
        for node in 0..2 * side {
            if search.seen_at[node] == 0 {
                search.visit(node, usize::MAX);
            }
        }
        search.bridges
    }
}

/// A walk in depth that finds the bridges (R. Tarjan, "A note on finding the bridges of a graph", 1974).
struct Search {
    /// The entries at each row and, behind the rows, each column.
    neighbours: Vec<Vec<usize>>,
    side: usize,
    /// When a node was first seen, counted from 1.
    seen_at: Vec<usize>,
    clock: usize,
    bridges: Vec<usize>,
}

impl Search {
    /// The earliest node that can be reached from here without the edge it was come by.
    fn visit(&mut self, node: usize, by: usize) -> usize {
        self.clock += 1;
        self.seen_at[node] = self.clock;
        let mut earliest = self.clock;
        for at in 0..self.neighbours[node].len() {
            let entry = self.neighbours[node][at];
            if entry == by {
                continue;
            }
            let other = if node < self.side { self.side + entry % self.side } else { entry / self.side };
            let reached = match self.seen_at[other] {
                0 => {
                    let reached = self.visit(other, entry);
                    if reached > self.seen_at[node] {
                        self.bridges.push(entry);
                    }
                    reached
                }
                seen => seen,
            };
            earliest = earliest.min(reached);
        }
        earliest
    }
}
