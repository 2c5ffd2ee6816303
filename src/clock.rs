//! Time, passed in. Nothing else in the crate asks the operating system what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Where "now" comes from: the system, or a hand a test moves.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The operating system's clock.
    System,
    /// Stands still until a test moves it; microseconds since 1970 in UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::set`] moves it.
    pub fn at(at: NaiveDateTime) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(at.and_utc().timestamp_micros())))
    }

    /// Moves a manual clock; the system's clock is left alone.
    pub fn set(&self, at: NaiveDateTime) {
        if let Clock::Manual(micros) = self {
            micros.store(at.and_utc().timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// The present in UTC, cut to microseconds: SQLite keeps nine digits and PostgreSQL six, so a
    /// finer time would not be equal to itself after a round trip.
    #[allow(clippy::disallowed_methods)] // this is the one place that may ask
    pub fn now(&self) -> NaiveDateTime {
        let micros = match self {
            Clock::System => Utc::now().timestamp_micros(),
            Clock::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
    }
}

/// The company's calendar: which day an instant belongs to, and when a day begins.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The company's time zone (`TIME_ZONE`).
    pub zone: Tz,
}

impl Calendar {
    /// The day on which `at` (UTC) falls in the company's time zone.
    pub fn day(&self, at: NaiveDateTime) -> NaiveDate {
        self.local(at).date()
    }

    /// `at` (UTC) on the wall clock of the company.
    pub fn local(&self, at: NaiveDateTime) -> NaiveDateTime {
        self.zone.from_utc_datetime(&at).naive_local()
    }

    /// The instant (UTC) at which `day` begins. Where a clock change skips midnight, the first instant
    /// after the gap.
    pub fn start_of(&self, day: NaiveDate) -> NaiveDateTime {
        self.to_utc(day.and_time(NaiveTime::MIN))
    }

    /// A wall-clock time of the company as UTC: the earlier of two, the first after a gap.
    pub fn to_utc(&self, local: NaiveDateTime) -> NaiveDateTime {
        let mut at = local;
        // No zone has a gap longer than a day.
        for _ in 0..=96 {
            if let Some(found) = self.zone.from_local_datetime(&at).earliest() {
                return found.naive_utc();
            }
            at += chrono::Duration::minutes(15);
        }
        local
    }
}

/// The Monday of the ISO week of `day`.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    #[test]
    fn the_day_is_the_companys() {
        let calendar = Calendar { zone: chrono_tz::Pacific::Auckland };
        assert_eq!(calendar.day(utc("2026-11-22T11:30:00")).to_string(), "2026-11-23");
        assert_eq!(calendar.start_of("2026-11-23".parse().expect("a day")), utc("2026-11-22T11:00:00"));
    }

    #[test]
    fn a_midnight_that_does_not_exist_begins_after_the_gap() {
        // Santiago moved its clocks at midnight of 4 September 2022.
        let calendar = Calendar { zone: chrono_tz::America::Santiago };
        assert_eq!(calendar.start_of("2022-09-04".parse().expect("a day")), utc("2022-09-04T04:00:00"));
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::at(utc("2026-01-01T00:00:00"));
        assert_eq!(clock.now(), clock.now());
        clock.set(utc("2026-01-02T00:00:00"));
        assert_eq!(clock.now(), utc("2026-01-02T00:00:00"));
    }
}
