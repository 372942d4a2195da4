//! What a message is, is decided by a member that says so: no `serde(untagged)` but for ids, no `serde(flatten)`.

use proc_macro2::Delimiter;

use super::Findings;
use super::house::House;
use super::token::closing;

/// The one place where the type itself decides: an id is a string or an integer.
const ID: &str = "crates/anpu-proto/src/jsonrpc/id.rs";

/// Neither guessing nor flattening, not even in what a macro writes.
pub(crate) fn nothing_is_guessed(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        found.looked += 1;
        let list = &code.tokens;
        for at in 0..list.len() {
            let opens = list.get(at + 1).is_some_and(|t| t.opens(Delimiter::Parenthesis));
            // the types in tests are also those of users, who may write what they like
            if !list[at].is("serde") || !opens || list[at].test {
                continue;
            }
            for token in &list[at..closing(list, at + 1)] {
                if token.is("untagged") && page.path != ID {
                    let instead = "decide by the tag member with a tagged enum or a small manual impl";
                    found.add(&page.path, token.line, "serde(untagged) guesses", instead);
                }
                if token.is("flatten") {
                    let instead = "write a small manual impl; flatten buffers every value";
                    found.add(&page.path, token.line, "serde(flatten)", instead);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> usize {
        nothing_is_guessed(&House::of(&[(path, text)])).violations.len()
    }

    const TOOL: &str = "crates/anpu-proto/src/model/tool.rs";

    #[test]
    fn guessing_is_a_breach() {
        assert_eq!(said(TOOL, "#[serde(untagged)] enum A {}"), 1);
        assert_eq!(said(TOOL, "#[serde(\n    rename_all = \"camelCase\",\n    untagged\n)] enum A {}"), 1);
        assert_eq!(said(TOOL, "#[cfg_attr(x, serde(untagged))] enum A {}"), 1);
        assert_eq!(said(TOOL, "struct A { #[serde(flatten)] b: B }"), 1);
        assert_eq!(said("crates/anpu-macros/src/args.rs", "fn f() { quote! { #[serde(flatten)] a: A } }"), 1);
        assert_eq!(said(ID, "struct A { #[serde(flatten)] b: B }"), 1);
    }

    #[test]
    fn ids_and_tags_are_fine() {
        assert_eq!(said(ID, "#[serde(untagged)] enum Id {}"), 0);
        assert_eq!(said(TOOL, "#[cfg(test)] mod tests { struct Theirs { #[serde(flatten)] b: B } }"), 0);
        assert_eq!(said(TOOL, "#[serde(tag = \"type\")] enum A {} fn f() { x.iter().flatten(); }"), 0);
    }
}
