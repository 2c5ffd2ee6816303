//! What each figure is: one table that the page, the CSV files, the command line and the page of
//! definitions read.

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
    /// Things.
    Count,
}

impl Unit {
    /// As the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::PerPersonMonth => "per person-month",
            Unit::Share => "share",
            Unit::Index => "-1 to 1",
            Unit::Gini => "0 to 1",
            Unit::Count => "count",
        }
    }
}

/// A figure and its parts, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub id: &'static str,
    /// In the words of the pages.
    pub name: &'static str,
    pub unit: Unit,
    /// What it is, in a sentence or two.
    pub meaning: &'static str,
    pub interval: &'static str,
    pub source: &'static str,
    /// Which version of this definition it is computed by, and since when.
    pub version: &'static str,
}

const HBR: &str = "Rust, Moorman and Bhalla, Rethinking Marketing, Harvard Business Review, January 2010";
const GARWOOD: &str = "95 %, exact for a Poisson count (Garwood 1936)";
const WILSON: &str = "95 %, score interval (Wilson 1927)";
const FIRST: &str = "1, from the start";

/// All of them, in the order of their ids.
pub const DEFINITIONS: [Definition; 10] = [
    Definition {
        id: "C1",
        name: "Contribution frequency",
        unit: Unit::PerPersonMonth,
        meaning: "Insights shared, divided by people and months: people are the mean daily headcount of the group, \
                  so 23.7 where some came or left meanwhile; a month has 30.4375 days. An insight counts where and as what its author worked when sharing it, \
                  also if it was withdrawn later; one undone within ten minutes never counted.",
        interval: GARWOOD,
        source: HBR,
        version: FIRST,
    },
    Definition {
        id: "C2",
        name: "Access frequency",
        unit: Unit::PerPersonMonth,
        meaning: "Openings of insights, divided by people and months. Openings of the same insight by the same person \
                  within 30 minutes count once; an author's own never count.",
        interval: GARWOOD,
        source: HBR,
        version: FIRST,
    },
    Definition {
        id: "C3",
        name: "People who shared",
        unit: Unit::Share,
        meaning: "People who shared at least one insight in the period, of the people there on its last day.",
        interval: WILSON,
        source: "Tradewind",
        version: FIRST,
    },
    Definition {
        id: "C4",
        name: "People who read",
        unit: Unit::Share,
        meaning: "People who opened at least one insight in the period, of the people there on its last day.",
        interval: WILSON,
        source: "Tradewind",
        version: FIRST,
    },
    Definition {
        id: "C5",
        name: "Unevenness",
        unit: Unit::Gini,
        meaning: "The Gini coefficient of insights shared, and of openings, over everybody who was there in the period, \
                  people with none included, who drive it: 0 if all do the same, near 1 if few do everything. Beside it \
                  the part that the busiest 1 % and 10 % of people did, and the share of people with none.",
        interval: "none",
        source: "Gini 1912",
        version: FIRST,
    },
    Definition {
        id: "C7",
        name: "Flow between departments",
        unit: Unit::Count,
        meaning: "Pairs of a reader in one department and an insight from another, counted when that reader opens that \
                  insight for the first time ever. Rows give, columns receive; the sums include what stays at home. What \
                  would be expected from one department to another is what the one gives, times what the other \
                  receives, divided by all first openings: as if everybody read without looking at the author's \
                  department. It is worked out from the sums that are told; in the place of one that is not stands an \
                  equal part of what the others leave.",
        interval: "none",
        source: "Tradewind",
        version: FIRST,
    },
    Definition {
        id: "C8",
        name: "E-I index",
        unit: Unit::Index,
        meaning: "Flow across departments minus flow inside them, divided by both: -1 if nothing leaves its department. \
                  It misleads where departments differ in size; read C9.",
        interval: "none",
        source: "Krackhardt and Stern, Social Psychology Quarterly 51, 1988",
        version: FIRST,
    },
    Definition {
        id: "C9",
        name: "Silo index",
        unit: Unit::Index,
        meaning: "The E-I index that would come about if everybody read without looking at the author's department, \
                  minus the real one: above 0 the company is inward-looking, at 0 departments make no difference. \
                  Beside it Newman's assortativity, 1 if everything stays inside and 0 by chance.",
        interval: "none",
        source: "Newman, Physical Review E 67, 2003",
        version: FIRST,
    },
    Definition {
        id: "C13",
        name: "Rating coverage",
        unit: Unit::Share,
        meaning: "Insights with at least 3 ratings from at least 2 departments, of all insights at least 14 days old at \
                  the end of the period. It says how far to trust what is said about value.",
        interval: WILSON,
        source: "Tradewind",
        version: FIRST,
    },
    Definition {
        id: "C17",
        name: "Searches that found nothing",
        unit: Unit::Share,
        meaning: "Searches without a result, of all submitted searches. Each is something somebody wanted to know. \
                  Below 20 searches the count is shown instead of a share.",
        interval: WILSON,
        source: "Tradewind",
        version: FIRST,
    },
];

/// The definition of an id.
pub fn definition(id: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.id == id)
}
