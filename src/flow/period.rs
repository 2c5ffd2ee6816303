//! A span of the company's days, and its weeks.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::clock::monday;

/// Days of a month on average: 365.25 / 12.
pub const DAYS_A_MONTH: f64 = 30.4375;

/// The periods that pages offer, in weeks up to yesterday.
pub const WEEKS: [u64; 4] = [4, 13, 26, 52];

/// The weeks a page shows unless it is told otherwise.
pub const USUAL_WEEKS: u64 = 26;

/// A half-open span of days, `[from, to)`, in the company's time zone. Everything about it is as of its
/// end: what happened later is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// An ISO week, or the part of one that lies in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: NaiveDate,
    pub part: Period,
}

impl Period {
    /// A span with at least one day.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Period> {
        (from < to).then_some(Period { from, to })
    }

    /// The last `weeks` ISO weeks up to and including a last day, whose week need not be over.
    pub fn last_weeks(weeks: u64, last: NaiveDate) -> Period {
        let this_week = monday(last);
        let from = this_week.checked_sub_days(Days::new(7 * weeks.saturating_sub(1))).unwrap_or(this_week);
        Period { from, to: last.checked_add_days(Days::new(1)).unwrap_or(last) }
    }

    /// Whole days.
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days()
    }

    /// Months of average length: M of the definitions.
    pub fn months(self) -> f64 {
        self.days() as f64 / DAYS_A_MONTH
    }

    /// The last day that belongs to it.
    pub fn last_day(self) -> NaiveDate {
        self.to.pred_opt().unwrap_or(self.to)
    }

    /// Whether a day belongs to it.
    pub fn holds(self, day: NaiveDate) -> bool {
        self.from <= day && day < self.to
    }

    /// As many days before, on the same weekdays: hardly anybody works on Sundays, so weeks compare with weeks. Of
    /// anything but whole weeks it ends up to six days before this begins.
    pub fn before(self) -> Period {
        self.weeks_before(self.days().unsigned_abs().div_ceil(7))
    }

    /// The same weekdays so many weeks before.
    fn weeks_before(self, weeks: u64) -> Period {
        let earlier = |day: NaiveDate| day.checked_sub_days(Days::new(7 * weeks));
        match (earlier(self.from), earlier(self.to)) {
            (Some(from), Some(to)) => Period { from, to },
            _ => self,
        }
    }

    /// How many calendar months it is; none where it is not whole ones.
    pub fn whole_months(self) -> Option<u32> {
        let months =
            (self.to.year() - self.from.year()) * 12 + self.to.month() as i32 - self.from.month() as i32;
        (self.from.day() == 1 && self.to.day() == 1).then_some(months.unsigned_abs())
    }

    /// What comes before: as many calendar months, or as many days.
    pub fn previous(self) -> Period {
        match self.whole_months().and_then(|months| self.from.checked_sub_months(Months::new(months))) {
            Some(from) => Period { from, to: self.from },
            None => self.before(),
        }
    }

    /// The same a year before: the same calendar months, or the same weekdays 52 weeks before; 53 where it is longer.
    pub fn a_year_before(self) -> Period {
        let earlier = |day: NaiveDate| day.checked_sub_months(Months::new(12));
        match (self.whole_months(), earlier(self.from), earlier(self.to)) {
            (Some(_), Some(from), Some(to)) => Period { from, to },
            _ => self.weeks_before(self.days().unsigned_abs().div_ceil(7).max(52)),
        }
    }

    /// Its days before `end`; none where there are none.
    pub fn until(self, end: NaiveDate) -> Option<Period> {
        Period::new(self.from, self.to.min(end))
    }

    /// Its days from `first` on, at least the last one.
    pub fn since(self, first: NaiveDate) -> Period {
        Period { from: self.from.max(first.min(self.last_day())), to: self.to }
    }

    /// Its ISO weeks; the first and the last may be parts.
    pub fn weeks(self) -> Vec<Week> {
        let mut weeks = Vec::new();
        let mut start = monday(self.from);
        while start < self.to {
            let Some(next) = start.checked_add_days(Days::new(7)) else { break };
            weeks.push(Week {
                monday: start,
                part: Period { from: start.max(self.from), to: next.min(self.to) },
            });
            start = next;
        }
        weeks
    }
}

/// A day as pages write it: 2 Nov 2026.
pub fn in_words(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%b %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn is_half_open() {
        let period = Period::new(day("2026-11-01"), day("2026-12-01")).expect("a period");
        assert_eq!(period.days(), 30);
        assert!(period.holds(day("2026-11-01")) && !period.holds(day("2026-12-01")));
        assert_eq!(period.before(), Period { from: day("2026-09-27"), to: day("2026-10-27") });
        assert_eq!(Period::new(day("2026-11-01"), day("2026-11-01")), None);
    }

    #[test]
    fn months_compare_with_months_and_days_with_days() {
        let period = |from: &str, to: &str| Period::new(day(from), day(to)).expect("a period");
        for (asked, before, year) in [
            (("2026-10-01", "2026-11-01"), ("2026-09-01", "2026-10-01"), ("2025-10-01", "2025-11-01")),
            (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01"), ("2025-03-01", "2025-04-01")),
            (("2026-07-01", "2026-10-01"), ("2026-04-01", "2026-07-01"), ("2025-07-01", "2025-10-01")),
            (("2025-12-01", "2026-03-01"), ("2025-09-01", "2025-12-01"), ("2024-12-01", "2025-03-01")),
            (("2026-11-02", "2026-11-30"), ("2026-10-05", "2026-11-02"), ("2025-11-03", "2025-12-01")),
            // Monday to Tuesday three weeks on, 17 working days, and never Saturday to Sunday, 15.
            (("2026-11-02", "2026-11-25"), ("2026-10-05", "2026-10-28"), ("2025-11-03", "2025-11-26")),
            // Longer than a year: 54 weeks.
            (("2025-11-03", "2026-11-11"), ("2024-10-21", "2025-10-29"), ("2024-10-21", "2025-10-29")),
            (("2028-02-29", "2028-03-01"), ("2028-02-22", "2028-02-23"), ("2027-03-02", "2027-03-03")),
        ] {
            let found = period(asked.0, asked.1);
            assert_eq!(found.previous(), period(before.0, before.1), "before {asked:?}");
            assert_eq!(found.a_year_before(), period(year.0, year.1), "a year before {asked:?}");
        }
    }

    #[test]
    fn the_last_weeks_end_with_the_last_day() {
        // A Wednesday.
        let period = Period::last_weeks(4, day("2026-11-25"));
        assert_eq!(period, Period { from: day("2026-11-02"), to: day("2026-11-26") });
        let weeks = period.weeks();
        assert_eq!(weeks.len(), 4);
        assert_eq!(weeks[3].part.days(), 3);
        assert_eq!(weeks.iter().map(|week| week.part.days()).sum::<i64>(), period.days());
    }
}
