//! The export: the same files the import reads. Accesses and ratings name people, so they are written
//! only when asked for on the command line, and the audit log says so.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts::audit;
use crate::archive::draft::BODY;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{
    accesses, customers, departments, insight_tags, insights, people, ratings, segments, tags,
};
use crate::error::{AppError, AppResult};
use crate::flow::store::looks;

use super::cell::{write_time, write_yes_no};
use super::progress::Progress;
use super::record::{ACCESSES, INSIGHTS, PEOPLE, RATINGS};
use super::sheet::Layout;
use crate::web::formula::guard;

/// Rows fetched at once.
const PAGE: i64 = 10_000;

/// How many rows were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub people: u64,
    pub insights: u64,
    /// `None` where the file was not asked for.
    pub accesses: Option<u64>,
    /// `None` where the file was not asked for.
    pub ratings: Option<u64>,
}

/// Writes the files into `folder`, which is made if it is not there, each readable by its owner only.
/// With `unsuppressed` also accesses and ratings. A file appears under its name when it is whole; one
/// that is there already with other content is not replaced.
///
/// # Errors
/// A sentence about the folder or a file, or what the database says.
pub fn run(
    c: &mut Conn,
    folder: &Path,
    calendar: Calendar,
    unsuppressed: bool,
    progress: &mut dyn Progress,
) -> AppResult<Exported> {
    std::fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    let mut exported = Exported {
        people: write(folder, &PEOPLE, |out| write_people(c, calendar, out, progress))?,
        insights: write(folder, &INSIGHTS, |out| write_insights(c, out, progress))?,
        ..Exported::default()
    };
    if unsuppressed {
        exported.accesses = Some(write(folder, &ACCESSES, |out| write_accesses(c, out, progress))?);
        exported.ratings = Some(write(folder, &RATINGS, |out| write_ratings(c, out, progress))?);
    }
    progress.end();
    Ok(exported)
}

/// Leaves the trace of an export with accesses and ratings, which the transparency page shows.
///
/// # Errors
/// What the database says.
pub fn leave_trace(c: &mut Conn, now: NaiveDateTime) -> QueryResult<()> {
    audit::record(c, None, now, looks::EXPORTED, "archive", "export --unsuppressed")
}

fn cannot(what: &str, path: &Path, error: &dyn std::fmt::Display) -> AppError {
    AppError::Internal(format!("cannot {what} {}: {error}", path.display()))
}

/// A CSV file being written.
struct Out {
    csv: csv::Writer<BufWriter<File>>,
    path: PathBuf,
    rows: u64,
}

impl Out {
    /// Writes a row; text cells that a spreadsheet would run are guarded.
    fn row(&mut self, cells: &[&str]) -> AppResult<()> {
        for cell in cells {
            let guarded = guard(cell);
            self.csv.write_field(guarded.as_bytes()).map_err(|error| cannot("write", &self.path, &error))?;
        }
        self.csv.write_record(None::<&[u8]>).map_err(|error| cannot("write", &self.path, &error))?;
        self.rows += 1;
        Ok(())
    }
}

/// Writes a file beside its place and moves it there when it is whole.
fn write(folder: &Path, layout: &Layout, fill: impl FnOnce(&mut Out) -> AppResult<()>) -> AppResult<u64> {
    use std::os::unix::fs::OpenOptionsExt;
    let place = folder.join(layout.file);
    let unfinished = folder.join(format!(".{}.part", layout.file));
    let failed = |error: &dyn std::fmt::Display| cannot("write", &place, error);
    // One left by a run that was killed.
    let _ = std::fs::remove_file(&unfinished);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(|error| failed(&error))?;
    let csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::Necessary)
        .from_writer(BufWriter::new(file));
    let mut out = Out { csv, path: place.clone(), rows: 0 };
    let names: Vec<&str> = layout.columns.iter().map(|column| column.name).collect();
    let filled = out.row(&names).and_then(|()| fill(&mut out));
    let rows = out.rows.saturating_sub(1);
    let finished = filled.and_then(|()| {
        let mut file = out.csv.into_inner().map_err(|error| failed(&error))?;
        file.flush().map_err(|error| failed(&error))?;
        file.get_ref().sync_all().map_err(|error| failed(&error))?;
        settle(&unfinished, &place)
    });
    if finished.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    finished.map(|()| rows)
}

/// Gives the finished file its name, unless another one has it.
fn settle(unfinished: &Path, place: &Path) -> AppResult<()> {
    match std::fs::read(place) {
        Ok(there) => {
            let new = std::fs::read(unfinished).map_err(|error| cannot("read", unfinished, &error))?;
            if there != new {
                return Err(AppError::Internal(format!(
                    "{} is there already and says something else; export to another folder",
                    place.display()
                )));
            }
            std::fs::remove_file(unfinished).map_err(|error| cannot("remove", unfinished, &error))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::rename(unfinished, place).map_err(|error| cannot("write", place, &error))
        }
        Err(error) => Err(cannot("read", place, &error)),
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// A person's cells.
#[derive(Queryable)]
struct PersonRow {
    id: i64,
    email: String,
    name: String,
    department: String,
    role: String,
    manager: bool,
    joined_on: Option<NaiveDate>,
    left_on: Option<NaiveDate>,
    disabled_at: Option<NaiveDateTime>,
}

fn write_people(
    c: &mut Conn,
    calendar: Calendar,
    out: &mut Out,
    progress: &mut dyn Progress,
) -> AppResult<()> {
    let all: i64 = people::table.count().get_result(c)?;
    let mut last = 0;
    loop {
        let page = people::table
            .inner_join(departments::table)
            .filter(people::id.gt(last))
            .order(people::id)
            .limit(PAGE)
            .select((
                people::id,
                people::email,
                people::name,
                departments::path,
                people::role,
                people::manager,
                people::joined_on,
                people::left_on,
                people::disabled_at,
            ))
            .load::<PersonRow>(c)?;
        let Some(end) = page.last().map(|row| row.id) else {
            return Ok(());
        };
        last = end;
        for row in page {
            // Whoever was disabled counts no longer from that day, which is what leaving means.
            // Who was to come later and was disabled before was never here: left on the day they came.
            let gone = row.left_on.or_else(|| row.disabled_at.map(|at| calendar.day(at)));
            let left_on = gone.map(|gone| row.joined_on.map_or(gone, |joined| gone.max(joined)));
            out.row(&[
                &row.email,
                &row.name,
                &row.department,
                &row.role,
                write_yes_no(row.manager),
                &day(row.joined_on),
                &day(left_on),
            ])?;
        }
        progress.at("exporting people", out.rows, all.unsigned_abs());
    }
}

/// An insight's cells.
#[derive(Queryable)]
struct InsightRow {
    id: i64,
    reference: String,
    author: String,
    contributed_at: NaiveDateTime,
    title: String,
    body: String,
    quote: String,
    department: String,
    manager: bool,
    withdrawn_at: Option<NaiveDateTime>,
    source: String,
    segment: Option<String>,
    customer: Option<String>,
    observed_on: Option<NaiveDate>,
    evidence_url: String,
}

fn write_insights(c: &mut Conn, out: &mut Out, progress: &mut dyn Progress) -> AppResult<()> {
    let all: i64 = insights::table.count().get_result(c)?;
    let mut last = 0;
    loop {
        let page = insights::table
            .inner_join(people::table.on(people::id.eq(insights::author_id)))
            .inner_join(departments::table.on(departments::id.eq(insights::department_id)))
            .left_join(segments::table)
            .left_join(customers::table)
            .filter(insights::id.gt(last))
            .order(insights::id)
            .limit(1_000)
            .select((
                insights::id,
                insights::reference,
                people::email,
                insights::contributed_at,
                insights::title,
                insights::body,
                insights::quote,
                departments::path,
                insights::manager,
                insights::withdrawn_at,
                insights::source,
                segments::name.nullable(),
                customers::name.nullable(),
                insights::observed_on,
                insights::evidence_url,
            ))
            .load::<InsightRow>(c)?;
        let (Some(start), Some(end)) = (page.first().map(|row| row.id), page.last().map(|row| row.id)) else {
            return Ok(());
        };
        last = end;
        let mut tags_of = tags_between(c, start, end)?;
        for row in page {
            out.row(&[
                &row.reference,
                &row.author,
                &write_time(row.contributed_at),
                &row.title,
                &whole(&row.title, &row.quote, row.body),
                &row.department,
                write_yes_no(row.manager),
                &row.withdrawn_at.map(write_time).unwrap_or_default(),
                &row.source,
                row.segment.as_deref().unwrap_or_default(),
                row.customer.as_deref().unwrap_or_default(),
                &day(row.observed_on),
                &tags_of.remove(&row.id).unwrap_or_default().join(";"),
                &row.evidence_url,
            ])?;
        }
        progress.at("exporting insights", out.rows, all.unsigned_abs());
    }
}

/// A body with the customer's own words, for which the format has no column, as a quotation above it: rather
/// there than lost. Where both together would be too long to come in again, the body alone. An insight of one
/// sentence has nothing but its title, which stands for the body: every row of the format has one.
fn whole(title: &str, quote: &str, body: String) -> String {
    if quote.is_empty() {
        return if body.is_empty() { title.to_owned() } else { body };
    }
    let lines: Vec<String> = quote.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    let both = format!("{}\n\n{body}", lines.join("\n")).trim_end().to_owned();
    if both.len() > BODY { body } else { both }
}

/// The tags of the insights with ids from `start` to `end`.
fn tags_between(
    c: &mut Conn,
    start: i64,
    end: i64,
) -> QueryResult<std::collections::HashMap<i64, Vec<String>>> {
    let rows = insight_tags::table
        .inner_join(tags::table)
        .filter(insight_tags::insight_id.between(start, end))
        .order((insight_tags::insight_id, tags::folded_name))
        .select((insight_tags::insight_id, tags::name))
        .load::<(i64, String)>(c)?;
    let mut of: std::collections::HashMap<i64, Vec<String>> = std::collections::HashMap::new();
    for (id, name) in rows {
        of.entry(id).or_default().push(name);
    }
    Ok(of)
}

/// An access's or a rating's common cells.
type Event = (i64, String, String, NaiveDateTime, String, bool);

fn write_accesses(c: &mut Conn, out: &mut Out, progress: &mut dyn Progress) -> AppResult<()> {
    let all: i64 = accesses::table.count().get_result(c)?;
    let mut last = 0;
    loop {
        let page = accesses::table
            .inner_join(insights::table)
            .inner_join(people::table)
            .inner_join(departments::table.on(departments::id.eq(accesses::department_id)))
            .filter(accesses::id.gt(last))
            .order(accesses::id)
            .limit(PAGE)
            .select((
                accesses::id,
                insights::reference,
                people::email,
                accesses::at,
                departments::path,
                accesses::manager,
            ))
            .load::<Event>(c)?;
        let Some(end) = page.last().map(|row| row.0) else {
            return Ok(());
        };
        last = end;
        for (_, insight, reader, at, department, manager) in page {
            out.row(&[&insight, &reader, &write_time(at), &department, write_yes_no(manager)])?;
        }
        progress.at("exporting accesses", out.rows, all.unsigned_abs());
    }
}

/// A rating that was changed is written twice, first with the time of the first one: its own value is
/// not kept, but when an insight was first rated is part of the metrics.
fn write_ratings(c: &mut Conn, out: &mut Out, progress: &mut dyn Progress) -> AppResult<()> {
    let all: i64 = ratings::table.count().get_result(c)?;
    let mut last = 0;
    loop {
        let page = ratings::table
            .inner_join(insights::table)
            .inner_join(people::table)
            .inner_join(departments::table.on(departments::id.eq(ratings::department_id)))
            .filter(ratings::id.gt(last))
            .order(ratings::id)
            .limit(PAGE)
            .select((
                (
                    ratings::id,
                    insights::reference,
                    people::email,
                    ratings::at,
                    departments::path,
                    ratings::manager,
                ),
                (ratings::value, ratings::blind, ratings::first_at),
            ))
            .load::<(Event, (i32, bool, NaiveDateTime))>(c)?;
        let Some(end) = page.last().map(|row| row.0.0) else {
            return Ok(());
        };
        last = end;
        for ((_, insight, rater, at, department, manager), (value, blind, first_at)) in page {
            let value = value.to_string();
            let times = if first_at < at { vec![first_at, at] } else { vec![at] };
            for time in times {
                out.row(&[
                    &insight,
                    &rater,
                    &value,
                    &write_time(time),
                    &department,
                    write_yes_no(manager),
                    write_yes_no(blind),
                ])?;
            }
        }
        progress.at("exporting ratings", out.rows, all.unsigned_abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_words_travel_as_a_quotation() {
        for (quote, body, written) in [
            ("", "Text", "Text"),
            ("", "", "Title"),
            ("No more paper.\n\n- a buyer", "Text", "> No more paper.\n>\n> - a buyer\n\nText"),
            ("No more paper.", "", "> No more paper."),
        ] {
            assert_eq!(whole("Title", quote, body.to_owned()), written);
        }
        let long = "x".repeat(BODY);
        assert_eq!(whole("Title", "No more paper.", long.clone()), long);
    }
}
