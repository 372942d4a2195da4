//! Between crates, dependencies point down, some stay where they belong, and every crate shares one lint table.

use super::Findings;
use super::house::{House, Kind};
use super::manifest::{self, Entry};
use crate::floors::{ONLY_IN, PROTO_MAY, STOREYS};

/// No crate depends on one of its own storey or above, nor on what belongs elsewhere. Tests may look up.
pub(crate) fn arrows_point_down(house: &House) -> Findings {
    let mut found = Findings::default();
    for (path, entries) in members(house) {
        found.looked += 1;
        let Some(name) = manifest::value(&entries, "package", "name") else { continue };
        let Some(mine) = storey(name) else {
            found.add(path, 1, format!("`{name}` has no storey"), "give it one in STOREYS, xtask/src/floors.rs");
            continue;
        };
        for (dependency, line) in manifest::used(&entries) {
            if storey(&dependency).is_some_and(|theirs| theirs >= mine) {
                let what = format!("`{name}` depends on `{dependency}`, which does not stand below it");
                found.add(path, line, what, "move what is shared into a lower crate");
            }
            let banned = ONLY_IN.iter().any(|(krate, homes)| *krate == dependency && !homes.contains(&name));
            if banned {
                let what = format!("`{dependency}` does not belong into `{name}`");
                found.add(path, line, what, "use it in the crates that ONLY_IN in xtask/src/floors.rs names");
            }
            if name == "anpu-proto" && !PROTO_MAY.contains(&dependency.as_str()) {
                let what = format!("anpu-proto depends on `{dependency}`");
                found.add(path, line, what, "it has no I/O, clock, chance or async: pass values in from `anpu`");
            }
        }
    }
    found
}

/// Every crate opts into the workspace's lints.
pub(crate) fn lints_are_shared(house: &House) -> Findings {
    let mut found = Findings::default();
    for (path, entries) in members(house) {
        found.looked += 1;
        if manifest::value(&entries, "lints", "workspace") != Some("true") {
            found.add(path, 1, "the crate has lints of its own or none", "write `[lints]` and `workspace = true`");
        }
    }
    found
}

/// The manifests of crates, the workspace's own left out.
fn members(house: &House) -> impl Iterator<Item = (&str, Vec<Entry>)> {
    let manifests = house.pages.iter().filter(|page| page.kind == Kind::Manifest);
    manifests
        .map(|page| (page.path.as_str(), manifest::entries(&page.text)))
        .filter(|(_, entries)| entries.iter().any(|entry| entry.section == "package"))
}

fn storey(krate: &str) -> Option<usize> {
    STOREYS.iter().position(|storey| storey.contains(&krate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, dependencies: &str) -> usize {
        let text = format!("[package]\nname = \"{name}\"\n{dependencies}\n[lints]\nworkspace = true\n");
        arrows_point_down(&House::of(&[("crates/x/Cargo.toml", &text)])).violations.len()
    }

    #[test]
    fn an_arrow_that_points_up_is_a_breach() {
        assert_eq!(said("anpu-proto", "[dependencies]\nanpu.workspace = true"), 2);
        assert_eq!(said("anpu-macros", "[dependencies]\nanpu-proto = { path = \"../anpu-proto\" }"), 1);
        assert_eq!(said("anpu", "[dependencies]\nproto = { package = \"anpu-cli\", path = \"..\" }"), 1);
        assert_eq!(said("anpu-new", ""), 1);
    }

    #[test]
    fn what_belongs_elsewhere_is_a_breach() {
        assert_eq!(said("anpu", "[dependencies]\nclap = \"4\""), 1);
        assert_eq!(said("anpu", "[dependencies]\naxum = \"0.8\""), 1);
        for name in ["tokio", "http", "getrandom"] {
            assert_eq!(said("anpu-proto", &format!("[dependencies]\n{name} = \"1\"")), 1, "{name}");
        }
    }

    #[test]
    fn what_points_down_is_fine() {
        assert_eq!(said("anpu", "[dependencies]\nanpu-proto.workspace = true\ntokio = \"1\""), 0);
        assert_eq!(said("anpu-cli", "[dependencies]\nanpu.workspace = true\nclap = \"4\""), 0);
        assert_eq!(said("anpu-macros", "[dev-dependencies]\nanpu.workspace = true"), 0);
        assert_eq!(said("anpu-proto", "[dependencies]\nserde.workspace = true"), 0);
    }

    #[test]
    fn a_crate_without_the_shared_lints_is_a_breach() {
        let said = |text| lints_are_shared(&House::of(&[("crates/x/Cargo.toml", text)])).violations.len();
        assert_eq!(said("[package]\nname = \"anpu\"\n"), 1);
        assert_eq!(said("[package]\nname = \"anpu\"\n[lints.clippy]\nall = \"allow\"\n"), 1);
        assert_eq!(said("[package]\nname = \"anpu\"\n[lints]\nworkspace = true\n"), 0);
        assert_eq!(said("[package]\nname = \"anpu\"\n[lints]\nworkspace = false\n"), 1);
    }
}
