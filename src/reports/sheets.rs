//! A report as files: one long table for CSV, the same and more as a workbook, everything as JSON.

use chrono::NaiveDateTime;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};
use serde::Serialize;

use super::frozen::{Frozen, Row};
use super::periods;
use super::store::kept::Head;
use crate::error::{AppError, AppResult};
use crate::web::formula;

/// A cell of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// What people typed is guarded: no spreadsheet runs it as a formula.
    Text(String),
    Number(f64),
    Empty,
}

impl Cell {
    fn text(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(formula::guard(text).into_owned()) }
    }

    /// Words of the product, such as `+0.18` or the unit `-1 to 1`: there is nothing to guard against.
    fn own(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    fn number(value: Option<f64>) -> Cell {
        value.map_or(Cell::Empty, Cell::Number)
    }

    fn written(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(value) => value.to_string(),
            Cell::Empty => String::new(),
        }
    }
}

/// What every line of the long table has in front.
const COLUMNS: [&str; 16] = [
    "id",
    "part",
    "name",
    "group",
    "value",
    "unit",
    "low",
    "high",
    "numerator",
    "denominator",
    "shown",
    "shown_interval",
    "withheld",
    "excluded",
    "version",
    "beyond",
];

/// What it has for each period it compares with, behind the key of that period.
const COMPARED: [&str; 6] = ["value", "low", "high", "shown", "moved", "why"];

/// Every number of a report, one a line: the figures, then the flows between departments (C7), then the
/// weeks of the charts.
pub fn long(frozen: &Frozen) -> Vec<Vec<Cell>> {
    let mut head: Vec<Cell> = COLUMNS.iter().map(|name| Cell::text(name)).collect();
    for comparison in &frozen.comparisons {
        head.extend(COMPARED.iter().map(|name| Cell::text(&format!("{}_{name}", comparison.key))));
    }
    let width = head.len();
    let mut table = vec![head];
    table.extend(frozen.figures.iter().map(figure));
    table.extend(flows(frozen));
    table.extend(weeks(frozen));
    for line in &mut table {
        line.resize(width, Cell::Empty);
    }
    table
}

fn figure(row: &Row) -> Vec<Cell> {
    let mut line = vec![
        Cell::text(&row.id),
        Cell::text(&row.part),
        Cell::text(&row.name),
        Cell::text(&row.group),
        Cell::number(row.value),
        Cell::own(&row.unit),
        Cell::number(row.low),
        Cell::number(row.high),
        Cell::number(row.numerator),
        Cell::number(row.denominator),
        Cell::own(&row.shown.value),
        Cell::own(&row.shown.interval),
        Cell::text(&row.withheld),
        Cell::Number(row.excluded as f64),
        Cell::Number(f64::from(row.version)),
        Cell::number(row.beyond),
    ];
    for compared in &row.compared {
        line.extend([
            Cell::number(compared.value),
            Cell::number(compared.low),
            Cell::number(compared.high),
            Cell::own(&compared.shown),
            Cell::text(&compared.moved),
            Cell::text(&compared.why),
        ]);
    }
    line
}

/// The words for a flow or a sum that is not told.
const NOT_TOLD: &str = "It would tell of fewer than five readers.";

fn flows(frozen: &Frozen) -> Vec<Vec<Cell>> {
    let definition = frozen.definitions.iter().find(|definition| definition.id == "C7");
    let (name, version) = definition.map_or(("", 0), |d| (d.name.as_str(), d.version));
    let line = |group: String, value: Option<u64>, shown: String| {
        vec![
            Cell::text("C7"),
            Cell::Empty,
            Cell::text(name),
            Cell::text(&group),
            Cell::number(value.map(|value| value as f64)),
            Cell::text("count"),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::own(&shown),
            Cell::Empty,
            Cell::text(if value.is_none() { NOT_TOLD } else { "" }),
            Cell::Number(0.0),
            Cell::Number(f64::from(version)),
            Cell::Empty,
        ]
    };
    let mut lines = Vec::new();
    for row in &frozen.flow.rows {
        for (to, cell) in frozen.flow.names.iter().zip(&row.cells) {
            lines.push(line(format!("from:{} to:{to}", row.name), cell.value, cell.shown.clone()));
        }
    }
    lines
}

fn weeks(frozen: &Frozen) -> Vec<Vec<Cell>> {
    let mut lines = Vec::new();
    for (id, chart) in ["C1", "C2"].iter().zip(&frozen.charts) {
        for series in &chart.lines.series {
            for (week, value) in chart.lines.points.iter().zip(&series.values) {
                lines.push(vec![
                    Cell::text(id),
                    Cell::text(&format!("week of {week}")),
                    Cell::text(&chart.heading),
                    Cell::text(&series.name),
                    Cell::number(*value),
                    Cell::text("per person-month"),
                ]);
            }
        }
    }
    lines
}

/// The long table as CSV.
///
/// # Errors
/// When it cannot be written.
pub fn csv(frozen: &Frozen) -> AppResult<Vec<u8>> {
    let failed = |error: String| AppError::Internal(format!("cannot write CSV: {error}"));
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for line in long(frozen) {
        writer.write_record(line.iter().map(Cell::written)).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// A report as JSON: its head, and everything that was kept.
#[derive(Serialize)]
struct Whole<'a> {
    id: i64,
    /// The month it is the company's report of.
    month: Option<String>,
    /// UTC.
    made_at: NaiveDateTime,
    made_by: Option<&'a str>,
    #[serde(flatten)]
    frozen: &'a Frozen,
}

/// As JSON.
///
/// # Errors
/// When it cannot be written.
pub fn json(head: &Head, frozen: &Frozen) -> AppResult<Vec<u8>> {
    let whole = Whole {
        id: head.id,
        month: head.month.map(|month| month.format("%Y-%m").to_string()),
        made_at: head.made_at,
        made_by: head.made_by.as_deref(),
        frozen,
    };
    serde_json::to_vec_pretty(&whole)
        .map_err(|error| AppError::Internal(format!("cannot write JSON: {error}")))
}

/// As a workbook: what the report says, every number, the flows and the weeks as tables of their own, the
/// definitions.
///
/// # Errors
/// When it cannot be written.
pub fn workbook(head: &Head, made: &str, frozen: &Frozen) -> AppResult<Vec<u8>> {
    written(head, made, frozen)
        .map_err(|error| AppError::Internal(format!("cannot write a workbook: {error}")))
}

fn written(head: &Head, made: &str, frozen: &Frozen) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time of the report, not of the download: the same report is the same file.
    if let Ok(at) = rust_xlsxwriter::ExcelDateTime::from_timestamp(head.made_at.and_utc().timestamp()) {
        let properties = rust_xlsxwriter::DocProperties::new()
            .set_title(format!("How information flowed: {}", periods::name(frozen.period())))
            .set_creation_datetime(&at);
        book.set_properties(&properties);
    }
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let sheet = book.add_worksheet().set_name("Report")?;
    sheet.set_column_width(0, 18)?.set_column_width(1, 90)?;
    for (at, (name, value)) in about(made, frozen).iter().enumerate() {
        sheet.write_string_with_format(at as u32, 0, *name, &bold)?;
        sheet.write_string_with_format(at as u32, 1, formula::guard(value), &wrapped)?;
    }
    let sheet = book.add_worksheet().set_name("Figures")?;
    table(sheet, &long(frozen), &bold)?;
    sheet.set_column_width(2, 30)?.set_column_width(3, 26)?;
    let sheet = book.add_worksheet().set_name("Flow")?;
    table(sheet, &cross(frozen), &bold)?;
    sheet.set_column_width(0, 26)?;
    for (heading, lines) in frozen.charts.iter().map(|chart| (&chart.heading, &chart.lines)) {
        let sheet = book.add_worksheet().set_name(format!("{heading} by week"))?;
        let mut rows = vec![
            std::iter::once(Cell::text("week of"))
                .chain(lines.series.iter().map(|series| Cell::text(&series.name)))
                .collect::<Vec<_>>(),
        ];
        for (at, week) in lines.points.iter().enumerate() {
            let values = lines.series.iter().map(|series| Cell::number(series.values[at]));
            rows.push(std::iter::once(Cell::text(week)).chain(values).collect());
        }
        table(sheet, &rows, &bold)?;
        sheet.set_column_width(0, 22)?;
    }
    let sheet = book.add_worksheet().set_name("Definitions")?;
    let mut rows = vec![
        ["id", "name", "unit", "meaning", "interval", "source", "version", "since"].map(Cell::text).to_vec(),
    ];
    rows.extend(frozen.definitions.iter().map(|d| {
        let version = d.version.to_string();
        [&d.id, &d.name, &d.unit, &d.meaning, &d.interval, &d.source, &version, &d.since]
            .map(|text| Cell::own(text))
            .to_vec()
    }));
    table(sheet, &rows, &bold)?;
    sheet.set_column_width(1, 28)?.set_column_width(3, 90)?;
    book.save_to_buffer()
}

/// The title block.
fn about(made: &str, frozen: &Frozen) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("Period", periods::name(frozen.period())),
        ("From", frozen.from.to_string()),
        ("Until before", frozen.to.to_string()),
        ("Time zone", frozen.time_zone.clone()),
        ("Segment", frozen.segment.clone().unwrap_or_else(|| "all".into())),
        ("Made", made.to_owned()),
        ("In a sentence", frozen.sentence.clone()),
        ("In numbers", frozen.explanation.clone()),
    ];
    for comparison in &frozen.comparisons {
        let whence = match comparison.report {
            Some(id) => format!("as report {id} told it"),
            None if comparison.why.is_empty() => "computed for this report".into(),
            None => format!("n/a: {}", comparison.why),
        };
        lines.push(("Compared with", format!("{} ({whence})", comparison.name)));
    }
    lines
}

/// Who reads whose insights, as a table of both.
fn cross(frozen: &Frozen) -> Vec<Vec<Cell>> {
    let flow = &frozen.flow;
    let count = |value: Option<u64>| match value {
        Some(value) => Cell::Number(value as f64),
        None => Cell::text("under 5"),
    };
    let mut rows = vec![
        std::iter::once(Cell::text("shared by, opened by"))
            .chain(flow.names.iter().map(|name| Cell::text(name)))
            .chain([Cell::text("given")])
            .collect::<Vec<_>>(),
    ];
    for row in &flow.rows {
        rows.push(
            std::iter::once(Cell::text(&row.name))
                .chain(row.cells.iter().map(|cell| count(cell.value)))
                .chain([count(row.given)])
                .collect(),
        );
    }
    rows.push(
        std::iter::once(Cell::text("received")).chain(flow.received.iter().map(|sum| count(*sum))).collect(),
    );
    rows
}

/// Writes a table whose first row stays in sight.
fn table(sheet: &mut Worksheet, rows: &[Vec<Cell>], bold: &Format) -> Result<(), XlsxError> {
    for (at, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let (at, column) = (at as u32, column as u16);
            match cell {
                Cell::Text(text) if at == 0 => {
                    sheet.write_string_with_format(at, column, text, bold)?;
                }
                // Never as a formula, whatever it begins with.
                Cell::Text(text) => {
                    sheet.write_string(at, column, text)?;
                }
                Cell::Number(value) => {
                    sheet.write_number(at, column, *value)?;
                }
                Cell::Empty => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_a_formula() {
        assert_eq!(Cell::text("=1+1"), Cell::Text("'=1+1".into()));
        assert_eq!(Cell::text("@Sales"), Cell::Text("'@Sales".into()));
        assert_eq!(Cell::text("Sales"), Cell::Text("Sales".into()));
        assert_eq!(Cell::text(""), Cell::Empty);
    }
}
