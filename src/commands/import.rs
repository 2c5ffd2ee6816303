//! `tradewind import`: files in.

use std::path::PathBuf;

use tradewind::exchange::cell::Today;
use tradewind::exchange::import::{self, Files, Options};
use tradewind::exchange::progress::{self, Progress};
use tradewind::exchange::report::Report;

use super::{Failure, Outcome, node};

/// Reads people.csv, insights.csv, accesses.csv and ratings.csv, whichever are in FOLDER: all of it or,
/// where something is wrong, nothing. The second time the same files change nothing.
///
/// Examples:
///   tradewind import --dry-run old-archive
///   tradewind import old-archive
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The folder with the files.
    folder: PathBuf,
    /// Say what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let config = node::config()?;
    let files = Files::in_folder(&args.folder).map_err(Failure::Failed)?;
    let app = node::open(config)?;
    let today = Today { calendar: app.calendar(), now: app.clock.now() };
    let options = Options { today, write: !args.dry_run, actor: None, most_rows: None };
    let work =
        move |c: &mut _| import::run(c, &files, options, &mut progress::on_stderr() as &mut dyn Progress);
    let report = if args.dry_run { app.db.read_alone(work).await? } else { app.db.write_alone(work).await? };
    tell(&report)
}

/// Prints the report; problems are a failure.
fn tell(report: &Report) -> Outcome {
    println!("{report}");
    if report.problems.is_empty() { Ok(()) } else { Err(Failure::Failed(report.verdict())) }
}
