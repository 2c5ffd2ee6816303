//! `tradewind import`: files in, and the nightly feed of people.

use std::path::PathBuf;

use tradewind::accounts::feed::{self, Plan};
use tradewind::exchange::cell::Today;
use tradewind::exchange::import::{self, Files, Options, Source};
use tradewind::exchange::listed;
use tradewind::exchange::progress::{self, Progress};
use tradewind::exchange::report::Report;
use tradewind::web::App;

use super::{Failure, Outcome, node};

/// Reads people.csv, insights.csv, accesses.csv and ratings.csv, whichever are in FOLDER: all of it or,
/// where something is wrong, nothing. The second time the same files change nothing.
///
/// With --people FILE --sync the file is the whole list of the personnel system: whoever is new is added,
/// moved, given another role or manager flag, and whoever is no longer listed is disabled and signed out.
///
/// Examples:
///   tradewind import --dry-run old-archive
///   tradewind import old-archive
///   tradewind import --people /srv/hr/people.csv --sync
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The folder with the files.
    #[arg(required_unless_present = "people", conflicts_with = "people")]
    folder: Option<PathBuf>,
    /// Say what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// The whole list of people, as people.csv; needs --sync.
    #[arg(long, value_name = "FILE", requires = "sync")]
    people: Option<PathBuf>,
    /// Make the people there are those of the list.
    #[arg(long, requires = "people")]
    sync: bool,
    /// Let --sync disable more than a tenth of all people.
    #[arg(long, requires = "sync")]
    allow_mass_disable: bool,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let config = node::config()?;
    if let Some(list) = args.people {
        let (listed, report) = listed::read(&Source::Path(list)).map_err(Failure::Failed)?;
        if !report.problems.is_empty() {
            return tell(&report);
        }
        return sync(&node::open_existing(config)?, listed, args.dry_run, args.allow_mass_disable).await;
    }
    let files = Files::in_folder(&args.folder.unwrap_or_default()).map_err(Failure::Failed)?;
    let app = node::open(config)?;
    let today = Today { calendar: app.calendar(), now: app.clock.now() };
    let credits = app.config.policy.credits;
    let options = Options { today, write: !args.dry_run, actor: None, most_rows: None, credits };
    let work =
        move |c: &mut _| import::run(c, &files, options, &mut progress::on_stderr() as &mut dyn Progress);
    let report = if args.dry_run { app.db.read_alone(work).await? } else { app.db.write_alone(work).await? };
    tell(&report)?;
    if report.people.new > 0 && !args.dry_run {
        say!("Nobody new has a password yet: tradewind user reset-link EMAIL prints a link to choose one.");
    }
    Ok(())
}

/// Makes the people there are those of the list, or says what that would do.
async fn sync(app: &App, listed: Vec<feed::Listed>, dry_run: bool, allow_mass_disable: bool) -> Outcome {
    let now = app.clock.now();
    let today = app.calendar().day(now);
    let plan = if dry_run {
        app.db.read_alone(move |c| feed::plan(c, &listed, today)).await?
    } else {
        app.db
            .write_alone(move |c| {
                let plan = feed::plan(c, &listed, today)?;
                // Refused below, with a sentence of its own.
                if plan.refusal(allow_mass_disable).is_none() {
                    feed::apply(c, &plan, None, now, today, allow_mass_disable)?;
                }
                Ok(plan)
            })
            .await?
    };
    for line in in_words(&plan).lines() {
        say!("{line}");
    }
    if let Some(refusal) = plan.refusal(allow_mass_disable) {
        return Err(Failure::Failed(format!("nothing was written: {refusal}")));
    }
    say!("{}", plan.summary());
    if dry_run {
        say!("Nothing was written yet.");
    }
    Ok(())
}

/// A line for each person that the plan is about.
fn in_words(plan: &Plan) -> String {
    let mut words = String::new();
    for new in &plan.add {
        let role = new.role.map_or("employee", |role| role.name());
        let manager = if new.manager == Some(true) { ", a manager" } else { "" };
        words.push_str(&format!("add      {} to {} as {role}{manager}\n", new.email, new.department));
    }
    for change in &plan.change {
        let mut what = Vec::new();
        if let Some(name) = &change.name {
            what.push(format!("name {name}"));
        }
        if let Some((from, to)) = &change.department {
            what.push(format!("from {from} to {to}"));
        }
        if let Some((from, to)) = change.role {
            what.push(format!("role {} instead of {}", to.name(), from.name()));
        }
        if let Some(manager) = change.manager {
            what.push(if manager { "now a manager" } else { "no longer a manager" }.to_owned());
        }
        if let Some(day) = change.joined_on {
            what.push(format!("joined on {day}"));
        }
        if let Some(left_on) = change.left_on {
            let not = || "does not leave any more".to_owned();
            what.push(left_on.map_or_else(not, |day| format!("leaves on {day}")));
        }
        words.push_str(&format!("change   {}: {}\n", change.email, what.join(", ")));
    }
    for (_, email) in &plan.back {
        words.push_str(&format!("back     {email}\n"));
    }
    for (_, email) in &plan.disable {
        words.push_str(&format!("disable  {email}\n"));
    }
    words
}

/// Prints the report; problems are a failure.
fn tell(report: &Report) -> Outcome {
    say!("{report}");
    if report.problems.is_empty() { Ok(()) } else { Err(Failure::Failed(report.verdict())) }
}
