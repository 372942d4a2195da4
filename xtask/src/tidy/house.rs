//! The house as pages of text: read once from disk, or written down by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::token::{Token, tokens};

/// Every file the rules look at.
pub(crate) struct House {
    pub(crate) pages: Vec<Page>,
}

/// One file.
pub(crate) struct Page {
    /// From the root of the house, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Rust code, read; nothing for other files, test data and files that do not parse.
    pub(crate) code: Option<Code>,
    /// Where and why Rust code could not be read.
    pub(crate) broken: Option<(usize, String)>,
}

/// What the rules expect of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Source,
    Test,
    Example,
    /// Code that is test data: trybuild cases, golden expansions.
    Sample,
    /// A `Cargo.toml`.
    Manifest,
    Prose,
}

/// A file read with `syn`.
pub(crate) struct Code {
    pub(crate) ast: syn::File,
    pub(crate) tokens: Vec<Token>,
}

impl House {
    /// Reads the house that stands at `root`.
    pub(crate) fn read(root: &Path) -> std::io::Result<House> {
        let mut files = Vec::new();
        walk(root, root, &mut files)?;
        files.sort();
        Ok(House::build(files))
    }

    /// A house of written-down pages.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> House {
        House::build(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn build(files: Vec<(String, String)>) -> House {
        let paths: BTreeSet<String> = files.iter().map(|(path, _)| path.clone()).collect();
        let page = |(path, text): (String, String)| Page::new(kind_of(&path, &paths), path, text);
        let mut pages: Vec<Page> = files.into_iter().map(page).collect();
        let for_tests: BTreeSet<String> = pages.iter().flat_map(test_modules).collect();
        for page in &mut pages {
            let below = for_tests.iter().any(|stem| {
                page.path.strip_prefix(stem.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            });
            if below {
                page.become_test();
            }
        }
        House { pages }
    }

    /// The files of Rust code that were read.
    pub(crate) fn code(&self) -> impl Iterator<Item = (&Page, &Code)> {
        self.pages.iter().filter_map(|page| page.code.as_ref().map(|code| (page, code)))
    }

    /// The Rust code that is neither test nor example.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Page, &Code)> {
        self.code().filter(|(page, _)| page.kind == Kind::Source)
    }

    /// One file by its path.
    pub(crate) fn page(&self, path: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.path == path)
    }
}

impl Page {
    fn new(kind: Kind, path: String, text: String) -> Page {
        let mut page = Page { path, text, kind, code: None, broken: None };
        if matches!(kind, Kind::Source | Kind::Test | Kind::Example) {
            match read_code(&page.text) {
                Ok(code) => page.code = Some(code),
                Err(broken) => page.broken = Some(broken),
            }
        }
        if kind == Kind::Test {
            page.become_test();
        }
        page
    }

    fn become_test(&mut self) {
        self.kind = Kind::Test;
        if let Some(code) = &mut self.code {
            code.tokens.iter_mut().for_each(|token| token.test = true);
        }
    }

    /// The folder of the crate the file belongs to: `crates/anpu`, `xtask`, `conformance`.
    pub(crate) fn home(&self) -> &str {
        match self.path.split_once("/src/").or_else(|| self.path.split_once("/tests/")) {
            Some((home, _)) => home,
            None => self.path.rsplit_once('/').map_or("", |(home, _)| home),
        }
    }

    /// The path below the crate's `src`, if the file stands there.
    pub(crate) fn in_src(&self) -> Option<&str> {
        self.path.split_once("/src/").map(|(_, rest)| rest)
    }

    /// The names of the modules from the crate's root down to this file.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let Some(rest) = self.in_src() else { return Vec::new() };
        let rest = rest.trim_end_matches(".rs");
        if rest == "lib" || rest == "main" {
            return Vec::new();
        }
        rest.trim_end_matches("/mod").split('/').collect()
    }
}

fn read_code(text: &str) -> Result<Code, (usize, String)> {
    let stream: proc_macro2::TokenStream =
        text.parse().map_err(|e: proc_macro2::LexError| (e.span().start().line, e.to_string()))?;
    let ast = syn::parse2::<syn::File>(stream.clone()).map_err(|e| (e.span().start().line, e.to_string()))?;
    Ok(Code { ast, tokens: tokens(stream) })
}

/// The files that `#[cfg(test)] mod name;` lines of this page point at, without their ending.
fn test_modules(page: &Page) -> Vec<String> {
    let Some(code) = &page.code else { return Vec::new() };
    let folder = match page.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => page.path.trim_end_matches(".rs").to_owned(),
    };
    let list = &code.tokens;
    (0..list.len())
        .filter(|&at| list[at].test && list[at].is("mod") && list.get(at + 2).is_some_and(|t| t.punct(';')))
        .filter_map(|at| list[at + 1].ident().map(|name| format!("{folder}/{name}")))
        .collect()
}

fn kind_of(path: &str, paths: &BTreeSet<String>) -> Kind {
    let folders: Vec<&str> = path.split('/').collect();
    if folders.last() == Some(&"Cargo.toml") {
        return Kind::Manifest;
    }
    if !path.ends_with(".rs") {
        return Kind::Prose;
    }
    if folders.iter().any(|folder| *folder == "tests" || *folder == "benches") {
        return if is_sample(path, paths) { Kind::Sample } else { Kind::Test };
    }
    if folders.contains(&"examples") { Kind::Example } else { Kind::Source }
}

/// Whether a file below `tests/` is data: it lies in a folder that is no module of any test.
fn is_sample(path: &str, paths: &BTreeSet<String>) -> bool {
    const SAMPLES: &[&str] = &["ui", "fail", "pass", "expand", "golden", "cases", "mistakes"];
    let Some((tests, rest)) = path.split_once("/tests/") else { return false };
    let Some((folder, below)) = rest.split_once('/') else { return false };
    let module = |end: &str| paths.contains(&format!("{tests}/tests/{folder}{end}"));
    let named = std::iter::once(folder).chain(below.split('/')).any(|folder| SAMPLES.contains(&folder));
    named || !(module("/mod.rs") || module("/main.rs") || module(".rs"))
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = name.starts_with('.') || matches!(name.as_str(), "target" | "node_modules" | "out" | "anpu-data");
        if beside {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files)?;
        } else if name.ends_with(".rs") || name.ends_with(".md") || name == "Cargo.toml" {
            let from_root = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((from_root, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        let house = House::of(&[("crates/anpu/src/a.rs", text)]);
        let code = house.pages[0].code.as_ref().unwrap();
        code.tokens.iter().filter(|t| !t.test).filter_map(|t| t.ident().map(str::to_owned)).collect()
    }

    #[test]
    fn test_code_is_told_apart() {
        assert_eq!(seen("#[cfg(test)] mod tests { fn a() {} } fn b() {}"), ["fn", "b"]);
        assert_eq!(seen("#[cfg(test)] use x::{y}; fn b() {}"), ["fn", "b"]);
        assert_eq!(seen("#[test] #[ignore] fn a() { let x = 1; } fn b() {}"), ["fn", "b"]);
        assert_eq!(seen("#[cfg(all(test, unix))] fn a(x: [u8; 3]) -> u8 { 1 }"), [""; 0]);
        assert!(seen("#[cfg(any(test, unix))] fn a() {}").contains(&"a".to_owned()));
        assert!(seen("#[cfg(not(test))] fn a() {}").contains(&"a".to_owned()));
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_test_code() {
        let house = House::of(&[
            ("crates/anpu/src/a/mod.rs", "#[cfg(test)]\nmod tests;\nmod b;"),
            ("crates/anpu/src/a/tests.rs", "fn t() {}"),
            ("crates/anpu/src/a/b.rs", "#[cfg(test)] mod checks;"),
            ("crates/anpu/src/a/b/checks.rs", "fn t() {}"),
        ]);
        let kinds: Vec<Kind> = house.pages.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [Kind::Source, Kind::Test, Kind::Source, Kind::Test]);
    }

    #[test]
    fn samples_of_tests_are_told_from_tests() {
        let house = House::of(&[
            ("crates/a/tests/wire.rs", ""),
            ("crates/a/tests/support/mod.rs", ""),
            ("crates/a/tests/support/raw.rs", ""),
            ("crates/a/tests/wrong/first.rs", "fn ("),
            ("crates/a/tests/wire/ui/first.rs", "fn ("),
        ]);
        let kinds: Vec<Kind> = house.pages.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [Kind::Test, Kind::Test, Kind::Test, Kind::Sample, Kind::Sample]);
    }

    #[test]
    fn pages_know_their_place() {
        let house = House::of(&[("crates/anpu/src/transport/http/mod.rs", ""), ("xtask/src/main.rs", "")]);
        assert_eq!(house.pages[0].modules(), ["transport", "http"]);
        assert_eq!(house.pages[0].home(), "crates/anpu");
        assert_eq!(house.pages[1].modules(), [""; 0]);
        assert_eq!(house.pages[1].home(), "xtask");
    }
}
