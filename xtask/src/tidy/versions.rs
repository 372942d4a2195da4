//! A protocol version is a page: its name stands in its dialect's file and in test data, and no dialect knows another.

use super::Findings;
use super::house::{House, Page};

const DIALECTS: &str = "crates/anpu-proto/src/dialect/";
const INSTEAD: &str = "ask the `Dialect` what you need to know, or take the version from `dialect::ALL`";

/// No string that reads like a version, and no dialect's name, outside `dialect/`, tests and `conformance/`.
pub(crate) fn strings_live_in_dialects(house: &House) -> Findings {
    let mut found = Findings::default();
    let elsewhere = |page: &Page| !page.path.starts_with(DIALECTS) && !page.path.starts_with("conformance/");
    for (page, code) in house.code().filter(|(page, _)| elsewhere(page)) {
        found.looked += 1;
        for token in code.tokens.iter().filter(|token| !token.test) {
            if let Some(version) = token.text().and_then(version_in) {
                found.add(&page.path, token.line, format!("the version string {version}"), INSTEAD);
            }
            if token.ident().is_some_and(is_dialect) {
                found.add(&page.path, token.line, "a dialect is named", INSTEAD);
            }
        }
    }
    found
}

/// A dialect's file names no other dialect.
pub(crate) fn dialects_are_strangers(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.sources() {
        let stem = page.path.strip_prefix(DIALECTS).map(|rest| rest.split(['/', '.']).next().unwrap_or(rest));
        let Some(stem) = stem.filter(|stem| is_dialect(stem)) else { continue };
        found.looked += 1;
        for token in code.tokens.iter().filter(|token| !token.test) {
            let other = token.ident().filter(|name| is_dialect(name) && !name.eq_ignore_ascii_case(stem));
            if let Some(name) = other {
                let what = format!("`{stem}` knows `{name}`");
                found.add(&page.path, token.line, what, "say it in this file again: a published dialect is frozen");
            }
        }
    }
    found
}

/// `20dd-dd-dd`, unless it is the start of a point in time.
fn version_in(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(9)).find_map(|at| {
        let date = &bytes[at..at + 10];
        let shape = date.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
        let clock = bytes.get(at + 10) == Some(&b'T');
        (shape && date.starts_with(b"20") && !clock).then(|| &text[at..at + 10])
    })
}

/// `v2025_11_25`, in either case.
fn is_dialect(name: &str) -> bool {
    let Some(date) = name.strip_prefix(['v', 'V']) else { return false };
    date.len() == 10 && date.starts_with("20") && version_in(&date.replace('_', "-")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        strings_live_in_dialects(&House::of(&[(path, text)])).brief()
    }

    const SERVER: &str = "crates/anpu/src/server/mod.rs";

    #[test]
    fn a_version_outside_its_page_is_a_breach() {
        for text in [
            "fn f(v: &str) -> bool { v == \"2025-11-25\" }",
            "fn f() { info!(\"speaks 2025-11-25 only\") }",
            "fn f() { match v { r#\"2024-11-05\"# => 1, _ => 2 } }",
            "const V: &[u8] = b\"2025-11-25\";",
            "fn f(d: &Dialect) -> bool { d.era == dialect::V2025_11_25.era }",
        ] {
            assert_eq!(said(SERVER, text).len(), 1, "{text}");
        }
        assert_eq!(said("xtask/src/main.rs", "const V: &str = \"2025-11-25\";").len(), 1);
        assert_eq!(said("crates/anpu-cli/examples/a.rs", "const V: &str = \"2025-11-25\";").len(), 1);
    }

    #[test]
    fn pages_tests_prose_and_timestamps_are_fine() {
        let version = "const V: &str = \"2025-11-25\";";
        assert_eq!(said("crates/anpu-proto/src/dialect/v2025_11_25.rs", version), [""; 0]);
        assert_eq!(said("crates/anpu/tests/wire.rs", version), [""; 0]);
        assert_eq!(said("conformance/src/main.rs", version), [""; 0]);
        assert_eq!(said(SERVER, "#[cfg(test)] mod tests { const V: &str = \"2025-11-25\"; }"), [""; 0]);
        assert_eq!(said(SERVER, "/// since 2025-11-25\n// \"2025-11-25\"\nfn f() {}"), [""; 0]);
        assert_eq!(said(SERVER, "const T: &str = \"2025-01-12T15:00:58Z\"; const N: &str = \"2025-1-12\";"), [""; 0]);
    }

    #[test]
    fn it_says_how_much_it_saw() {
        let house = House::of(&[(SERVER, ""), ("crates/anpu-proto/src/dialect/mod.rs", "")]);
        assert_eq!(strings_live_in_dialects(&house).looked, 1);
    }

    #[test]
    fn a_dialect_that_knows_another_is_a_breach() {
        let said = |name: &str, text: &str| {
            let path = format!("{DIALECTS}{name}.rs");
            dialects_are_strangers(&House::of(&[(&path, text)])).brief()
        };
        let text = "use super::v2025_11_25::restate;";
        assert_eq!(said("v2025_06_18", text).len(), 1);
        assert_eq!(said("v2025_06_18", "pub static X: Y = Y { older: &super::V2025_03_26 };").len(), 1);
        assert_eq!(said("v2025_11_25", text), [""; 0]);
        assert_eq!(said("mod", text), [""; 0]);
    }
}
