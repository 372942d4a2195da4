//! What is expected to fail, in the suite's own format. It has two sides: neither a new failure nor a stale line passes.

use super::checks::{Status, Tally};

/// The entries of the list `server:`: `scenario` or `scenario:check`.
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline {
    entries: Vec<(String, Option<String>)>,
}

impl Baseline {
    /// Reads `server: []`, or `server:` and lines of `  - entry`, with comments.
    pub(crate) fn read(text: &str) -> Result<Baseline, String> {
        let mut entries = Vec::new();
        let mut listed = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default().trim_end();
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.trim_start().strip_prefix("- ") {
                Some(entry) if listed => entries.push(split(entry.trim())),
                None if line == "server:" || line == "server: []" => listed = true,
                _ => return Err(format!("line {}: neither `server:` nor `  - scenario[:check]`: {line}", at + 1)),
            }
        }
        if listed { Ok(Baseline { entries }) } else { Err("it has no list `server:`".to_owned()) }
    }

    /// Every failure that is not listed, and every line that no longer fails.
    pub(crate) fn judge(&self, tally: &Tally) -> Vec<String> {
        let mut wrong = Vec::new();
        for check in tally.checks.iter().filter(|check| check.status == Status::Failure) {
            let listed = |(scenario, id): &(String, Option<String>)| {
                *scenario == check.scenario && id.as_ref().is_none_or(|id| *id == check.id)
            };
            if !self.entries.iter().any(listed) {
                wrong.push(format!("unexpected failure: {}:{}: {}", check.scenario, check.id, check.message));
            }
        }
        for (scenario, id) in &self.entries {
            let mut ran = tally.checks.iter().filter(|c| c.scenario == *scenario);
            let mut fails = ran.clone().filter(|c| id.as_ref().is_none_or(|id| *id == c.id));
            let name = id.as_ref().map_or_else(|| scenario.clone(), |id| format!("{scenario}:{id}"));
            if ran.next().is_none() {
                wrong.push(format!("stale baseline: no scenario `{scenario}` ran: take `{name}` out"));
            } else if !fails.any(|c| c.status == Status::Failure) {
                wrong.push(format!("stale baseline: `{name}` no longer fails: take it out"));
            }
        }
        wrong
    }
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
    use crate::conformance::checks::Check;

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
    fn a_stale_line_is_an_error() {
        let passed = tally(&[("ping", "pong", Status::Success), ("ping", "wire", Status::Failure)]);
        let judge = |text: &str| Baseline::read(text).unwrap().judge(&passed);
        assert_eq!(judge("server:\n  - ping\n"), [""; 0]);
        let stale = judge("server:\n  - ping:pong\n  - ping:wire\n");
        assert_eq!(stale, ["stale baseline: `ping:pong` no longer fails: take it out"]);
        assert_eq!(judge("server:\n  - ping\n  - gone\n").len(), 1);
    }

    #[test]
    fn only_its_own_format_is_read() {
        let read = Baseline::read("# why\nserver:\n  - a # later\n  # more\n  - b:c\n").unwrap();
        let entry = |scenario: &str, id: Option<&str>| (scenario.to_owned(), id.map(str::to_owned));
        assert_eq!(read.entries, [entry("a", None), entry("b", Some("c"))]);
        assert!(Baseline::read("").is_err());
        assert!(Baseline::read("client:\n  - a\n").is_err());
    }
}
