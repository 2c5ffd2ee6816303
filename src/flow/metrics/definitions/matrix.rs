//! C7 to C10 and C19: what crosses from one department to another.

use super::{BY_PEOPLE, Definition, FIRST, HBR, Made, Part, SECOND, Theme, Unit};

pub(super) const C7: Definition = Definition {
    id: "C7",
    name: "Flow between departments",
    of: "first openings",
    theme: Theme::Crossing,
    parts: &[Part { part: "", name: "Flow between departments", unit: Unit::Count }],
    meaning: "Pairs of a reader in one department and an insight from another, counted when that reader opens that \
              insight for the first time ever. Rows give, columns receive; the sums include what stays at home. What \
              would be expected from one department to another is what the one gives, times what the other \
              receives, divided by all first openings: as if everybody read without looking at the author's \
              department. It is worked out from the sums that are told; in the place of one that is not stands an \
              equal part of what the others leave.",
    reading: "A pale cell between two large departments is a border that little crosses.",
    edges: "Cells with fewer than five readers are not told, nor cells that would give those away.",
    interval: "none",
    source: "Tradewind",
    made: Made::FromSums,
    version: 1,
    since: FIRST,
};

pub(super) const C8: Definition = Definition {
    id: "C8",
    name: "E-I index",
    of: "readers",
    theme: Theme::Crossing,
    parts: &[Part { part: "", name: "E-I index", unit: Unit::Index }],
    meaning: "Flow across departments minus flow inside them, divided by both: -1 if nothing leaves its department.",
    reading: "It misleads where departments differ in size: two large ones keep much inside without any silo. Read the silo index.",
    edges: "No flow, or a single department: no number.",
    interval: BY_PEOPLE,
    source: "Krackhardt and Stern, Social Psychology Quarterly 51, 1988",
    made: Made::IntervalByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C9: Definition = Definition {
    id: "C9",
    name: "Silo index",
    of: "readers",
    theme: Theme::Crossing,
    parts: &[
        Part { part: "", name: "Silo index", unit: Unit::Index },
        Part { part: "assortativity", name: "Assortativity", unit: Unit::Index },
    ],
    meaning: "The E-I index that would come about if everybody read without looking at the author's department, \
              minus the real one: above 0 the company is inward-looking, at 0 departments make no difference. \
              Beside it Newman's assortativity, 1 if everything stays inside and 0 by chance.",
    reading: "In a public consultation with groups of different size the E-I index was -.59, which looks like silos; by \
              chance alone it would have been -.60.",
    edges: "No flow, a single department, or chance that keeps everything inside: no number.",
    interval: BY_PEOPLE,
    source: "Newman, Physical Review E 67, 2003",
    made: Made::IntervalByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C10: Definition = Definition {
    id: "C10",
    name: "Brokerage",
    of: "people",
    theme: Theme::Crossing,
    parts: &[
        Part { part: "betweenness", name: "Betweenness of its people", unit: Unit::Gini },
        Part { part: "constraint", name: "Constraint of its people", unit: Unit::Gini },
    ],
    meaning: "Two people are linked if one opened something of the other for the first time in the period, or answered a \
              request of theirs. Betweenness is the part of all pairs of others whose shortest connection leads \
              through a person; Burt's constraint is high where somebody's contacts all know each other. Shown is \
              the mean over the people of a department, never a person.",
    reading: "A department with high betweenness connects others; take it away and they lose sight of each other.",
    edges: "People without any link have betweenness 0 and no constraint. Above 2,000 people betweenness is estimated from \
            256 of them and says so, and constraint is told to each person of themselves only.",
    interval: "none",
    source: "Brandes, Journal of Mathematical Sociology 25, 2001; Burt, Structural Holes, 1992",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C19: Definition = Definition {
    id: "C19",
    name: "Value-weighted flow",
    of: "people",
    theme: Theme::Crossing,
    parts: &[
        Part { part: "", name: "Valuable openings", unit: Unit::PerPersonMonth },
        Part { part: "crossing", name: "Valuable openings that cross departments", unit: Unit::Share },
    ],
    meaning: "First openings in the period, each counted by how surely the insight is worth something: not at all up to a \
              lower bound of its value of 3.00, wholly from 4.50, and in proportion between; a person a month. \
              Beside it the part of this that crosses departments. What is known of a value is what was known when the \
              last round of ratings was over, to a tenth of a star; insights with fewer than five ratings weigh what \
              they do on average, so that no day's openings tell the value of one. A round is as many whole weeks as \
              it takes until five people have rated.",
    reading: "Counting says little about quality: this is the flow of what colleagues found useful.",
    edges: "Insights without ratings weigh nothing, nor do those with fewer than five where they are fewer than ten or \
            fewer than five people rated them. Without any weight there is no share.",
    interval: BY_PEOPLE,
    source: HBR,
    made: Made::ByNight,
    version: 2,
    since: SECOND,
};
