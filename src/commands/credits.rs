//! `tradewind credits`: whether the ledger is whole, and a week settled by hand.

use tradewind::earnings::store;
use tradewind::earnings::week::Week;
use tradewind::ledger::store as ledger;

use super::{Failure, Outcome, node};

/// Says whether every balance is the sum of its entries and all of them together are 0; the exit code is 1
/// where they are not. With --settle, first pays the authors for the readers of a week, as the job of each
/// Monday does: what has been settled stays as it is.
///
/// Examples:
///   tradewind credits
///   tradewind credits --settle 2026-W45
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// An ISO week that is over
    #[arg(long, value_name = "YEAR-Wnn", value_parser = week)]
    settle: Option<Week>,
}

fn week(text: &str) -> Result<Week, String> {
    Week::parse(text).ok_or_else(|| "must be an ISO week such as 2026-W45".to_owned())
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let app = node::open_existing(node::config()?)?;
    if let Some(week) = args.settle {
        let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.clock.now());
        if !policy.on {
            return Err(Failure::Usage("credits are off: CREDITS=on turns them on".into()));
        }
        let settled =
            app.db.write_alone(move |c| store::settle_week(c, week, &policy, calendar, now)).await?;
        say!("{settled}");
    }
    // A connection of its own: a large ledger takes longer than a request may.
    let check = app.db.read_alone(|c| Ok(ledger::check(c)?)).await?;
    if !check.is_whole() {
        return Err(Failure::Failed(format!("the ledger is not whole: {check}")));
    }
    say!("{check}");
    Ok(())
}
