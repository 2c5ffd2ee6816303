//! `tradewind demo`: a company to look around in.

use std::path::PathBuf;

use tradewind::clock::{Calendar, Clock};
use tradewind::config::Config;
use tradewind::db::DatabaseUrl;
use tradewind::demo::company::COMPANY;
use tradewind::demo::file::{self, Found};
use tradewind::demo::hours::Hours;
use tradewind::demo::make;
use tradewind::demo::story::Scale;

use super::{Failure, Outcome, node, serve};

/// Makes a demo company (6 departments, 312 people, 26 weeks) in a file and serves it at LISTEN. Prints
/// one sign-in link per role. A demo that is there already is served again.
///
/// Example: tradewind demo
/// Example: LISTEN=127.0.0.1:8090 tradewind demo other.db
/// Example: tradewind demo --fresh
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Where the demo company is, or is made; a file that holds anything else is refused
    #[arg(default_value = "tradewind-demo.db")]
    file: PathBuf,

    /// Makes a new demo company in place of an earlier one
    #[arg(long)]
    fresh: bool,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let config = node::config()?;
    // The address first: whoever finds it taken should not have waited for a company.
    let listener = serve::listen(&config)?;
    let Args { file: path, fresh } = args;
    match file::look(&path) {
        Found::Other => return Err(Failure::Failed(file::refusal(&path))),
        Found::Demo if !fresh => eprintln!("serving the demo company in {} again", path.display()),
        Found::Demo | Found::Nothing => {
            let hours = Hours { calendar: Calendar { zone: config.time_zone }, now: Clock::System.now() };
            let began = std::time::Instant::now();
            eprintln!("making {COMPANY} in {}", path.display());
            file::make(&path, Scale::FULL, hours, &|step| eprintln!("  {step}")).map_err(Failure::Failed)?;
            eprintln!("  done in {:.1} s", began.elapsed().as_secs_f64());
        }
    }
    // A demo company writes to nobody, whatever the environment says.
    let config =
        Config { database_url: DatabaseUrl::Sqlite(path.display().to_string()), mail: None, ..config };
    let mut app = node::open(config)?;
    app.demo = true;
    let (public_url, now) = (app.config.public_url.clone(), app.clock.now());
    let address = public_url.clone();
    let links = app.db.write(move |c| make::links(c, &public_url, now)).await?;
    say!("{COMPANY} is at {address}");
    say!("Sign in as:");
    for (role, name, link) in links {
        say!("  {role:9} {name:22} {link}");
    }
    tradewind::web::server::serve(app, listener).await.map_err(Failure::Failed)
}
