//! The first tier: every check a change must pass, in order, each with its seconds; the first failure ends it.

use std::time::Instant;

use crate::{conformance, debian, features, lock, shell};

/// A check by name; what it returns is shown beside its seconds.
type Step = (&'static str, fn(&mut Counts) -> Result<String, String>);

const STEPS: &[Step] = &[
    ("spec", |_| spec()),
    ("fmt", |_| cargo("fmt", &["fmt", "--all", "--check"])),
    ("clippy", |_| clippy()),
    ("tidy", |_| crate::tidied().map(|()| String::new())),
    ("tests", tests),
    ("doctests", doctests),
    ("features", |_| features::check()),
    ("docs", |_| docs()),
    ("examples", |_| examples()),
    ("outside", |_| lock::first_program()),
    ("budgets", |_| lock::budgets()),
    ("nodes", |_| conformance::run(&["--nodes"]).map(|()| String::new())),
    ("conformance", |_| conformance::run(&[]).map(|()| String::new())),
];

/// Tests that passed and failed, over all runners.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Counts {
    passed: usize,
    failed: usize,
}

/// Runs all steps, or only those named.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let known: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(format!("no step is called `{name}`; there are {}", known.join(" ")));
    }
    let mut counts = Counts::default();
    let start = Instant::now();
    for (name, step) in STEPS.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        let began = Instant::now();
        println!("{name} …");
        match step(&mut counts) {
            Ok(told) => println!("{name}: ok, {:.1} s {told}", began.elapsed().as_secs_f64()),
            Err(why) => {
                println!("{name}: FAILED, {:.1} s", began.elapsed().as_secs_f64());
                println!("{} passed, {} failed", counts.passed, counts.failed.max(1));
                return Err(format!("step `{name}`: {why}"));
            }
        }
    }
    println!("every step passed in {:.0} s", start.elapsed().as_secs_f64());
    if names.is_empty() || counts != Counts::default() {
        println!("{} passed, {} failed", counts.passed, counts.failed);
    }
    Ok(())
}

/// Where the official schemas are. Elsewhere the schema test says that they are missing; in CI that is a failure.
fn spec() -> Result<String, String> {
    let folder = std::env::var_os("ANPU_SPEC").map_or_else(|| crate::root().join("../shared/spec"), Into::into);
    let there = folder.is_dir();
    match std::env::var("CI") {
        Ok(ci) if ci == "true" && !there => {
            Err(format!("{} is not there: CI must have the official schemas (or ANPU_SPEC)", folder.display()))
        }
        _ if there => Ok(format!("({})", folder.display())),
        _ => Ok("(no official schemas here: the schema test looks at nothing)".to_owned()),
    }
}

fn cargo(name: &str, arguments: &[&str]) -> Result<String, String> {
    shell::quiet(name, &mut shell::cargo(arguments)).map(|_| String::new())
}

fn clippy() -> Result<String, String> {
    let arguments = ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    cargo("clippy", &arguments)
}

/// All tests but doctests, by nextest where it is installed.
fn tests(counts: &mut Counts) -> Result<String, String> {
    debian::programs()?;
    // Tests start the examples as programs; with `--all-targets` cargo builds only what tests them.
    examples()?;
    let everything = ["--workspace", "--all-targets", "--all-features"];
    let nextest = shell::answers("cargo", &["nextest", "--version"]);
    let mut arguments = match nextest {
        true => vec!["nextest", "run", "--no-fail-fast", "--status-level=fail", "--final-status-level=flaky"],
        false => vec!["test", "--no-fail-fast"],
    };
    arguments.extend(everything);
    count("tests", &arguments, counts)
}

fn doctests(counts: &mut Counts) -> Result<String, String> {
    count("doctests", &["test", "--doc", "--workspace", "--all-features"], counts)
}

/// Runs tests, shows their runner's closing lines and adds up what they say.
fn count(name: &str, arguments: &[&str], counts: &mut Counts) -> Result<String, String> {
    let run = shell::quiet(name, &mut shell::cargo(arguments));
    let log = std::fs::read(shell::logs()?.join(format!("{name}.log"))).unwrap_or_default();
    let closing: Vec<String> = String::from_utf8_lossy(&log).lines().filter_map(closing_line).collect();
    let mut seen = Counts::default();
    for line in &closing {
        println!("{line}");
        let of_line = read_counts(line);
        seen.passed += of_line.passed;
        seen.failed += of_line.failed;
    }
    counts.passed += seen.passed;
    counts.failed += seen.failed;
    run?;
    if seen.failed > 0 || (name == "tests" && seen.passed == 0) {
        return Err(format!("{} tests passed and {} failed", seen.passed, seen.failed));
    }
    Ok(format!("({} passed)", seen.passed))
}

/// A line with which a runner closes, if this is one: nextest's summary, libtest's result.
fn closing_line(line: &str) -> Option<String> {
    let plain = without_colours(line);
    let line = plain.trim();
    let empty = line.contains(" 0 passed; 0 failed");
    let closes = line.starts_with("Summary [") || (line.starts_with("test result:") && !empty);
    closes.then(|| line.to_owned())
}

/// The numbers before `passed`, `failed` and `timed out` in a closing line.
fn read_counts(line: &str) -> Counts {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches([';', ',', '.'])).collect();
    let before = |name: &str| {
        let pairs = words.windows(2).filter(|pair| pair[1] == name);
        pairs.filter_map(|pair| pair[0].parse::<usize>().ok()).sum::<usize>()
    };
    Counts { passed: before("passed"), failed: before("failed") + before("timed") }
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

fn docs() -> Result<String, String> {
    let mut command = shell::cargo(&["doc", "--quiet", "--no-deps", "--workspace", "--all-features"]);
    shell::quiet("docs", command.env("RUSTDOCFLAGS", "-D warnings")).map(|_| String::new())
}

/// The programs of the design build. That they run is shown by the tests that drive them.
fn examples() -> Result<String, String> {
    cargo("examples", &["build", "--quiet", "--workspace", "--examples", "--all-features"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_both_runners_are_read() {
        let nextest = "\u{1b}[32;1m     Summary\u{1b}[0m [   1.2s] 40 tests run: 37 passed (1 slow), 2 failed, 1 timed out, 3 skipped";
        let line = closing_line(nextest).unwrap();
        assert_eq!(line, "Summary [   1.2s] 40 tests run: 37 passed (1 slow), 2 failed, 1 timed out, 3 skipped");
        assert_eq!(read_counts(&line), Counts { passed: 37, failed: 3 });
        let libtest =
            "test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(read_counts(&closing_line(libtest).unwrap()), Counts { passed: 5, failed: 1 });
        assert_eq!(closing_line("test a::b ... ok"), None);
        assert_eq!(closing_line("test result: ok. 0 passed; 0 failed; 0 ignored"), None);
    }

    #[test]
    fn a_step_that_does_not_exist_is_an_error() {
        assert!(run(&["tests", "nonsense"]).unwrap_err().starts_with("no step is called `nonsense`"));
    }

    #[test]
    fn conformance_is_the_last_step() {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.last(), Some(&"conformance"));
        assert!(names.starts_with(&["spec", "fmt", "clippy", "tidy", "tests"]));
    }
}
