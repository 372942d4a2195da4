//! The features of `anpu`, read from its manifest, and a check of each alone, of none and of all.

use crate::shell;

/// What is made for a feature that is off may be unused then; every other warning is an error.
const LENIENT: [&str; 5] = ["--", "-Dwarnings", "-Adead_code", "-Aunused_imports", "-Aclippy::all"];

/// Checks every feature by itself. With all of them, and with the default ones, nothing may be unused.
pub(crate) fn check() -> Result<String, String> {
    let manifest = crate::root().join("crates/anpu/Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let features = names(&text);
    if features.is_empty() {
        return Err("crates/anpu/Cargo.toml names no features: the check would be empty".to_owned());
    }
    let mut ways: Vec<Vec<&str>> = vec![vec!["--no-default-features"], vec!["--all-features"], vec![]];
    ways.extend(features.iter().map(|feature| vec!["--no-default-features", "--features", feature.as_str()]));
    for way in &ways {
        // Clippy, because only it takes lints for our own crate without building the others anew.
        let mut arguments = vec!["clippy", "--quiet", "-p", "anpu", "--no-deps"];
        arguments.extend(way);
        if way.contains(&"--no-default-features") {
            arguments.extend(LENIENT);
        }
        let said = shell::quiet("features", &mut shell::cargo(&arguments))?;
        if said.contains("warning:") {
            return Err(format!("`cargo {}` warns:\n{said}", arguments.join(" ")));
        }
    }
    Ok(format!("{} ways to choose from: {}", ways.len(), features.join(" ")))
}

/// The keys of the `[features]` table, `default` aside.
fn names(manifest: &str) -> Vec<String> {
    let table = manifest.lines().skip_while(|line| line.trim() != "[features]").skip(1);
    table
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with([' ', '#', ']']))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim().to_owned())
        .filter(|key| key != "default")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_from_the_manifest() {
        let text = "[package]\nname = \"x\"\n[features]\ndefault = [\"a\"]\n# b = off\na = [\n  \"dep:c\",\n]\nb = []\n[dependencies]\nd = \"1\"\n";
        assert_eq!(names(text), ["a", "b"]);
        assert!(names("[package]\n").is_empty());
    }
}
