//! What is expected to fail, in the suite's own format. It has two sides: neither a new failure nor a stale line passes.

use super::checks::{Check, Status, Tally};

/// The lines a baseline may have.
const KNOWN: &str = "none of `server:`, `  - scenario[:check]` and `run: requirements`";

/// Which scenarios of a version are run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Run {
    /// All that the suite has for the version, without those of extensions.
    #[default]
    All,
    /// What the suite's list of requirements for the version names: the scored ones and, to be seen, the others, those of
    /// extensions among them.
    Requirements,
}

impl Run {
    /// The suite's words for it.
    pub(crate) fn arguments(self, version: &str) -> Vec<&str> {
        match self {
            Run::All => vec!["--suite", "all", "--spec-version", version],
            Run::Requirements => vec!["--requirements", version],
        }
    }
}

/// The entries of the list `server:`, `scenario` or `scenario:check`, and of which scenarios they are.
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) run: Run,
    entries: Vec<(String, Option<String>)>,
}

impl Baseline {
    /// Reads `server: []`, or `server:` and lines of `  - entry`, with comments. A line `run: requirements` is ours: the
    /// suite reads `server:` and passes over it.
    pub(crate) fn read(text: &str) -> Result<Baseline, String> {
        let mut baseline = Baseline { run: Run::default(), entries: Vec::new() };
        let mut listed = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default().trim_end();
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.trim_start().strip_prefix("- ") {
                Some(entry) if listed => baseline.entries.push(split(entry.trim())),
                None if line == "server:" || line == "server: []" => listed = true,
                None if line == "run: requirements" => baseline.run = Run::Requirements,
                _ => return Err(format!("line {}: {KNOWN}: {line}", at + 1)),
            }
        }
        if listed { Ok(baseline) } else { Err("it has no list `server:`".to_owned()) }
    }

    /// Every failure and warning that is not listed, and every line that neither fails nor warns any more.
    pub(crate) fn judge(&self, tally: &Tally) -> Vec<String> {
        let mut wrong = Vec::new();
        for check in tally.checks.iter().filter(|check| fails(check)) {
            let listed = |(scenario, id): &(String, Option<String>)| {
                *scenario == check.scenario && id.as_ref().is_none_or(|id| *id == check.id)
            };
            if !self.entries.iter().any(listed) {
                let how = if check.status == Status::Warning { "warning" } else { "failure" };
                wrong.push(format!("unexpected {how}: {}:{}: {}", check.scenario, check.id, check.message));
            }
        }
        for (scenario, id) in &self.entries {
            let mut ran = tally.checks.iter().filter(|c| c.scenario == *scenario);
            let mut meant = ran.clone().filter(|c| id.as_ref().is_none_or(|id| *id == c.id));
            let name = id.as_ref().map_or_else(|| scenario.clone(), |id| format!("{scenario}:{id}"));
            if ran.next().is_none() {
                wrong.push(format!("stale baseline: no scenario `{scenario}` ran: take `{name}` out"));
            } else if !meant.any(fails) {
                wrong.push(format!("stale baseline: `{name}` no longer fails: take it out"));
            }
        }
        wrong
    }
}

/// What a server should do counts like what it must do: both are written down or done.
fn fails(check: &Check) -> bool {
    matches!(check.status, Status::Failure | Status::Warning)
}

fn split(entry: &str) -> (String, Option<String>) {
    match entry.split_once(':') {
        Some((scenario, check)) => (scenario.to_owned(), Some(check.to_owned())),
        None => (entry.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(checks: &[(&str, &str, Status)]) -> Tally {
        let checks = checks.iter().map(|(scenario, id, status)| Check {
            scenario: (*scenario).to_owned(),
            id: (*id).to_owned(),
            status: *status,
            message: "why".to_owned(),
        });
        Tally { checks: checks.collect() }
    }

    #[test]
    fn a_new_failure_is_an_error() {
        let wrong = Baseline::read("server: []\n").unwrap().judge(&tally(&[("ping", "pong", Status::Failure)]));
        assert_eq!(wrong, ["unexpected failure: ping:pong: why"]);
    }

    #[test]
    fn a_new_warning_is_an_error() {
        let warned = tally(&[("ping", "pong", Status::Warning), ("ping", "wire", Status::Skipped)]);
        let judge = |text: &str| Baseline::read(text).unwrap().judge(&warned);
        assert_eq!(judge("server: []\n"), ["unexpected warning: ping:pong: why"]);
        assert_eq!(judge("server:\n  - ping:pong\n"), [""; 0]);
    }

    #[test]
    fn a_skipped_check_is_no_reason_for_a_line() {
        let skipped = tally(&[("tasks", "state", Status::Skipped), ("tasks", "wire", Status::Info)]);
        let judge = |text: &str| Baseline::read(text).unwrap().judge(&skipped);
        assert_eq!(judge("server: []\n"), [""; 0]);
        assert_eq!(judge("server:\n  - tasks\n"), ["stale baseline: `tasks` no longer fails: take it out"]);
    }

    #[test]
    fn a_stale_line_is_an_error() {
        let passed = tally(&[("ping", "pong", Status::Success), ("ping", "wire", Status::Failure)]);
        let judge = |text: &str| Baseline::read(text).unwrap().judge(&passed);
        assert_eq!(judge("server:\n  - ping\n"), [""; 0]);
        let stale = judge("server:\n  - ping:pong\n  - ping:wire\n");
        assert_eq!(stale, ["stale baseline: `ping:pong` no longer fails: take it out"]);
        let gone = judge("server:\n  - ping\n  - gone\n");
        assert_eq!(gone, ["stale baseline: no scenario `gone` ran: take `gone` out"]);
    }

    #[test]
    fn only_its_own_format_is_read() {
        let read = Baseline::read("# why\nserver:\n  - a # later\n  # more\n  - b:c\n").unwrap();
        let entry = |scenario: &str, id: Option<&str>| (scenario.to_owned(), id.map(str::to_owned));
        assert_eq!(read.entries, [entry("a", None), entry("b", Some("c"))]);
        assert!(Baseline::read("").is_err());
        assert!(Baseline::read("client:\n  - a\n").is_err());
    }

    #[test]
    fn a_baseline_says_which_scenarios_are_run() {
        let read = |text: &str| Baseline::read(text).map(|baseline| baseline.run);
        assert_eq!(read("server: []\n"), Ok(Run::All));
        assert_eq!(read("run: requirements # extensions too\nserver:\n  - a\n"), Ok(Run::Requirements));
        assert!(read("run: something\nserver: []\n").is_err());
        assert!(read("run: requirements\n").is_err());
        assert_eq!(Run::All.arguments("v"), ["--suite", "all", "--spec-version", "v"]);
        assert_eq!(Run::Requirements.arguments("v"), ["--requirements", "v"]);
    }
}
