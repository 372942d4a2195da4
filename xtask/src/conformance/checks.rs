//! The checks of a run, read from the `checks.json` files of its scenarios: the suite's summary hides warnings.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Status {
    Success,
    Failure,
    Warning,
    Skipped,
    Info,
}

/// One check of one scenario.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) scenario: String,
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) message: String,
}

/// All checks of one run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) checks: Vec<Check>,
}

impl Tally {
    /// Reads every scenario's folder below `out`; a run without a single check is an error. The suite makes the folder of a
    /// scenario before it runs it: one that threw leaves it empty, which is one failure with the scenario's name.
    pub(crate) fn read(out: &Path) -> Result<Tally, String> {
        let mut tally = Tally::default();
        let folders = fs::read_dir(out).map_err(|e| format!("{}: {e}", out.display()))?;
        for folder in folders.flatten().filter(|entry| entry.path().is_dir()) {
            let name = folder.file_name().to_string_lossy().into_owned();
            let file = folder.path().join("checks.json");
            match fs::read_to_string(&file) {
                Ok(text) => {
                    let checks = read(scenario(&name), &text).map_err(|why| format!("{}: {why}", file.display()))?;
                    tally.checks.extend(checks);
                }
                Err(e) if e.kind() == ErrorKind::NotFound => tally.checks.push(thrown(scenario(&name))),
                Err(e) => return Err(format!("{}: {e}", file.display())),
            }
        }
        tally.checks.sort_by(|a, b| (&a.scenario, &a.id).cmp(&(&b.scenario, &b.id)));
        if tally.checks.is_empty() {
            return Err(format!("the suite checked nothing: see {}/suite.log", out.display()));
        }
        Ok(tally)
    }

    /// What the specification says a server should do and this one did not.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.status == Status::Warning)
    }

    fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scenarios: Vec<&str> = self.checks.iter().map(|check| check.scenario.as_str()).collect();
        scenarios.dedup();
        write!(
            f,
            "{} scenarios, {} checks succeeded, {} failed, {} warnings, {} skipped",
            scenarios.len(),
            self.count(Status::Success),
            self.count(Status::Failure),
            self.count(Status::Warning),
            self.count(Status::Skipped)
        )
    }
}

/// The scenario of a folder `server-<scenario>-<time>`, the time being written `2026-01-31T10-20-30-400Z`.
fn scenario(folder: &str) -> &str {
    const TIME: usize = "-YYYY-MM-DDThh-mm-ss-mmmZ".len();
    let name = folder.strip_prefix("server-").unwrap_or(folder);
    name.get(..name.len().saturating_sub(TIME)).unwrap_or(name)
}

/// The failure of a scenario that ended without its checks, under the name that the suite's own verdict gives it.
fn thrown(scenario: &str) -> Check {
    let message = "it threw and left no checks.json: suite.log says why".to_owned();
    Check { scenario: scenario.to_owned(), id: scenario.to_owned(), status: Status::Failure, message }
}

fn read(scenario: &str, text: &str) -> Result<Vec<Check>, String> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    list.iter().map(|value| check(scenario, value)).collect()
}

fn check(scenario: &str, value: &Value) -> Result<Check, String> {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let status = match text("status").as_str() {
        "SUCCESS" => Status::Success,
        "FAILURE" => Status::Failure,
        "WARNING" => Status::Warning,
        "SKIPPED" => Status::Skipped,
        "INFO" => Status::Info,
        other => return Err(format!("unknown status `{other}`")),
    };
    Ok(Check { scenario: scenario.to_owned(), id: text("id"), status, message: text("errorMessage") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_from_the_suites_files() {
        let text = r#"[{"id":"a","status":"FAILURE","errorMessage":"no"},{"id":"b","status":"WARNING"}]"#;
        let checks = read("ping", text).unwrap();
        assert_eq!(checks[0].message, "no");
        assert_eq!(checks[0].status, Status::Failure);
        let tally = Tally { checks };
        assert_eq!(tally.to_string(), "1 scenarios, 0 checks succeeded, 1 failed, 1 warnings, 0 skipped");
        assert!(read("ping", r#"[{"id":"a","status":"GREAT"}]"#).is_err());
    }

    #[test]
    fn a_folder_names_its_scenario() {
        assert_eq!(scenario("server-server-session-lifecycle-2026-11-21T00-34-43-076Z"), "server-session-lifecycle");
        assert_eq!(scenario("server-ping-2026-11-21T00-34-43-076Z"), "ping");
    }

    #[test]
    fn a_scenario_that_threw_is_one_failure_with_its_name() {
        let out = std::env::temp_dir().join(format!("anpu-thrown-{}", std::process::id()));
        let folder = |name: &str| out.join(format!("server-{name}-2026-11-21T00-34-43-076Z"));
        fs::create_dir_all(folder("tasks-wire")).unwrap();
        fs::create_dir_all(folder("ping")).unwrap();
        fs::write(folder("ping").join("checks.json"), r#"[{"id":"pong","status":"SUCCESS"}]"#).unwrap();
        let tally = Tally::read(&out).unwrap();
        assert_eq!(tally.to_string(), "2 scenarios, 1 checks succeeded, 1 failed, 0 warnings, 0 skipped");
        assert_eq!(tally.checks[1], thrown("tasks-wire"));
        assert_eq!((tally.checks[1].id.as_str(), tally.checks[1].status), ("tasks-wire", Status::Failure));
        fs::write(folder("tasks-wire").join("checks.json"), "[{").unwrap();
        assert!(Tally::read(&out).is_err(), "half a file is no failure of the server");
        fs::remove_dir_all(&out).unwrap();
    }

    #[test]
    fn a_run_without_checks_is_an_error() {
        let empty = std::env::temp_dir().join(format!("anpu-no-checks-{}", std::process::id()));
        fs::create_dir_all(&empty).unwrap();
        assert!(Tally::read(&empty).is_err());
        fs::remove_dir_all(&empty).unwrap();
    }
}
