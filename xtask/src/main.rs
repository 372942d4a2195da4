//! The chores of this house, one word each: `cargo xtask tidy`, `test`, `conformance`, `soak`, `chaos`, `clients`,
//! `bench`, `full`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal prints")]

mod bench;
mod chaos;
mod clients;
mod conformance;
mod debian;
mod features;
mod floors;
mod full;
mod install;
mod lock;
mod shell;
mod soak;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy                              the house rules
cargo xtask test [STEP]…                      the first tier: everything a change must pass; installs what is missing
cargo xtask conformance [--nodes] [--spec-version V]…
                                              the official suite against the everything-server, or against three of them
                                              on one Redis behind nginx
cargo xtask soak [--minutes N] [--seed N]     the everything-server under clients that come and go, 15 minutes
cargo xtask chaos [--minutes N] [--seed N]    three everything-servers and their Redis, killed under their clients, 10 minutes
cargo xtask clients                           the official clients against the demo, in every mode they have
cargo xtask clients --kills [PROGRAM]         the same while their server is killed and started again; or another server,
                                              of which nothing is demanded
cargo xtask bench [--seconds N] [--rounds N] [--connections N] [--cores 1|2] [--budget R]
                                              what a call costs in both eras, beside a bare hyper handler
cargo xtask full                              test, then deny, fuzz, soak, chaos, clients, bench
cargo xtask deny|fuzz";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), String> {
    match words {
        ["tidy"] => tidied(),
        ["test", steps @ ..] => test::run(steps),
        ["conformance", rest @ ..] => conformance::run(rest),
        ["soak", rest @ ..] => soak::run(rest),
        ["chaos", rest @ ..] => chaos::run(rest),
        ["clients"] => clients::run(),
        ["clients", "--kills"] => clients::kills::run(None),
        ["clients", "--kills", other] => clients::kills::run(Some(other)),
        ["bench", rest @ ..] => bench::run(rest),
        ["full"] => full::run(),
        ["deny"] => full::deny(),
        [name] if full::later(name).is_some() => full::unbuilt(name),
        _ => Err(format!("which chore?\n{USAGE}")),
    }
}

/// Runs the house rules; a breach is an error.
fn tidied() -> Result<(), String> {
    match tidy::run(&root())? {
        0 => Ok(()),
        n => Err(format!("the house is not tidy: {n} breaches, each named above")),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}
