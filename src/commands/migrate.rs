//! `tradewind migrate`: brings the schema up to date.

use super::{Outcome, node};

/// Brings the schema of DATABASE_URL up to date. Nodes may start it at the same time: they take turns.
///
/// Example: DATABASE_URL=postgres://tradewind@db/tradewind tradewind migrate
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {}

/// Runs it.
pub async fn run(_: Args) -> Outcome {
    let config = node::config()?;
    let mut conn = node::connect(&config)?;
    let steps = node::up_to_date(&mut conn, &config)?;
    match steps {
        0 => say!("{} is up to date", config.database_url),
        1 => say!("{}: 1 step done", config.database_url),
        steps => say!("{}: {steps} steps done", config.database_url),
    }
    Ok(())
}
