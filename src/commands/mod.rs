//! One file per command. A command returns 0, 1 (failed) or 2 (wrong usage or settings), and says what
//! went wrong in one clear line on standard error.

/// Prints a line to standard output, and ends the function where that cannot be done.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        crate::commands::printed(writeln!(std::io::stdout(), $($words)*))?
    }};
}

mod bench;
mod credits;
mod demo;
mod export;
mod flow;
mod import;
mod migrate;
mod node;
mod report;
mod serve;
mod user;
mod value;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tradewind, an information market for customer insight.
#[derive(Parser)]
#[command(name = "tradewind", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Args),
    Demo(demo::Args),
    Serve(serve::Args),
    Migrate(migrate::Args),
    User(user::Args),
    Value(value::Args),
    Credits(credits::Args),
    Import(import::Args),
    Export(export::Args),
    Flow(flow::Args),
    Report(report::Args),
}

/// Why a command did not do what it was asked.
pub enum Failure {
    /// Wrong settings or arguments: exit code 2.
    Usage(String),
    /// It was tried and failed: exit code 1.
    Failed(String),
}

impl From<tradewind::error::AppError> for Failure {
    fn from(error: tradewind::error::AppError) -> Self {
        Failure::Failed(error.to_string())
    }
}

/// What a command returns.
pub type Outcome = Result<(), Failure>;

/// Reads a day as all files and addresses write it.
fn day(text: &str) -> Result<chrono::NaiveDate, String> {
    text.parse().map_err(|_| "write year, month and day, as in 2026-07-01".to_owned())
}

/// Whoever closes standard output early, as `| head` does, has read enough; a disk that is full is a failure.
fn printed(result: std::io::Result<()>) -> Outcome {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Runs a command and turns its outcome into an exit code.
pub async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Bench(args) => bench::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Value(args) => value::run(args).await,
        Command::Credits(args) => credits::run(args).await,
        Command::Import(args) => import::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Flow(args) => flow::run(args).await,
        Command::Report(args) => report::run(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(problem)) => {
            eprintln!("tradewind: {problem}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(problem)) => {
            eprintln!("tradewind: {problem}");
            ExitCode::FAILURE
        }
    }
}
