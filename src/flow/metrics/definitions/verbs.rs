//! C1 to C5: both verbs, and how they are spread over people.

use super::{BY_PEOPLE, Definition, FIRST, HBR, Made, Part, RATES, Theme, Unit, WILSON};

pub(super) const C1: Definition = Definition {
    id: "C1",
    name: "Contribution frequency",
    of: "people",
    theme: Theme::Sharing,
    parts: &[Part { part: "", name: "Contribution frequency", unit: Unit::PerPersonMonth }],
    meaning: "Insights shared, divided by people and months: people are the mean daily headcount of the group, \
              so 23.7 where some came or left meanwhile; a month has 30.4375 days. An insight counts where and as what its author worked when sharing it, \
              also if it was withdrawn later; one undone within ten minutes never counted.",
    reading: "The first half of the pair: what people give. Read it beside what they take, and managers apart.",
    edges: "Nobody there: no number. Nothing shared: 0, with an upper limit of 3.69 divided by the person-months.",
    interval: RATES,
    source: HBR,
    made: Made::IntervalByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C2: Definition = Definition {
    id: "C2",
    name: "Access frequency",
    of: "people",
    theme: Theme::Sharing,
    parts: &[Part { part: "", name: "Access frequency", unit: Unit::PerPersonMonth }],
    meaning: "Openings of insights, divided by people and months. Openings of the same insight by the same person \
              within 30 minutes count once; an author's own never count.",
    reading: "The second half of the pair: what people take.",
    edges: "As for what is shared.",
    interval: RATES,
    source: HBR,
    made: Made::IntervalByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C3: Definition = Definition {
    id: "C3",
    name: "People who shared",
    of: "people",
    theme: Theme::Sharing,
    parts: &[Part { part: "", name: "People who shared", unit: Unit::Share }],
    meaning: "People who shared at least one insight in the period, of all who were there on any of its days, each in the \
              department where they were last.",
    reading: "Sharing by few is usual in every community; a rising share is worth more than a rising count.",
    edges: "Below 10 people the count is shown instead of a share; nobody there: no number.",
    interval: WILSON,
    source: "Tradewind",
    made: Made::FromSums,
    version: 2,
    since: "24 November 2026: those who left within the period stay counted",
};

pub(super) const C4: Definition = Definition {
    id: "C4",
    name: "People who read",
    of: "people",
    theme: Theme::Sharing,
    parts: &[Part { part: "", name: "People who read", unit: Unit::Share }],
    meaning: "People who opened at least one insight in the period, of all who were there on any of its days, each in the \
              department where they were last.",
    reading: "Whoever is missing here is reached by nothing that was shared.",
    edges: "As for people who shared.",
    interval: WILSON,
    source: "Tradewind",
    made: Made::FromSums,
    version: 2,
    since: "24 November 2026: those who left within the period stay counted",
};

pub(super) const C5: Definition = Definition {
    id: "C5",
    name: "Unevenness",
    of: "people",
    theme: Theme::Sharing,
    parts: &[
        Part { part: "gini_contributions", name: "Unevenness of sharing", unit: Unit::Gini },
        Part { part: "top1_contributions", name: "Shared by the busiest 1 %", unit: Unit::Share },
        Part { part: "top10_contributions", name: "Shared by the busiest 10 %", unit: Unit::Share },
        Part { part: "zero_contributions", name: "People who shared nothing", unit: Unit::Share },
        Part { part: "gini_accesses", name: "Unevenness of reading", unit: Unit::Gini },
        Part { part: "top1_accesses", name: "Opened by the busiest 1 %", unit: Unit::Share },
        Part { part: "top10_accesses", name: "Opened by the busiest 10 %", unit: Unit::Share },
        Part { part: "zero_accesses", name: "People who opened nothing", unit: Unit::Share },
    ],
    meaning: "The Gini coefficient of insights shared, and of openings, over everybody who was there in the period, \
              people with none included, who drive it: 0 if all do the same, near 1 if few do everything. Beside it \
              the part that the busiest 1 % and 10 % of people did, and the share of people with none.",
    reading: "High is usual: in public consultations the Gini of contributions was .78 to .94, and one person in a hundred \
              wrote a quarter to a half of everything. Watch whether it falls.",
    edges: "Nothing shared or opened: no number. The busiest 1 % are rounded up to a whole person.",
    interval: BY_PEOPLE,
    source: "Gini 1912; Nielsen, Participation inequality, 2006",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};
