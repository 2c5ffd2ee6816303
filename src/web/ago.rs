//! How a page says when something was: "5 hours ago" to read, the exact instant for machines.

use chrono::NaiveDateTime;

use super::when;
use crate::clock::Calendar;
use crate::db::quick::write_seconds;

/// A time on a page: `<time datetime="{{ when.iso }}">{{ when.words }}</time>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// UTC, as `2026-11-02T09:00:00Z`.
    pub iso: String,
    /// As a person says it.
    pub words: String,
}

/// `at` (UTC) as somebody says it at `now` (UTC): minutes and hours within a day, then days of the
/// company's calendar, then the date, with the year where it is another one.
pub fn ago(at: NaiveDateTime, now: NaiveDateTime, calendar: Calendar) -> When {
    let minutes = (now - at).num_minutes();
    let words = match minutes {
        // A clock of another node may be ahead a little.
        ..=0 => "just now".to_owned(),
        1 => "1 minute ago".into(),
        2..60 => format!("{minutes} minutes ago"),
        60..120 => "1 hour ago".into(),
        120..720 => format!("{} hours ago", minutes / 60),
        // Only now the calendar is asked: a list would ask it for each of its rows.
        _ => {
            let (then, today) = (calendar.day(at), calendar.day(now));
            match (today - then).num_days() {
                0 => format!("{} hours ago", minutes / 60),
                1 => "yesterday".into(),
                days @ 2..14 => format!("{days} days ago"),
                _ => when::day(then, today),
            }
        }
    };
    When { iso: iso(at), words }
}

/// A time in UTC for machines, to the second.
fn iso(at: NaiveDateTime) -> String {
    let mut text = String::with_capacity(20);
    write_seconds(&mut text, at, 'T');
    text.push('Z');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let utc = |text: &str| text.parse::<NaiveDateTime>().expect("a time");
        let calendar = Calendar { zone: chrono_tz::UTC };
        let now = utc("2026-11-20T15:00:00");
        for (at, words) in [
            ("2026-11-20T15:00:30", "just now"),
            ("2026-11-20T14:59:30", "just now"),
            ("2026-11-20T14:58:30", "1 minute ago"),
            ("2026-11-20T14:15:00", "45 minutes ago"),
            ("2026-11-20T13:10:00", "1 hour ago"),
            ("2026-11-20T10:00:00", "5 hours ago"),
            ("2026-11-20T00:30:00", "14 hours ago"),
            ("2026-11-19T23:30:00", "yesterday"),
            ("2026-11-16T08:00:00", "4 days ago"),
            ("2026-10-02T08:00:00", "2 October"),
            ("2025-10-02T08:00:00", "2 October 2025"),
        ] {
            assert_eq!(ago(utc(at), now, calendar).words, words, "{at}");
        }
        assert_eq!(ago(now, now, calendar).iso, "2026-11-20T15:00:00Z");
        // Half an hour before midnight in another zone is another day there.
        let there = Calendar { zone: chrono_tz::Asia::Tokyo };
        assert_eq!(ago(utc("2026-11-18T16:00:00"), now, there).words, "2 days ago");
    }
}
