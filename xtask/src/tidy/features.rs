//! A feature is a door: its `cfg` stands once on a `mod` line and once on its `pub use`, nowhere inside the rooms.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Delimiter;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, ItemMod, ItemUse, Visibility};

use super::Findings;
use super::house::House;
use super::manifest;
use super::token::{Token, closing};
use crate::floors::FEATURES;

/// `cfg(feature = …)` only on `mod` and `pub use` items, each condition once per parent and kind.
pub(crate) fn only_on_doors(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.sources() {
        found.looked += 1;
        let mut doors = Doors::default();
        doors.visit_file(&code.ast);
        for line in conditions(&code.tokens) {
            if !doors.lines.contains(&line) {
                let instead = "put what needs it into a module of its own and the cfg on its `mod` or `pub use` line";
                found.add(&page.path, line, "a cfg(feature) inside a room", instead);
            }
        }
        for ((_, kind, condition), lines) in &doors.seen {
            if let [_, second, ..] = lines.as_slice() {
                let what = format!("`{condition}` stands on {} {kind} lines of one module", lines.len());
                found.add(&page.path, *second, what, "gather them behind one module, or one `pub use {…}`");
            }
        }
    }
    found
}

/// The features of every crate are those of the design; a protocol version is never one.
pub(crate) fn names_are_known(house: &House) -> Findings {
    let mut found = Findings::default();
    for page in house.pages.iter().filter(|page| page.path == "crates/anpu/Cargo.toml") {
        let entries = manifest::entries(&page.text);
        for entry in entries.iter().filter(|entry| entry.section == "features") {
            found.looked += 1;
            if !FEATURES.contains(&entry.key.as_str()) {
                let what = format!("`{}` is no feature of the design", entry.key);
                found.add(&page.path, entry.line, what, "make it run-time configuration, or add it to FEATURES");
            }
        }
    }
    found
}

/// The lines of every `cfg(… feature = …)`, `cfg!(…)` and `cfg_attr(…)` outside tests.
fn conditions(list: &[Token]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, token) in list.iter().enumerate() {
        let cfg = token.is("cfg") || token.is("cfg_attr");
        if !cfg || token.test {
            continue;
        }
        let bang = list.get(at + 1).is_some_and(|t| t.punct('!'));
        let open = if bang { at + 2 } else { at + 1 };
        if list.get(open).is_some_and(|t| t.opens(Delimiter::Parenthesis)) {
            let inside = &list[open..closing(list, open)];
            if inside.windows(2).any(|pair| pair[0].is("feature") && pair[1].punct('=')) {
                lines.push(token.line);
            }
        }
    }
    lines
}

/// The `mod` and `pub use` items that carry a condition.
#[derive(Default)]
struct Doors {
    within: Vec<String>,
    lines: BTreeSet<usize>,
    seen: BTreeMap<(String, &'static str, String), Vec<usize>>,
}

impl Doors {
    fn note(&mut self, kind: &'static str, attributes: &[Attribute]) {
        for attribute in attributes.iter().filter(|a| a.path().is_ident("cfg")) {
            let syn::Meta::List(list) = &attribute.meta else { continue };
            let condition = list.tokens.to_string();
            if condition.contains("feature =") {
                let line = attribute.span().start().line;
                self.lines.insert(line);
                self.seen.entry((self.within.join("::"), kind, condition)).or_default().push(line);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Doors {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.note("mod", &item.attrs);
        self.within.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.within.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !matches!(item.vis, Visibility::Inherited) {
            self.note("pub use", &item.attrs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> usize {
        only_on_doors(&House::of(&[("crates/anpu/src/lib.rs", text)])).violations.len()
    }

    #[test]
    fn a_condition_inside_a_room_is_a_breach() {
        for text in [
            "#[cfg(feature = \"http\")] fn f() {}",
            "#[cfg(feature = \"http\")] use a::b;",
            "struct A { #[cfg(feature = \"http\")] b: u8 }",
            "fn f() { if cfg!(feature = \"http\") {} }",
            "#[cfg_attr(feature = \"http\", derive(Debug))] struct A;",
            "#[cfg(not(feature = \"http\"))] impl A {}",
            "quote! { #[cfg(feature = \"http\")] fn f() {} }",
        ] {
            assert_eq!(said(text), 1, "{text}");
        }
    }

    #[test]
    fn two_doors_of_one_feature_are_a_breach() {
        let twice = "#[cfg(feature = \"http\")] mod a;\n#[cfg(feature = \"http\")] mod b;";
        assert_eq!(said(twice), 1);
        assert_eq!(said(&twice.replace("mod", "pub use x::")), 1);
    }

    #[test]
    fn a_door_and_its_sign_are_fine() {
        let text = "#[cfg(feature = \"http\")]\nmod http;\n#[cfg(feature = \"http\")]\npub use http::Door;\n\
                    #[cfg(unix)] fn f() {}\n#[cfg(all(test, feature = \"http\"))] fn g() {}\n\
                    pub mod prelude { #[cfg(feature = \"http\")] pub use x::Y; }";
        assert_eq!(said(text), 0);
    }

    #[test]
    fn a_feature_outside_the_design_is_a_breach() {
        let said = |features: &str| {
            let text = format!("[features]\n{features}\n[dependencies]\nx = \"1\"\n");
            names_are_known(&House::of(&[("crates/anpu/Cargo.toml", &text)])).violations.len()
        };
        assert_eq!(said("v2025 = []"), 1);
        assert_eq!(said("http = [\n  \"dep:hyper\",\n]\nstdio = []"), 0);
    }
}
