//! A report as it was made: what is kept of it, to the last digit. Files of other years are read by the same
//! types, so a field that is added here must have a default.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::flow::period::Period;
use crate::web::charts::Lines;

/// The number of this form; a reader of files can tell by it.
pub const FORMAT: u32 = 1;

/// Everything a report says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    pub format: u32,
    /// Its first day.
    pub from: NaiveDate,
    /// The day after its last.
    pub to: NaiveDate,
    /// In which the days are counted.
    pub time_zone: String,
    /// The name of the segment it is narrowed to.
    pub segment: Option<String>,
    /// The day of the first event of all; none where nothing had happened.
    pub counting_since: Option<NaiveDate>,
    /// The finding in one sentence.
    pub sentence: String,
    /// The numbers behind that sentence, in words.
    pub explanation: String,
    /// What the columns of [`Row::compared`] are.
    pub comparisons: Vec<Comparison>,
    pub figures: Vec<Row>,
    pub flow: Flow,
    pub charts: Vec<Chart>,
    pub definitions: Vec<Definition>,
}

impl Frozen {
    /// The days it is about.
    pub fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// A period that figures are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `the month before` in words, `September 2026`.
    pub name: String,
    /// `before`, `year_before` or `baseline`: as the files call the column.
    pub key: String,
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The report whose numbers these are; none where they were computed for this one.
    pub report: Option<i64>,
    /// Why there is nothing to compare with; empty where there is.
    pub why: String,
}

/// A figure about somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub part: String,
    /// What it is, in words.
    pub name: String,
    /// `all`, `managers`, `department:Sales`, `segment:Hospitals`.
    pub group: String,
    /// The same in words.
    pub group_name: String,
    pub unit: String,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    /// Why there is no value; empty where there is one.
    pub withheld: String,
    /// Things left out because they could not be judged yet.
    pub excluded: i64,
    /// The version of the definition it was computed by.
    pub version: u32,
    /// Instead of a value: it is more than this.
    #[serde(default)]
    pub beyond: Option<f64>,
    /// Whether it was computed from a sample.
    #[serde(default)]
    pub estimate: bool,
    pub shown: Shown,
    /// One for each of [`Frozen::comparisons`].
    pub compared: Vec<Compared>,
}

impl Row {
    /// What it is called where its definition is near: `Shared by the busiest 10 %` of `Unevenness: Shared by
    /// the busiest 10 %`, as the flow page calls it.
    pub fn short_name<'a>(&'a self, definitions: &[Definition]) -> &'a str {
        let of = definitions.iter().find(|definition| definition.id == self.id);
        of.and_then(|definition| self.name.strip_prefix(definition.name.as_str())?.strip_prefix(": "))
            .unwrap_or(&self.name)
    }

    /// `C5/gini_accesses/all`: one figure of a report.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.id, self.part, self.group)
    }
}

/// A figure as people read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub value: String,
    /// Empty where there is none.
    pub interval: String,
    /// `12 of 312`, or empty.
    pub of: String,
    pub is_number: bool,
}

/// The figure of another period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// As people read it: a number, or `n/a`.
    pub shown: String,
    pub interval: String,
    /// `up` or `down` since then by more than chance explains; else empty.
    pub moved: String,
    /// Why there is none.
    pub why: String,
}

/// Who reads whose insights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub names: Vec<String>,
    pub rows: Vec<FlowRow>,
    /// What each group opened altogether; none where that is not told.
    pub received: Vec<Option<u64>>,
}

/// What a group gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowRow {
    pub name: String,
    pub cells: Vec<FlowCell>,
    pub given: Option<u64>,
}

/// First openings by one group of what another shared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowCell {
    /// None where it is not told.
    pub value: Option<u64>,
    /// As people read it.
    pub shown: String,
    /// Its step of the ramp.
    pub class: String,
}

/// A chart with its finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub heading: String,
    pub reading: String,
    pub lines: Lines,
}

/// What a figure was at that time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    pub id: String,
    pub name: String,
    pub unit: String,
    pub meaning: String,
    pub interval: String,
    pub source: String,
    pub version: u32,
    /// Since when it was computed so.
    pub since: String,
}
