//! A figure with what it was computed from, and when it is withheld.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::definitions::{Unit, definition};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::headcount::Headcount;
use crate::flow::period::Period;
use crate::flow::statistics::survival::Median;
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

    /// From how the files write it.
    pub fn named(name: &str) -> Option<Whom> {
        match name.split_once(':') {
            None if name == "all" => Some(Whom::All),
            None if name == "managers" => Some(Whom::Managers),
            Some(("department", path)) => Some(Whom::Department(path.to_owned())),
            Some(("segment", "(none)")) => Some(Whom::Segment(String::new())),
            Some(("segment", name)) => Some(Whom::Segment(name.to_owned())),
            _ => None,
        }
    }
}

/// Why a figure has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// It would tell of fewer than five people; nothing of it is told.
    FewPeople,
    /// Too few for a share: the counts are told instead.
    FewForAShare,
    /// There is nothing to compute it from, or it is not defined.
    Undefined,
}

impl Withheld {
    /// In words, as the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Withheld::FewPeople => "fewer than five people",
            Withheld::FewForAShare => "too few for a share",
            Withheld::Undefined => "undefined",
        }
    }
}

/// One number of a report. Where it is suppressed nothing of it is told; where a share has too small a
/// denominator its counts are.
///
/// It can be stored and read again as JSON ([`Stored`]): a frozen report keeps the figures as they were,
/// with the version of the definition each was computed by.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Stored")]
pub struct Figure {
    /// C1 to C23.
    pub id: &'static str,
    /// Which number, where an id has several: a name of its definition's parts, or a month; else empty.
    pub part: Cow<'static, str>,
    /// The version of the definition it was computed by.
    pub version: u32,
    pub whom: Whom,
    pub value: Option<f64>,
    pub unit: Unit,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    /// Both ends of the interval its definition names; one may be open.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// How many people or things it was computed from, where that is not the denominator.
    pub n: Option<u64>,
    /// Instead of a value: it is more than this, as a median that has not been reached.
    pub beyond: Option<f64>,
    /// Whether it is computed from a sample of what there is.
    pub is_estimate: bool,
    pub suppressed: bool,
    /// Things left out because they cannot be judged yet.
    pub excluded: i64,
}

impl Figure {
    /// A figure without a number.
    pub fn unknown(id: &'static str, part: impl Into<Cow<'static, str>>, whom: Whom, unit: Unit) -> Figure {
        Figure {
            id,
            part: part.into(),
            version: definition(id).map_or(1, |definition| definition.version),
            whom,
            value: None,
            unit,
            numerator: None,
            denominator: None,
            low: None,
            high: None,
            n: None,
            beyond: None,
            is_estimate: false,
            suppressed: false,
            excluded: 0,
        }
    }

    /// A bare number.
    pub fn plain(
        id: &'static str,
        part: impl Into<Cow<'static, str>>,
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

    /// A median of waits: `n` things, `happened` of which no longer wait.
    pub fn wait(
        id: &'static str,
        part: &'static str,
        unit: Unit,
        median: Option<Median>,
        (n, happened): (usize, usize),
    ) -> Figure {
        let figure = Figure {
            numerator: Some(happened as f64),
            denominator: Some(n as f64),
            n: Some(n as u64),
            ..Figure::unknown(id, part, Whom::All, unit)
        };
        match median {
            None => figure,
            Some(median) => Figure {
                value: median.value,
                low: median.low,
                high: median.high,
                beyond: median.value.is_none().then_some(median.longest),
                ..figure
            },
        }
    }

    /// This figure with a value and its interval, or without both.
    pub fn with(self, estimate: Option<Estimate>) -> Figure {
        Figure {
            value: estimate.map(|e| e.value),
            low: estimate.map(|e| e.low),
            high: estimate.map(|e| e.high),
            ..self
        }
    }

    /// This figure with an interval, if there is one.
    pub fn within(self, interval: Option<(f64, f64)>) -> Figure {
        Figure { low: interval.map(|ends| ends.0), high: interval.map(|ends| ends.1), ..self }
    }

    /// This figure, computed from so many.
    pub fn of(self, n: usize) -> Figure {
        Figure { n: Some(n as u64), ..self }
    }

    /// Why it has no number; none where it has one, or is known to be beyond one.
    pub fn withheld(&self) -> Option<Withheld> {
        match self {
            Figure { suppressed: true, .. } => Some(Withheld::FewPeople),
            Figure { value: Some(_), .. } | Figure { beyond: Some(_), .. } => None,
            Figure { unit: Unit::Share, denominator: Some(n), .. } if *n > 0.0 => {
                Some(Withheld::FewForAShare)
            }
            _ => Some(Withheld::Undefined),
        }
    }

    /// What it is called, by its definition.
    pub fn name(&self) -> String {
        definition(self.id).map_or_else(String::new, |definition| definition.name_of(&self.part))
    }

    /// Takes everything it tells away.
    pub fn suppress(&mut self) {
        let unknown = Figure::unknown(self.id, self.part.clone(), self.whom.clone(), self.unit);
        *self = Figure { suppressed: true, ..unknown };
    }

    /// This figure, or nothing of it where its group has too few people.
    pub fn unless_small(self, headcount: Headcount, period: Period, unsuppressed: bool) -> Figure {
        self.unless(!unsuppressed && headcount.for_anonymity(period) < FEWEST_PEOPLE as f64)
    }

    /// This figure, or nothing of it.
    pub fn unless(mut self, hidden: bool) -> Figure {
        if hidden {
            self.suppress();
        }
        self
    }
}

/// A figure as it is stored, frozen and printed as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    pub version: u32,
    pub group: String,
    pub value: Option<f64>,
    pub unit: String,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    #[serde(default)]
    pub n: Option<u64>,
    #[serde(default)]
    pub beyond: Option<f64>,
    #[serde(default)]
    pub estimate: bool,
    pub suppressed: bool,
    /// Why there is no number, in words; null where there is one.
    #[serde(default)]
    pub withheld: Option<String>,
    pub excluded: i64,
}

impl From<Figure> for Stored {
    fn from(figure: Figure) -> Stored {
        Stored {
            id: figure.id.to_owned(),
            version: figure.version,
            group: figure.whom.name(),
            value: figure.value,
            unit: figure.unit.name().to_owned(),
            numerator: figure.numerator,
            denominator: figure.denominator,
            low: figure.low,
            high: figure.high,
            n: figure.n,
            beyond: figure.beyond,
            estimate: figure.is_estimate,
            suppressed: figure.suppressed,
            withheld: figure.withheld().map(|why| why.name().to_owned()),
            excluded: figure.excluded,
            part: figure.part.into_owned(),
        }
    }
}

// By hand: a derived one would borrow the name of the metric from what is read.
impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Figure, D::Error> {
        Figure::try_from(Stored::deserialize(from)?).map_err(Error::custom)
    }
}

impl TryFrom<Stored> for Figure {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Figure, String> {
        let unknown = |what: &str, name: &str| format!("{what} {name} is not known");
        Ok(Figure {
            id: definition(&stored.id).ok_or_else(|| unknown("metric", &stored.id))?.id,
            whom: Whom::named(&stored.group).ok_or_else(|| unknown("group", &stored.group))?,
            unit: Unit::named(&stored.unit).ok_or_else(|| unknown("unit", &stored.unit))?,
            part: Cow::Owned(stored.part),
            version: stored.version,
            value: stored.value,
            numerator: stored.numerator,
            denominator: stored.denominator,
            low: stored.low,
            high: stored.high,
            n: stored.n,
            beyond: stored.beyond,
            is_estimate: stored.estimate,
            suppressed: stored.suppressed,
            excluded: stored.excluded,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_figure_is_read_again_as_it_was() {
        let share = Figure::share("C3", "", Whom::Department("Service/North".into()), 30, 100, 10);
        let mut hidden = share.clone();
        hidden.suppress();
        let month = Figure::plain("C22", "2026-09", Unit::Stars, Some(1.0 / 3.0), (None, Some(12.0)));
        for (figure, why) in [
            (share, None),
            (hidden, Some("fewer than five people")),
            (month, None),
            (Figure::share("C21", "", Whom::All, 1, 9, 10), Some("too few for a share")),
            (Figure::unknown("C14", "", Whom::Segment(String::new()), Unit::Alpha), Some("undefined")),
        ] {
            let text = serde_json::to_string(&figure).expect("JSON");
            let stored: Stored = serde_json::from_str(&text).expect("a stored figure");
            assert_eq!(stored.withheld.as_deref(), why);
            assert_eq!(serde_json::from_str::<Figure>(&text).expect("a figure"), figure, "{text}");
        }
        let odd = "{\"id\":\"C99\",\"version\":1,\"group\":\"all\",\"value\":null,\"unit\":\"share\",\
                   \"numerator\":null,\"denominator\":null,\"low\":null,\"high\":null,\"suppressed\":false,\"excluded\":0}";
        assert!(serde_json::from_str::<Figure>(odd).is_err());
    }
}
