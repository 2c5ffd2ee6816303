//! What a cell can be: a time, a day, a yes, a name. A text is accepted as it stands or refused with the
//! reason: nothing is repaired in silence, since then an export would give back something else.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Timelike};

use crate::accounts::department::DepartmentPath;
use crate::accounts::person::email_of;
use crate::clock::Calendar;
use crate::text;

use super::sheet::Row;

/// When the file is read: the company's calendar and the present, for what lies in the future.
#[derive(Clone, Copy, Debug)]
pub struct Today {
    pub calendar: Calendar,
    /// UTC.
    pub now: NaiveDateTime,
}

/// The first and the last year of a date; outside of it is a typing error.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A cell was wrong, and the report says so already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted;

/// A day, written 2019-08-01. Empty is none.
pub fn day(row: &mut Row<'_>, column: usize) -> Result<Option<NaiveDate>, Noted> {
    let Some(text) = row.optional(column) else {
        return Ok(None);
    };
    match read_day(text) {
        Some(day) if YEARS.contains(&day.year()) => Ok(Some(day)),
        Some(_) => {
            row.bad(column, "is out of range", "use a year from 1900 to 2199");
            Err(Noted)
        }
        None => {
            row.bad(column, "is not a day", "write it as 2019-08-01");
            Err(Noted)
        }
    }
}

/// Strictly four, two and two digits; chrono alone takes 2019-8-1 and +2019-08-01 as well.
fn read_day(text: &str) -> Option<NaiveDate> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    form.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// The instant of an event (UTC, microseconds): RFC 3339, or a day for its first instant in the company's
/// time zone. Finer digits are cut. Not later than a day from now.
pub fn time(row: &mut Row<'_>, column: usize, today: Today) -> Option<NaiveDateTime> {
    let text = row.filled(column)?;
    let at = match read_time(text, today.calendar) {
        Some(at) => at,
        None => {
            let right = if text.len() > 10 && read_time(&format!("{text}Z"), today.calendar).is_some() {
                "add the offset from UTC: Z, or such as +02:00"
            } else {
                "write it as 2019-08-01T14:30:00Z, or as 2019-08-01"
            };
            row.bad(column, "is not a time", right);
            return None;
        }
    };
    if !YEARS.contains(&at.year()) {
        row.bad(column, "is out of range", "use a year from 1900 to 2199");
        return None;
    }
    if today.now.checked_add_days(Days::new(1)).is_some_and(|latest| at > latest) {
        row.bad(column, "lies in the future", "events are of the past");
        return None;
    }
    Some(at)
}

/// As [`time`], but it may be empty.
pub fn optional_time(row: &mut Row<'_>, column: usize, today: Today) -> Result<Option<NaiveDateTime>, Noted> {
    match row.optional(column) {
        None => Ok(None),
        Some(_) => time(row, column, today).map(Some).ok_or(Noted),
    }
}

fn read_time(text: &str, calendar: Calendar) -> Option<NaiveDateTime> {
    if let Some(day) = read_day(text) {
        return YEARS
            .contains(&day.year())
            .then(|| calendar.start_of(day))
            .or(Some(day.and_time(chrono::NaiveTime::MIN)));
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    // A leap second has no place of its own in either database.
    if at.nanosecond() >= 1_000_000_000 {
        return None;
    }
    DateTime::from_timestamp_micros(at.timestamp_micros()).map(|at| at.naive_utc())
}

/// How an instant is written: RFC 3339 in UTC, as fine as it is.
pub fn write_time(at: NaiveDateTime) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// yes or no. Empty is none.
pub fn yes_no(row: &mut Row<'_>, column: usize) -> Result<Option<bool>, Noted> {
    match row.text(column) {
        "" => Ok(None),
        "yes" => Ok(Some(true)),
        "no" => Ok(Some(false)),
        _ => {
            row.bad(column, "is neither yes nor no", "write yes or no");
            Err(Noted)
        }
    }
}

/// As a file writes it.
pub const fn write_yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// 1 to 5.
pub fn stars(row: &mut Row<'_>, column: usize) -> Option<i32> {
    let text = row.filled(column)?;
    match text {
        "1" => Some(1),
        "2" => Some(2),
        "3" => Some(3),
        "4" => Some(4),
        "5" => Some(5),
        _ => {
            row.bad(column, "is not a rating", "write a whole number from 1 to 5");
            None
        }
    }
}

/// A name or title of one line that can be kept as it stands.
pub fn line(row: &mut Row<'_>, column: usize, text: &str, longest: usize) -> Option<String> {
    let why = match text::one_line(text, longest) {
        Ok(kept) if kept.is_empty() => "nothing of it can be seen".to_owned(),
        Ok(kept) if kept == text => return Some(kept),
        Ok(kept) => changed(text, &kept),
        Err(why) => why,
    };
    row.bad(column, "cannot be kept as it is", lower(&why));
    None
}

/// Why a text would come back as another.
fn changed(text: &str, kept: &str) -> String {
    if text.trim() == kept {
        return "remove the blanks before and after it".into();
    }
    if let Some(hidden) = text.chars().find(|c| !kept.contains(*c) && !c.is_whitespace() && is_bidi(*c)) {
        return format!("remove the invisible character U+{:04X}", u32::from(hidden));
    }
    "write it in Unicode normal form C, without invisible characters".into()
}

const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A sentence goes on behind a semicolon.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A text of many lines that is kept to the letter, line ends and outer blanks included.
pub fn body(row: &mut Row<'_>, column: usize, longest: usize) -> Option<String> {
    let text = row.filled(column)?;
    if text.trim().is_empty() {
        row.bad(column, "is empty", "every row needs it");
        return None;
    }
    if text.len() > longest {
        row.bad(
            column,
            "is too long",
            format!(
                "it has {} KiB, at most {} KiB fit; put the rest behind a link",
                text.len().div_ceil(1024),
                longest / 1024
            ),
        );
        return None;
    }
    // Search marks what it finds with control characters, and no editor could show the others.
    if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        row.bad(
            column,
            "cannot be kept as it is",
            format!("remove the control character U+{:04X}", u32::from(control)),
        );
        return None;
    }
    Some(text.to_owned())
}

/// An email address that can be kept as it stands.
pub fn email(row: &mut Row<'_>, column: usize) -> Option<String> {
    let text = row.filled(column)?;
    let why = match email_of(text) {
        Ok(kept) if kept == text => return Some(kept),
        Ok(kept) => changed(text, &kept),
        Err(why) => lower(&why),
    };
    row.bad(column, "is not an email address", why);
    None
}

/// A department's path that can be kept as it stands.
pub fn department(row: &mut Row<'_>, column: usize) -> Result<Option<String>, Noted> {
    let Some(text) = row.optional(column) else {
        return Ok(None);
    };
    let why = match DepartmentPath::parse(text) {
        Ok(path) if path.as_str() == text => return Ok(Some(text.to_owned())),
        Ok(path) if shape(path.as_str()) == shape(text) => format!("write \"{path}\""),
        Ok(path) => changed(text, path.as_str()),
        Err(why) => lower(&why),
    };
    row.bad(column, "is not a department's path", why);
    Err(Noted)
}

fn shape(path: &str) -> String {
    path.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::problem::Problems;
    use super::super::sheet::{Column, Layout, read};
    use super::*;

    const LAYOUT: Layout = Layout { file: "x.csv", columns: &[Column { name: "x", required: true }] };

    /// Reads one cell and returns what `parse` made of it and the first problem.
    fn one<T>(cell: &str, parse: impl Fn(&mut Row<'_>) -> T) -> (T, String) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["x"]).expect("a header");
        writer.write_record([cell]).expect("a row");
        let bytes = writer.into_inner().expect("bytes");
        let (mut problems, mut result) = (Problems::default(), None);
        read(&LAYOUT, &bytes, &mut problems, |row| result = Some(parse(row)), |_| {});
        let told = problems.first().first().map(ToString::to_string).unwrap_or_default();
        (result.expect("a row"), told)
    }

    fn today(zone: chrono_tz::Tz) -> Today {
        Today { calendar: Calendar { zone }, now: "2026-11-02T09:00:00".parse().expect("a time") }
    }

    #[test]
    fn times_are_rfc_3339_or_a_day() {
        let utc = today(chrono_tz::UTC);
        for (cell, at) in [
            ("2019-08-01T01:49:36.276Z", "2019-08-01T01:49:36.276Z"),
            ("2019-08-01T01:49:36+02:00", "2019-07-31T23:49:36Z"),
            ("2019-08-01t01:49:36z", "2019-08-01T01:49:36Z"),
            ("2019-08-01T01:49:36.123456789Z", "2019-08-01T01:49:36.123456Z"),
            ("2019-08-01", "2019-08-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
        ] {
            let (found, told) = one(cell, |row| time(row, 0, utc));
            assert_eq!(found.map(write_time).as_deref(), Some(at), "{cell}: {told}");
        }
        for (cell, told) in [
            ("2019-08-01T01:49:36", "add the offset from UTC"),
            ("01.08.2019", "is not a time"),
            ("2019-8-1", "is not a time"),
            ("2023-02-29", "is not a time"),
            ("2019-08-01T24:00:01Z", "is not a time"),
            ("2016-12-31T23:59:60Z", "is not a time"),
            ("1e309", "is not a time"),
            ("٢٠١٩-٠٨-٠١", "is not a time"),
            ("0000-01-01", "is out of range"),
            ("9999-12-31", "is out of range"),
            ("0000-01-01T00:00:00Z", "is out of range"),
            ("9999-12-31T23:59:59Z", "is out of range"),
            ("2026-11-03T09:00:01Z", "lies in the future"),
        ] {
            let (found, problem) = one(cell, |row| time(row, 0, utc));
            assert!(found.is_none() && problem.contains(told), "{cell}: {problem}");
        }
    }

    #[test]
    fn a_day_begins_when_the_companys_day_does() {
        for (zone, cell, at) in [
            (chrono_tz::Pacific::Auckland, "2019-08-01", "2019-07-31T12:00:00Z"),
            // Midnight of this day does not exist: clocks jump from 23:59 to 01:00.
            (chrono_tz::America::Santiago, "2022-09-11", "2022-09-11T04:00:00Z"),
            // Midnight of this day happens twice: the first one counts.
            (chrono_tz::America::Havana, "2022-11-06", "2022-11-06T04:00:00Z"),
        ] {
            let (found, _) = one(cell, |row| time(row, 0, today(zone)));
            assert_eq!(found.map(write_time).as_deref(), Some(at), "{zone}");
        }
    }

    #[test]
    fn numbers_at_the_edges_are_refused() {
        for cell in
            ["0", "6", "-1", "+3", "-0", "3.0", " 3", "03", "٣", "1e309", "9223372036854775808", "NaN"]
        {
            let (found, told) = one(cell, |row| stars(row, 0));
            assert!(found.is_none() && told.contains("a whole number from 1 to 5"), "{cell}: {told}");
        }
        assert_eq!(one("5", |row| stars(row, 0)).0, Some(5));
    }

    #[test]
    fn a_line_stays_or_is_refused() {
        let kept = |cell: &str| one(cell, |row| row.filled(0).and_then(|text| line(row, 0, text, 10)));
        assert_eq!(kept("Zoë ☕").0.as_deref(), Some("Zoë ☕"));
        assert_eq!(kept("'=1").0.as_deref(), Some("=1"));
        for (cell, told) in [
            (" x", "remove the blanks"),
            ("x\n", "write it on one line"),
            ("a\u{202e}b", "remove the invisible character U+202E"),
            ("e\u{301}", "normal form C"),
            ("a\u{7}", "control character U+0007"),
            ("12345678901", "at most 10"),
            (" ", "nothing of it can be seen"),
        ] {
            let (found, problem) = kept(cell);
            assert!(found.is_none() && problem.contains(told), "{cell:?}: {problem}");
        }
    }

    #[test]
    fn a_body_is_kept_to_the_letter() {
        for cell in ["a\r\nb\n", "  x  ", "e\u{301}\u{202e}", "\u{feff}x", "a\u{2028}b"] {
            assert_eq!(one(cell, |row| body(row, 0, 100)).0.as_deref(), Some(cell));
        }
        for cell in [" \n", "a\u{2}b", "a\u{1b}[31m", &"x".repeat(101)] {
            assert!(one(cell, |row| body(row, 0, 100)).0.is_none(), "{cell:?}");
        }
    }

    #[test]
    fn departments_and_addresses_have_a_form() {
        let path = |cell: &str| one(cell, |row| department(row, 0));
        assert_eq!(path("Service/North/Plant 4").0, Ok(Some("Service/North/Plant 4".into())));
        for (cell, told) in [
            ("Service / North", "write \"Service/North\""),
            ("Service//North", "a name before and after each /"),
            ("/", "a name before and after each /"),
            ("a\u{202e}", "U+202E"),
        ] {
            let (found, problem) = path(cell);
            assert!(found.is_err() && problem.contains(told), "{cell}: {problem}");
        }
        assert_eq!(one("Ann+x@Example.com", |row| email(row, 0)).0.as_deref(), Some("Ann+x@Example.com"));
        for cell in ["ann", "@example.com", "ann@", "a b@example.com", " ann@example.com"] {
            assert!(one(cell, |row| email(row, 0)).0.is_none(), "{cell}");
        }
    }
}
