//! insights.csv: new ones are added by their reference; those that are there stay as they are.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::names::{Found, What, placeholder};
use super::people::rows_are_hidden;
use super::{Run, Source};
use crate::db::Conn;
use crate::db::schema::{customers, departments, insight_tags, insights, people, segments, tags};
use crate::error::AppResult;
use crate::exchange::cell::write_time;
use crate::exchange::problem::{Problem, shown};
use crate::exchange::record::{INSIGHTS, InsightRecord};
use crate::exchange::sheet;
use crate::text::fold;

/// An insight to be added.
pub(super) struct New {
    pub record: InsightRecord,
    pub author_id: i64,
    pub department_id: i64,
    pub manager: bool,
}

pub(super) fn check(run: &mut Run<'_>, source: Option<&Source>) -> AppResult<()> {
    let Some(source) = source else {
        return Ok(());
    };
    let Some(bytes) = run.bytes(&INSIGHTS, source) else {
        run.names.insights_unread = true;
        return Ok(());
    };
    let today = run.options.today;
    let mut records = Vec::new();
    let (names, problems, progress) = (&mut run.names, &mut run.report.problems, &mut *run.progress);
    let (before, mut whole) = (problems.len(), 0);
    let seen = sheet::read(
        &INSIGHTS,
        &bytes,
        problems,
        |row| {
            whole += 1;
            match InsightRecord::read(row, today) {
                Some(record) => records.push(record),
                None => names.doubt_insight(row.text(0)),
            }
        },
        |done| progress.at("reading insights.csv", done as u64, bytes.len() as u64),
    );
    run.names.insights_unread = rows_are_hidden(before, run.report.problems.len(), seen.rows, whole);
    run.check_rows(&INSIGHTS, seen.rows);
    run.report.insights_seen = Some(seen);
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut spellings = Spellings::default();
    for record in records {
        if let Some(line) = lines.insert(record.reference.clone(), record.line) {
            let right = format!("line {line} has the same reference");
            problem(run, record.line, "ref", &record.reference, "stands twice", right);
            continue;
        }
        match known(run.c, &record.reference)? {
            Some(known) => compare(run, &record, &known),
            None => add(run, record, &mut spellings)?,
        }
    }
    Ok(())
}

fn problem(run: &mut Run<'_>, line: u64, column: &str, value: &str, kind: &'static str, right: String) {
    let (file, column, value) = (INSIGHTS.file, column.to_owned(), shown(value));
    run.report.problems.add(Problem { file, line, column, value, kind, right });
}

fn add(run: &mut Run<'_>, record: InsightRecord, spellings: &mut Spellings) -> AppResult<()> {
    let author = match run.names.person(&record.author) {
        Found::There(who) => who,
        Found::Doubtful => {
            run.names.doubt_insight(&record.reference);
            return Ok(());
        }
        Found::Unknown => {
            let right = "add this person to people.csv".to_owned();
            problem(run, record.line, "author", &record.author, "is nobody's address", right);
            run.names.doubt_insight(&record.reference);
            return Ok(());
        }
    };
    let department_id = match &record.department {
        Some(path) => {
            let id = run.names.department_at(path);
            run.note_spelling(INSIGHTS.file, record.line, path);
            id
        }
        None => author.department_id,
    };
    spellings.note(run, &record)?;
    let what = What {
        id: placeholder(run.plan.insights.len()),
        contributed_at: record.contributed_at,
        version: 1,
        authors: vec![author.id],
    };
    run.names.add_insight(&record.reference, what);
    run.report.insights.new += 1;
    let manager = record.manager.unwrap_or(author.manager);
    run.plan.insights.push(New { record, author_id: author.id, department_id, manager });
    Ok(())
}

/// What the database says of an insight.
#[derive(Queryable)]
struct Known {
    id: i64,
    author: String,
    contributed_at: NaiveDateTime,
    title: String,
    body: String,
    department: String,
    manager: bool,
    withdrawn_at: Option<NaiveDateTime>,
    source: String,
    segment: Option<String>,
    customer: Option<String>,
    observed_on: Option<NaiveDate>,
    evidence_url: String,
}

fn known(c: &mut Conn, reference: &str) -> AppResult<Option<(Known, Vec<String>)>> {
    let row = insights::table
        .inner_join(people::table.on(people::id.eq(insights::author_id)))
        .inner_join(departments::table.on(departments::id.eq(insights::department_id)))
        .left_join(segments::table)
        .left_join(customers::table)
        .filter(insights::reference.eq(reference))
        .select((
            insights::id,
            people::email,
            insights::contributed_at,
            insights::title,
            insights::body,
            departments::path,
            insights::manager,
            insights::withdrawn_at,
            insights::source,
            segments::name.nullable(),
            customers::name.nullable(),
            insights::observed_on,
            insights::evidence_url,
        ))
        .first::<Known>(c)
        .optional()?;
    let Some(known) = row else {
        return Ok(None);
    };
    let tags = insight_tags::table
        .inner_join(tags::table)
        .filter(insight_tags::insight_id.eq(known.id))
        .order(tags::folded_name)
        .select(tags::name)
        .load(c)?;
    Ok(Some((known, tags)))
}

fn compare(run: &mut Run<'_>, record: &InsightRecord, (known, tags): &(Known, Vec<String>)) {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let time = |at: Option<NaiveDateTime>| at.map(write_time).unwrap_or_default();
    let name = |name: &Option<String>| name.as_deref().map(fold).unwrap_or_default();
    let set = |tags: &[String]| tags.iter().map(|tag| fold(tag)).collect::<HashSet<_>>();
    let differing = [
        ("author", fold(&record.author) != fold(&known.author)),
        ("contributed_at", record.contributed_at != known.contributed_at),
        ("title", record.title != known.title),
        ("body", record.body != known.body),
        ("department", record.department.as_ref().is_some_and(|path| fold(path) != fold(&known.department))),
        ("manager", record.manager.is_some_and(|manager| manager != known.manager)),
        ("withdrawn_at", time(record.withdrawn_at) != time(known.withdrawn_at)),
        ("source", record.source.name() != known.source),
        ("segment", name(&record.segment) != name(&known.segment)),
        ("customer", name(&record.customer) != name(&known.customer)),
        ("observed_on", day(record.observed_on) != day(known.observed_on)),
        ("tags", set(&record.tags) != set(tags)),
        ("evidence_url", record.evidence_url != known.evidence_url),
    ];
    let mut same = true;
    for (column, _) in differing.into_iter().filter(|(_, differs)| *differs) {
        same = false;
        run.report.notes.add(Problem {
            file: INSIGHTS.file,
            line: record.line,
            column: column.into(),
            value: shown(&record.reference),
            kind: "differs from the insight that is there",
            right: "it stays as it is".into(),
        });
    }
    if same {
        run.report.insights.same += 1;
    } else {
        run.report.insights.different += 1;
    }
}

/// Segments, customers and tags by their folded names, as first written.
#[derive(Default)]
struct Spellings(HashMap<(&'static str, String), String>);

impl Spellings {
    /// Notes where a record writes a name otherwise than the one that is kept.
    fn note(&mut self, run: &mut Run<'_>, record: &InsightRecord) -> AppResult<()> {
        let names = [("segment", &record.segment), ("customer", &record.customer)]
            .into_iter()
            .filter_map(|(column, name)| Some((column, name.as_ref()?)))
            .chain(record.tags.iter().map(|tag| ("tags", tag)));
        for (column, name) in names {
            let key = (column, fold(name));
            if !self.0.contains_key(&key) {
                let there = there(run.c, column, &key.1)?.unwrap_or_else(|| name.clone());
                self.0.insert(key.clone(), there);
            }
            if let Some(kept) = self.0.get(&key).filter(|kept| *kept != name) {
                let right = format!("kept as \"{}\"", shown(kept));
                run.note_kept(INSIGHTS.file, record.line, column, name, right);
            }
        }
        Ok(())
    }
}

/// How a name is written in the database.
fn there(c: &mut Conn, column: &str, folded: &str) -> AppResult<Option<String>> {
    let name = match column {
        "segment" => segments::table
            .filter(segments::folded_name.eq(folded))
            .select(segments::name)
            .first(c)
            .optional()?,
        "customer" => customers::table
            .filter(customers::folded_name.eq(folded))
            .select(customers::name)
            .first(c)
            .optional()?,
        _ => tags::table.filter(tags::folded_name.eq(folded)).select(tags::name).first(c).optional()?,
    };
    Ok(name)
}
