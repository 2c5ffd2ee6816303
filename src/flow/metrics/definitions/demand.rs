//! C17, C18, C20, C21 and C23: what is wanted, what lies idle, how the market stands.

use super::{Definition, FIRST, Made, Part, SECOND, Theme, Unit, WILSON};

pub(super) const C17: Definition = Definition {
    id: "C17",
    name: "Demand",
    of: "people",
    theme: Theme::Wanted,
    parts: &[
        Part { part: "requests", name: "Requests opened", unit: Unit::PerPersonMonth },
        Part { part: "zero_results", name: "Searches that found nothing", unit: Unit::Share },
    ],
    meaning: "Requests opened, divided by people and months; and searches without a result, of all submitted searches. Each is \
              something somebody wanted to know.",
    reading: "More requests is more asking, which is good; more searches in vain is not.",
    edges: "Below 20 searches the count is shown instead of a share.",
    interval: "requests: 95 %, exact for a Poisson count (Garwood 1936); searches: 95 %, score interval (Wilson 1927)",
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C18: Definition = Definition {
    id: "C18",
    name: "Fill rate",
    of: "requests",
    theme: Theme::Wanted,
    parts: &[
        Part { part: "fill_rate", name: "Requests filled within 21 days", unit: Unit::Share },
        Part { part: "time_to_fill", name: "Time to fill", unit: Unit::Days },
    ],
    meaning: "Requests opened in the period, at least 21 days before its end, that were awarded within 21 days, of those that \
              were not cancelled. Beside it the Kaplan-Meier median of the days from opening to award of all requests \
              opened in the period: open ones wait until its end, cancelled and expired ones until they closed.",
    reading: "Whether asking pays.",
    edges: "No such request: no number. Below 10 the count is shown instead of a share.",
    interval: "share: 95 %, score interval (Wilson 1927); time: 95 %, from the log-log interval of the curve",
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C20: Definition = Definition {
    id: "C20",
    name: "Under-read insights",
    of: "insights",
    theme: Theme::Wanted,
    parts: &[
        Part { part: "", name: "Under-read insights, of the valuable ones", unit: Unit::Share },
        Part { part: "count", name: "Under-read insights", unit: Unit::Count },
    ],
    meaning: "Insights at least 30 days old that at least 3 raters judged and whose value is at least 3.50, or that the author's \
              own department (at least 3 raters of it) finds worth at least 3.50, or that two people used, by what ratings said \
              when their last round was over (as many whole weeks as it takes until five people have rated): how many of them nobody outside the \
              author's department has opened in the last 90 days.",
    reading: "Knowledge that somebody vouched for and nobody else looks at: a work list.",
    edges: "No such insight: no number. Below 10 the count is shown instead of a share. Withdrawn insights are not there.",
    interval: WILSON,
    source: "Tradewind",
    made: Made::ByNight,
    version: 2,
    since: SECOND,
};

pub(super) const C21: Definition = Definition {
    id: "C21",
    name: "Never opened",
    of: "insights",
    theme: Theme::Wanted,
    parts: &[Part { part: "", name: "Never opened", unit: Unit::Share }],
    meaning: "Insights that nobody but their author has ever opened, of all insights at least 30 days old at the end of the \
              period.",
    reading: "What was shared in vain so far.",
    edges: "No insight of that age: no number. Below 10 the count is shown instead of a share. Withdrawn insights are not there.",
    interval: WILSON,
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};

pub(super) const C23: Definition = Definition {
    id: "C23",
    name: "Market health",
    of: "credits",
    theme: Theme::Market,
    parts: &[
        Part { part: "issued", name: "Credits issued", unit: Unit::Credits },
        Part { part: "spent", name: "Credits put into requests", unit: Unit::Credits },
        Part { part: "in_escrow", name: "Credits in escrow", unit: Unit::Credits },
        Part { part: "top10_earnings", name: "Earned by the 10 % who earn most", unit: Unit::Share },
        Part { part: "flagged_pairs", name: "Pairs to be looked at", unit: Unit::Count },
        Part { part: "pending_error", name: "Most a leniency may be off", unit: Unit::Stars },
    ],
    meaning: "Credits that came into being in the period, that were put into requests in it, and that wait in escrow at its end; \
              the part of what was earned in the period that went to the tenth of all people who earned most; pairs \
              of people whose ratings of each other were flagged in the period; and how far any rater's leniency may \
              be from the solution at the time of computing.",
    reading: "Credits that are issued and never spent buy nothing; a market in which few earn everything tires the others.",
    edges: "Nothing earned, or a tenth that is fewer than five people: no share. Credits that came into being are told to \
            tens, since what one insight earned in a week follows from its value.",
    interval: "none",
    source: "Tradewind",
    made: Made::ByNight,
    version: 1,
    since: FIRST,
};
