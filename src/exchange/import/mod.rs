//! The import: reads whichever of the four files are there, checks everything, then writes all of it in
//! the caller's transaction or nothing.
//!
//! Checking and writing are apart. What is checked has placeholders for what does not exist yet (see
//! [`names`]), so that a dry run reads only and holds up nobody.

mod apply;
mod events;
mod insights;
mod names;
mod people;
mod ratings;

use std::path::{Path, PathBuf};

use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::policy::CreditPolicy;

use self::names::Names;
use super::cell::Today;
use super::problem::Problem;
use super::progress::Progress;
use super::record::{ACCESSES, INSIGHTS, PEOPLE, RATINGS};
use super::report::Report;
use super::sheet::Layout;

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub enum Source {
    /// On this machine.
    Path(PathBuf),
    /// Here.
    Bytes(Vec<u8>),
}

impl Source {
    /// Reads it whole.
    ///
    /// # Errors
    /// Says in a sentence why it cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::Path(path) => {
                std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
            }
        }
    }
}

/// The files of an import; whichever are there.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub people: Option<Source>,
    pub insights: Option<Source>,
    pub accesses: Option<Source>,
    pub ratings: Option<Source>,
}

impl Files {
    /// The files of a folder, by their names.
    ///
    /// # Errors
    /// Says in a sentence that the folder cannot be read or has none of them.
    pub fn in_folder(folder: &Path) -> Result<Files, String> {
        let entries = std::fs::read_dir(folder)
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        let find = |layout: &Layout| {
            names.iter().any(|name| name == layout.file).then(|| Source::Path(folder.join(layout.file)))
        };
        let files = Files {
            people: find(&PEOPLE),
            insights: find(&INSIGHTS),
            accesses: find(&ACCESSES),
            ratings: find(&RATINGS),
        };
        // A file that is passed over is missed when it is too late.
        for layout in [&PEOPLE, &INSIGHTS, &ACCESSES, &RATINGS] {
            let meant = |name: &str| {
                find(layout).is_none() && strsim::damerau_levenshtein(&name.to_lowercase(), layout.file) <= 2
            };
            if let Some(name) = names.iter().filter_map(|name| name.to_str()).find(|name| meant(name)) {
                return Err(format!(
                    "{} would not be read: did you mean {}? Rename it, or move it away",
                    folder.join(name).display(),
                    layout.file
                ));
            }
        }
        if files.is_empty() {
            return Err(format!(
                "{} has none of people.csv, insights.csv, accesses.csv and ratings.csv",
                folder.display()
            ));
        }
        Ok(files)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.people.is_none() && self.insights.is_none() && self.accesses.is_none() && self.ratings.is_none()
    }
}

/// How an import is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub today: Today,
    /// Whether to write, or only to check.
    pub write: bool,
    /// Who imports, for the audit log; `None` on the command line.
    pub actor: Option<i64>,
    /// Most rows of a file; none on the command line.
    pub most_rows: Option<u64>,
    /// What newcomers begin with.
    pub credits: CreditPolicy,
}

/// What is to be written, with placeholders for what does not exist yet.
#[derive(Default)]
struct Plan {
    people: Vec<people::Newcomer>,
    insights: Vec<insights::New>,
    openings: Vec<crate::flow::store::openings::Opening>,
    ratings: Vec<crate::market::store::ratings::Given>,
}

/// What the steps of an import share.
struct Run<'c> {
    c: &'c mut Conn,
    options: Options,
    names: Names,
    report: Report,
    plan: Plan,
    progress: &'c mut dyn Progress,
}

/// Reads and checks the files and, where they are in order and `options` say so, writes them. Runs in
/// the caller's transaction: [`crate::db::Db::write_alone`] to write, [`crate::db::Db::read_alone`] to
/// check. The report says what is wrong, or what was done.
///
/// # Errors
/// What the database says; a file that cannot be read is a problem of the report.
pub fn run(c: &mut Conn, files: &Files, options: Options, progress: &mut dyn Progress) -> AppResult<Report> {
    if options.write {
        // What was checked must hold until it is written.
        crate::db::exclude_writers(c, &["accesses", "first_accesses", "ratings"])?;
    }
    let names = Names::load(c)?;
    let mut run = Run { c, options, names, report: Report::default(), plan: Plan::default(), progress };
    people::check(&mut run, files.people.as_ref())?;
    insights::check(&mut run, files.insights.as_ref())?;
    let opened = events::read_accesses(&mut run, files.accesses.as_ref())?;
    ratings::check(&mut run, files.ratings.as_ref(), opened)?;
    run.report.departments = run.names.new_departments() as u64;
    if options.write && run.report.problems.is_empty() {
        apply::write(&mut run)?;
        run.report.written = true;
    }
    run.progress.end();
    Ok(run.report)
}

impl Run<'_> {
    /// The bytes of a file. A file that cannot be read is a problem like any other.
    fn bytes(&mut self, layout: &Layout, source: &Source) -> Option<Vec<u8>> {
        match source.bytes() {
            Ok(bytes) => Some(bytes),
            Err(why) => {
                self.report.problems.add(Problem {
                    file: layout.file,
                    line: 0,
                    column: String::new(),
                    value: String::new(),
                    kind: "cannot be read",
                    right: why,
                });
                None
            }
        }
    }

    /// Notes that a file has more rows than the web takes.
    fn check_rows(&mut self, layout: &Layout, rows: u64) {
        if let Some(most) = self.options.most_rows.filter(|most| rows > *most) {
            self.report.problems.add(Problem {
                file: layout.file,
                line: 0,
                column: String::new(),
                value: String::new(),
                kind: "has too many rows",
                right: format!(
                    "the import page takes {}, this has {}; use: tradewind import FOLDER",
                    super::report::number(most),
                    super::report::number(rows)
                ),
            });
        }
    }
}

/// A database error inside a closure that cannot return one.
#[derive(Default)]
struct Failed(Option<AppError>);

impl Failed {
    /// The value, or `None` after the first error was kept.
    fn keep<T>(&mut self, result: AppResult<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.get_or_insert(error);
                None
            }
        }
    }

    fn into_result(self) -> AppResult<()> {
        self.0.map_or(Ok(()), Err)
    }
}
