//! The official examples of the newest version against running servers: what a client sends is accepted, and what a server
//! sends is what ours sends for the same case, compared as JSON.
//!
//! Each folder of `spec/2026-07-28/examples` has its row in `table.rs`; one without fails. What cannot be the same, because
//! each server has its own, is left out of the comparison by the rules of `rules.rs` and no others.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and may say what it counted")]

mod client;
mod components;
mod doors;
mod errors;
mod notices;
mod results;
mod rules;
#[path = "../../../anpu-proto/tests/support/spec.rs"]
#[allow(dead_code, reason = "another crate's tests use the rest")]
mod spec;
mod table;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

/// The version whose examples these are.
const VERSION: &str = "2026-07-28";

/// All examples, by folder and name.
pub(crate) struct Examples(BTreeMap<String, BTreeMap<String, Value>>);

impl Examples {
    fn load() -> Option<Self> {
        let mut all = BTreeMap::<String, BTreeMap<String, Value>>::new();
        for entry in fs::read_dir(spec::folder()?.join(VERSION).join("examples")).unwrap() {
            let folder = entry.unwrap().path();
            let kind = folder.file_name().unwrap().to_str().unwrap().to_owned();
            for file in fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
                let example = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
                all.entry(kind.clone()).or_default().insert(name, example);
            }
        }
        Some(Self(all))
    }

    pub(crate) fn get(&self, kind: &str, name: &str) -> &Value {
        self.0.get(kind).and_then(|all| all.get(name)).unwrap_or_else(|| panic!("no example {kind}/{name}"))
    }

    /// The example of a folder that has but one.
    pub(crate) fn only(&self, kind: &str) -> &Value {
        let all = self.0.get(kind).unwrap_or_else(|| panic!("no folder {kind}"));
        assert_eq!(all.len(), 1, "there is more than one {kind}");
        all.values().next().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn every_official_example_is_accepted_or_is_what_ours_sends() {
    let Some(examples) = Examples::load() else { return };
    let (mut counts, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for (kind, all) in &examples.0 {
        for (name, example) in all {
            let outcome = match table::part(kind) {
                Some(part) => part.check(&examples, kind, name, example).await.map(|()| part),
                None => Err("nobody knows this folder: add it to table.rs".to_owned()),
            };
            match outcome {
                Ok(part) => *counts.entry(part.label()).or_default() += 1,
                Err(why) => wrong.push(format!("{kind}/{name}: {why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples are not as they are here:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!counts.is_empty(), "there was no example");
    let all: usize = counts.values().sum();
    println!("{all} official examples of {VERSION} against running servers: {counts:?}");
}

/// Every row of the table is about a folder that there is.
#[test]
fn no_row_is_left_over() {
    let Some(examples) = Examples::load() else { return };
    let left: Vec<_> = table::FOLDERS.iter().filter(|(kind, _)| !examples.0.contains_key(*kind)).collect();
    assert!(left.is_empty(), "{left:?}");
}
