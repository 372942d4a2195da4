//! A `Cargo.toml`, read line by line: enough for sections, keys and what a dependency is called.

/// One `key = value` line.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// The entries of a manifest. Lines that only go on with a list are left out.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut section = String::new();
    let mut open = 0isize;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = without_comment(line).trim();
        let continued = open > 0;
        if !continued && line.starts_with('[') {
            section = line.trim_matches(['[', ']']).replace('"', "");
            continue;
        }
        open += balance(line);
        let Some((key, value)) = line.split_once('=').filter(|_| !continued) else { continue };
        let (key, value) = (key.trim(), value.trim());
        let (key, value) = match key.split_once('.') {
            Some((key, field)) => (key, format!("{{ {field} = {value} }}")),
            None => (key, value.to_owned()),
        };
        found.push(Entry { section: section.clone(), key: key.trim_matches('"').to_owned(), value, line: number + 1 });
    }
    found
}

/// The value of one key, without its quotes.
pub(crate) fn value<'a>(entries: &'a [Entry], section: &str, key: &str) -> Option<&'a str> {
    entries.iter().find(|e| e.section == section && e.key == key).map(|e| e.value.trim_matches('"'))
}

/// The dependencies a crate has when it is used, with their lines: `dependencies` and `build-dependencies`.
pub(crate) fn used(entries: &[Entry]) -> Vec<(String, usize)> {
    dependencies(entries, |kind| kind != "dev-dependencies")
}

/// All dependencies of a manifest, the workspace's table included.
pub(crate) fn all(entries: &[Entry]) -> Vec<(String, usize)> {
    dependencies(entries, |_| true)
}

fn dependencies(entries: &[Entry], wanted: fn(&str) -> bool) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for entry in entries {
        let parts: Vec<&str> = entry.section.split('.').collect();
        let Some(at) = parts.iter().position(|part| part.ends_with("dependencies")) else { continue };
        if !wanted(parts[at]) {
            continue;
        }
        let name = parts.get(at + 1).map_or_else(|| called(entry), |name| (*name).to_owned());
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, entry.line));
        }
    }
    found
}

/// What the registry calls a dependency: its key, unless `package = "…"` says otherwise.
fn called(entry: &Entry) -> String {
    let renamed = entry.value.split("package").nth(1).and_then(|rest| rest.split('"').nth(1));
    renamed.unwrap_or(&entry.key).to_owned()
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

fn balance(line: &str) -> isize {
    line.chars()
        .map(|c| match c {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[package]\nname = \"anpu\" # ours\n[dependencies]\nserde.workspace = true\n\
        old = { version = \"1\", package = \"other\", features = [\n  \"a = b\",\n] }\n[dependencies.tokio]\nversion = \"1\"\n\
        [dev-dependencies]\ninsta = \"1\"\n[target.'cfg(unix)'.dependencies]\nrustix = \"1\"\n";

    #[test]
    fn dependencies_are_read_however_they_are_written() {
        let entries = entries(TEXT);
        assert_eq!(value(&entries, "package", "name"), Some("anpu"));
        let names = |list: Vec<(String, usize)>| list.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(used(&entries)), ["serde", "other", "tokio", "rustix"]);
        assert_eq!(names(all(&entries)), ["serde", "other", "tokio", "insta", "rustix"]);
        assert_eq!(used(&entries)[0].1, 4);
    }
}
