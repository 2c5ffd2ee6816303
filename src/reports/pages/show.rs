//! `/reports/{id}`: a report as it was made, on the screen and on paper.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use crate::accounts::guard::Officer;
use crate::clock::Calendar;
use crate::db::FlowReader;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::{Theme, Unit, definition};
use crate::flow::numbers::grouped;
use crate::flow::period::in_words;
use crate::flow::store::looks::{self, Kind};
use crate::reports::frozen::{Comparison, Definition, Frozen, Row};
use crate::reports::periods;
use crate::reports::store::baselines;
use crate::reports::store::kept::{self, Head};
use crate::reports::store::mailing;
use crate::web::App;
use crate::web::charts::{Svg, short};
use crate::web::page::{self, Page, Place};
use crate::web::when;

/// Columns of figures that fit beside the names of departments on A4.
const COLUMNS: usize = 5;
/// In the place of a sum that would give a cell away.
const NOT_TOLD: &str = "–";

#[derive(Template)]
#[template(path = "reports/show.html")]
struct ReportPage {
    page: Page,
    id: i64,
    name: String,
    days: String,
    segment: String,
    made: String,
    /// `Mailed to 2 people on 2 November`, or empty.
    mailed: String,
    sentence: String,
    explanation: String,
    comparisons: Vec<ComparisonColumn>,
    /// What this report is to the baseline, or empty.
    baseline: String,
    /// Whether it may become the baseline.
    can_be_baseline: bool,
    /// Of the company: everybody, then managers; each by theme.
    company: Vec<(String, Vec<ThemeRows>)>,
    /// Columns of its tables.
    columns: usize,
    flow_names: Vec<String>,
    flow: Vec<FlowLine>,
    received: Vec<(String, String)>,
    withheld_flow: bool,
    charts: Vec<ChartPanel>,
    /// Departments and segments, each as tables of a few columns.
    tables: Vec<GroupTable>,
    definitions: Vec<Definition>,
    reasons: Vec<String>,
}

/// What a column of comparisons is about.
struct ComparisonColumn {
    name: String,
    note: String,
    /// Whether there is anything in it: else only the note stands.
    is_there: bool,
}

/// The figures that help to answer one thing.
struct ThemeRows {
    name: &'static str,
    rows: Vec<FigureRow>,
}

/// A figure about one group.
struct FigureRow {
    id: String,
    name: String,
    /// "a person a month"; empty where the number says it.
    unit: &'static str,
    cell: FigureCell,
    compared: Vec<ComparedCell>,
}

struct FigureCell {
    /// Names the figure: `C1//all`.
    key: String,
    /// To the last digit; empty where there is none.
    raw: String,
    shown: String,
    interval: String,
    of: String,
    is_number: bool,
    note: String,
}

struct ComparedCell {
    raw: String,
    shown: String,
    /// `up from`, `down from`, or empty.
    moved: &'static str,
}

struct FlowLine {
    name: String,
    cells: Vec<FlowCellShown>,
    given: String,
}

struct FlowCellShown {
    key: String,
    raw: String,
    shown: String,
    class: String,
}

struct ChartPanel {
    heading: String,
    reading: String,
    svg: Svg,
    columns: Vec<String>,
    rows: Vec<(String, Vec<(String, String)>)>,
}

struct GroupTable {
    heading: String,
    head: &'static str,
    /// Id and name of each figure.
    columns: Vec<(String, String)>,
    rows: Vec<(String, Vec<Option<FigureCell>>)>,
}

/// The number in an address.
pub(super) fn id_of(text: &str) -> AppResult<i64> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// Who made it and when.
pub(super) fn made(head: &Head, calendar: Calendar, now: NaiveDateTime) -> String {
    let at = when::moment(calendar, head.made_at, now).words;
    match (&head.made_by, head.month) {
        (Some(name), _) => format!("by {name}, {at}"),
        (None, Some(_)) => format!("by itself, {at}"),
        (None, None) => at,
    }
}

/// Shows it.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let id = id_of(&id)?;
    looks::note(&app, officer.actor, Kind::Report, &[looks::EVERYBODY]).await?;
    let (head, frozen, trace, baseline) = flow
        .read(move |c| {
            let (head, frozen) = kept::report(c, id)?;
            Ok((head, frozen, mailing::trace(c, id)?, baselines::baseline(c)?))
        })
        .await?;
    let (calendar, now) = (app.calendar(), officer.actor.at);
    let name = periods::name(frozen.period());
    let page = Page::new(&req, &officer, Place::Flow, format!("Report, {name}"));
    let mailed = trace.map_or_else(String::new, |(at, people)| {
        let people = if people == 1 { "one person".to_owned() } else { format!("{people} people") };
        format!("Mailed to {people}, {}", when::moment(calendar, at, now).words)
    });
    let mut shown = render(page, &head, &frozen, name, made(&head, calendar, now), mailed);
    let by_hand = baseline.as_ref().is_some_and(|baseline| baseline.by_hand);
    let is_it = baseline.as_ref().is_some_and(|baseline| baseline.report == id);
    shown.can_be_baseline =
        !by_hand && !is_it && frozen.segment.is_none() && frozen.period().days() >= baselines::FEWEST_DAYS;
    if let Some(baseline) = baseline.filter(|_| is_it) {
        let who = baseline.by.map_or_else(|| "by itself".to_owned(), |name| format!("by {name}"));
        let at = when::moment(calendar, baseline.at, now).words;
        shown.baseline =
            format!("This is the baseline that later reports are compared with, marked {who}, {at}.");
    }
    page::show(&shown, &req)
}

fn render(
    page: Page,
    head: &Head,
    frozen: &Frozen,
    name: String,
    made: String,
    mailed: String,
) -> ReportPage {
    let company = [("all", "Everybody"), ("managers", "Managers")]
        .map(|(group, heading)| {
            let rows: Vec<&Row> = frozen.figures.iter().filter(|row| row.group == group).collect();
            (heading.to_owned(), by_theme(&rows, frozen))
        })
        .into_iter()
        .filter(|(_, themes)| !themes.is_empty())
        .collect();
    let sum = |sum: Option<u64>| sum.map_or_else(|| NOT_TOLD.to_owned(), |sum| grouped(sum as i64));
    let mut reasons: Vec<String> = Vec::new();
    for row in &frozen.figures {
        if !row.withheld.is_empty() && !reasons.contains(&row.withheld) {
            reasons.push(row.withheld.clone());
        }
    }
    let mut tables = group_tables(frozen, "department:", "Departments", "Department");
    tables.extend(group_tables(frozen, "segment:", "Segments", "Segment"));
    ReportPage {
        page,
        id: head.id,
        days: format!(
            "{} to {}, {}",
            in_words(frozen.from),
            in_words(frozen.period().last_day()),
            frozen.time_zone
        ),
        segment: frozen.segment.clone().unwrap_or_default(),
        name,
        made,
        mailed,
        sentence: frozen.sentence.clone(),
        explanation: frozen.explanation.clone(),
        columns: 3 + frozen.comparisons.iter().filter(|one| one.why.is_empty()).count(),
        comparisons: frozen.comparisons.iter().map(column).collect(),
        baseline: String::new(),
        can_be_baseline: false,
        company,
        flow_names: frozen.flow.names.clone(),
        flow: flow(frozen),
        received: frozen
            .flow
            .received
            .iter()
            .map(|received| (received.map_or_else(String::new, |n| n.to_string()), sum(*received)))
            .collect(),
        withheld_flow: frozen.flow.rows.iter().any(|row| row.cells.iter().any(|cell| cell.value.is_none())),
        charts: charts(frozen),
        tables,
        definitions: frozen.definitions.clone(),
        reasons,
    }
}

fn column(comparison: &Comparison) -> ComparisonColumn {
    let note = match comparison.report {
        _ if !comparison.why.is_empty() => format!("n/a. {}", comparison.why),
        Some(id) => format!("as report {id} told it"),
        None => "computed when this report was made".into(),
    };
    ComparisonColumn { name: comparison.name.clone(), note, is_there: comparison.why.is_empty() }
}

fn raw(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn cell(row: &Row) -> FigureCell {
    FigureCell {
        key: row.key(),
        raw: raw(row.value),
        shown: row.shown.value.clone(),
        interval: row.shown.interval.clone(),
        of: row.shown.of.clone(),
        is_number: row.shown.is_number,
        note: if row.excluded > 0 {
            format!("{} too young to judge", grouped(row.excluded))
        } else {
            String::new()
        },
    }
}

/// By what they help to answer, in the order of the flow page. What is not defined any more comes last.
fn by_theme(rows: &[&Row], frozen: &Frozen) -> Vec<ThemeRows> {
    let theme_of = |row: &&&Row| definition(&row.id).map(|definition| definition.theme);
    Theme::ALL
        .into_iter()
        .map(Some)
        .chain([None])
        .map(|theme| ThemeRows {
            name: theme.map_or("Others", Theme::name),
            rows: rows
                .iter()
                .filter(|row| theme_of(row) == theme)
                .map(|row| figure_row(row, &frozen.definitions))
                .collect(),
        })
        .filter(|theme| !theme.rows.is_empty())
        .collect()
}

fn figure_row(row: &Row, definitions: &[Definition]) -> FigureRow {
    FigureRow {
        id: row.id.clone(),
        name: row.short_name(definitions).to_owned(),
        unit: match Unit::named(&row.unit) {
            Some(unit @ (Unit::PerPersonMonth | Unit::Stars | Unit::Credits)) if row.shown.is_number => {
                unit.words()
            }
            _ => "",
        },
        cell: cell(row),
        compared: row
            .compared
            .iter()
            .map(|compared| ComparedCell {
                raw: raw(compared.value),
                shown: compared.shown.clone(),
                moved: match compared.moved.as_str() {
                    "up" => "up from",
                    "down" => "down from",
                    _ => "",
                },
            })
            .collect(),
    }
}

fn flow(frozen: &Frozen) -> Vec<FlowLine> {
    let flow = &frozen.flow;
    flow.rows
        .iter()
        .map(|row| FlowLine {
            name: row.name.clone(),
            cells: row
                .cells
                .iter()
                .zip(&flow.names)
                .map(|(cell, to)| FlowCellShown {
                    key: format!("C7//from:{} to:{to}", row.name),
                    raw: cell.value.map_or_else(String::new, |value| value.to_string()),
                    shown: cell.shown.clone(),
                    class: cell.class.clone(),
                })
                .collect(),
            given: row.given.map_or_else(|| NOT_TOLD.to_owned(), |sum| grouped(sum as i64)),
        })
        .collect()
}

fn charts(frozen: &Frozen) -> Vec<ChartPanel> {
    frozen
        .charts
        .iter()
        .map(|chart| ChartPanel {
            heading: chart.heading.clone(),
            reading: chart.reading.clone(),
            svg: chart.lines.draw(),
            columns: chart.lines.series.iter().map(|series| series.name.clone()).collect(),
            rows: chart
                .lines
                .points
                .iter()
                .enumerate()
                .map(|(at, week)| {
                    let values = chart.lines.series.iter().map(|series| {
                        let value = series.values.get(at).copied().flatten();
                        (raw(value), value.map_or_else(|| "n/a".to_owned(), short))
                    });
                    (week.clone(), values.collect())
                })
                .collect(),
        })
        .collect()
}

/// Tables of groups, a few figures each: whatever figures there are of such groups.
fn group_tables(frozen: &Frozen, prefix: &str, heading: &str, head: &'static str) -> Vec<GroupTable> {
    let of_groups: Vec<&Row> = frozen.figures.iter().filter(|row| row.group.starts_with(prefix)).collect();
    let mut figures: Vec<(&str, &str, &str)> = Vec::new();
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for row in &of_groups {
        let figure = (row.id.as_str(), row.part.as_str(), row.short_name(&frozen.definitions));
        if !figures.contains(&figure) {
            figures.push(figure);
        }
        let group = (row.group.as_str(), row.group_name.as_str());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    figures
        .chunks(COLUMNS)
        .enumerate()
        .map(|(at, figures)| GroupTable {
            heading: if at == 0 { heading.to_owned() } else { format!("{heading}, continued") },
            head,
            columns: figures.iter().map(|(id, _, name)| ((*id).to_owned(), (*name).to_owned())).collect(),
            rows: groups
                .iter()
                .map(|(group, name)| {
                    let cells = figures.iter().map(|(id, part, _)| {
                        let of_group =
                            |row: &&&Row| row.id == *id && row.part == *part && row.group == *group;
                        of_groups.iter().find(of_group).map(|row| cell(row))
                    });
                    ((*name).to_owned(), cells.collect())
                })
                .collect(),
        })
        .collect()
}
