//! `tradewind export`: files out.

use std::path::PathBuf;

use tradewind::exchange::export;
use tradewind::exchange::progress;
use tradewind::exchange::report::number;

use super::{Outcome, node};

/// Writes people.csv and insights.csv into FOLDER, with --unsuppressed also accesses.csv and ratings.csv,
/// as import reads them. Uses, remarks, searches, earlier versions and passwords are not in these files: to
/// move or keep everything, copy the database. A customer's own words stand as a quotation above the text.
///
/// Examples:
///   tradewind export archive
///   tradewind export --unsuppressed archive
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The folder to write to; made if it is not there. Files that say something else are not replaced.
    folder: PathBuf,
    /// Also write who opened and who rated what. The audit log keeps that this was done.
    #[arg(long)]
    unsuppressed: bool,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let config = node::config()?;
    let app = node::open_existing(config)?;
    let now = app.clock.now();
    if args.unsuppressed {
        // Before the first byte: an export that breaks off has shown something all the same.
        app.db.write(move |c| Ok(export::leave_trace(c, now)?)).await?;
    }
    let (calendar, folder) = (app.calendar(), args.folder.clone());
    let exported = app
        .db
        .read_alone(move |c| export::run(c, &folder, calendar, args.unsuppressed, &mut progress::on_stderr()))
        .await?;
    let files = [
        ("people.csv", Some(exported.people)),
        ("insights.csv", Some(exported.insights)),
        ("accesses.csv", exported.accesses),
        ("ratings.csv", exported.ratings),
    ];
    for (file, rows) in files {
        if let Some(rows) = rows {
            say!("{file:<13} {:>9} rows", number(rows));
        }
    }
    say!("Written to {}.", args.folder.display());
    say!("Not in these files: uses, remarks, searches, earlier versions, passwords and the audit log.");
    Ok(())
}
