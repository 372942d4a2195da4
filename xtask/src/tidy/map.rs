//! A `lib.rs` is a map: modules, re-exports and docs, no code.

use syn::{Attribute, Item};

use super::Findings;
use super::house::House;

/// Nothing but `mod`, `use` and, in a crate of macros, their one-line doors.
pub(crate) fn lib_is_a_map(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.sources().filter(|(page, _)| page.in_src() == Some("lib.rs")) {
        found.looked += 1;
        for item in code.ast.items.iter().filter(|item| !on_a_map(item)) {
            let line = syn::spanned::Spanned::span(item).start().line;
            found.add(&page.path, line, "code in lib.rs", "move it into a module and re-export it here");
        }
    }
    found
}

fn on_a_map(item: &Item) -> bool {
    match item {
        Item::Use(_) | Item::ExternCrate(_) => true,
        Item::Mod(module) => match &module.content {
            Some((_, items)) => items.iter().all(on_a_map),
            None => true,
        },
        // the compiler wants these at the root of a macro crate; the work is done in a module
        Item::Fn(function) => is_macro_door(&function.attrs) && function.block.stmts.len() == 1,
        // `#[cfg(doctest)] struct Readme;` carries the README's code blocks into the doctests
        Item::Struct(item) => for_doctests(&item.attrs),
        _ => false,
    }
}

fn is_macro_door(attributes: &[Attribute]) -> bool {
    let doors = ["proc_macro", "proc_macro_attribute", "proc_macro_derive"];
    attributes.iter().any(|attribute| doors.iter().any(|door| attribute.path().is_ident(door)))
}

fn for_doctests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "doctest",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> usize {
        lib_is_a_map(&House::of(&[("crates/anpu/src/lib.rs", text)])).violations.len()
    }

    #[test]
    fn code_on_the_map_is_a_breach() {
        for text in [
            "pub fn f() {}",
            "pub struct A;",
            "macro_rules! m { () => {} }",
            "const A: u8 = 1;",
            "pub mod prelude { pub fn f() {} }",
            "#[proc_macro] pub fn m(t: TokenStream) -> TokenStream { let a = t; a }",
        ] {
            assert_eq!(said(text), 1, "{text}");
        }
    }

    #[test]
    fn a_map_is_fine() {
        let text = "//! A map.\npub mod a; mod b; pub use b::C; extern crate self as anpu;\n\
                    pub mod prelude { pub use crate::a::*; }\n#[macro_use] mod c;\n#[cfg(test)] mod tests { use super::a; }\n\
                    #[cfg(doctest)] pub struct Readme;\n\
                    #[proc_macro] pub fn m(t: TokenStream) -> TokenStream { tool::expand(t) }";
        assert_eq!(said(text), 0);
    }
}
