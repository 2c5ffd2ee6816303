//! Days and times that are read and written quickly: SQLite keeps them as text, and a pass over twenty million
//! rows spent most of its time in a parser that knows every format there is.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Date, Timestamp};
use diesel::sqlite::Sqlite;

use crate::text::digits;

/// A day, as every column of days holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, FromSqlRow, AsExpression)]
#[diesel(sql_type = Date)]
pub struct Day(pub NaiveDate);

/// A time, as every column of times holds it. UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, FromSqlRow, AsExpression)]
#[diesel(sql_type = Timestamp)]
pub struct Moment(pub NaiveDateTime);

impl FromSql<Date, Sqlite> for Day {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = value.read_text();
        day(text.as_bytes()).map(Day).ok_or_else(|| format!("no day: {text}").into())
    }
}

impl FromSql<Date, Pg> for Day {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <NaiveDate as FromSql<Date, Pg>>::from_sql(value).map(Day)
    }
}

impl FromSql<Timestamp, Sqlite> for Moment {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = value.read_text();
        moment(text).map(Moment).ok_or_else(|| format!("no time: {text}").into())
    }
}

impl FromSql<Timestamp, Pg> for Moment {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).map(Moment)
    }
}

impl ToSql<Date, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let mut text = String::with_capacity(10);
        write_day(&mut text, self.0);
        out.set_value(text);
        Ok(IsNull::No)
    }
}

impl ToSql<Date, Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveDate as ToSql<Date, Pg>>::to_sql(&self.0, out)
    }
}

impl ToSql<Timestamp, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(written(self.0));
        Ok(IsNull::No)
    }
}

impl ToSql<Timestamp, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveDateTime as ToSql<Timestamp, Pg>>::to_sql(&self.0, out)
    }
}

/// `2026-11-25T09:30:00`, with that mark between day and time. chrono's own writing of thirty times was a
/// fiftieth of the feed.
pub fn write_seconds(text: &mut String, at: NaiveDateTime, mark: char) {
    write_day(text, at.date());
    for (mark, number) in [(mark, at.hour()), (':', at.minute()), (':', at.second())] {
        text.push(mark);
        digits(text, number, 2);
    }
}

fn write_day(text: &mut String, day: NaiveDate) {
    digits(text, day.year().unsigned_abs(), 4);
    text.push('-');
    digits(text, day.month(), 2);
    text.push('-');
    digits(text, day.day(), 2);
}

/// As the slow way writes it: no digits after the point, three, six or nine.
fn written(at: NaiveDateTime) -> String {
    let mut text = String::with_capacity(29);
    write_seconds(&mut text, at, ' ');
    let nanos = at.nanosecond();
    if nanos > 0 {
        text.push('.');
        match nanos {
            _ if nanos.is_multiple_of(1_000_000) => digits(&mut text, nanos / 1_000_000, 3),
            _ if nanos.is_multiple_of(1_000) => digits(&mut text, nanos / 1_000, 6),
            _ => digits(&mut text, nanos, 9),
        }
    }
    text
}

/// `2026-11-25`.
fn day(text: &[u8]) -> Option<NaiveDate> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = text else { return None };
    NaiveDate::from_ymd_opt(number(&[*a, *b, *c, *d])? as i32, number(&[*e, *f])?, number(&[*g, *h])?)
}

/// `2026-11-25 09:30:00.123456`, with up to nine digits after the point or without it.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let bytes = text.as_bytes();
    let date = day(bytes.get(..10)?)?;
    let [b' ' | b'T', a, b, b':', c, d, b':', e, f, rest @ ..] = bytes.get(10..)? else { return None };
    let digits = match rest {
        [] => &[],
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let nanos = number(digits)? * 10_u32.pow(9 - digits.len() as u32);
    date.and_hms_nano_opt(number(&[*a, *b])?, number(&[*c, *d])?, number(&[*e, *f])?, nanos)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_those_of_the_slow_way() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-25", "9999-12-31"] {
            assert_eq!(day(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in [
            "2026-11-25 09:30:00",
            "2026-11-25 23:59:59.5",
            "2026-11-25 00:00:01.123456",
            "2026-11-25T01:02:03.000000001",
        ] {
            let slow = text.replace(' ', "T").parse::<NaiveDateTime>().ok();
            assert!(slow.is_some() && moment(text) == slow, "{text}");
            let at = slow.expect("a time");
            assert_eq!(written(at), at.format("%F %T%.f").to_string());
        }
        for text in [
            "",
            "2026-11-25",
            "2026-13-25 00:00:00",
            "2026-11-25 24:00:00",
            "2026-11-25 00:00:00.",
            "2026-11-25 00:00:00Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        assert_eq!(day(b"2026-02-30"), None);
    }
}
