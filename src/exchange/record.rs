//! The rows of the four files as what they mean, one type each.

use chrono::{NaiveDate, NaiveDateTime};

use super::cell::{self, Today};
use super::sheet::{Column, Layout, Row};
use crate::accounts::person::Role;
use crate::archive::draft;
use crate::archive::insight::Source;

/// Writes a layout: the columns in the order of an export, `*` for those that must be there.
macro_rules! layout {
    ($file:literal: $($name:ident $(* $star:tt)?),+) => {
        Layout { file: $file, columns: &[$(Column { name: stringify!($name), required: layout!(@ $($star)?) }),+] }
    };
    (@) => { false };
    (@ !) => { true };
}

/// `people.csv`.
pub const PEOPLE: Layout =
    layout!("people.csv": email*!, name*!, department*!, role, manager, joined_on, left_on);
/// `insights.csv`.
pub const INSIGHTS: Layout = layout!("insights.csv": ref*!, author*!, contributed_at*!, title*!, body*!,
    department, manager, withdrawn_at, source, segment, customer, observed_on, tags, evidence_url);
/// `accesses.csv`.
pub const ACCESSES: Layout = layout!("accesses.csv": insight*!, reader*!, accessed_at*!, department, manager);
/// `ratings.csv`.
pub const RATINGS: Layout =
    layout!("ratings.csv": insight*!, rater*!, value*!, rated_at*!, department, manager, blind);

/// Longest name of a person, in characters.
const NAME: usize = 200;
/// Longest reference of an insight, in characters.
const REFERENCE: usize = 200;

/// A row of `people.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRecord {
    pub line: u64,
    pub email: String,
    pub name: String,
    /// The path.
    pub department: String,
    /// `None` where the file does not say: an employee.
    pub role: Option<Role>,
    /// `None` where the file does not say: no.
    pub manager: Option<bool>,
    pub joined_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    /// Whether the file has the column `left_on`: an empty cell of it says that nobody leaves.
    pub tells_left_on: bool,
}

impl PersonRecord {
    /// Reads a row; `None` after its problems have been noted.
    pub fn read(row: &mut Row<'_>) -> Option<PersonRecord> {
        let email = cell::email(row, 0);
        let name = row.filled(1).and_then(|text| cell::line(row, 1, text, NAME));
        let department = row.filled(2).and_then(|_| cell::department(row, 2).ok().flatten());
        let role = match row.optional(3) {
            None => Some(None),
            Some(text) => {
                let role = Role::named(text);
                if role.is_none() {
                    row.bad(3, "is not a role", "write employee, curator, cco or admin");
                }
                role.map(Some)
            }
        };
        let manager = cell::yes_no(row, 4);
        let (joined_on, left_on) = (cell::day(row, 5), cell::day(row, 6));
        if let (Ok(Some(joined)), Ok(Some(left))) = (joined_on, left_on)
            && left < joined
        {
            row.bad(6, "is before joined_on", "nobody leaves before they come");
            return None;
        }
        Some(PersonRecord {
            line: row.line,
            email: email?,
            name: name?,
            department: department?,
            role: role?,
            manager: manager.ok()?,
            joined_on: joined_on.ok()?,
            left_on: left_on.ok()?,
            tells_left_on: row.has(6),
        })
    }
}

/// A row of `insights.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightRecord {
    pub line: u64,
    pub reference: String,
    /// The author's address.
    pub author: String,
    pub contributed_at: NaiveDateTime,
    pub title: String,
    pub body: String,
    /// Of the author at that time; `None` for the author's own.
    pub department: Option<String>,
    pub manager: Option<bool>,
    pub withdrawn_at: Option<NaiveDateTime>,
    pub source: Source,
    pub segment: Option<String>,
    pub customer: Option<String>,
    pub observed_on: Option<NaiveDate>,
    /// Without doubles, in the order of the file.
    pub tags: Vec<String>,
    pub evidence_url: String,
}

impl InsightRecord {
    /// Reads a row; `None` after its problems have been noted.
    pub fn read(row: &mut Row<'_>, today: Today) -> Option<InsightRecord> {
        let reference = row.filled(0).and_then(|text| cell::line(row, 0, text, REFERENCE));
        let author = row.filled(1);
        let contributed_at = cell::time(row, 2, today);
        let title = row.filled(3).and_then(|text| cell::line(row, 3, text, draft::TITLE));
        // A body that only repeats the title is an insight of one sentence: nothing follows the title.
        let body = cell::body(row, 4, draft::BODY)
            .map(|body| if title.as_deref() == Some(body.as_str()) { String::new() } else { body });
        let department = cell::department(row, 5);
        let manager = cell::yes_no(row, 6);
        let withdrawn_at = cell::optional_time(row, 7, today);
        if let (Some(from), Ok(Some(to))) = (contributed_at, withdrawn_at)
            && to < from
        {
            row.bad(7, "is before contributed_at", "nothing is withdrawn before it is shared");
            return None;
        }
        let source = match row.optional(8) {
            None => Some(Source::default()),
            Some(text) => {
                let source = Source::named(text);
                if source.is_none() {
                    let all: Vec<_> = Source::ALL.into_iter().map(Source::name).collect();
                    row.bad(8, "is not a source", format!("write one of {}", all.join(", ")));
                }
                source
            }
        };
        let segment = name(row, 9);
        let customer = name(row, 10);
        let observed_on = cell::day(row, 11);
        let tags = tags(row, 12);
        let evidence_url = link(row, 13);
        Some(InsightRecord {
            line: row.line,
            reference: reference?,
            author: author?.to_owned(),
            contributed_at: contributed_at?,
            title: title?,
            body: body?,
            department: department.ok()?,
            manager: manager.ok()?,
            withdrawn_at: withdrawn_at.ok()?,
            source: source?,
            segment: segment.ok()?,
            customer: customer.ok()?,
            observed_on: observed_on.ok()?,
            tags: tags?,
            evidence_url: evidence_url?,
        })
    }
}

/// An optional name of a segment or customer.
fn name(row: &mut Row<'_>, column: usize) -> Result<Option<String>, cell::Noted> {
    match row.optional(column) {
        None => Ok(None),
        Some(text) => cell::line(row, column, text, draft::NAME).map(Some).ok_or(cell::Noted),
    }
}

/// Tags, separated by semicolons; blanks around them do not belong to them.
fn tags(row: &mut Row<'_>, column: usize) -> Option<Vec<String>> {
    let mut tags: Vec<String> = Vec::new();
    let text = row.text(column);
    if text.is_empty() {
        return Some(tags);
    }
    for part in text.split(';') {
        let part = part.trim();
        if part.is_empty() {
            row.bad(column, "has an empty tag", "put one semicolon between two tags and none at the ends");
            return None;
        }
        let tag = cell::line(row, column, part, draft::NAME)?;
        let folded = crate::text::fold(&tag);
        if !tags.iter().any(|known| crate::text::fold(known) == folded) {
            tags.push(tag);
        }
    }
    if tags.len() > draft::TAGS {
        row.bad(column, "has too many tags", format!("use at most {}; this has {}", draft::TAGS, tags.len()));
        return None;
    }
    Some(tags)
}

/// An optional http or https address.
fn link(row: &mut Row<'_>, column: usize) -> Option<String> {
    let Some(text) = row.optional(column) else {
        return Some(String::new());
    };
    let text = cell::line(row, column, text, draft::LINK)?;
    let fits = url::Url::parse(&text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    if !fits || text.contains(char::is_whitespace) {
        row.bad(column, "is not a web address", "write it as https://example.com/page");
        return None;
    }
    Some(text)
}

/// A row of `accesses.csv`. Its texts are the file's: there are many, and most repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord<'r> {
    pub line: u64,
    /// The insight's reference.
    pub insight: &'r str,
    /// The reader's address.
    pub reader: &'r str,
    pub at: NaiveDateTime,
    pub manager: Option<bool>,
}

impl<'r> AccessRecord<'r> {
    /// The column of the reader's department at that time; empty for the reader's own. It is read apart:
    /// a few paths stand in a million rows.
    pub const DEPARTMENT: usize = 3;

    /// Reads a row; `None` after its problems have been noted.
    pub fn read(row: &mut Row<'r>, today: Today) -> Option<AccessRecord<'r>> {
        let (insight, reader) = (row.filled(0), row.filled(1));
        let at = cell::time(row, 2, today);
        let manager = cell::yes_no(row, 4);
        Some(AccessRecord {
            line: row.line,
            insight: insight?,
            reader: reader?,
            at: at?,
            manager: manager.ok()?,
        })
    }
}

/// A row of `ratings.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatingRecord<'r> {
    pub line: u64,
    /// The insight's reference.
    pub insight: &'r str,
    /// The rater's address.
    pub rater: &'r str,
    /// 1 to 5.
    pub value: i32,
    pub at: NaiveDateTime,
    pub manager: Option<bool>,
    /// Whether the rater had not seen the value before.
    pub blind: bool,
}

impl<'r> RatingRecord<'r> {
    /// The column of the rater's department at that time; empty for the rater's own.
    pub const DEPARTMENT: usize = 4;

    /// Reads a row; `None` after its problems have been noted.
    pub fn read(row: &mut Row<'r>, today: Today) -> Option<RatingRecord<'r>> {
        let (insight, rater) = (row.filled(0), row.filled(1));
        let value = cell::stars(row, 2);
        let at = cell::time(row, 3, today);
        let manager = cell::yes_no(row, 5);
        let blind = cell::yes_no(row, 6);
        Some(RatingRecord {
            line: row.line,
            insight: insight?,
            rater: rater?,
            value: value?,
            at: at?,
            manager: manager.ok()?,
            blind: blind.ok()?.unwrap_or(true),
        })
    }
}
