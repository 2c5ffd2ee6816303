//! Communities in a graph of people: whoever can be reached from somebody and reaches them again, and
//! whoever stands in a triangle. Nodes are numbers from 0.

/// The strongly connected parts of a directed graph with more than one node, each sorted, in the order of
/// their first nodes (Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Computing 1,
/// 1972; without recursion, for a chain of a hundred thousand people is as deep).
pub fn strong_parts(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(from, to) in edges {
        next[from].push(to);
    }
    let mut search =
        Search { index: vec![None; nodes], low: vec![0; nodes], on: vec![false; nodes], ..Search::default() };
    for node in 0..nodes {
        if search.index[node].is_none() {
            search.from(node, &next);
        }
    }
    let mut parts: Vec<Vec<usize>> = search.parts.into_iter().filter(|part| part.len() > 1).collect();
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts.sort();
    parts
}

#[derive(Default)]
struct Search {
    index: Vec<Option<usize>>,
    low: Vec<usize>,
    on: Vec<bool>,
    stack: Vec<usize>,
    count: usize,
    parts: Vec<Vec<usize>>,
}

impl Search {
    fn enter(&mut self, node: usize) {
        self.index[node] = Some(self.count);
        self.low[node] = self.count;
        self.count += 1;
        self.stack.push(node);
        self.on[node] = true;
    }

    fn from(&mut self, root: usize, next: &[Vec<usize>]) {
        self.enter(root);
        // A node with how many of its edges have been followed.
        let mut path = vec![(root, 0)];
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            if let Some(&to) = next[node].get(*followed) {
                *followed += 1;
                match self.index[to] {
                    None => {
                        self.enter(to);
                        path.push((to, 0));
                    }
                    Some(index) if self.on[to] => self.low[node] = self.low[node].min(index),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                self.low[*parent] = self.low[*parent].min(self.low[node]);
            }
            if Some(self.low[node]) == self.index[node] {
                let mut part = Vec::new();
                while let Some(member) = self.stack.pop() {
                    self.on[member] = false;
                    part.push(member);
                    if member == node {
                        break;
                    }
                }
                self.parts.push(part);
            }
        }
    }
}

/// The connected parts of an undirected graph when only edges that stand in a triangle count, each
/// sorted: three people who do the same together, not a chain of twos.
pub fn triangle_parts(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(one, two) in edges {
        near[one].push(two);
        near[two].push(one);
    }
    near.iter_mut().for_each(|list| {
        list.sort_unstable();
        list.dedup();
    });
    let meets = |one: usize, two: usize| near[one].iter().any(|third| near[two].binary_search(third).is_ok());
    let both: Vec<(usize, usize)> = edges
        .iter()
        .filter(|(one, two)| one != two && meets(*one, *two))
        .flat_map(|&(one, two)| [(one, two), (two, one)])
        .collect();
    strong_parts(nodes, &both)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found() {
        for (edges, parts) in [
            (vec![], vec![]),
            (vec![(0, 1)], vec![]),
            (vec![(0, 1), (1, 0)], vec![vec![0, 1]]),
            (vec![(0, 1), (1, 2), (2, 0), (2, 3)], vec![vec![0, 1, 2]]),
            (vec![(0, 1), (1, 0), (2, 3), (3, 4), (4, 2), (1, 2)], vec![vec![0, 1], vec![2, 3, 4]]),
        ] {
            assert_eq!(strong_parts(5, &edges), parts, "{edges:?}");
        }
        let chain: Vec<(usize, usize)> = (0..99_999).map(|node| (node, node + 1)).collect();
        assert_eq!(strong_parts(100_000, &chain), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn three_together_are_a_part_and_a_chain_is_none() {
        for (edges, parts) in [
            (vec![(0, 1), (1, 2), (2, 3)], vec![]),
            (vec![(0, 1), (1, 2), (2, 0), (2, 3)], vec![vec![0, 1, 2]]),
            (vec![(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)], vec![vec![0, 1, 2, 3]]),
        ] {
            assert_eq!(triangle_parts(5, &edges), parts, "{edges:?}");
        }
    }

    fn graph() -> impl Strategy<Value = Vec<(usize, usize)>> {
        prop::collection::vec((0..7_usize, 0..7_usize), 0..20)
    }

    proptest! {
        #[test]
        fn a_part_is_who_reach_each_other(edges in graph()) {
            let mut reach = [[false; 7]; 7];
            for &(from, to) in &edges {
                reach[from][to] = true;
            }
            for via in 0..7 {
                for from in 0..7 {
                    for to in 0..7 {
                        reach[from][to] |= reach[from][via] && reach[via][to];
                    }
                }
            }
            let parts = strong_parts(7, &edges);
            for (one, from_one) in reach.iter().enumerate() {
                for (two, from_two) in reach.iter().enumerate() {
                    let together = parts.iter().any(|part| part.contains(&one) && part.contains(&two));
                    prop_assert_eq!(together && one != two, one != two && from_one[two] && from_two[one]);
                }
            }
        }

        #[test]
        fn the_order_of_edges_is_nothing(edges in graph()) {
            let mut turned = edges.clone();
            turned.reverse();
            prop_assert_eq!(strong_parts(7, &edges), strong_parts(7, &turned));
            prop_assert_eq!(triangle_parts(7, &edges), triangle_parts(7, &turned));
        }
    }
}
