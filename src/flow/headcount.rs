//! How many people a group has: the denominator of most figures.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::period::Period;

/// Somebody in a department, half-open `[from, to)`; open ends mean always and still. It begins when the
/// person joined and ends when they left or were disabled, whatever the membership says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    pub person_id: i64,
    pub department_id: i64,
    pub manager: bool,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl Stay {
    /// Days of the period this covers.
    pub fn days_in(&self, period: Period) -> i64 {
        let from = self.from.unwrap_or(period.from).max(period.from);
        let to = self.to.unwrap_or(period.to).min(period.to);
        (to - from).num_days().max(0)
    }

    /// Whether it covers the last day of the period.
    pub fn is_at_end_of(&self, period: Period) -> bool {
        let last = period.last_day();
        self.from.is_none_or(|from| from <= last) && self.to.is_none_or(|to| last < to)
    }
}

/// Everybody who was there in the period, once each, where they were last, by id: the people of whom figures
/// count how many did something.
///
/// Whoever left within the period stays among them, the day on which they left included: counted on the last
/// day only, the number of those who did something fell by one when somebody left who had, and told of them.
pub fn everybody(stays: &[Stay], period: Period) -> Vec<Stay> {
    let was_there = |stay: &&Stay| {
        stay.from.is_none_or(|from| from < period.to && stay.to.is_none_or(|to| from <= to))
            && stay.to.is_none_or(|to| period.from <= to)
    };
    let mut everybody = last_of_each(stays.iter().filter(was_there));
    everybody.sort_unstable_by_key(|stay| stay.person_id);
    everybody
}

/// The last of these stays of each person, in no order.
pub fn last_of_each<'a>(stays: impl Iterator<Item = &'a Stay>) -> Vec<Stay> {
    let mut last: HashMap<i64, Stay> = HashMap::new();
    for stay in stays {
        let known = last.entry(stay.person_id).or_insert(*stay);
        if known.from < stay.from {
            *known = *stay;
        }
    }
    last.into_values().collect()
}

/// The size of a group in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Headcount {
    /// Days that people of the group spent in it.
    pub person_days: i64,
    /// People on the last day.
    pub at_end: u64,
}

impl Headcount {
    /// The headcount of the stays that fit.
    pub fn of<'a>(stays: impl Iterator<Item = &'a Stay>, period: Period) -> Headcount {
        stays.fold(Headcount::default(), |sum, stay| Headcount {
            person_days: sum.person_days + stay.days_in(period),
            at_end: sum.at_end + u64::from(stay.is_at_end_of(period)),
        })
    }

    /// Both together.
    pub fn and(self, other: Headcount) -> Headcount {
        Headcount { person_days: self.person_days + other.person_days, at_end: self.at_end + other.at_end }
    }

    /// N of the definitions: the mean daily headcount.
    pub fn mean(self, period: Period) -> f64 {
        self.person_days as f64 / period.days() as f64
    }

    /// Person-months: N times M.
    pub fn exposure(self, period: Period) -> f64 {
        self.mean(period) * period.months()
    }

    /// The size that decides whether the group is too small to show: whichever is smaller, its mean or
    /// its last day's.
    pub fn for_anonymity(self, period: Period) -> f64 {
        self.mean(period).min(self.at_end as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn everybody_is_counted_once_where_they_were_last() {
        let period = Period { from: day("2026-11-01"), to: day("2026-12-01") };
        let stay = |person_id: i64, department_id: i64, from: Option<&str>, to: Option<&str>| Stay {
            person_id,
            department_id,
            manager: false,
            from: from.map(day),
            to: to.map(day),
        };
        let stays = [
            stay(1, 10, None, None),
            // Moved within it, and once more after it.
            stay(2, 30, Some("2026-12-01"), None),
            stay(2, 20, Some("2026-11-11"), Some("2026-12-01")),
            stay(2, 10, None, Some("2026-11-11")),
            // Left on its first day, the day before, and within it.
            stay(3, 10, None, Some("2026-11-01")),
            stay(4, 10, None, Some("2026-10-31")),
            stay(5, 10, Some("2026-11-02"), Some("2026-11-20")),
            // Came on its last day, and after it.
            stay(6, 10, Some("2026-11-30"), None),
            stay(7, 10, Some("2026-12-01"), None),
            // Left before they came.
            stay(8, 10, Some("2026-11-20"), Some("2026-11-10")),
        ];
        let found: Vec<(i64, i64)> =
            everybody(&stays, period).iter().map(|stay| (stay.person_id, stay.department_id)).collect();
        assert_eq!(found, [(1, 10), (2, 20), (3, 10), (5, 10), (6, 10)]);
    }

    #[test]
    fn counts_the_days_somebody_was_there() {
        let period = Period { from: day("2026-11-01"), to: day("2026-12-01") };
        let stay = |from: Option<&str>, to: Option<&str>| Stay {
            person_id: 1,
            department_id: 1,
            manager: false,
            from: from.map(day),
            to: to.map(day),
        };
        for (from, to, days, at_end) in [
            (None, None, 30, true),
            (Some("2026-11-16"), None, 15, true),
            (None, Some("2026-11-16"), 15, false),
            (Some("2026-12-01"), None, 0, false),
            (None, Some("2026-12-01"), 30, true),
            (Some("2026-11-10"), Some("2026-11-10"), 0, false),
        ] {
            let stay = stay(from, to);
            assert_eq!((stay.days_in(period), stay.is_at_end_of(period)), (days, at_end), "{from:?} {to:?}");
        }
        let both = [stay(None, None), stay(Some("2026-11-16"), None)];
        let headcount = Headcount::of(both.iter(), period);
        assert_eq!((headcount.mean(period), headcount.at_end), (1.5, 2));
        // A month has 30.4375 days.
        assert!((headcount.exposure(period) - 1.5 * 30.0 / 30.4375).abs() < 1e-12);
    }
}
