//! Files and functions fit their caps, counted in lines of code: no blank lines, comments or inline tests.

use std::collections::BTreeSet;

use syn::visit::Visit;

use super::Findings;
use super::house::{Code, House, Kind};

const FILE: usize = 400;
const FUNCTION: usize = 80;

/// Every file of Rust could be read.
pub(crate) fn parses(house: &House) -> Findings {
    let mut found = Findings { looked: house.code().count(), ..Findings::default() };
    for page in &house.pages {
        if let Some((line, why)) = &page.broken {
            found.add(&page.path, *line, format!("it does not parse: {why}"), "mend it; no other rule has read it");
        }
    }
    found
}

/// No file is longer than its cap.
pub(crate) fn files_are_short(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        found.looked += 1;
        let lines = file_lines(code, page.kind);
        if lines > FILE {
            let what = format!("{lines} lines of code, {FILE} are allowed");
            found.add(&page.path, 1, what, "it holds two thoughts: give the second a file of its own");
        }
    }
    found
}

/// No function is longer than its cap.
pub(crate) fn functions_are_short(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        for function in functions(code) {
            found.looked += 1;
            if function.lines > FUNCTION {
                let what = format!("`{}` has {} lines, {FUNCTION} are allowed", function.name, function.lines);
                found.add(&page.path, function.line, what, "name its steps and make each a function");
            }
        }
    }
    found
}

/// Two lines that name the longest file and the longest function.
pub(crate) fn longest(house: &House) -> Vec<String> {
    let files = house.code().map(|(page, code)| (file_lines(code, page.kind), page.path.clone()));
    let functions = house.code().flat_map(|(page, code)| {
        functions(code).into_iter().map(|f| (f.lines, format!("{}, {}:{}", f.name, page.path, f.line)))
    });
    let say = |what: &str, longest: Option<(usize, String)>| {
        longest.map(|(lines, name)| format!("longest {what}: {lines} lines ({name})"))
    };
    [say("function", functions.max()), say("file", files.max())].into_iter().flatten().collect()
}

/// Lines with code on them; in test files all of it counts, elsewhere inline tests do not.
fn file_lines(code: &Code, kind: Kind) -> usize {
    lines(code, kind == Kind::Test).len()
}

fn lines(code: &Code, with_tests: bool) -> BTreeSet<usize> {
    code.tokens.iter().filter(|t| with_tests || !t.test).flat_map(|t| t.line..=t.last).collect()
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions(code: &Code) -> Vec<Function> {
    let mut reader = Reader { lines: lines(code, true), found: Vec::new() };
    reader.visit_file(&code.ast);
    reader.found
}

struct Reader {
    lines: BTreeSet<usize>,
    found: Vec<Function>,
}

impl Reader {
    /// Counts the lines between the braces, as clippy does.
    fn note(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (open, close) = (block.brace_token.span.open().start().line, block.brace_token.span.close().start().line);
        let lines = if close > open + 1 { self.lines.range(open + 1..close).count() } else { 0 };
        self.found.push(Function {
            name: signature.ident.to_string(),
            line: signature.ident.span().start().line,
            lines,
        });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.note(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(text: &str) -> House {
        House::of(&[("crates/anpu/src/server/mod.rs", text)])
    }

    #[test]
    fn a_long_file_is_a_breach() {
        let long = |n: usize| "struct A;\n".repeat(n);
        assert_eq!(files_are_short(&house(&long(FILE + 1))).violations.len(), 1);
        assert!(files_are_short(&house(&long(FILE))).violations.is_empty());
        let page = House::of(&[("crates/anpu/tests/wire.rs", &long(FILE + 1))]);
        assert_eq!(files_are_short(&page).violations.len(), 1);
    }

    #[test]
    fn comments_blanks_and_inline_tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "struct B;\n".repeat(FILE));
        let prose = "/// doc\n// why\n\n/* more\n and more */\n".repeat(FILE);
        let text = format!("//! x\n{prose}struct A;\n{tests}");
        assert_eq!(file_lines(house(&text).pages[0].code.as_ref().unwrap(), Kind::Source), 1);
    }

    #[test]
    fn a_long_function_is_a_breach() {
        let text = |n: usize| {
            format!("impl A {{\n    fn f() {{\n{}    }}\n}}\n", "        g();\n        // why\n\n".repeat(n))
        };
        let said = functions_are_short(&house(&text(FUNCTION + 1))).brief();
        assert_eq!(said, ["crates/anpu/src/server/mod.rs:2: `f` has 81 lines, 80 are allowed"]);
        assert!(functions_are_short(&house(&text(FUNCTION))).violations.is_empty());
        let free = text(FUNCTION + 1).replace("impl A {", "mod a {");
        assert_eq!(functions_are_short(&house(&free)).violations.len(), 1);
        let default = text(FUNCTION + 1).replace("impl A {", "trait A {");
        assert_eq!(functions_are_short(&house(&default)).violations.len(), 1);
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_breach() {
        assert_eq!(parses(&house("fn f( {}")).violations.len(), 1);
        assert_eq!(parses(&house("fn f() { g() + }")).violations.len(), 1);
        assert!(parses(&house("fn f() {}")).violations.is_empty());
    }

    #[test]
    fn the_longest_are_named() {
        let said = longest(&house("fn a() {\n    b();\n}\nfn c() {}\n"));
        assert_eq!(said[0], "longest function: 1 lines (a, crates/anpu/src/server/mod.rs:1)");
        assert_eq!(said[1], "longest file: 4 lines (crates/anpu/src/server/mod.rs)");
    }
}
