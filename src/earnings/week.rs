//! Weeks: by their Monday in the tables, as "2026-W45" in addresses, as "2 to 8 November" on pages.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::clock::monday;

/// A week of the company's calendar, Monday to Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(NaiveDate);

impl Week {
    /// The week of a day.
    pub fn of(day: NaiveDate) -> Week {
        Week(monday(day))
    }

    /// Reads "2026-W45", the ISO week.
    pub fn parse(text: &str) -> Option<Week> {
        let (year, week) = text.split_once("-W")?;
        if year.len() != 4 || week.len() != 2 {
            return None;
        }
        NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon).map(Week)
    }

    /// Its first day.
    pub const fn monday(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn sunday(self) -> NaiveDate {
        self.0.checked_add_days(Days::new(6)).unwrap_or(self.0)
    }

    /// The day after its last: it is over from then on.
    pub fn end(self) -> NaiveDate {
        self.0.checked_add_days(Days::new(7)).unwrap_or(self.0)
    }

    /// The one before.
    pub fn before(self) -> Week {
        Week(self.0.checked_sub_days(Days::new(7)).unwrap_or(self.0))
    }

    /// The one after.
    pub fn after(self) -> Week {
        Week(self.end())
    }

    /// The last week that is over on `today`.
    pub fn last_over(today: NaiveDate) -> Week {
        Week::of(today).before()
    }

    /// "2 to 8 November", "28 September to 4 October", with the year where it is not that of `today`.
    pub fn words(self, today: NaiveDate) -> String {
        let (from, to) = (self.monday(), self.sunday());
        let to_words = if to.year() == today.year() { "%-d %B" } else { "%-d %B %Y" };
        let from_words = match (from.month() == to.month(), from.year() == to.year()) {
            (true, _) => "%-d",
            (false, true) => "%-d %B",
            (false, false) => "%-d %B %Y",
        };
        format!("{} to {}", from.format(from_words), to.format(to_words))
    }
}

impl std::fmt::Display for Week {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let week = self.0.iso_week();
        write!(f, "{:04}-W{:02}", week.year(), week.week())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_week_is_named_as_in_calendars() {
        for (date, name, words) in [
            ("2026-11-08", "2026-W45", "2 to 8 November"),
            ("2026-10-01", "2026-W40", "28 September to 4 October"),
            // The first days of 2027 belong to the last week of 2026.
            ("2027-01-02", "2026-W53", "28 December 2026 to 3 January 2027"),
        ] {
            let week = Week::of(day(date));
            assert_eq!(week.to_string(), name);
            assert_eq!(Week::parse(name), Some(week));
            assert_eq!(week.words(day("2026-11-20")), words);
        }
        for wrong in ["", "2026", "2026-45", "2026-W54", "2026-W00", "2026-W1", "26-W01", "2026-W45x"] {
            assert_eq!(Week::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_week_is_over_on_the_next_monday() {
        assert_eq!(Week::last_over(day("2026-11-08")).to_string(), "2026-W44");
        assert_eq!(Week::last_over(day("2026-11-09")).to_string(), "2026-W45");
    }
}
