//! The `anpu` command: reads the arguments and runs what they name. Each sub-command is a module of its own.

mod demo;
mod sessions;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// MCP servers whose clients never lose their place. Without a command, `anpu` is `anpu demo`.
#[derive(Debug, Parser)]
#[command(name = "anpu", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// The sub-commands; without one, the demo runs as if it had been named.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Options),
    Sessions(sessions::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Some(Command::Demo(options)) => demo::run(options).await,
        Some(Command::Sessions(options)) => sessions::run(options).await,
        None => demo::run(demo::Options::default()).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the person at the terminal something, on standard error: standard output may belong to the protocol.
fn say(text: &str) {
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
