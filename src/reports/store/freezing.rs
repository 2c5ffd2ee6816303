//! Making a report: the figures of the pages, computed once and never again. Small groups are suppressed as
//! on the pages, always.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::baselines::{self, Baseline};
use super::kept;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::segments;
use crate::error::{AppError, AppResult};
use crate::flow::groups::View;
use crate::flow::matrix::FEWEST_READERS;
use crate::flow::metrics::definitions::{DEFINITIONS, definition};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{self, Everything, Question};
use crate::flow::numbers::{self, shown};
use crate::flow::period::{Period, in_words};
use crate::flow::store::{readings, retention};
use crate::flow::tables;
use crate::market::store::worth;
use crate::reports::frozen::{
    Chart, Compared, Comparison, Definition, FORMAT, Flow, FlowCell, FlowRow, Frozen, Row, Shown,
};
use crate::reports::{periods, words};

/// What a report is to be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub period: Period,
    pub segment: Option<i64>,
}

/// Computes everything a report says. Reads only.
///
/// # Errors
/// 404 for a segment that is none; what the database says.
pub fn freeze(c: &mut Conn, wish: Wish, calendar: Calendar) -> AppResult<Frozen> {
    let Wish { period, segment } = wish;
    let segment_name = match segment {
        Some(id) => {
            let name = segments::table.find(id).select(segments::name).first::<String>(c).optional()?;
            Some(name.ok_or(AppError::NotFound)?)
        }
        None => None,
    };
    let first = readings::first_event_day(c)?;
    let question = Question { period, segment, view: View::default(), calendar };
    let found = metrics::everything_kept(c, question, worth::as_of)?;
    let mut rows: Vec<Row> = found.figures.iter().map(row).collect();
    let mut comparisons = Vec::new();
    for (key, words, other) in [
        ("before", "the period before", period.previous()),
        ("year_before", "a year before", period.a_year_before()),
    ] {
        let (comparison, earlier) = earlier(c, key, words, question, other, first)?;
        for (row, figure) in rows.iter_mut().zip(&found.figures) {
            row.compared.push(match &earlier {
                Some(earlier) => compared(row, figure, earlier),
                None => none(&comparison.why),
            });
        }
        comparisons.push(comparison);
    }
    if let Some(baseline) =
        baselines::baseline(c)?.filter(|baseline| compares(baseline, period, &comparisons))
    {
        let (mut comparison, earlier) =
            earlier(c, "baseline", "the baseline", question, baseline.period, first)?;
        comparison.name = format!("Baseline, {}", comparison.name);
        for (row, figure) in rows.iter_mut().zip(&found.figures) {
            row.compared.push(match &earlier {
                Some(earlier) => compared(row, figure, earlier),
                None => none(&comparison.why),
            });
        }
        comparisons.push(comparison);
    }
    let finding = words::finding(&found, period, &rows, &comparisons);
    let mut explanation = finding.explanation;
    if let Some(first) = first.filter(|first| period.holds(*first) && *first > period.from) {
        explanation.push_str(&format!(" Counting began on {}.", in_words(first)));
    }
    let mut weeks = found.loaded.weeks(c, None)?;
    tables::withhold_weeks(&mut weeks, &found.figures);
    let charts = tables::week_charts(&weeks).map(|chart| Chart {
        heading: chart.heading.to_owned(),
        reading: chart.reading,
        lines: chart.lines,
    });
    Ok(Frozen {
        format: FORMAT,
        from: period.from,
        to: period.to,
        time_zone: calendar.zone.to_string(),
        segment: segment_name,
        counting_since: first,
        sentence: finding.sentence,
        explanation,
        comparisons,
        definitions: definitions(&rows),
        figures: rows,
        flow: flow(&found),
        charts: charts.into(),
    })
}

/// Whether a report compares with the baseline: one of later days than it, which is none of the others.
fn compares(baseline: &Baseline, period: Period, others: &[Comparison]) -> bool {
    let same = |other: &Comparison| (other.from, other.to) == (baseline.period.from, baseline.period.to);
    baseline.period.to <= period.from && !others.iter().any(same)
}

/// A figure as it is kept.
fn row(figure: &Figure) -> Row {
    let words = definition(figure.id);
    let seen = shown(figure);
    Row {
        id: figure.id.to_owned(),
        part: figure.part.to_string(),
        name: words
            .map_or_else(|| figure.id.to_owned(), |definition| words::figure(definition, &figure.part)),
        group: figure.whom.name(),
        group_name: words::whom(&figure.whom),
        unit: figure.unit.name().to_owned(),
        value: figure.value,
        low: figure.low,
        high: figure.high,
        numerator: figure.numerator,
        denominator: figure.denominator,
        withheld: words::withheld(figure).to_owned(),
        excluded: figure.excluded,
        version: figure.version,
        beyond: figure.beyond,
        estimate: figure.is_estimate,
        shown: Shown { value: seen.value, interval: seen.interval, of: seen.of, is_number: seen.is_number },
        compared: Vec::new(),
    }
}

/// The figures of another period: those of its own report where there is one, so that two reports never
/// tell two numbers of one period; else computed now.
fn earlier(
    c: &mut Conn,
    key: &str,
    words: &str,
    question: Question,
    period: Period,
    first: Option<NaiveDate>,
) -> AppResult<(Comparison, Option<Vec<Row>>)> {
    let mut comparison = Comparison {
        name: periods::name(period),
        key: key.to_owned(),
        from: period.from,
        to: period.to,
        report: None,
        why: String::new(),
    };
    if let Some((id, frozen)) = kept::about(c, period, question.segment)? {
        comparison.report = Some(id);
        return Ok((comparison, Some(frozen.figures)));
    }
    // A company is not silent before it begins: only a period that lies whole in its life compares.
    match first {
        Some(first) if first <= period.from => {
            if let Err(AppError::NoLonger { why, .. }) = retention::grain(c, period) {
                comparison.why = why;
                return Ok((comparison, None));
            }
            let found = metrics::everything_kept(c, Question { period, ..question }, worth::as_of)?;
            // Nor does an archive that hardly anybody opened compare.
            let readers = tables::find(&found.figures, "C4", "", &Whom::All).and_then(|f| f.numerator);
            if readers.is_none_or(|readers| readers < FEWEST_READERS as f64) {
                comparison.why = "Hardly anything was opened then.".into();
                return Ok((comparison, None));
            }
            Ok((comparison, Some(found.figures.iter().map(row).collect())))
        }
        Some(first) => {
            comparison.why = format!("Counting began on {}, after {words} began.", in_words(first));
            Ok((comparison, None))
        }
        None => {
            comparison.why = "Nothing had been counted yet.".into();
            Ok((comparison, None))
        }
    }
}

/// A figure beside the same one of an earlier period.
fn compared(row: &Row, figure: &Figure, earlier: &[Row]) -> Compared {
    let Some(then) = earlier.iter().find(|then| then.key() == row.key()) else {
        return none("It was not told of this group in that period.");
    };
    if then.version != row.version || then.unit != row.unit {
        return none("It was computed by another definition then.");
    }
    if !then.shown.is_number {
        // What is shown instead is told, such as "3 of 8".
        return Compared { shown: then.shown.value.clone(), ..none(&then.withheld) };
    }
    let before = Figure {
        value: then.value,
        low: then.low,
        high: then.high,
        numerator: then.numerator,
        denominator: then.denominator,
        ..figure.clone()
    };
    let moved = match (row.value, then.value) {
        (Some(now), Some(before_value)) if numbers::has_moved(figure, &before) => {
            if now > before_value {
                "up"
            } else {
                "down"
            }
        }
        _ => "",
    };
    Compared {
        value: then.value,
        low: then.low,
        high: then.high,
        shown: then.shown.value.clone(),
        interval: then.shown.interval.clone(),
        moved: moved.to_owned(),
        why: String::new(),
    }
}

fn none(why: &str) -> Compared {
    Compared { shown: "n/a".into(), why: why.to_owned(), ..Compared::default() }
}

/// The definitions a report uses, as they are now.
fn definitions(rows: &[Row]) -> Vec<Definition> {
    DEFINITIONS
        .iter()
        .filter(|definition| definition.id == "C7" || rows.iter().any(|row| row.id == definition.id))
        .map(|definition| Definition {
            id: definition.id.to_owned(),
            name: definition.name.to_owned(),
            unit: definition.unit().name().to_owned(),
            meaning: definition.meaning.to_owned(),
            interval: definition.interval.to_owned(),
            source: definition.source.to_owned(),
            version: definition.version,
            since: definition.since.to_owned(),
        })
        .collect()
}

fn flow(found: &Everything) -> Flow {
    let groups = &found.loaded.grouping.groups;
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let rows = tables::cells(&found.matrix, &names, |_, _| String::new())
        .into_iter()
        .enumerate()
        .map(|(from, cells)| FlowRow {
            name: names[from].to_owned(),
            cells: cells
                .into_iter()
                .enumerate()
                .map(|(to, cell)| FlowCell {
                    value: found.matrix.shown(from, to),
                    shown: cell.text,
                    class: cell.class.to_owned(),
                })
                .collect(),
            given: found.matrix.given(from),
        })
        .collect();
    let received = (0..groups.len()).map(|to| found.matrix.received(to)).collect();
    Flow { names: names.iter().map(|name| (*name).to_owned()).collect(), rows, received }
}
