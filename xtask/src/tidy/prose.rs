//! Every module says in its first sentence what it is, and the code in docs compiles.

use super::Findings;
use super::house::{House, Kind, Page};

/// Each module file begins with a `//!` sentence.
pub(crate) fn modules_say_what_they_are(house: &House) -> Findings {
    let mut found = Findings::default();
    let module = |page: &&Page| page.kind == Kind::Source || (page.kind == Kind::Test && page.path.ends_with(".rs"));
    for page in house.pages.iter().filter(module) {
        found.looked += 1;
        if !begins_with_a_sentence(&page.text) {
            let what = "the file does not begin with a `//!` sentence";
            found.add(&page.path, 1, what, "say what the module is and, where it helps, what it does not know");
        }
    }
    found
}

/// No code block of a doc comment, nor of the README, is marked `ignore`.
pub(crate) fn doc_code_compiles(house: &House) -> Findings {
    let mut found = Findings::default();
    for page in &house.pages {
        let rust = page.path.ends_with(".rs") && page.kind != Kind::Sample;
        let readme = page.path.ends_with("README.md");
        if !rust && !readme {
            continue;
        }
        found.looked += 1;
        for (at, line) in page.text.lines().enumerate() {
            let line = line.trim_start();
            let prose = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            let Some(line) = prose.or(readme.then_some(line)) else { continue };
            let info = line.trim_start().strip_prefix("```").unwrap_or_default();
            if info.split([',', ' ', '{', '}']).any(|word| word.starts_with("ignore")) {
                let instead = "make it compile (hidden `#` lines, `no_run`), or mark it `text`";
                found.add(&page.path, at + 1, "a code block that nobody compiles", instead);
            }
        }
    }
    found
}

/// Whether the first thing in the file is a doc comment whose first paragraph is a sentence of three words or more.
fn begins_with_a_sentence(text: &str) -> bool {
    let lines = text.lines().skip_while(|line| line.trim().is_empty());
    let paragraph: Vec<&str> =
        lines.map_while(|line| line.strip_prefix("//!")).map(str::trim).take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let ends = paragraph
        .split_whitespace()
        .any(|word| word.trim_end_matches(['`', '*', ')', '"']).ends_with(['.', '!', '?', ':']));
    ends && paragraph.split_whitespace().count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> usize {
        modules_say_what_they_are(&House::of(&[("crates/anpu/src/server/mod.rs", text)])).violations.len()
    }

    #[test]
    fn a_file_without_its_sentence_is_a_breach() {
        for text in [
            "fn f() {}",
            "// A comment only.\nfn f() {}",
            "//! todo\n",
            "use a::b;\n//! Late but whole sentence.\n",
            "//!\n",
        ] {
            assert_eq!(first(text), 1, "{text}");
        }
        assert_eq!(first("//! The door that transports knock at.\n"), 0);
        assert_eq!(first("\n//! What is said to\n//! the log. Knows no version.\n//!\n//! More.\n"), 0);
    }

    #[test]
    fn an_ignored_block_is_a_breach() {
        let said = |path: &str, text: &str| doc_code_compiles(&House::of(&[(path, text)])).violations.len();
        let path = "crates/anpu/src/server/mod.rs";
        assert_eq!(said(path, "//! ```ignore\n//! x\n//! ```\n"), 1);
        assert_eq!(said(path, "    /// ```rust,ignore\nfn f() {}"), 1);
        assert_eq!(said("README.md", "```rust, ignore\n"), 1);
        assert_eq!(said(path, "//! ```no_run\n//! ```\n/// ```text\n// ```ignore\nfn f() {}"), 0);
    }
}
