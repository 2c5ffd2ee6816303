//! `tradewind value`: what every insight is worth.

use std::io::Write;

use tradewind::error::AppError;
use tradewind::market::report::{self, Format};
use tradewind::market::store;

use super::{Failure, Outcome, node};

/// Writes ref, n, departments, value, sd, lower and label of every insight, in stars, unrounded.
///
/// Without options: what is stored. --refit first replaces leniencies and values by those of a fit to all
/// ratings, as the nightly job does. --set computes a fit with other constants and stores nothing;
/// constants that are not named keep the value in force.
///
/// Examples:
///   tradewind value --format json
///   tradewind value --refit
///   tradewind value --set lambda_u=3,lambda_v=3,lambda_g=3,mu=3.2,cap=1
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Fit all ratings anew and store the result
    #[arg(long, conflicts_with = "set")]
    refit: bool,
    /// Constants of the model: lambda_u, lambda_v, lambda_g (or inf), mu, cap, sigma2, z
    #[arg(long, value_name = "NAME=NUMBER,…")]
    set: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "csv")]
    format: Written,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Written {
    Csv,
    Json,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let app = node::open_existing(node::config()?)?;
    if args.refit {
        let now = app.clock.now();
        let asked = app.config.policy.value;
        let refitted = app
            .db
            .write_alone(move |c| {
                let policy = store::agreed::held(c, asked, now)?;
                store::refit::refit_with(c, now, &policy)
            })
            .await?;
        eprintln!("tradewind: {refitted}");
    }
    // A connection of its own: a fit may take longer than a request may wait, and stores nothing.
    let mut conn = node::connect(&app.config)?;
    let rows = match args.set {
        Some(pairs) => {
            let params = store::report::params(&mut conn, &pairs)?
                .map_err(|problem| Failure::Usage(format!("--set: {problem}")))?;
            store::report::computed(&mut conn, &params)?
        }
        None => store::report::stored(&mut conn).map_err(AppError::from)?,
    };
    let format = match args.format {
        Written::Csv => Format::Csv,
        Written::Json => Format::Json,
    };
    let health = store::state::health(&mut conn).map_err(AppError::from)?;
    eprintln!(
        "tradewind: {} insights and {} raters wait; no leniency is further than {:.1e} star from the solution",
        health.changed, health.waiting, health.bound
    );
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    super::printed(report::write(&rows, format, &mut out).and_then(|()| out.flush()))
}
