//! The periods of reports: calendar months, what they are compared with, and when they are mailed.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use crate::clock::monday;
use crate::flow::period::{Period, in_words};

/// The calendar month of a day.
pub fn month_of(day: NaiveDate) -> Period {
    let from = day.with_day(1).unwrap_or(day);
    Period { from, to: from.checked_add_months(Months::new(1)).unwrap_or(from) }
}

/// The last calendar month that is over on a day.
pub fn month_before(day: NaiveDate) -> Period {
    let first = month_of(day).from;
    month_of(first.pred_opt().unwrap_or(first))
}

/// The first four full weeks of a company whose first day is this: from its first Monday on.
pub fn first_four_weeks(first: NaiveDate) -> Period {
    let week = monday(first);
    let from = if week == first { first } else { week.checked_add_days(Days::new(7)).unwrap_or(first) };
    Period { from, to: from.checked_add_days(Days::new(28)).unwrap_or(from) }
}

/// The first day of a month that is neither Saturday nor Sunday. Holidays differ from place to place, so
/// they count as working days.
pub fn first_working_day(day: NaiveDate) -> NaiveDate {
    let mut first = month_of(day).from;
    while matches!(first.weekday(), Weekday::Sat | Weekday::Sun) {
        first = first.succ_opt().unwrap_or(first);
    }
    first
}

/// `October 2026`, `July to September 2026`, or `2 Nov 2026 to 29 Nov 2026`, both inclusive.
pub fn name(period: Period) -> String {
    let last = period.last_day();
    let month = |day: NaiveDate| chrono::Month::try_from(day.month() as u8).map_or("", |month| month.name());
    match period.whole_months() {
        Some(1) => format!("{} {}", month(last), last.year()),
        Some(_) if period.from.year() == last.year() => {
            format!("{} to {} {}", month(period.from), month(last), last.year())
        }
        Some(_) => {
            format!("{} {} to {} {}", month(period.from), period.from.year(), month(last), last.year())
        }
        None if period.days() == 1 => in_words(period.from),
        None => format!("{} to {}", in_words(period.from), in_words(last)),
    }
}

/// As part of a sentence: `in October 2026`, `from July to September 2026`, `on 2 Nov 2026`.
pub fn during(period: Period) -> String {
    let name = name(period);
    match period.whole_months() {
        Some(1) => format!("in {name}"),
        None if period.days() == 1 => format!("on {name}"),
        _ => format!("from {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to)).expect("a period")
    }

    #[test]
    fn a_period_is_named_as_one_would_say_it() {
        for (from, to, words) in [
            ("2026-10-01", "2026-11-01", "October 2026"),
            ("2026-03-01", "2026-04-01", "March 2026"),
            ("2026-07-01", "2026-10-01", "July to September 2026"),
            ("2025-12-01", "2026-03-01", "December 2025 to February 2026"),
            ("2026-11-02", "2026-11-30", "2 Nov 2026 to 29 Nov 2026"),
            ("2028-02-29", "2028-03-01", "29 Feb 2028"),
        ] {
            assert_eq!(name(period(from, to)), words);
        }
    }

    #[test]
    fn a_month_is_half_open_and_ends_where_the_next_begins() {
        assert_eq!(month_of(day("2026-10-31")), period("2026-10-01", "2026-11-01"));
        assert_eq!(month_before(day("2026-11-01")), period("2026-10-01", "2026-11-01"));
        assert_eq!(month_before(day("2027-01-31")), period("2026-12-01", "2027-01-01"));
    }

    #[test]
    fn the_first_four_full_weeks_begin_on_a_monday() {
        for (first, from, to) in [
            ("2026-11-02", "2026-11-02", "2026-11-30"),
            ("2026-11-03", "2026-11-09", "2026-12-07"),
            ("2026-11-08", "2026-11-09", "2026-12-07"),
        ] {
            assert_eq!(first_four_weeks(day(first)), period(from, to), "{first}");
        }
    }

    #[test]
    fn weekends_are_no_working_days() {
        for (any, first) in [
            ("2026-11-20", "2026-11-02"), // the 1st is a Sunday
            ("2026-08-01", "2026-08-03"), // a Saturday
            ("2026-12-31", "2026-12-01"), // a Tuesday
        ] {
            assert_eq!(first_working_day(day(any)), day(first), "{any}");
        }
    }
}
