//! Names say what a thing is: no Manager, Helper, Util, Inner or Data.

use std::collections::BTreeSet;

use syn::Ident;
use syn::visit::Visit;

use super::Findings;
use super::house::House;

/// Words that say nothing in any name.
const EMPTY: &[&str] = &["manager", "managers", "helper", "helpers", "util", "utils"];

/// Words that say nothing in the name of a thing; in a verb they may be the specification's (`put_data` writes `data:`).
const EMPTY_THING: &[&str] = &["inner", "data"];

/// No type, trait, module, constant or free function has an empty word in its name. Tests are sentences, and free.
pub(crate) fn words_mean_something(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        let mut reader = Reader::default();
        reader.visit_file(&code.ast);
        reader.names.extend(page.modules().last().map(|module| Name {
            text: (*module).to_owned(),
            line: 1,
            verb: false,
        }));
        let tests: BTreeSet<usize> = code.tokens.iter().filter(|t| t.test).map(|t| t.line).collect();
        for Name { text: name, line, verb } in reader.names {
            if verb && tests.contains(&line) {
                continue;
            }
            found.looked += 1;
            let says_nothing = |word: &str| EMPTY.contains(&word) || (!verb && EMPTY_THING.contains(&word));
            if let Some(word) = words(&name).into_iter().find(|word| says_nothing(word)) {
                let what = format!("`{name}` is called {word}");
                found.add(&page.path, line, what, "name it after what it is or does; the specification's name first");
            }
        }
    }
    found
}

/// The words of a camel-case or snake-case name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, &c) in letters.iter().enumerate() {
        let after_small = at > 0 && (letters[at - 1].is_lowercase() || letters[at - 1].is_ascii_digit());
        let before_small = at > 0 && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c == '_' || (c.is_uppercase() && (after_small || before_small)) {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().expect("the list starts with one word").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

struct Name {
    text: String,
    line: usize,
    /// A function's name.
    verb: bool,
}

#[derive(Default)]
struct Reader {
    names: Vec<Name>,
}

impl Reader {
    fn note(&mut self, ident: &Ident) {
        self.names.push(Name { text: ident.to_string(), line: ident.span().start().line, verb: false });
    }

    fn note_verb(&mut self, ident: &Ident) {
        self.note(ident);
        self.names.iter_mut().rev().take(1).for_each(|name| name.verb = true);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        use syn::Item;
        match item {
            Item::Struct(item) => self.note(&item.ident),
            Item::Enum(item) => self.note(&item.ident),
            Item::Union(item) => self.note(&item.ident),
            Item::Trait(item) => self.note(&item.ident),
            Item::Type(item) => self.note(&item.ident),
            Item::Mod(item) => self.note(&item.ident),
            Item::Fn(item) => self.note_verb(&item.sig.ident),
            Item::Const(item) => self.note(&item.ident),
            Item::Static(item) => self.note(&item.ident),
            _ => {}
        }
        syn::visit::visit_item(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> usize {
        words_mean_something(&House::of(&[("crates/anpu/src/server/x.rs", text)])).violations.len()
    }

    #[test]
    fn an_empty_word_is_a_breach() {
        for text in [
            "struct SessionManager;",
            "enum Data {}",
            "trait ToolHelper {}",
            "type ServerInner = u8;",
            "mod utils {}",
            "mod string_util;",
            "fn parse_helper() {}",
            "static DATA: u8 = 1;",
            "fn f() { struct CxInner; }",
        ] {
            assert_eq!(said(text), 1, "{text}");
        }
        let file = House::of(&[("crates/anpu/src/server/util.rs", "")]);
        assert_eq!(words_mean_something(&file).violations.len(), 1);
    }

    #[test]
    fn a_name_that_only_sounds_like_one_is_fine() {
        let text = "struct Metadata; struct Database; struct Dinner; fn managerial() {} impl A { fn into_inner() {} fn data() {} } \
                    fn put_data() {} #[cfg(test)] mod tests { fn the_helper_says_data() {} }";
        assert_eq!(said(text), 0);
        assert_eq!(words("HTTPServer_data2Go"), ["http", "server", "data2", "go"]);
    }
}
