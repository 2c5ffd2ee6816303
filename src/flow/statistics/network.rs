//! How much stays at home: figures of a square matrix of flows, rows give and columns receive.

/// A square matrix of flows.
#[derive(Clone, Debug, PartialEq)]
pub struct Flows {
    size: usize,
    cells: Vec<f64>,
}

impl Flows {
    /// A matrix of zeros.
    pub fn new(size: usize) -> Flows {
        Flows { size, cells: vec![0.0; size * size] }
    }

    /// How many groups there are.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds to a cell.
    pub fn add(&mut self, from: usize, to: usize, amount: f64) {
        self.cells[from * self.size + to] += amount;
    }

    /// What flows from one group to another.
    pub fn get(&self, from: usize, to: usize) -> f64 {
        self.cells[from * self.size + to]
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        // The sum of nothing is -0.0 in floating point.
        self.cells.iter().sum::<f64>() + 0.0
    }

    /// What a group gives, at home included.
    pub fn given(&self, from: usize) -> f64 {
        (0..self.size).map(|to| self.get(from, to)).sum()
    }

    /// What a group receives, at home included.
    pub fn received(&self, to: usize) -> f64 {
        (0..self.size).map(|from| self.get(from, to)).sum()
    }

    /// What stays inside its group.
    pub fn internal(&self) -> f64 {
        (0..self.size).map(|group| self.get(group, group)).sum()
    }

    /// The E-I index, `(E - I) / (E + I)`: -1 when everything stays inside, 1 when nothing does (D.
    /// Krackhardt and R. Stern, "Informal networks and organizational crises", Social Psychology
    /// Quarterly 51, 1988). None without flow or with a single group.
    pub fn ei(&self) -> Option<f64> {
        let (total, internal) = (self.total(), self.internal());
        (self.size > 1 && total > 0.0).then(|| (total - 2.0 * internal) / total)
    }

    /// The E-I index that chance alone would give: each group gives and receives as much as it does, but
    /// without looking who is who, so `sum(out * in) / T` stays inside.
    pub fn ei_by_chance(&self) -> Option<f64> {
        let total = self.total();
        (self.size > 1 && total > 0.0).then(|| (total - 2.0 * self.internal_by_chance()) / total)
    }

    fn internal_by_chance(&self) -> f64 {
        let total = self.total();
        (0..self.size).map(|group| self.given(group) * self.received(group)).sum::<f64>() / total
    }

    /// How much less crosses a border than chance would let: `EI* - EI`. Above 0: inward-looking. The
    /// plain index misleads, since two large groups keep much inside without any silo.
    pub fn silo(&self) -> Option<f64> {
        Some(self.ei_by_chance()? - self.ei()?)
    }

    /// Newman's assortativity, `(tr e - sum a b) / (1 - sum a b)` (M. E. J. Newman, "Mixing patterns in
    /// networks", Physical Review E 67, 2003): 1 when everything stays inside, 0 by chance. None where
    /// chance keeps everything inside.
    pub fn assortativity(&self) -> Option<f64> {
        let total = self.total();
        if self.size < 2 || total <= 0.0 {
            return None;
        }
        let chance = self.internal_by_chance() / total;
        (chance < 1.0).then(|| (self.internal() / total - chance) / (1.0 - chance))
    }

    /// What chance would send from one group to another.
    pub fn by_chance(&self, from: usize, to: usize) -> f64 {
        let total = self.total();
        if total > 0.0 { self.given(from) * self.received(to) / total } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flows(rows: &serde_json::Value) -> Flows {
        let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).expect("a matrix");
        let mut flows = Flows::new(rows.len());
        for (from, row) in rows.iter().enumerate() {
            for (to, amount) in row.iter().enumerate() {
                flows.add(from, to, *amount);
            }
        }
        flows
    }

    #[test]
    fn agrees_with_published_networks() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/network.json")).expect("JSON");
        let near = |found: Option<f64>, right: &serde_json::Value| {
            let (found, right) = (found.expect("a figure"), right.as_f64().expect("a figure"));
            assert!((found - right).abs() < 1e-12, "{found} is not {right}");
        };
        let example = &oracle["flow_matrix_example"];
        let matrix = flows(&example["F"]);
        near(matrix.ei(), &example["EI"]);
        near(matrix.ei_by_chance(), &example["EI_expected"]);
        near(matrix.assortativity(), &example["assortativity"]);
        let couples = &oracle["newman_2003_couples"];
        near(flows(&couples["mixing"]).assortativity(), &couples["computed_r"]);
        for row in oracle["ei_hand"].as_array().expect("rows") {
            let mut two = Flows::new(2);
            two.add(0, 1, row["E"].as_f64().expect("E"));
            two.add(1, 1, row["I"].as_f64().expect("I"));
            assert_eq!(two.ei(), row["EI"].as_f64());
        }
    }

    #[test]
    fn one_group_or_no_flow_has_no_index() {
        let mut one = Flows::new(1);
        one.add(0, 0, 5.0);
        assert_eq!((one.ei(), one.silo(), one.assortativity()), (None, None, None));
        assert_eq!(Flows::new(3).silo(), None);
    }

    proptest! {
        #[test]
        fn chance_is_no_silo(out in prop::collection::vec(1.0..50.0_f64, 2..8)) {
            let mut flows = Flows::new(out.len());
            for (from, a) in out.iter().enumerate() {
                for (to, b) in out.iter().enumerate() {
                    flows.add(from, to, a * b);
                }
            }
            prop_assert!(flows.silo().expect("flow").abs() < 1e-9);
            prop_assert!(flows.assortativity().expect("flow").abs() < 1e-9);
        }

        #[test]
        fn indices_keep_their_range(cells in prop::collection::vec(0_u32..100, 16)) {
            let mut flows = Flows::new(4);
            for (at, amount) in cells.iter().enumerate() {
                flows.add(at / 4, at % 4, f64::from(*amount));
            }
            if let Some(ei) = flows.ei() {
                prop_assert!((-1.0..=1.0).contains(&ei));
            }
            if let Some(r) = flows.assortativity() {
                prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&r));
            }
        }
    }
}
