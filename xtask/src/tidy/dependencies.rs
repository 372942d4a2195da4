//! Every dependency has a line in docs/dependencies.md that says why it is there, and no line outlives its dependency.

use std::collections::BTreeMap;

use super::Findings;
use super::house::{House, Kind};
use super::manifest;

const PAGE: &str = "docs/dependencies.md";

/// The manifests and the page name the same crates.
pub(crate) fn each_has_a_reason(house: &House) -> Findings {
    let mut found = Findings::default();
    let mut wanted: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for page in house.pages.iter().filter(|page| page.kind == Kind::Manifest) {
        for (name, line) in manifest::all(&manifest::entries(&page.text)) {
            if name != "anpu" && !name.starts_with("anpu-") {
                wanted.entry(name).or_insert_with(|| (page.path.clone(), line));
            }
        }
    }
    found.looked = wanted.len();
    let text = house.page(PAGE).map_or("", |page| page.text.as_str());
    let explained: BTreeMap<&str, usize> = text.lines().enumerate().filter_map(|(at, line)| row(at, line)).collect();
    for (name, (path, line)) in &wanted {
        if !explained.contains_key(name.as_str()) {
            let instead = format!("add a row | `{name}` | why | what else was considered | to {PAGE}");
            found.add(path, *line, format!("nothing says why `{name}` is needed"), instead);
        }
    }
    for (name, line) in explained {
        if !wanted.contains_key(name) {
            found.add(PAGE, line, format!("no manifest names `{name}` any more"), "take the row out");
        }
    }
    found
}

/// The crate that a row of the table is about: its first cell, in backticks, with at least a reason beside it.
fn row(at: usize, line: &str) -> Option<(&str, usize)> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let name = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
    let reason = cells.get(1).is_some_and(|why| !why.is_empty());
    reason.then_some((name, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(page: &str) -> Vec<String> {
        let manifest = "[workspace.dependencies]\nserde = \"1\"\nanpu = { path = \"x\" }\n";
        each_has_a_reason(&House::of(&[("Cargo.toml", manifest), (PAGE, page)])).brief()
    }

    #[test]
    fn a_dependency_without_a_reason_is_a_breach() {
        assert_eq!(said("| `serde` | |\n"), ["Cargo.toml:2: nothing says why `serde` is needed"]);
        assert_eq!(said("").len(), 1);
    }

    #[test]
    fn a_reason_without_a_dependency_is_a_breach() {
        let said = said("| `serde` | types to JSON | |\n| `sled` | a store | |\n");
        assert_eq!(said, ["docs/dependencies.md:2: no manifest names `sled` any more"]);
    }

    #[test]
    fn one_row_each_is_fine() {
        assert_eq!(said("| crate | why |\n| --- | --- |\n| `serde` | types to JSON | nothing else |\n"), [""; 0]);
    }
}
