//! When people work: Monday to Friday, morning and afternoon, on the company's own clock.

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::dice::Dice;
use crate::clock::Calendar;

/// The working time of the company up to the present. All instants are UTC.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    pub calendar: Calendar,
    /// Nothing of the story is later.
    pub now: NaiveDateTime,
}

impl Hours {
    /// The company's day of the present.
    pub fn today(&self) -> NaiveDate {
        self.calendar.day(self.now)
    }

    /// The day `days` before today.
    pub fn ago(&self, days: u64) -> NaiveDate {
        self.today().checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
    }

    /// Whether people work on that day.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// The first working day that is not before `day`.
    pub fn working_from(&self, day: NaiveDate) -> NaiveDate {
        day.iter_days().take(3).find(|one| self.is_working(*one)).unwrap_or(day)
    }

    /// A moment of a working day: most between 8:30 and 17:30, few at lunch.
    pub fn on(&self, dice: &mut Dice, day: NaiveDate) -> NaiveDateTime {
        let minute = match dice.unit() {
            part if part < 0.48 => dice.whole(8 * 60 + 10, 12 * 60),
            part if part < 0.56 => dice.whole(12 * 60, 13 * 60),
            part if part < 0.96 => dice.whole(13 * 60, 17 * 60 + 30),
            _ => dice.whole(17 * 60 + 30, 19 * 60),
        };
        let time = NaiveTime::MIN + Duration::minutes(minute) + Duration::seconds(dice.whole(0, 59));
        self.calendar.to_utc(day.and_time(time))
    }

    /// A moment about `days` after `from`: later the same day where that is less than half a day and the
    /// day is long enough, else on a working day.
    pub fn after(&self, dice: &mut Dice, from: NaiveDateTime, days: f64) -> NaiveDateTime {
        if days < 0.5 {
            let soon = from + Duration::seconds(dice.whole(240, 4 * 3600));
            if self.calendar.day(soon) == self.calendar.day(from) {
                return soon;
            }
        }
        let ahead = Days::new(days.ceil().clamp(1.0, 400.0) as u64);
        let day = self.calendar.day(from).checked_add_days(ahead).unwrap_or(NaiveDate::MAX);
        self.on(dice, self.working_from(day))
    }

    /// `at`, unless that is not past yet.
    pub fn past(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        (at < self.now).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_later_and_on_a_working_day() {
        let hours = Hours {
            calendar: Calendar { zone: chrono_tz::America::New_York },
            now: "2026-11-22T13:00:00".parse().expect("a time"),
        };
        let mut dice = Dice::for_purpose("test");
        let friday: NaiveDateTime = "2026-11-20T22:10:00".parse().expect("a time");
        for tenths in 0..200 {
            let at = hours.after(&mut dice, friday, f64::from(tenths) / 10.0);
            assert!(at > friday);
            assert!(hours.is_working(hours.calendar.day(at)), "{at}");
        }
    }
}
