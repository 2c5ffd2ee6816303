//! C7 to C9: who reads whose insights.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;

use super::definitions::Unit;
use super::figure::Figure;
use super::loaded::Loaded;
use super::question::Question;
use crate::db::Conn;
use crate::flow::groups::View;
use crate::flow::matrix::{FEWEST_READERS, Matrix};
use crate::flow::statistics::network::Flows;
use crate::flow::store::readings;
use crate::flow::store::retention::{self, Grain};

impl Loaded {
    /// First accesses between departments, and where they belong; the busiest first.
    fn flow_sums(&self, c: &mut Conn) -> QueryResult<Vec<(usize, usize, readings::FlowSum)>> {
        let reading: HashSet<i64> =
            self.activity.iter().filter(|row| row.accesses > 0).map(|row| row.department_id).collect();
        let reading: Vec<i64> = reading.into_iter().collect();
        let mut sums = readings::flows(c, self.question.period, self.question.segment, &reading)?;
        sums.sort_by_key(|sum| std::cmp::Reverse(sum.first_accesses));
        Ok(sums
            .into_iter()
            .filter_map(|sum| {
                Some((self.grouping.place_of(sum.from_id)?, self.grouping.place_of(sum.to_id)?, sum))
            })
            .collect())
    }

    /// The flows between groups, without looking who may see them: for the indices.
    ///
    /// # Errors
    /// What the database says.
    pub fn flows(&self, c: &mut Conn) -> QueryResult<Flows> {
        let mut flows = Flows::new(self.grouping.groups.len());
        for (from, to, sum) in self.flow_sums(c)? {
            flows.add(from, to, sum.first_accesses as f64);
        }
        Ok(flows)
    }

    /// For each coarser level that a page may show, coarsest first, the group there of each group here.
    pub fn coarser(&self) -> Vec<Vec<usize>> {
        let grouping = &self.grouping;
        let levels = *grouping.levels.start()..grouping.level;
        let of = |level: usize| -> Option<Vec<usize>> {
            let view = View { level: Some(level), ..self.question.view };
            let coarse = self.seen(view, grouping.apart.clone()).grouping;
            (0..grouping.groups.len())
                .map(|place| coarse.place_of(*grouping.departments_of(place).first()?))
                .collect()
        };
        levels.filter_map(of).collect()
    }

    /// C7: who reads whose insights. Readers are counted up to five unless `exactly`.
    ///
    /// # Errors
    /// What the database says.
    pub fn matrix(&self, c: &mut Conn, exactly: bool) -> QueryResult<Matrix> {
        let Question { period, segment, view, .. } = self.question;
        let n = self.grouping.groups.len();
        let limit = if exactly { i64::MAX.unsigned_abs() } else { FEWEST_READERS };
        let mut flows = Flows::new(n);
        let mut readers: Vec<HashSet<i64>> = vec![HashSet::new(); n * n];
        let kept: HashMap<(i64, i64), i64> = match self.grain {
            Grain::Events => HashMap::new(),
            Grain::Counts => retention::month_flow_readers_of(c, period, segment)?
                .into_iter()
                .map(|(from, to, count)| ((from, to), count))
                .collect(),
        };
        // Busiest first: that pair of departments most likely shows five readers at once.
        for (from, to, sum) in self.flow_sums(c)? {
            flows.add(from, to, sum.first_accesses as f64);
            let people = &mut readers[from * n + to];
            if self.grain == Grain::Counts {
                let count = kept.get(&(sum.from_id, sum.to_id)).copied().unwrap_or(0);
                people.extend(retention::stand_ins(sum.to_id, false, count));
                continue;
            }
            if (people.len() as u64) < limit {
                people.extend(readings::readers(c, period, segment, sum.from_id, sum.to_id, limit)?);
            }
        }
        let mut shares = vec![false; n];
        for department in readings::sharing(c, period, segment)? {
            if let Some(place) = self.grouping.place_of(department) {
                shares[place] = true;
            }
        }
        Ok(Matrix::below(flows, &readers, &shares, &self.coarser(), view.unsuppressed))
    }
}

/// C8 and C9; withheld where all flow together would tell of few.
pub fn indices_of(matrix: &Matrix) -> Vec<Figure> {
    let mut figures = indices(&matrix.flows);
    if !matrix.tells_totals() {
        figures.iter_mut().for_each(Figure::suppress);
    }
    figures
}

/// C8 and C9, whoever reads: for a period in which at least five people did.
pub fn indices(flows: &Flows) -> Vec<Figure> {
    let (total, internal) = (flows.total(), flows.internal());
    let crossing = (Some(total - 2.0 * internal), Some(total));
    vec![
        Figure::plain("C8", "", Unit::Index, flows.ei(), crossing),
        Figure::plain("C9", "", Unit::Index, flows.silo(), (None, Some(total))),
        Figure::plain("C9", "assortativity", Unit::Index, flows.assortativity(), (None, Some(total))),
    ]
}
