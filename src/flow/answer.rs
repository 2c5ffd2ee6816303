//! What a flow page says first: the pair of departments that reads least for its size.

use super::groups::Group;
use super::matrix::{Matrix, Withheld};

/// Less is expected by chance than this: too little to say anything.
const ENOUGH: f64 = 20.0;
/// A pair stands out below this part of what chance would give.
const FAR_BELOW: f64 = 0.5;

/// A pair of departments that reads less than its size would let expect.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    pub from: usize,
    pub to: usize,
    /// First openings that chance would give.
    pub expected: f64,
    /// What there was; none where fewer than five people read.
    pub found: Option<u64>,
}

/// The pairs that stay furthest behind what chance would give, worst first. What chance gives follows
/// from how much the one shares and the other reads altogether. Cells withheld only because they could be
/// worked out are left alone.
pub fn gaps(matrix: &Matrix) -> Vec<Gap> {
    let n = matrix.size();
    let mut gaps: Vec<(f64, Gap)> = Vec::new();
    for (from, to) in (0..n).flat_map(|from| (0..n).map(move |to| (from, to))).filter(|(a, b)| a != b) {
        let Some(expected) = matrix.expected(from, to) else { continue };
        let found = match matrix.withheld(from, to) {
            None => Some(matrix.flows.get(from, to) as u64),
            Some(Withheld::Few) => None,
            Some(Withheld::Recoverable) => continue,
        };
        let ratio = found.unwrap_or(0) as f64 / expected;
        if expected >= ENOUGH && ratio < FAR_BELOW {
            // By how many openings are missing, on a scale on which chance alone scatters evenly.
            let missing = (expected - found.unwrap_or(0) as f64) / expected.sqrt();
            gaps.push((missing, Gap { from, to, expected, found }));
        }
    }
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1.from, a.1.to).cmp(&(b.1.from, b.1.to))));
    gaps.into_iter().map(|(_, gap)| gap).collect()
}

/// The group that reads least per person, if it reads less than half as much as everybody: its place, its
/// rate and everybody's. `rates` are openings a person-month, none where too few.
pub fn reads_least(
    groups: &[Group],
    rates: &[Option<f64>],
    everybody: Option<f64>,
) -> Option<(usize, f64, f64)> {
    let everybody = everybody.filter(|rate| *rate > 0.0)?;
    let (place, rate) = groups
        .iter()
        .enumerate()
        .filter_map(|(place, _)| Some((place, (*rates.get(place)?)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    (rate < FAR_BELOW * everybody).then_some((place, rate, everybody))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::statistics::network::Flows;

    #[test]
    fn the_emptiest_pair_for_its_size_comes_first() {
        let mut flows = Flows::new(3);
        for (from, row) in [[100.0, 90.0, 5.0], [100.0, 90.0, 60.0], [100.0, 90.0, 80.0]].iter().enumerate() {
            for (to, amount) in row.iter().enumerate() {
                flows.add(from, to, *amount);
            }
        }
        let people = |count: i64| (0..count).collect::<std::collections::HashSet<i64>>();
        let found = gaps(&Matrix::new(flows.clone(), &vec![people(9); 9], &[true; 3], false));
        assert_eq!(
            found.iter().map(|gap| (gap.from, gap.to, gap.found)).collect::<Vec<_>>(),
            [(0, 2, Some(5))]
        );
        let mut readers = vec![people(9); 9];
        readers[2] = people(3);
        let found = gaps(&Matrix::new(flows, &readers, &[true; 3], false));
        assert_eq!(found.first().map(|gap| gap.found), Some(None), "few readers: no number");
    }

    #[test]
    fn nothing_stands_out_where_little_is_read() {
        let mut flows = Flows::new(2);
        flows.add(0, 0, 4.0);
        flows.add(1, 1, 4.0);
        assert_eq!(gaps(&Matrix::new(flows, &vec![(0..9).collect(); 4], &[true; 2], false)), []);
    }
}
