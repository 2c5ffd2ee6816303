//! Who stands between others: betweenness and Burt's constraint in an undirected graph without weights.
//!
//! Written here: petgraph has neither, and rustworkx-core, which has exact betweenness, brings ndarray and
//! rayon with it, and neither pivots nor constraint.

use super::bootstrap::Stream;

/// Above this many nodes betweenness is estimated.
pub const EXACT_UP_TO: usize = 2_000;
/// From how many nodes paths are then followed.
pub const PIVOTS: usize = 256;

/// An undirected graph; nodes are numbers from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Of each node, ascending.
    neighbours: Vec<Vec<u32>>,
}

/// The betweenness of every node.
#[derive(Clone, Debug, PartialEq)]
pub struct Betweenness {
    /// 0 to 1: the part of all pairs of others whose shortest paths lead through it.
    pub of: Vec<f64>,
    /// Whether it was estimated from [`PIVOTS`] of the nodes.
    pub is_estimate: bool,
}

impl Graph {
    /// A graph of `nodes` with these edges; an edge to oneself is none, and one that comes twice is one.
    pub fn new(nodes: usize, edges: impl Iterator<Item = (usize, usize)>) -> Graph {
        let mut neighbours = vec![Vec::new(); nodes];
        for (a, b) in edges.filter(|(a, b)| a != b) {
            neighbours[a].push(b as u32);
            neighbours[b].push(a as u32);
        }
        for of in &mut neighbours {
            of.sort_unstable();
            of.dedup();
        }
        Graph { neighbours }
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.neighbours.len()
    }

    /// Whether a node has no edge.
    pub fn is_isolated(&self, node: usize) -> bool {
        self.neighbours[node].is_empty()
    }

    /// Betweenness, normalised by the pairs of other nodes (U. Brandes, "A faster algorithm for betweenness
    /// centrality", Journal of Mathematical Sociology 25, 2001). Above [`EXACT_UP_TO`] nodes shortest paths
    /// are followed from `stream`'s [`PIVOTS`] nodes only and scaled up (U. Brandes and C. Pich, "Centrality
    /// estimation in large networks", 2007).
    pub fn betweenness(&self, stream: Stream) -> Betweenness {
        let n = self.size();
        let is_estimate = n > EXACT_UP_TO;
        let sources: Vec<usize> = if is_estimate { pivots(n, stream) } else { (0..n).collect() };
        let mut sums = vec![0.0; n];
        let mut search = Search::new(self);
        for source in &sources {
            search.follow(self, *source, &mut sums);
        }
        // Each pair is met from both of its ends.
        let pairs = (n.saturating_sub(1) as f64) * (n.saturating_sub(2) as f64);
        let scale = n as f64 / sources.len().max(1) as f64;
        let of = sums.into_iter().map(|sum| if pairs > 0.0 { sum * scale / pairs } else { 0.0 }).collect();
        Betweenness { of, is_estimate }
    }

    /// Burt's constraint, `sum_j (p_ij + sum_q p_iq p_qj)^2` over neighbours `j`, with `p_ij = 1 / degree`
    /// (R. Burt, "Structural Holes", 1992): low where a person's contacts do not know each other. None for
    /// somebody without any.
    pub fn constraint(&self, node: usize) -> Option<f64> {
        self.constraint_in(node, &mut vec![0.0; self.size()])
    }

    /// The same with room for a number of each node, all zero before and after.
    fn constraint_in(&self, node: usize, by_others: &mut [f64]) -> Option<f64> {
        let own = &self.neighbours[node];
        let part = 1.0 / own.len() as f64;
        // Through others, to everybody they know; read again for the node's own neighbours.
        for q in own.iter().map(|q| *q as usize) {
            let share = part / self.neighbours[q].len() as f64;
            for j in &self.neighbours[q] {
                by_others[*j as usize] += share;
            }
        }
        let found = own.iter().map(|j| (part + by_others[*j as usize]).powi(2)).sum();
        for q in own.iter().map(|q| *q as usize) {
            self.neighbours[q].iter().for_each(|j| by_others[*j as usize] = 0.0);
        }
        (!own.is_empty()).then_some(found)
    }

    /// The constraint of every node, those first that take least, until so many steps are done; none of what is left
    /// and of who has no neighbours. A node takes as many steps as its neighbours have neighbours.
    pub fn constraints(&self, most_steps: u64) -> Vec<Option<f64>> {
        let n = self.size();
        let steps = |node: usize| -> u64 {
            self.neighbours[node].iter().map(|q| self.neighbours[*q as usize].len() as u64).sum()
        };
        let mut nodes: Vec<(u64, usize)> = (0..n).map(|node| (steps(node), node)).collect();
        nodes.sort_unstable();
        let (mut found, mut done, mut by_others) = (vec![None; n], 0, vec![0.0; n]);
        for (steps, node) in nodes {
            done += steps;
            if done > most_steps {
                break;
            }
            found[node] = self.constraint_in(node, &mut by_others);
        }
        found
    }

    /// How many nodes can be reached from each, itself included.
    fn reachable(&self) -> Vec<u32> {
        let mut size = vec![0; self.size()];
        let (mut seen, mut order) = (vec![false; self.size()], Vec::new());
        for start in 0..self.size() {
            if seen[start] {
                continue;
            }
            order.clear();
            seen[start] = true;
            order.push(start);
            let mut next = 0;
            while let Some(node) = order.get(next).copied() {
                next += 1;
                for other in self.neighbours[node].iter().map(|other| *other as usize) {
                    if !seen[other] {
                        seen[other] = true;
                        order.push(other);
                    }
                }
            }
            order.iter().for_each(|node| size[*node] = order.len() as u32);
        }
        size
    }
}

/// Different nodes, each as likely as the others (the beginning of R. Fisher and F. Yates's shuffle).
fn pivots(n: usize, mut stream: Stream) -> Vec<usize> {
    let mut nodes: Vec<usize> = (0..n).collect();
    for at in 0..PIVOTS.min(n) {
        let other = at + stream.below(n - at);
        nodes.swap(at, other);
    }
    nodes.truncate(PIVOTS);
    nodes
}

/// What following the paths from one node needs, kept from one to the next.
struct Search {
    /// 0 where it was not reached yet.
    paths: Vec<f64>,
    share: Vec<f64>,
    /// Of the nodes one step further than those that are looked at: what each passes on for one path.
    passed: Vec<f64>,
    distance: Vec<u32>,
    order: Vec<u32>,
    /// Where in the order each distance begins.
    levels: Vec<usize>,
    reachable: Vec<u32>,
    /// Of a dense graph a bit for each pair of nodes, node by node; else empty.
    bits: Vec<u64>,
}

/// From this part of all pairs on, whom two nodes both know is counted in bits.
const DENSE: usize = 64;
/// Nodes whose bits are kept at the most: 128 MB.
const MOST_NODES: usize = 32_768;

const UNSEEN: u32 = u32::MAX;

/// Sums that are made side by side.
const TOGETHER: usize = 6;

/// What those of each list have together, added in the order of the list: an addition waits for the one before it,
/// not for that of another sum.
fn added<const N: usize>(lists: [&[u32]; N], of: &[f64]) -> [f64; N] {
    let shortest = lists.iter().map(|list| list.len()).min().unwrap_or(0);
    let (same, rest) = (lists.map(|list| &list[..shortest]), lists.map(|list| &list[shortest..]));
    let mut sums = [0.0; N];
    for at in 0..shortest {
        for (sum, list) in sums.iter_mut().zip(&same) {
            *sum += of[list[at] as usize];
        }
    }
    for (sum, list) in sums.iter_mut().zip(rest) {
        list.iter().for_each(|one| *sum += of[*one as usize]);
    }
    sums
}

impl Search {
    fn new(graph: &Graph) -> Search {
        let n = graph.size();
        Search {
            paths: vec![0.0; n],
            share: vec![0.0; n],
            passed: vec![0.0; n],
            distance: vec![UNSEEN; n],
            order: Vec::with_capacity(n),
            levels: Vec::new(),
            reachable: graph.reachable(),
            bits: bits(graph),
        }
    }

    fn follow(&mut self, graph: &Graph, source: usize, sums: &mut [f64]) {
        self.find(graph, source);
        // From the last but one step back: what nodes one step further pass on is summed where they come from,
        // so that those at the end, in a dense network nearly all, need not be gone through at all.
        for level in (2..self.levels.len()).rev() {
            let (begin, end) = (self.levels[level - 1], self.levels[level]);
            let further = self.levels.get(level + 1).copied().unwrap_or(self.order.len());
            for node in self.order[end..further].iter().map(|node| *node as usize) {
                self.passed[node] = (1.0 + self.share[node]) / self.paths[node];
            }
            let mut nodes = self.order[begin..end].chunks_exact(TOGETHER);
            for nodes in &mut nodes {
                let nodes: [usize; TOGETHER] = std::array::from_fn(|at| nodes[at] as usize);
                let added = added(nodes.map(|node| graph.neighbours[node].as_slice()), &self.passed);
                for (node, passed) in nodes.into_iter().zip(added) {
                    self.share[node] = self.paths[node] * passed;
                }
            }
            for node in nodes.remainder().iter().map(|node| *node as usize) {
                let [passed] = added([&graph.neighbours[node]], &self.passed);
                self.share[node] = self.paths[node] * passed;
            }
            for node in self.order[end..further].iter().map(|node| *node as usize) {
                self.passed[node] = 0.0;
            }
        }
        for node in self.order.iter().skip(1).map(|node| *node as usize) {
            sums[node] += self.share[node];
        }
    }

    /// All that can be reached, by distance, with the number of shortest paths to each.
    fn find(&mut self, graph: &Graph, source: usize) {
        for node in self.order.drain(..).map(|node| node as usize) {
            (self.distance[node], self.paths[node], self.share[node]) = (UNSEEN, 0.0, 0.0);
        }
        self.levels.clear();
        (self.distance[source], self.paths[source]) = (0, 1.0);
        self.order.push(source as u32);
        self.levels.push(0);
        let (mut begin, mut step) = (0, 0);
        // Once all are found nobody is further.
        while begin < self.order.len() && self.order.len() < self.reachable[source] as usize {
            let end = self.order.len();
            step += 1;
            if step == 2 && !self.bits.is_empty() {
                self.two_steps_away(source);
                begin = end;
                self.levels.push(end);
                continue;
            }
            for at in begin..end {
                let node = self.order[at] as usize;
                let paths = self.paths[node];
                for &other in &graph.neighbours[node] {
                    let distance = &mut self.distance[other as usize];
                    if *distance == UNSEEN {
                        *distance = step;
                        self.order.push(other);
                    }
                    if *distance == step {
                        self.paths[other as usize] += paths;
                    }
                }
            }
            begin = end;
            self.levels.push(end);
        }
    }
}

impl Search {
    /// Those whom the source does not know, with as many paths to each as there are nodes that both know.
    fn two_steps_away(&mut self, source: usize) {
        let words = self.distance.len().div_ceil(64);
        let own = &self.bits[source * words..(source + 1) * words];
        for (node, bits) in self.bits.chunks(words).enumerate() {
            if self.distance[node] != UNSEEN {
                continue;
            }
            let both: u32 = bits.iter().zip(own).map(|(one, other)| (one & other).count_ones()).sum();
            if both > 0 {
                (self.distance[node], self.paths[node]) = (2, f64::from(both));
                self.order.push(node as u32);
            }
        }
    }
}

fn bits(graph: &Graph) -> Vec<u64> {
    let n = graph.size();
    let edges: usize = graph.neighbours.iter().map(Vec::len).sum();
    if n > MOST_NODES || edges < n * n / DENSE {
        return Vec::new();
    }
    let words = n.div_ceil(64);
    let mut bits = vec![0; n * words];
    for (node, of) in graph.neighbours.iter().enumerate() {
        of.iter().for_each(|other| bits[node * words + *other as usize / 64] |= 1 << (other % 64));
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_counted_in_bits_and_one_by_one() {
        for (n, part) in [(70, 3), (130, 9), (40, 40)] {
            let edges =
                (0..n * n).filter(|at| (at * at * 7 + at * 13) % 101 % part == 0).map(|at| (at / n, at % n));
            let graph = Graph::new(n, edges);
            let mut dense = Search::new(&graph);
            dense.bits = bits(&graph);
            assert!(!dense.bits.is_empty(), "{n} {part}");
            let mut sparse = Search { bits: Vec::new(), ..Search::new(&graph) };
            for source in 0..n {
                let (mut one, mut other) = (vec![0.0; n], vec![0.0; n]);
                dense.follow(&graph, source, &mut one);
                sparse.follow(&graph, source, &mut other);
                assert_eq!(one, other, "{source} of {n}, {part}");
            }
        }
    }

    fn oracle() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/oracles/network.json")).expect("JSON")
    }

    fn exact(graph: &Graph) -> Vec<f64> {
        let found = graph.betweenness(Stream::of(&["test"]));
        assert!(!found.is_estimate);
        found.of
    }

    #[test]
    fn agrees_with_the_karate_club() {
        let karate = &oracle()["karate"];
        let edges: Vec<(usize, usize)> = serde_json::from_value(karate["edges"].clone()).expect("edges");
        let graph = Graph::new(34, edges.into_iter());
        for (node, found) in exact(&graph).into_iter().enumerate() {
            let right = karate["betweenness"][node.to_string()].as_f64().expect("betweenness");
            assert!((found - right).abs() < 1e-12, "{node}: {found}");
            let right = karate["constraint"][node.to_string()].as_f64().expect("constraint");
            let found = graph.constraint(node).expect("a constraint");
            assert!((found - right).abs() < 1e-12, "{node}: {found}");
        }
    }

    #[test]
    fn agrees_with_burts_example() {
        let burt = &oracle()["burt"];
        let named: Vec<(char, char)> = serde_json::from_value(burt["edges"].clone()).expect("edges");
        let node = |name: char| name as usize - 'A' as usize;
        let graph = Graph::new(7, named.into_iter().map(|(a, b)| (node(a), node(b))));
        for name in 'A'..='G' {
            let right = burt["constraint"][name.to_string()].as_f64().expect("constraint");
            let found = graph.constraint(node(name)).expect("a constraint");
            assert!((found - right).abs() < 1e-12, "{name}: {found}");
        }
    }

    #[test]
    fn somebody_alone_has_no_constraint_and_nobody_goes_through_them() {
        let graph = Graph::new(4, [(0, 1), (1, 2), (1, 0), (2, 2)].into_iter());
        assert_eq!((graph.constraint(3), graph.is_isolated(3)), (None, true));
        // One pair of three, 0 and 2, goes through 1; with 3 there are three pairs of others.
        assert_eq!(exact(&graph), [0.0, 1.0 / 3.0, 0.0, 0.0]);
        assert_eq!(exact(&Graph::new(0, std::iter::empty())), [0.0; 0]);
    }

    #[test]
    fn a_large_graph_is_estimated_and_says_so() {
        // A star of 3,001: every pair goes through the middle.
        let graph = Graph::new(3_001, (1..3_001).map(|leaf| (0, leaf)));
        let found = graph.betweenness(Stream::of(&["star"]));
        assert!(found.is_estimate && (found.of[0] - 1.0).abs() < 0.01, "{}", found.of[0]);
        assert_eq!(found, graph.betweenness(Stream::of(&["star"])), "seeded");
        let mut chosen = pivots(3_001, Stream::of(&["star"]));
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen.len(), PIVOTS);
    }
}
