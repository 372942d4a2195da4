//! The house rules: each a function over the pages of the house, so that its own tests can show it a broken one.

mod crates;
mod dependencies;
mod features;
mod floors;
mod house;
mod lines;
mod manifest;
mod map;
mod names;
mod panics;
mod prose;
mod pure;
mod serde;
mod token;
mod versions;

use std::path::Path;

use house::House;

/// One breach of a rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) instead: String,
}

/// What a rule found, and how much it looked at.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) looked: usize,
    pub(crate) violations: Vec<Violation>,
}

impl Findings {
    pub(crate) fn add(&mut self, path: &str, line: usize, what: impl Into<String>, instead: impl Into<String>) {
        self.violations.push(Violation { path: path.to_owned(), line, what: what.into(), instead: instead.into() });
    }

    /// The breaches as `path:line: what`, for tests.
    #[cfg(test)]
    pub(crate) fn brief(&self) -> Vec<String> {
        self.violations.iter().map(|v| format!("{}:{}: {}", v.path, v.line, v.what)).collect()
    }
}

/// A rule by name, with the least number of places it must have looked at: a rule that looks at nothing always passes.
struct Rule {
    name: &'static str,
    least: usize,
    check: fn(&House) -> Findings,
}

const RULES: &[Rule] = &[
    Rule { name: "parses", least: 40, check: lines::parses },
    Rule { name: "floors", least: 30, check: floors::arrows_point_down },
    Rule { name: "floor-table", least: 2, check: floors::table_is_printed },
    Rule { name: "crates", least: 6, check: crates::arrows_point_down },
    Rule { name: "lints", least: 6, check: crates::lints_are_shared },
    Rule { name: "dependencies", least: 25, check: dependencies::each_has_a_reason },
    Rule { name: "features", least: 30, check: features::only_on_doors },
    Rule { name: "feature-names", least: 5, check: features::names_are_known },
    Rule { name: "versions", least: 30, check: versions::strings_live_in_dialects },
    Rule { name: "dialects", least: 5, check: versions::dialects_are_strangers },
    Rule { name: "file-length", least: 40, check: lines::files_are_short },
    Rule { name: "function-length", least: 200, check: lines::functions_are_short },
    Rule { name: "serde", least: 40, check: serde::nothing_is_guessed },
    Rule { name: "first-sentence", least: 40, check: prose::modules_say_what_they_are },
    Rule { name: "doc-ignore", least: 40, check: prose::doc_code_compiles },
    Rule { name: "names", least: 200, check: names::words_mean_something },
    Rule { name: "panics", least: 40, check: panics::invariants_are_stated },
    Rule { name: "unsafe", least: 40, check: panics::nothing_is_unsafe },
    Rule { name: "map", least: 3, check: map::lib_is_a_map },
    Rule { name: "pure", least: 10, check: pure::proto_has_no_engine_room },
];

/// Runs every rule over the house at `root`, prints what they saw, and returns how many breaches there are.
pub(crate) fn run(root: &Path) -> Result<usize, String> {
    let house = House::read(root).map_err(|e| format!("the house could not be read: {e}"))?;
    let mut breaches = 0;
    for rule in RULES {
        let findings = (rule.check)(&house);
        for v in &findings.violations {
            println!("{}:{}: {}: {}: {}", v.path, v.line, rule.name, v.what, v.instead);
        }
        breaches += findings.violations.len();
        let blind = findings.looked < rule.least;
        if blind {
            breaches += 1;
            println!(
                "xtask/src/tidy/mod.rs:1: {}: it looked at {} places, at least {} were expected: mend the rule's eyes",
                rule.name, findings.looked, rule.least
            );
        }
        let verdict = if findings.violations.is_empty() && !blind { "ok" } else { "BROKEN" };
        println!("{:>16}  looked at {:>4}  {verdict}", rule.name, findings.looked);
    }
    for line in lines::longest(&house) {
        println!("{line}");
    }
    Ok(breaches)
}
