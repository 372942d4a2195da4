//! The official conformance suite against the everything-server, judged by its checks and a baseline with two sides.

mod baseline;
mod checks;
mod nodes;
pub(crate) mod server;

use std::fs;
use std::path::Path;
use std::process::ExitStatus;

use crate::install::{self, Suite};
use crate::shell;
use baseline::Baseline;
use checks::Tally;
use nodes::Nodes;

/// What was asked for: these versions, or all; one server, or several nodes of one service.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    versions: Vec<String>,
    nodes: bool,
}

/// Runs the suite for the versions asked for, or for every version that has a baseline.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let folder = crate::root().join("conformance");
    let asked = asked(words)?;
    let versions = if asked.versions.is_empty() { baselines(&folder)? } else { asked.versions };
    let suite = install::suite()?;
    let arguments = ["build", "--quiet", "-p", "anpu-conformance", "--bin", "everything-server"];
    shell::quiet("everything-server-build", &mut shell::cargo(&arguments))?;
    if asked.nodes {
        let nodes = Nodes::start()?;
        return judge_all(&folder, &suite, nodes.url(), &versions, "nodes-");
    }
    let server = server::Server::start(&shell::target().join("debug/everything-server"))?;
    let judged = judge_all(&folder, &suite, &server.url(), &versions, "");
    server.stop()?;
    judged
}

/// Each of these versions; what the suite left is in `out/`, in folders that begin so.
fn judge_all(folder: &Path, suite: &Suite, url: &str, versions: &[String], prefix: &str) -> Result<(), String> {
    let mut failed = Vec::new();
    for version in versions {
        if let Err(why) = judge(folder, suite, url, version, prefix) {
            println!("{why}");
            failed.push(version.as_str());
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        _ => Err(format!("conformance failed for {}; the checks are in conformance/out/", failed.join(", "))),
    }
}

/// One version: runs the suite, counts its checks, and compares both verdicts with the baseline.
fn judge(folder: &Path, suite: &Suite, url: &str, version: &str, prefix: &str) -> Result<(), String> {
    let expected = folder.join(format!("baseline-{version}.yml"));
    let text = fs::read_to_string(&expected).map_err(|e| format!("{}: {e}", expected.display()))?;
    let baseline = Baseline::read(&text).map_err(|why| format!("{}: {why}", expected.display()))?;
    let out = folder.join("out").join(format!("{prefix}{version}"));
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|e| format!("{} cannot be emptied: {e}", out.display()))?;
    }
    fs::create_dir_all(&out).map_err(|e| format!("{} cannot be made: {e}", out.display()))?;
    let file = expected.to_string_lossy();
    let mut which = baseline.run.arguments(version);
    which.extend(["--expected-failures", &*file]);
    let ended = start(suite, url, &which, &out)?;
    let tally = Tally::read(&out)?;
    println!("conformance {prefix}{version}: {tally}");
    for warning in tally.warnings() {
        println!("  warning: {}:{}: {}", warning.scenario, warning.id, warning.message);
    }
    let wrong = baseline.judge(&tally);
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    if !ended.success() {
        return Err(format!("the suite itself is not content ({ended}): see {}/suite.log", out.display()));
    }
    Ok(())
}

/// Runs the suite into `out`, where what it said is kept beside its checks.
fn start(suite: &Suite, url: &str, which: &[&str], out: &Path) -> Result<ExitStatus, String> {
    let (script, into) = (suite.script.to_string_lossy(), out.to_string_lossy());
    let arguments = [&[&*script, "server", "--url", url], which, &["-o", &*into]].concat();
    let mut command = shell::command(&suite.node.to_string_lossy(), &arguments);
    let run = command.env("NO_COLOR", "1").output().map_err(|e| format!("the suite does not start: {e}"))?;
    fs::write(out.join("suite.log"), [run.stdout.as_slice(), run.stderr.as_slice()].concat())
        .map_err(|e| format!("the suite's log cannot be written: {e}"))?;
    Ok(run.status)
}

fn asked(words: &[&str]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--nodes" => asked.nodes = true,
            "--spec-version" => {
                let version = words.next().ok_or("--spec-version: which version?")?;
                asked.versions.push((*version).to_owned());
            }
            _ => {
                return Err(format!(
                    "`{word}`: conformance takes --nodes, and --spec-version VERSION any number of times"
                ));
            }
        }
    }
    Ok(asked)
}

/// The versions with a file `baseline-<version>.yml`, newest first: adding a version is adding its baseline.
fn baselines(folder: &Path) -> Result<Vec<String>, String> {
    let files = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let names = files.flatten().map(|file| file.file_name().to_string_lossy().into_owned());
    let mut versions: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("baseline-")?.strip_suffix(".yml")?.to_owned())).collect();
    versions.sort();
    versions.reverse();
    if versions.is_empty() {
        return Err("conformance/ has no baseline-<version>.yml: nothing would be tested".to_owned());
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_asked_for_by_name() {
        let both = Asked { versions: vec!["a".to_owned(), "b".to_owned()], nodes: true };
        assert_eq!(asked(&["--spec-version", "a", "--nodes", "--spec-version", "b"]), Ok(both));
        assert_eq!(asked(&[]), Ok(Asked::default()));
        assert!(asked(&["--spec-version"]).is_err());
        assert!(asked(&["--suite", "all"]).is_err());
    }

    /// What `judge` says of a version with this baseline, after a suite that is this shell script; `$into` is its `-o`.
    fn judged(name: &str, baseline: &str, script: &str) -> (Result<(), String>, String) {
        let folder = std::env::temp_dir().join(format!("anpu-judged-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("baseline-v.yml"), baseline).unwrap();
        let suite = Suite { node: "/bin/sh".into(), script: folder.join("suite.sh") };
        let made = r#"echo "$@"; for into; do :; done
            folder() { at="$into/server-$1-2026-11-21T00-34-43-076Z"; mkdir "$at"; }
            checks() { folder "$1"; echo "$2" > "$at/checks.json"; }"#;
        fs::write(&suite.script, format!("{made}\n{script}\n")).unwrap();
        let verdict = judge(&folder, &suite, "http://there", "v", "");
        let said = fs::read_to_string(folder.join("out/v/suite.log")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        (verdict, said)
    }

    const PING: &str = r#"checks ping '[{"id":"pong","status":"SUCCESS"}]'"#;

    #[test]
    fn a_version_is_run_as_its_baseline_says() {
        let (verdict, said) = judged("all", "server: []\n", PING);
        assert_eq!(verdict, Ok(()));
        assert!(
            said.starts_with("server --url http://there --suite all --spec-version v --expected-failures "),
            "{said}"
        );
        let (verdict, said) = judged("requirements", "run: requirements\nserver: []\n", PING);
        assert_eq!(verdict, Ok(()));
        assert!(said.starts_with("server --url http://there --requirements v --expected-failures "), "{said}");
    }

    #[test]
    fn our_verdict_holds_where_the_suite_does_not_look() {
        let threw = format!("{PING}; folder tasks-wire; exit 0");
        let (verdict, _) = judged("threw", "run: requirements\nserver: []\n", &threw);
        assert!(verdict.unwrap_err().starts_with("unexpected failure: tasks-wire:tasks-wire: it threw"));
        let listed = "run: requirements\nserver:\n  - tasks-wire\n";
        assert_eq!(judged("listed", listed, &threw).0, Ok(()));
        let (verdict, _) = judged("passes", listed, &format!("{PING}; {}", PING.replace("ping", "tasks-wire")));
        assert_eq!(verdict, Err("stale baseline: `tasks-wire` no longer fails: take it out".to_owned()));
        let warned = PING.replace("SUCCESS", "WARNING");
        assert_eq!(judged("warned", "server: []\n", &warned).0, Err("unexpected warning: ping:pong: ".to_owned()));
    }

    #[test]
    fn a_suite_that_is_not_content_is_an_error() {
        let (verdict, _) = judged("discontent", "server: []\n", &format!("{PING}; exit 1"));
        assert!(verdict.unwrap_err().starts_with("the suite itself is not content (exit status: 1)"));
        assert!(judged("silent", "server: []\n", "exit 0").0.unwrap_err().starts_with("the suite checked nothing"));
    }

    #[test]
    fn every_baseline_can_be_read() {
        let folder = crate::root().join("conformance");
        for version in baselines(&folder).unwrap() {
            let text = fs::read_to_string(folder.join(format!("baseline-{version}.yml"))).unwrap();
            Baseline::read(&text).unwrap();
        }
    }
}
