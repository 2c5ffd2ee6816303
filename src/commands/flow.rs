//! `tradewind flow`: the figures of a period, and the proof that they agree with the events.

use chrono::NaiveDate;
use serde::Serialize;
use tradewind::accounts::audit;
use tradewind::flow::groups::View;
use tradewind::flow::metrics::definitions::definition;
use tradewind::flow::metrics::figure::Stored;
use tradewind::flow::metrics::{self, Everything, Question};
use tradewind::flow::period::Period;
use tradewind::flow::store::{figures, looks, rebuild};
use tradewind::market::store::worth;

use super::{Failure, Outcome, node};

/// Writes how information flowed in a period: every figure with its interval and what it was computed
/// from. Groups of fewer than five people are not shown, nor flows to fewer than five readers, nor today,
/// which is not over.
///
/// Example: tradewind flow --from 2026-07-01 --to 2026-10-01 --format json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[command(override_usage = "tradewind flow --from DATE --to DATE [OPTIONS]\n       tradewind flow --rebuild")]
pub struct Args {
    /// First day of the period, in TIME_ZONE
    #[arg(long, value_name = "DATE", value_parser = super::day, required_unless_present = "rebuild", requires = "to")]
    from: Option<NaiveDate>,
    /// Day after its last day
    #[arg(long, value_name = "DATE", value_parser = super::day, requires = "from")]
    to: Option<NaiveDate>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Show small groups and today too; leaves a row in the audit log
    #[arg(long)]
    unsuppressed: bool,
    /// First recompute the daily counts from the events, say what differed, and mend it
    #[arg(long)]
    rebuild: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let period = match (args.from, args.to) {
        (Some(from), Some(to)) => Some(Period::new(from, to).ok_or_else(|| {
            Failure::Usage(format!("--to {to} must be after --from {from}: the period ends before that day"))
        })?),
        _ => None,
    };
    let app = node::open_existing(node::config()?)?;
    if args.rebuild {
        check(&app).await?;
    }
    let Some(period) = period else { return Ok(()) };
    let now = app.clock.now();
    let period = if args.unsuppressed { period } else { whole_days(period, app.calendar().day(now))? };
    let question = Question {
        period,
        segment: None,
        view: View { unsuppressed: args.unsuppressed, ..View::default() },
        calendar: app.calendar(),
    };
    if args.unsuppressed {
        let detail = format!("from {} to {}", period.from, period.to);
        app.db.write(move |c| Ok(audit::record(c, None, now, looks::PRINTED, "flow", &detail)?)).await?;
    }
    // A connection of its own: a large company takes longer than a request may.
    let found = app
        .db
        .write_alone(move |c| {
            let found = metrics::everything(c, question, worth::as_of)?;
            if !question.view.unsuppressed {
                // What the pages would have asked for.
                figures::keep(c, question.period, now, &found.night)?;
            }
            Ok(found)
        })
        .await?;
    let report = Report::new(&found);
    let text = match args.format {
        Format::Json => serde_json::to_string_pretty(&report)
            .map_err(|error| Failure::Failed(format!("cannot write JSON: {error}")))?,
        Format::Table => table(&report),
    };
    say!("{}", text.trim_end());
    Ok(())
}

/// The days of a period that are over, as on the pages: numbers that moved from minute to minute would tell
/// single openings.
fn whole_days(period: Period, today: NaiveDate) -> Result<Period, Failure> {
    let over = period.until(today).ok_or_else(|| {
        Failure::Usage(format!(
            "--from {} must be before today, {today}: whole days are counted",
            period.from
        ))
    })?;
    if over != period {
        eprintln!("counted up to the end of {}: today is not over", over.last_day());
    }
    Ok(over)
}

async fn check(app: &tradewind::web::App) -> Outcome {
    let calendar = app.calendar();
    let (differences, moved) = app
        .db
        .write_alone(move |c| Ok((rebuild::check_and_mend(c)?, rebuild::of_another_zone(c, calendar)?)))
        .await?;
    if moved > 0 {
        eprintln!(
            "{moved} openings keep the day they had when they happened: it is another one in TIME_ZONE {}. \
             What happened is never rewritten, so periods before the change keep their days.",
            calendar.zone
        );
    }
    if differences.is_empty() {
        eprintln!("the daily counts agree with the events");
    }
    for difference in differences {
        eprintln!("{}: {} rows differed from the events and were mended", difference.table, difference.rows);
    }
    Ok(())
}

#[derive(Serialize)]
struct Report {
    from: NaiveDate,
    to: NaiveDate,
    population: Population,
    metrics: Vec<Stored>,
    matrix: Vec<Cell>,
}

#[derive(Serialize)]
struct Population {
    people: u64,
    contributions: i64,
    accesses: i64,
    ratings: i64,
}

#[derive(Serialize)]
struct Cell {
    from: String,
    to: String,
    value: Option<u64>,
    readers: Option<u64>,
    suppressed: bool,
}

impl Report {
    fn new(found: &Everything) -> Report {
        let period = found.loaded.question.period;
        let groups = &found.loaded.grouping.groups;
        let cell = |from: usize, to: usize| {
            let value = found.matrix.shown(from, to);
            Cell {
                from: groups[from].name.clone(),
                to: groups[to].name.clone(),
                value,
                readers: value.map(|_| found.matrix.readers(from, to)),
                suppressed: value.is_none(),
            }
        };
        Report {
            from: period.from,
            to: period.to,
            population: Population {
                people: found.population.people,
                contributions: found.population.contributions,
                accesses: found.population.accesses,
                ratings: found.population.ratings,
            },
            metrics: found.figures.iter().cloned().map(Stored::from).collect(),
            matrix: (0..groups.len())
                .flat_map(|from| (0..groups.len()).map(move |to| (from, to)))
                .map(|(from, to)| cell(from, to))
                .collect(),
        }
    }
}

/// The report for eyes: columns as wide as they need to be.
fn table(report: &Report) -> String {
    let number = |value: Option<f64>| match value {
        None => "-".to_owned(),
        Some(value) if value == value.trunc() && (value == 0.0 || value.abs() >= 1.0) => {
            format!("{value:.0}")
        }
        Some(value) => format!("{value:.4}"),
    };
    let mut rows = vec![
        ["id", "name", "part", "group", "value", "low", "high", "numerator", "denominator", "unit"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for m in &report.metrics {
        let value = match m {
            Stored { suppressed: true, .. } => "under 5".into(),
            Stored { beyond: Some(beyond), .. } => format!("over {beyond:.1}"),
            _ => number(m.value),
        };
        let estimate = if m.estimate { " (estimated)" } else { "" };
        let unit = match m.excluded {
            0 => format!("{}{estimate}", m.unit),
            excluded => format!("{} ({excluded} too young)", m.unit),
        };
        rows.push(vec![
            m.id.clone(),
            definition(&m.id).map_or_else(String::new, |definition| definition.name_of(&m.part)),
            m.part.clone(),
            printable(&m.group),
            value,
            number(m.low),
            number(m.high),
            number(m.numerator),
            number(m.denominator),
            unit,
        ]);
    }
    let mut flows = vec![["from", "to", "first openings", "readers"].map(str::to_owned).to_vec()];
    for cell in &report.matrix {
        let shown = |value: Option<u64>| value.map_or_else(|| "under 5".into(), |v| v.to_string());
        flows.push(vec![printable(&cell.from), printable(&cell.to), shown(cell.value), shown(cell.readers)]);
    }
    let Population { people, contributions, accesses, ratings } = report.population;
    format!(
        "{} to {}: {people} people, {contributions} contributions, {accesses} accesses, {ratings} ratings\n\n{}\n\
         C7, who reads whose insights\n{}",
        report.from,
        report.to,
        aligned(&rows),
        aligned(&flows)
    )
}

/// A name on a terminal: control characters would move its cursor.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
