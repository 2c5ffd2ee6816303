//! How often somebody wants mail.

use chrono::{Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};

use crate::clock::{Calendar, monday};
use crate::policy::NoticePolicy;

/// How often notices come by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// As it happens, after a few minutes in which more of the same is gathered.
    AtOnce,
    /// Once a day, at the company's hour, if there is anything.
    Daily,
    /// On Mondays at that hour, if there is anything.
    Weekly,
    Never,
}

impl Rhythm {
    /// All of them, in the order of the settings.
    pub const ALL: [Rhythm; 4] = [Rhythm::AtOnce, Rhythm::Daily, Rhythm::Weekly, Rhythm::Never];
    /// Whoever has not chosen: often enough to be of use, seldom enough not to be a nuisance.
    pub const USUAL: Rhythm = Rhythm::Daily;

    /// As the database and the forms write it.
    pub const fn name(self) -> &'static str {
        match self {
            Rhythm::AtOnce => "at_once",
            Rhythm::Daily => "daily",
            Rhythm::Weekly => "weekly",
            Rhythm::Never => "never",
        }
    }

    /// The rhythm of that name.
    pub fn named(name: &str) -> Option<Rhythm> {
        Rhythm::ALL.into_iter().find(|rhythm| rhythm.name() == name)
    }

    /// As a mail says it, after "You get this mail".
    pub const fn in_words(self) -> &'static str {
        match self {
            Rhythm::AtOnce | Rhythm::Never => "as it happens",
            Rhythm::Daily => "at most once a day",
            Rhythm::Weekly => "at most once a week",
        }
    }

    /// What began to wait at this instant (UTC) or before is due at `now`; nothing ever is for who wants
    /// no mail. A node that was down at the hour makes up for it when it is back.
    pub fn due_since(
        self,
        now: NaiveDateTime,
        calendar: Calendar,
        policy: &NoticePolicy,
    ) -> Option<NaiveDateTime> {
        let at_hour = |day: NaiveDate| {
            let hour = u32::try_from(policy.mail_hour).unwrap_or(8);
            calendar.to_utc(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)))
        };
        let today = calendar.day(now);
        let (latest, period) = match self {
            Rhythm::AtOnce => return Some(now - Duration::minutes(policy.mail_after_minutes)),
            Rhythm::Never => return None,
            Rhythm::Daily => (today, Days::new(1)),
            Rhythm::Weekly => (monday(today), Days::new(7)),
        };
        match at_hour(latest) {
            at if at <= now => Some(at),
            _ => latest.checked_sub_days(period).map(at_hour),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_the_companys_and_monday_is_monday() {
        let calendar = Calendar { zone: chrono_tz::Europe::Paris };
        let policy = NoticePolicy::default();
        let utc = |text: &str| text.parse::<NaiveDateTime>().expect("a time");
        for (rhythm, now, since) in [
            (Rhythm::AtOnce, "2026-01-15T10:00:00", Some("2026-01-15T09:55:00")),
            // 8:00 in Paris is 7:00 UTC in winter, 6:00 in summer. The 15th is a Thursday.
            (Rhythm::Daily, "2026-01-15T06:59:59", Some("2026-01-14T07:00:00")),
            (Rhythm::Daily, "2026-01-15T07:00:00", Some("2026-01-15T07:00:00")),
            (Rhythm::Daily, "2026-01-15T23:30:00", Some("2026-01-15T07:00:00")),
            (Rhythm::Daily, "2026-07-15T06:00:00", Some("2026-07-15T06:00:00")),
            (Rhythm::Weekly, "2026-01-15T10:00:00", Some("2026-01-12T07:00:00")),
            (Rhythm::Weekly, "2026-01-12T06:59:59", Some("2026-01-05T07:00:00")),
            (Rhythm::Weekly, "2026-01-12T07:00:00", Some("2026-01-12T07:00:00")),
            // The clocks went forward in the night before.
            (Rhythm::Weekly, "2026-03-30T06:00:00", Some("2026-03-30T06:00:00")),
            (Rhythm::Never, "2026-01-15T10:00:00", None),
        ] {
            assert_eq!(rhythm.due_since(utc(now), calendar, &policy), since.map(utc), "{rhythm:?} {now}");
        }
    }
}
