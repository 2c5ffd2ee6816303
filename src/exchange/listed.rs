//! The list of the personnel system: people.csv as the nightly feed reads it, checked as strictly as any
//! import.

use std::collections::HashMap;

use super::import::Source;
use super::problem::{Problem, shown};
use super::record::{PEOPLE, PersonRecord};
use super::report::Report;
use super::sheet;
use crate::accounts::feed::Listed;
use crate::text::fold;

/// Reads the list. Where the report has problems, the list is not whole and must not be used.
///
/// # Errors
/// Says in a sentence why the file cannot be read.
pub fn read(source: &Source) -> Result<(Vec<Listed>, Report), String> {
    let bytes = source.bytes()?;
    let (mut listed, mut report) = (Vec::new(), Report::default());
    let mut twice = Vec::new();
    let mut lines: HashMap<String, u64> = HashMap::new();
    let seen = sheet::read(
        &PEOPLE,
        &bytes,
        &mut report.problems,
        |row| {
            let Some(record) = PersonRecord::read(row) else {
                return;
            };
            if let Some(line) = lines.insert(fold(&record.email), record.line) {
                twice.push(Problem {
                    file: PEOPLE.file,
                    line: record.line,
                    column: "email".into(),
                    value: shown(&record.email),
                    kind: "stands twice",
                    right: format!("line {line} has the same address"),
                });
            }
            listed.push(Listed {
                email: record.email,
                name: record.name,
                department: record.department,
                role: record.role,
                manager: record.manager,
                joined_on: record.joined_on,
                left_on: record.tells_left_on.then_some(record.left_on),
            });
        },
        |_| {},
    );
    for problem in twice {
        report.problems.add(problem);
    }
    // A list of nobody would sign everybody out: that is a broken export of the other system.
    if seen.rows == 0 && report.problems.is_empty() {
        report.problems.add(Problem {
            file: PEOPLE.file,
            line: 0,
            column: String::new(),
            value: String::new(),
            kind: "lists nobody",
            right: "everybody who is here must stand in it".into(),
        });
    }
    report.people_seen = Some(seen);
    Ok((listed, report))
}
