//! accesses.csv: who opened what. Half a million rows are usual, so a row is read into numbers at once.

use super::names::{Found, What, Who};
use super::{Failed, Run, Source};
use crate::error::AppResult;
use crate::exchange::cell::write_time;
use crate::exchange::problem::{Problem, shown};
use crate::exchange::record::{ACCESSES, AccessRecord};
use crate::exchange::sheet::{self, Row};
use crate::flow::store::openings::Opening;

/// Rows between two words of progress.
pub(super) const STEP: u64 = 2_048;

/// Reads the accesses; they are counted together with those that ratings imply.
pub(super) fn read_accesses(run: &mut Run<'_>, source: Option<&Source>) -> AppResult<Vec<Opening>> {
    let Some(source) = source else {
        return Ok(Vec::new());
    };
    let Some(bytes) = run.bytes(&ACCESSES, source) else {
        return Ok(Vec::new());
    };
    let (today, all) = (run.options.today, bytes.len() as u64);
    let mut openings = Vec::new();
    let mut failed = Failed::default();
    let (mut own, mut rows) = (0, 0);
    let (c, names, progress) = (&mut *run.c, &mut run.names, &mut *run.progress);
    let notes = &mut run.report.notes;
    let seen = sheet::read(
        &ACCESSES,
        &bytes,
        &mut run.report.problems,
        |row| {
            let record = AccessRecord::read(row, today);
            let department = names.department(row, AccessRecord::DEPARTMENT);
            let (Some(record), Ok(department)) = (record, department) else {
                return;
            };
            let (who, what) = (names.person(record.reader), failed.keep(names.insight(c, record.insight)));
            let Some(what) = what else {
                return;
            };
            let Some((who, what)) = both(row, (1, who), (0, what)) else {
                return;
            };
            if record.at < what.contributed_at {
                too_early(row, 2, &what);
            } else if what.authors.contains(&who.id) {
                own += 1;
                notes.add(own_insight(ACCESSES.file, record.line, "reader", record.reader));
            } else {
                openings.push(Opening {
                    insight_id: what.id,
                    person_id: who.id,
                    department_id: department.unwrap_or(who.department_id),
                    manager: record.manager.unwrap_or(who.manager),
                    at: record.at,
                    day: today.calendar.day(record.at),
                    implied: false,
                });
            }
        },
        |done| {
            rows += 1;
            if rows % STEP == 0 {
                progress.at("reading accesses.csv", done as u64, all);
            }
        },
    );
    failed.into_result()?;
    run.check_rows(&ACCESSES, seen.rows);
    run.report.accesses_seen = Some(seen);
    run.report.accesses.own = own;
    Ok(openings)
}

/// Who and what a row names, or `None` after its problems have been noted. The numbers are the columns.
pub(super) fn both(
    row: &mut Row<'_>,
    (who_column, who): (usize, Found<Who>),
    (what_column, what): (usize, Found<What>),
) -> Option<(Who, What)> {
    if matches!(who, Found::Unknown) {
        row.bad(who_column, "is nobody's address", "add this person to people.csv");
    }
    if matches!(what, Found::Unknown) {
        row.bad(what_column, "is no insight's reference", "add it to insights.csv");
    }
    match (who, what) {
        (Found::There(who), Found::There(what)) => Some((who, what)),
        _ => None,
    }
}

/// Notes that an event lies before the insight it is about.
pub(super) fn too_early(row: &mut Row<'_>, column: usize, what: &What) {
    row.bad(
        column,
        "is before the insight was shared",
        format!("it was shared at {}", write_time(what.contributed_at)),
    );
}

/// The note on what an author did with their own insight.
pub(super) fn own_insight(file: &'static str, line: u64, column: &str, who: &str) -> Problem {
    Problem {
        file,
        line,
        column: column.to_owned(),
        value: shown(who),
        kind: "not counted: own insight",
        right: String::new(),
    }
}
