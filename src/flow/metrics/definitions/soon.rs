//! C6, C11, C12, C15 and C16: how far, how soon and how long an insight is read.

use super::{Definition, FIRST, KAPLAN_MEIER, Made, Part, Theme, Unit};

pub(super) const C6: Definition = Definition {
    id: "C6",
    name: "Reach",
    of: "insights",
    theme: Theme::Soon,
    parts: &[
        Part { part: "people", name: "Reach among people", unit: Unit::Share },
        Part { part: "departments", name: "Reach among departments", unit: Unit::Share },
    ],
    meaning: "Of an insight: the people who have opened it, of all people there on the last day but its author; and the other \
              departments in which somebody has, of all other departments. Shown is the median over the insights \
              that were 30 to 180 days old at the end of the period. Departments are those at the top of the tree.",
    reading: "Half of the insights reach more, half reach less.",
    edges: "A single department has no others; no insight of that age, or a single person: no number.",
    interval: "the quartiles: half of the insights lie between them",
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C11: Definition = Definition {
    id: "C11",
    name: "Time to first access",
    of: "insights",
    theme: Theme::Soon,
    parts: &[
        Part { part: "", name: "Time to first access", unit: Unit::Hours },
        Part { part: "waiting_7d", name: "Not opened within 7 days", unit: Unit::Share },
    ],
    meaning: "How long insights shared in the period waited until somebody else opened them: the Kaplan-Meier median in \
              hours. Those that nobody has opened yet count as waiting until the end of the period (until they were \
              withdrawn) and are never left out. Beside it the part that still waits after 7 days.",
    reading: "In a public consultation half of the comments were never answered; leaving those out would have said hours \
              instead of days.",
    edges: "More than half still wait: the median is more than the longest wait so far. Nothing shared: no number. Below 10 \
            insights there is no share.",
    interval: KAPLAN_MEIER,
    source: "Kaplan and Meier, JASA 53, 1958",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C12: Definition = Definition {
    id: "C12",
    name: "Time to first rating, and across the border",
    of: "insights",
    theme: Theme::Soon,
    parts: &[
        Part { part: "rating", name: "Time to first rating", unit: Unit::Hours },
        Part { part: "rating_waiting_7d", name: "Not rated within 7 days", unit: Unit::Share },
        Part { part: "outside", name: "Time to first reader outside the department", unit: Unit::Hours },
        Part { part: "outside_waiting_7d", name: "Not read outside within 7 days", unit: Unit::Share },
    ],
    meaning: "As the time to first access: until the first rating that counts, and until the first reader outside the \
              author's department (the one at the top of the tree).",
    reading: "The second is how long what one department learns takes to reach another.",
    edges: "As the time to first access; with a single department nobody can be outside.",
    interval: KAPLAN_MEIER,
    source: "Kaplan and Meier, JASA 53, 1958",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C15: Definition = Definition {
    id: "C15",
    name: "Freshness",
    of: "openings",
    theme: Theme::Soon,
    parts: &[
        Part { part: "age", name: "Age of what is read", unit: Unit::Days },
        Part { part: "stale", name: "Unread for 180 days", unit: Unit::Share },
    ],
    meaning: "The median age in days of insights on the day they were opened, over all openings in the period; and the \
              insights that nobody has opened for 180 days and that are at least as old, of all insights there at \
              the end of the period.",
    reading: "Old and read is an archive that serves; old and unread is one that buries.",
    edges: "Nothing opened, or no insights: no number. Below 10 insights the count is shown instead of a share. Withdrawn \
            insights are not there.",
    interval: "age: the quartiles; share: 95 %, score interval (Wilson 1927)",
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C16: Definition = Definition {
    id: "C16",
    name: "Half-life of use",
    of: "insights",
    theme: Theme::Soon,
    parts: &[Part { part: "", name: "Half-life of use", unit: Unit::Days }],
    meaning: "The age in days by which half of the openings of an insight's first 365 days had happened; the median over \
              insights older than 365 days with at least five such openings.",
    reading: "Short: read when new and forgotten. Long: found again when needed.",
    edges: "No insight is old enough and read enough: no number.",
    interval: "the quartiles: half of the insights lie between them",
    source: "Burton and Kebler, American Documentation 11, 1960",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};
