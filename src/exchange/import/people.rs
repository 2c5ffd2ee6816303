//! people.csv: new people are added; those who are there stay as they are, and where the file says
//! something else about them, that is told.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::names::{Who, placeholder};
use super::{Run, Source};
use crate::db::schema::{departments, people};
use crate::error::AppResult;
use crate::exchange::cell::write_yes_no;
use crate::exchange::problem::{Problem, shown};
use crate::exchange::record::{PEOPLE, PersonRecord};
use crate::exchange::sheet;
use crate::text::fold;

/// Somebody to be added.
pub(super) struct Newcomer {
    pub record: PersonRecord,
    pub department_id: i64,
}

/// What the database says of somebody.
#[derive(Queryable)]
struct Known {
    name: String,
    department: String,
    role: String,
    manager: bool,
    joined_on: Option<NaiveDate>,
    left_on: Option<NaiveDate>,
}

pub(super) fn check(run: &mut Run<'_>, source: Option<&Source>) -> AppResult<()> {
    let Some(source) = source else {
        return Ok(());
    };
    let Some(bytes) = run.bytes(&PEOPLE, source) else {
        run.names.people_unread = true;
        return Ok(());
    };
    let mut records = Vec::new();
    let (names, problems, progress) = (&mut run.names, &mut run.report.problems, &mut *run.progress);
    let (before, mut whole) = (problems.len(), 0);
    let seen = sheet::read(
        &PEOPLE,
        &bytes,
        problems,
        |row| {
            whole += 1;
            match PersonRecord::read(row) {
                Some(record) => records.push(record),
                None => names.doubt_person(row.text(0)),
            }
        },
        |done| progress.at("reading people.csv", done as u64, bytes.len() as u64),
    );
    run.names.people_unread = rows_are_hidden(before, run.report.problems.len(), seen.rows, whole);
    run.check_rows(&PEOPLE, seen.rows);
    run.report.people_seen = Some(seen);
    let mut lines: HashMap<String, u64> = HashMap::new();
    for record in records {
        let folded = fold(&record.email);
        if let Some(line) = lines.insert(folded.clone(), record.line) {
            run.report.problems.add(Problem {
                file: PEOPLE.file,
                line: record.line,
                column: "email".into(),
                value: shown(&record.email),
                kind: "stands twice",
                right: format!("line {line} has the same address"),
            });
            continue;
        }
        compare_or_add(run, record, &folded)?;
    }
    Ok(())
}

/// Whether rows could not even be taken apart: a name that is missing later may have stood in one.
pub(super) fn rows_are_hidden(before: u64, after: u64, rows: u64, whole: u64) -> bool {
    after > before && (rows == 0 || rows > whole)
}

fn compare_or_add(run: &mut Run<'_>, record: PersonRecord, folded: &str) -> AppResult<()> {
    let known = people::table
        .inner_join(departments::table)
        .filter(people::folded_email.eq(folded))
        .select((
            people::name,
            departments::path,
            people::role,
            people::manager,
            people::joined_on,
            people::left_on,
        ))
        .first::<Known>(run.c)
        .optional()?;
    if let Some(known) = known {
        let differences = differences(&record, &known);
        if differences.is_empty() {
            run.report.people.same += 1;
        } else {
            run.report.people.different += 1;
        }
        for (column, value, kept) in differences {
            run.report.notes.add(Problem {
                file: PEOPLE.file,
                line: record.line,
                column: column.into(),
                value: shown(&value),
                kind: "differs from what is there",
                right: format!("kept \"{}\"; only import --people FILE --sync changes people", shown(&kept)),
            });
        }
        return Ok(());
    }
    let department_id = run.names.department_at(&record.department);
    run.note_spelling(PEOPLE.file, record.line, &record.department);
    let id = placeholder(run.plan.people.len());
    let manager = record.manager.unwrap_or(false);
    run.names.add_person(&record.email, Who { id, department_id, manager });
    run.report.people.new += 1;
    run.plan.people.push(Newcomer { record, department_id });
    Ok(())
}

/// Column, what the file says, and what is there.
fn differences(record: &PersonRecord, known: &Known) -> Vec<(&'static str, String, String)> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    // What the file does not say is no difference.
    let (joined_on, left_on) = (record.joined_on.or(known.joined_on), record.left_on.or(known.left_on));
    let role = record.role.map_or_else(|| known.role.clone(), |role| role.name().to_owned());
    let manager = record.manager.unwrap_or(known.manager);
    [
        ("name", record.name.clone(), known.name.clone()),
        ("role", role, known.role.clone()),
        ("manager", write_yes_no(manager).to_owned(), write_yes_no(known.manager).to_owned()),
        ("joined_on", day(joined_on), day(known.joined_on)),
        ("left_on", day(left_on), day(known.left_on)),
        ("department", record.department.clone(), known.department.clone()),
    ]
    .into_iter()
    .filter(|(column, file, there)| match *column {
        // Another spelling is the same department.
        "department" => fold(file) != fold(there),
        _ => file != there,
    })
    .collect()
}

impl Run<'_> {
    /// Notes where a department is known by another spelling, which stays.
    pub(super) fn note_spelling(&mut self, file: &'static str, line: u64, path: &str) {
        if let Some(known) = self.names.other_spelling(path) {
            let right = format!("kept as \"{}\"", shown(known));
            self.note_kept(file, line, "department", path, right);
        }
    }

    /// Notes that a name is kept in the spelling that was there first.
    pub(super) fn note_kept(
        &mut self,
        file: &'static str,
        line: u64,
        column: &str,
        value: &str,
        right: String,
    ) {
        self.report.notes.add(Problem {
            file,
            line,
            column: column.into(),
            value: shown(value),
            kind: "is another spelling of a name that is there",
            right,
        });
    }
}
