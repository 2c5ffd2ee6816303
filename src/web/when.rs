//! Times as a page says them: in the company's time zone, with the year only where it is another one.

use chrono::{Datelike, NaiveDate, NaiveDateTime};

use crate::clock::Calendar;

/// A time for people and for programs: `<time datetime="{{ iso }}">{{ words }}</time>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// "2026-11-18T09:10", on the wall clock of the company, or "2026-11-18".
    pub iso: String,
    /// "18 November, 09:10", or "18 November 2025, 09:10" in another year.
    pub words: String,
}

/// `at` (UTC) as seen at `now` (UTC).
pub fn moment(calendar: Calendar, at: NaiveDateTime, now: NaiveDateTime) -> Moment {
    let local = calendar.local(at);
    Moment {
        iso: local.format("%Y-%m-%dT%H:%M").to_string(),
        words: format!("{}, {}", day(local.date(), calendar.day(now)), local.format("%H:%M")),
    }
}

/// The day of `at` (UTC) alone, as seen at `now` (UTC).
pub fn day_of(calendar: Calendar, at: NaiveDateTime, now: NaiveDateTime) -> Moment {
    let date = calendar.day(at);
    Moment { iso: date.to_string(), words: day(date, calendar.day(now)) }
}

/// "18 November", or "18 November 2025" in another year than today's.
pub fn day(day: NaiveDate, today: NaiveDate) -> String {
    let month = chrono::Month::try_from(day.month() as u8).map_or("", |month| month.name());
    match day.year() {
        year if year == today.year() => format!("{} {month}", day.day()),
        year => format!("{} {month} {year}", day.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_is_the_companys() {
        let calendar = Calendar { zone: chrono_tz::Pacific::Auckland };
        let at = "2025-12-31T11:30:00".parse().expect("a time");
        for (now, words) in
            [("2025-12-31T12:00:00", "1 January, 00:30"), ("2025-12-31T10:00:00", "1 January 2026, 00:30")]
        {
            let moment = moment(calendar, at, now.parse().expect("a time"));
            assert_eq!((moment.iso.as_str(), moment.words.as_str()), ("2026-01-01T00:30", words));
        }
    }
}
