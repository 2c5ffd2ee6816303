//! C13, C14 and C22: what ratings say, and how far to trust them.

use super::{Definition, FIRST, Made, Part, SECOND, Theme, Unit, WILSON};

pub(super) const C13: Definition = Definition {
    id: "C13",
    name: "Rating coverage",
    of: "insights",
    theme: Theme::Good,
    parts: &[Part { part: "", name: "Rating coverage", unit: Unit::Share }],
    meaning: "Insights with at least 3 ratings from at least 2 departments, of all insights at least 14 days old at \
              the end of the period.",
    reading: "It says how far to trust what is said about value.",
    edges: "No insight of that age: no number. Below 10 the count is shown instead of a share.",
    interval: WILSON,
    source: "Tradewind",
    made: Made::FromSums,
    version: 1,
    since: FIRST,
};

pub(super) const C14: Definition = Definition {
    id: "C14",
    name: "Reliability of ratings",
    of: "insights",
    theme: Theme::Good,
    parts: &[Part { part: "", name: "Krippendorff's alpha", unit: Unit::Alpha }],
    meaning: "Krippendorff's alpha, for ordered values, of the ratings given in the period that count, over insights with \
              at least two of them: 1 if all raters of an insight agree, 0 by chance. Counted are the rounds of ratings that \
              lie in the period whole, and it is told to a hundredth, so that two periods never differ by the ratings \
              of fewer than five people. A round is as many whole weeks as it takes until five people have rated.",
    reading: "Low is normal: people are asked what an insight is worth to their own work, and their work differs. In public \
              rating data it lies between .1 and .4. The thresholds for trained coders do not apply; watch the trend.",
    edges: "No insight with two ratings, or a single value given throughout: undefined, not 1. No round in the period: not \
            told.",
    interval: "95 %, from 1,000 draws of the insights",
    source: "Krippendorff, Computing alpha-reliability, 2011",
    made: Made::ByNight,
    version: 2,
    since: SECOND,
};

pub(super) const C22: Definition = Definition {
    id: "C22",
    name: "Quality by month",
    of: "insights",
    theme: Theme::Good,
    parts: &[Part { part: "", name: "Quality of the period", unit: Unit::Stars }],
    meaning: "The mean value of insights by the month in which they were shared, in the period, using only the ratings of \
              each insight's first 30 days, so that older ones have not had longer to ripen. Those nobody rated in \
              that time are left out. It is told to a tenth of a star, and of whole months only, as many together as \
              it takes for ten insights and five people who rated them: so that whoever makes a period a day longer \
              adds ten insights or none, and learns the rating of nobody.",
    reading: "Whether what is shared gets better. Values lean towards the middle where ratings are few.",
    edges: "A month that lies in the period in part, or of which an insight is younger than 30 days when the last round of \
            ratings is over, is left out whole; a month that is told only with others has no number of its own. Fewer \
            than 10 such insights: no number.",
    interval: "95 %, Student's t over the insights",
    source: "Tradewind",
    made: Made::ByNight,
    version: 2,
    since: SECOND,
};
