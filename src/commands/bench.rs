//! `tradewind bench`: how fast the pages are, against what the machine could do at best.

use std::io::Write;
use std::path::PathBuf;

use tradewind::bench::{self, Plan, Size, report};
use tradewind::clock::{Calendar, Clock};
use tradewind::db::Limits;

use super::{Failure, Outcome, node, serve};

/// Fills a database of a chosen size in a temporary folder, serves it, and measures the main pages beside
/// reference handlers. Prints tables and which targets were met. Times never fail it; a request
/// that fails or an access that is lost does.
///
/// Example: tradewind bench
/// Example: tradewind bench --postgres postgres://tradewind@localhost/bench --seconds 60
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// How many people
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    people: u32,
    /// How many insights
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    insights: u32,
    /// About how many ratings
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    ratings: u32,
    /// About how many accesses
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    accesses: u32,
    /// A PostgreSQL database to measure as well, in a schema of its own that is removed afterwards
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Leaves SQLite out
    #[arg(long, requires = "postgres")]
    no_sqlite: bool,
    /// Keeps what was filled, in the folder and in the schema, and uses what an earlier run has kept there
    #[arg(long)]
    keep: bool,
    /// Measures only the jobs of a night
    #[arg(long)]
    jobs: bool,
    /// How long to measure each database, in seconds
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Where the SQLite files go for the time being; default the folder for temporary files
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Measures only what the value model costs, in memory
    #[arg(long)]
    model: bool,
    /// Serves DATABASE_URL with the reference handlers beside the pages: what the bench starts to measure
    #[arg(long, hide = true)]
    node: bool,
    /// Prints each statement with its microseconds
    #[arg(long, hide = true)]
    trace: bool,
    /// Writes that share a commit at the most
    #[arg(long, hide = true, default_value_t = 64)]
    group: usize,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    if args.node {
        if args.trace {
            // A connection that is open already keeps its own instrumentation: there is none yet.
            let _ = diesel::connection::set_default_instrumentation(|| Some(Box::new(Trace::default())));
        }
        return serve_for_bench(args.group).await;
    }
    if args.model {
        print_model()?;
        return Ok(());
    }
    let config = node::config()?;
    let program = std::env::current_exe().map_err(|error| failed("cannot find this program", &error))?;
    let parent = args.folder.unwrap_or_else(std::env::temp_dir);
    let folder = match args.keep {
        true => parent.join("tradewind-bench"),
        false => parent.join(format!("tradewind-bench-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder).map_err(|error| failed("cannot make a folder for the files", &error))?;
    let plan = Plan {
        size: Size {
            people: args.people as usize,
            insights: args.insights as usize,
            ratings: args.ratings as usize,
            accesses: args.accesses as usize,
        },
        folder: folder.clone(),
        postgres: args.postgres,
        sqlite: !args.no_sqlite,
        keep: args.keep,
        only_jobs: args.jobs,
        seconds: args.seconds,
        connections: 16,
        program,
        calendar: Calendar { zone: config.time_zone },
        now: Clock::System.now(),
    };
    let findings = bench::run(&plan, &|step| eprintln!("  {step}"));
    if !args.keep {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let findings = findings.map_err(Failure::Failed)?;
    let mut wrong = false;
    for found in &findings {
        say!("\n{}\n", found.database);
        if !found.lines.is_empty() {
            say!("{}", report::table(&found.lines));
        }
        for note in &found.notes {
            say!("{note}");
        }
        for line in found.lines.iter().filter(|line| line.failures > 0) {
            say!(
                "{}: {} failed, first: {}",
                line.name,
                line.failures,
                line.first_failure.as_deref().unwrap_or("-")
            );
        }
        say!("\n{}", report::targets(&found.targets));
        wrong |= found.targets.iter().any(|target| target.is_promise && !target.is_met());
    }
    if !args.jobs {
        print_model()?;
    }
    if wrong { Err(Failure::Failed("requests failed or accesses were lost".into())) } else { Ok(()) }
}

/// What the value model costs.
fn print_model() -> Outcome {
    let model = bench::model::measure();
    say!("\nThe value model, in memory\n");
    for note in &model.notes {
        say!("{note}");
    }
    say!("\n{}", report::targets(&model.targets));
    Ok(())
}

/// The server that is measured: the product's own, with the references added, and its address printed.
async fn serve_for_bench(group: usize) -> Outcome {
    let config = node::config()?;
    let listener = serve::listen(&config)?;
    let address = listener.local_addr().map_err(|error| failed("no address", &error))?;
    let limits = Limits { group, ..config.limits() };
    let app = node::open_with(config, limits)?;
    say!("{address}");
    std::io::stdout().flush().map_err(|error| failed("cannot say the address", &error))?;
    // Without jobs: following the thousands of ratings a second that the bench gives took a processor and the
    // writer from whatever was measured next. They are measured by themselves.
    tradewind::web::server::serve_until(
        tradewind::web::server::stop_signal(),
        app,
        listener,
        bench::reference::routes,
        &[],
    )
    .await
    .map_err(Failure::Failed)
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{what}: {error}"))
}

/// Tells what the statements of a page cost, to find the one that costs too much.
#[derive(Default)]
struct Trace(Option<std::time::Instant>);

impl diesel::connection::Instrumentation for Trace {
    fn on_connection_event(&mut self, event: diesel::connection::InstrumentationEvent<'_>) {
        use diesel::connection::InstrumentationEvent::{FinishQuery, StartQuery};
        match event {
            StartQuery { .. } => self.0 = Some(std::time::Instant::now()),
            FinishQuery { query, .. } => {
                let micros = self.0.take().map_or(0, |began| began.elapsed().as_micros());
                eprintln!("{micros:>8} {query}");
            }
            _ => {}
        }
    }
}
