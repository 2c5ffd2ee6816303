//! What is forgotten and what remains: who opened what is kept for `RETENTION_DAYS`, then only counts are.
//! [`super::forgetting`] does it; here stands what everybody who reads accesses may rely on.
//!
//! The line ([`line`]) is a day. On and after it every access is there with its person. Of days before it there
//! remain: the daily sums of departments and flows (`activity_daily`, `flow_daily`), the figures of whole months
//! and how many people stood behind them (`kept_months`, `month_readers`, `month_flow_readers`), and for each
//! insight its openings and readers by department, the last day and the age at each opening
//! (`insight_reads`, `insight_read_ages`).
//!
//! What holds for those who ask for the first access:
//! * A row of `first_accesses` stays as long as its last access does. If the first one was before the line,
//!   the row says [`long_ago`] in its place: such a reader is not new in any period that can be asked about,
//!   and still counts once among the readers.
//! * When the last one is forgotten too, the row goes, and the reader is counted in `insight_reads`. Whoever
//!   counts readers adds these ([`readers_before`]).
//! * A person who comes back after that opens it for the first time again, to the 30-minute rule (which looks
//!   back half an hour), to "only what you opened may be rated" (opening its page, or rating one sentence in a
//!   list, records the opening), to lists that mark what one has opened, to flows and to earnings. Nobody can
//!   tell otherwise without remembering who read what.
//! * Reach (C6) looks at insights up to 180 days old and waiting times (C11, C12) at those of the period: by
//!   default nothing of them is before the line.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    insight_read_ages, insight_reads, kept_months, month_flow_readers, month_readers, retention_line,
};
use crate::error::{AppError, AppResult};
use crate::flow::period::{Period, in_words};

/// In the place of a segment: all of them together.
pub const ANY_SEGMENT: i64 = -1;

/// In the place of a day that was forgotten; before any day that can be asked about.
pub fn long_ago() -> NaiveDate {
    chrono::DateTime::UNIX_EPOCH.date_naive()
}

/// What is there of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// Everything that happened.
    #[default]
    Events,
    /// It is a month of which counts remain.
    Counts,
}

/// The day before which people were forgotten; none where nothing was.
///
/// # Errors
/// What the database says.
pub fn line(c: &mut Conn) -> QueryResult<Option<NaiveDate>> {
    retention_line::table.find(1).select(retention_line::before_day).first(c).optional()
}

/// The months of which counts are kept, the earliest first.
///
/// # Errors
/// What the database says.
pub fn months(c: &mut Conn) -> QueryResult<Vec<Period>> {
    let rows: Vec<(NaiveDate, NaiveDate)> = kept_months::table
        .order(kept_months::from_day)
        .select((kept_months::from_day, kept_months::to_day))
        .load(c)?;
    Ok(rows.into_iter().map(|(from, to)| Period { from, to }).collect())
}

/// What is there of a period.
///
/// # Errors
/// [`AppError::NoLonger`] where it is neither on this side of the line nor a whole month.
pub fn grain(c: &mut Conn, period: Period) -> AppResult<Grain> {
    let Some(line) = line(c)?.filter(|line| period.from < *line) else { return Ok(Grain::Events) };
    let months = months(c)?;
    if months.contains(&period) {
        return Ok(Grain::Counts);
    }
    // Where nobody opened anything nothing was forgotten.
    if months.iter().all(|month| period.to <= month.from || month.to <= period.from) {
        return Ok(Grain::Events);
    }
    Err(AppError::NoLonger { why: sentence(line, &months), href: months.last().map(address) })
}

/// As [`grain`], for a period that is known to be told: where it is not a kept month, its events are there.
///
/// # Errors
/// What the database says.
pub fn grain_known(c: &mut Conn, period: Period) -> QueryResult<Grain> {
    let before = line(c)?.is_some_and(|line| period.from < line);
    Ok(if before && months(c)?.contains(&period) { Grain::Counts } else { Grain::Events })
}

/// Says that rows behind a number are gone, where they are.
///
/// # Errors
/// [`AppError::NoLonger`] where a part of the period is before the line.
pub fn rows_are_there(c: &mut Conn, period: Period) -> AppResult<()> {
    match grain(c, period)? {
        Grain::Events => Ok(()),
        Grain::Counts => Err(AppError::NoLonger {
            why: format!(
                "The rows behind the openings of {} were turned into counts: the month's figures remain.",
                month_name(period)
            ),
            href: Some(address(&period)),
        }),
    }
}

fn address(month: &Period) -> String {
    format!("/flow?weeks=dates&from={}&to={}", month.from, month.to)
}

fn month_name(month: Period) -> String {
    month.from.format("%B %Y").to_string()
}

/// "Of days before 26 May 2026 only whole months remain (January 2026 to May 2026), …".
fn sentence(line: NaiveDate, months: &[Period]) -> String {
    let mut runs: Vec<(Period, Period)> = Vec::new();
    for month in months {
        match runs.last_mut() {
            Some((_, last)) if last.to == month.from => *last = *month,
            _ => runs.push((*month, *month)),
        }
    }
    let named: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match first == last {
            true => month_name(first),
            false => format!("{} to {}", month_name(first), month_name(last)),
        })
        .collect();
    format!(
        "Of days before {} only whole months remain: {}. Choose one of these months, or a period that begins on {} or later.",
        in_words(line),
        named.join(", "),
        in_words(line)
    )
}

/// How many people opened something in a kept month, by department and manager flag at its end.
///
/// # Errors
/// What the database says.
pub fn month_readers_of(
    c: &mut Conn,
    month: Period,
    segment: Option<i64>,
) -> QueryResult<Vec<(i64, bool, i64)>> {
    month_readers::table
        .filter(month_readers::from_day.eq(month.from))
        .filter(month_readers::segment_id.eq(segment.unwrap_or(ANY_SEGMENT)))
        .order((month_readers::department_id, month_readers::manager))
        .select((month_readers::department_id, month_readers::manager, month_readers::readers))
        .load(c)
}

/// How many people stand behind each flow of a kept month: from, to, readers.
///
/// # Errors
/// What the database says.
pub fn month_flow_readers_of(
    c: &mut Conn,
    month: Period,
    segment: Option<i64>,
) -> QueryResult<Vec<(i64, i64, i64)>> {
    use month_flow_readers as t;
    t::table
        .filter(t::from_day.eq(month.from))
        .filter(t::segment_id.eq(segment.unwrap_or(ANY_SEGMENT)))
        .select((t::from_department_id, t::to_department_id, t::readers))
        .load(c)
}

/// Numbers in the place of people who are not known any more, the same ones for the same department: so
/// many together count as the most of them, never as their sum, and no more people appear than there were.
pub fn stand_ins(department: i64, manager: bool, readers: i64) -> impl Iterator<Item = i64> {
    (0..readers).map(move |n| -(1 + n + ((department * 2 + i64::from(manager)) << 24)))
}

/// What remains of an insight's openings before the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Remains {
    pub insight_id: i64,
    pub department_id: i64,
    pub accesses: i64,
    pub readers: i64,
    pub last_day: NaiveDate,
}

/// What remains of every insight, by insight.
///
/// # Errors
/// What the database says.
pub fn remains(c: &mut Conn) -> QueryResult<Vec<Remains>> {
    insight_reads::table.order((insight_reads::insight_id, insight_reads::department_id)).load(c)
}

/// How many readers of these insights were forgotten, by insight and department.
///
/// # Errors
/// What the database says.
pub fn readers_before(c: &mut Conn, of_insights: &[i64]) -> QueryResult<Vec<(i64, i64, i64)>> {
    if of_insights.is_empty() {
        return Ok(Vec::new());
    }
    insight_reads::table
        .filter(insight_reads::insight_id.eq_any(of_insights.to_vec()))
        .filter(insight_reads::readers.gt(0))
        .select((insight_reads::insight_id, insight_reads::department_id, insight_reads::readers))
        .load(c)
}

/// Ages in days, and how often something was opened at that age.
pub type Ages = Vec<(u16, i64)>;

/// The ages at which insights were opened before the line, by insight.
///
/// # Errors
/// What the database says.
pub fn ages(c: &mut Conn) -> QueryResult<Vec<(i64, Ages)>> {
    let rows: Vec<(i64, String)> = insight_read_ages::table
        .order(insight_read_ages::insight_id)
        .select((insight_read_ages::insight_id, insight_read_ages::ages))
        .load(c)?;
    Ok(rows.into_iter().map(|(insight, text)| (insight, read_ages(&text).collect())).collect())
}

fn read_ages(text: &str) -> impl Iterator<Item = (u16, i64)> {
    text.split(' ').filter_map(|pair| {
        let (age, count) = pair.split_once(':')?;
        Some((age.parse().ok()?, count.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_that_remain_are_named() {
        let month = |from: &str, to: &str| Period {
            from: from.parse().expect("a day"),
            to: to.parse().expect("a day"),
        };
        let months = [
            month("2025-11-01", "2025-12-01"),
            month("2026-01-01", "2026-02-01"),
            month("2026-02-01", "2026-03-01"),
        ];
        assert_eq!(
            sentence("2026-02-12".parse().expect("a day"), &months),
            "Of days before 12 Feb 2026 only whole months remain: November 2025, January 2026 to February 2026. \
             Choose one of these months, or a period that begins on 12 Feb 2026 or later."
        );
    }

    #[test]
    fn those_who_stand_in_never_outnumber_the_readers() {
        let one: std::collections::HashSet<i64> =
            stand_ins(3, false, 4).chain(stand_ins(3, false, 2)).collect();
        assert_eq!(one.len(), 4, "they may be the same people");
        let two: std::collections::HashSet<i64> =
            stand_ins(3, false, 4).chain(stand_ins(4, false, 2)).collect();
        assert_eq!(two.len(), 6, "nobody is in two departments");
        assert!(two.iter().all(|id| *id < 0));
    }

    #[test]
    fn ages_come_back_from_their_text() {
        assert_eq!(read_ages("0:3 12:1").collect::<Vec<_>>(), [(0, 3), (12, 1)]);
        assert_eq!(read_ages("").count(), 0);
    }
}
