//! What each figure is: one table that the pages, the CSV files, the command line, its JSON, the reports
//! and the help page of each metric read.

mod demand;
mod good;
mod matrix;
mod soon;
mod verbs;

/// In what a figure is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Events a person a month of 30.4375 days.
    PerPersonMonth,
    /// 0 to 1.
    Share,
    /// -1 to 1.
    Index,
    /// 0 to 1, but not a share of anything.
    Gini,
    /// At most 1; 0 by chance.
    Alpha,
    /// Things.
    Count,
    Hours,
    Days,
    /// 1 to 5, unrounded.
    Stars,
    Credits,
}

impl Unit {
    /// All of them.
    pub const ALL: [Unit; 10] = [
        Unit::PerPersonMonth,
        Unit::Share,
        Unit::Index,
        Unit::Gini,
        Unit::Alpha,
        Unit::Count,
        Unit::Hours,
        Unit::Days,
        Unit::Stars,
        Unit::Credits,
    ];

    /// In words behind a number on a page; empty where the number says it.
    pub const fn words(self) -> &'static str {
        match self {
            Unit::PerPersonMonth => "a person a month",
            Unit::Stars => "stars",
            Unit::Credits => "credits",
            Unit::Hours | Unit::Days | Unit::Share | Unit::Index | Unit::Gini | Unit::Alpha | Unit::Count => {
                ""
            }
        }
    }

    /// As the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::PerPersonMonth => "per person-month",
            Unit::Share => "share",
            Unit::Index => "-1 to 1",
            Unit::Gini => "0 to 1",
            Unit::Alpha => "at most 1",
            Unit::Count => "count",
            Unit::Hours => "hours",
            Unit::Days => "days",
            Unit::Stars => "stars",
            Unit::Credits => "credits",
        }
    }

    /// The unit of that name.
    pub fn named(name: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| unit.name() == name)
    }
}

/// What a figure helps to answer; the order of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Sharing,
    Crossing,
    Soon,
    Good,
    Wanted,
    Market,
}

impl Theme {
    /// In the order of the pages.
    pub const ALL: [Theme; 6] =
        [Theme::Sharing, Theme::Crossing, Theme::Soon, Theme::Good, Theme::Wanted, Theme::Market];

    /// As a heading.
    pub const fn name(self) -> &'static str {
        match self {
            Theme::Sharing => "Who shares and who reads",
            Theme::Crossing => "What crosses departments",
            Theme::Soon => "How soon, and how long",
            Theme::Good => "How good it is, and how far to trust that",
            Theme::Wanted => "What is wanted, and what lies idle",
            Theme::Market => "How the market stands",
        }
    }
}

/// From what a figure comes, which decides when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// From daily sums, whenever it is asked for.
    FromSums,
    /// From daily sums, its interval by night from the events.
    IntervalByNight,
    /// From the events: by night, or when somebody asks for the period.
    ByNight,
}

/// One number of a metric that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// As the files write it; empty where there is but one.
    pub part: &'static str,
    /// In the words of the pages.
    pub name: &'static str,
    pub unit: Unit,
}

/// A metric and its parts, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub id: &'static str,
    /// In the words of the pages.
    pub name: &'static str,
    /// What it is computed from: `n` of its figures counts these.
    pub of: &'static str,
    pub theme: Theme,
    /// The numbers it has; at least one.
    pub parts: &'static [Part],
    /// What it is, in a sentence or two.
    pub meaning: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// What is said where there is nothing, or too little.
    pub edges: &'static str,
    pub interval: &'static str,
    pub source: &'static str,
    pub made: Made,
    /// Which version of this definition figures are computed by. A frozen report keeps its own.
    pub version: u32,
    /// Since when it is computed so.
    pub since: &'static str,
}

impl Definition {
    /// The unit of its first number.
    pub const fn unit(&self) -> Unit {
        self.parts[0].unit
    }

    /// What one of its numbers is called: the metric's name where it has but one.
    pub fn name_of(&self, part: &str) -> String {
        match self.parts.iter().find(|known| known.part == part) {
            Some(known) => known.name.to_owned(),
            // A number for each month.
            None if !part.is_empty() => format!("{}, {part}", self.name),
            None => self.name.to_owned(),
        }
    }
}

pub(super) const HBR: &str =
    "Rust, Moorman and Bhalla, Rethinking Marketing, Harvard Business Review, January 2010";
pub(super) const RATES: &str = "95 %, exact for a Poisson count (Garwood 1936); of everybody, where more than 30 were there, from 1,000 draws \
     of the people once the night has computed it, since what one person does is not independent";
pub(super) const WILSON: &str = "95 %, score interval (Wilson 1927)";
pub(super) const BY_PEOPLE: &str = "95 %, from 1,000 draws of the people, since what one person does is not independent (Efron and Tibshirani 1993)";
pub(super) const KAPLAN_MEIER: &str =
    "95 %, from the log-log interval of the curve (Kalbfleisch and Prentice 1980)";
pub(super) const FIRST: &str = "the first release";
pub(super) const SECOND: &str = "ratings are told in rounds";

/// All of them, in the order of their ids.
pub const DEFINITIONS: [Definition; 23] = [
    verbs::C1,
    verbs::C2,
    verbs::C3,
    verbs::C4,
    verbs::C5,
    soon::C6,
    matrix::C7,
    matrix::C8,
    matrix::C9,
    matrix::C10,
    soon::C11,
    soon::C12,
    good::C13,
    good::C14,
    soon::C15,
    soon::C16,
    demand::C17,
    demand::C18,
    matrix::C19,
    demand::C20,
    demand::C21,
    good::C22,
    demand::C23,
];

/// The definition of an id.
pub fn definition(id: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_place_and_its_words() {
        for (at, definition) in DEFINITIONS.iter().enumerate() {
            assert_eq!(definition.id, format!("C{}", at + 1));
            let Definition { name, meaning, reading, edges, interval, source, .. } = definition;
            for words in [name, meaning, reading, edges, interval, source] {
                assert!(!words.is_empty() && !words.contains("  "), "{}: {words}", definition.id);
            }
            for part in definition.parts {
                assert_eq!(definition.name_of(part.part), part.name);
            }
            assert!(Theme::ALL.contains(&definition.theme));
        }
        let name = definition("C22").map(|c22| c22.name_of("2026-09"));
        assert_eq!(name.as_deref(), Some("Quality by month, 2026-09"));
        assert_eq!(definition("C24"), None);
    }

    #[test]
    fn units_are_found_by_their_names() {
        for unit in Unit::ALL {
            assert_eq!(Unit::named(unit.name()), Some(unit));
        }
    }
}
