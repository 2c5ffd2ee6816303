//! A figure with what it was computed from, and when it is withheld.

use super::definitions::Unit;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::headcount::Headcount;
use crate::flow::period::Period;
use crate::flow::statistics::{Estimate, proportion, rate};

/// A share of fewer than this is shown as a count.
pub const FEWEST_FOR_A_SHARE: u64 = 10;
/// Below this many searches their share is not shown.
pub const FEWEST_SEARCHES: u64 = 20;

/// Whom a figure is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    All,
    Managers,
    /// The name of a group of departments.
    Department(String),
    /// The name of a segment; empty for insights without one.
    Segment(String),
}

impl Whom {
    /// As the files write it.
    pub fn name(&self) -> String {
        match self {
            Whom::All => "all".into(),
            Whom::Managers => "managers".into(),
            Whom::Department(path) => format!("department:{path}"),
            Whom::Segment(name) if name.is_empty() => "segment:(none)".into(),
            Whom::Segment(name) => format!("segment:{name}"),
        }
    }
}

/// One number of a report. Where it is suppressed nothing of it is told; where a share has too small a
/// denominator its counts are.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// C1 to C23.
    pub id: &'static str,
    /// Which number, where an id has several; else empty.
    pub part: &'static str,
    pub whom: Whom,
    pub value: Option<f64>,
    pub unit: Unit,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub suppressed: bool,
    /// Things left out because they cannot be judged yet.
    pub excluded: i64,
}

impl Figure {
    /// A figure without a number.
    pub fn unknown(id: &'static str, part: &'static str, whom: Whom, unit: Unit) -> Figure {
        Figure {
            id,
            part,
            whom,
            value: None,
            unit,
            numerator: None,
            denominator: None,
            low: None,
            high: None,
            suppressed: false,
            excluded: 0,
        }
    }

    /// A bare number.
    pub fn plain(
        id: &'static str,
        part: &'static str,
        unit: Unit,
        value: Option<f64>,
        of: (Option<f64>, Option<f64>),
    ) -> Figure {
        Figure { value, numerator: of.0, denominator: of.1, ..Figure::unknown(id, part, Whom::All, unit) }
    }

    /// `count` a person-month, with its exact interval.
    pub fn rate(id: &'static str, whom: Whom, count: i64, headcount: Headcount, period: Period) -> Figure {
        let count = u64::try_from(count).unwrap_or(0);
        let exposure = headcount.exposure(period);
        Figure {
            numerator: Some(count as f64),
            denominator: Some(exposure),
            ..Figure::unknown(id, "", whom, Unit::PerPersonMonth)
        }
        .with(rate::rate(count, exposure))
    }

    /// `x` of `n` with its interval; below `fewest` only the counts.
    pub fn share(id: &'static str, part: &'static str, whom: Whom, x: i64, n: i64, fewest: u64) -> Figure {
        let (x, n) = (u64::try_from(x).unwrap_or(0), u64::try_from(n).unwrap_or(0));
        let figure = Figure {
            numerator: Some(x as f64),
            denominator: Some(n as f64),
            ..Figure::unknown(id, part, whom, Unit::Share)
        };
        if n < fewest { figure } else { figure.with(proportion::wilson(x, n)) }
    }

    fn with(self, estimate: Option<Estimate>) -> Figure {
        Figure {
            value: estimate.map(|e| e.value),
            low: estimate.map(|e| e.low),
            high: estimate.map(|e| e.high),
            ..self
        }
    }

    /// Takes everything it tells away.
    pub fn suppress(&mut self) {
        let unknown = Figure::unknown(self.id, self.part, self.whom.clone(), self.unit);
        *self = Figure { suppressed: true, ..unknown };
    }

    /// This figure, or nothing of it where its group has too few people.
    pub fn unless_small(self, headcount: Headcount, period: Period, unsuppressed: bool) -> Figure {
        if unsuppressed || headcount.for_anonymity(period) >= FEWEST_PEOPLE as f64 {
            self
        } else {
            let mut figure = self;
            figure.suppress();
            figure
        }
    }
}
