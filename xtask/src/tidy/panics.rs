//! Outside tests nothing panics without stating the invariant that rules it out, and nothing anywhere is unsafe.

use proc_macro2::Delimiter;

use super::Findings;
use super::house::House;

/// No `unwrap()`, and no `expect` with fewer than three words.
pub(crate) fn invariants_are_stated(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        found.looked += 1;
        let list = &code.tokens;
        for at in 1..list.len() {
            let call = list[at - 1].punct('.') && list.get(at + 1).is_some_and(|t| t.opens(Delimiter::Parenthesis));
            if !call || list[at].test {
                continue;
            }
            if list[at].is("unwrap") || list[at].is("unwrap_err") {
                let instead = "return the fault, or `expect` with the invariant that rules it out";
                found.add(&page.path, list[at].line, "an unwrap", instead);
            }
            let expects = list[at].is("expect") || list[at].is("expect_err");
            let message = list.get(at + 2).and_then(|t| t.text()).filter(|_| expects);
            if message.is_some_and(|text| text.trim_matches(['"', '#', 'r']).split_whitespace().count() < 3) {
                let instead = "say in a sentence why it cannot happen";
                found.add(&page.path, list[at].line, "an expect without its invariant", instead);
            }
        }
    }
    found
}

/// No `unsafe`, in tests neither.
pub(crate) fn nothing_is_unsafe(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.code() {
        found.looked += 1;
        for token in code.tokens.iter().filter(|token| token.is("unsafe")) {
            found.add(&page.path, token.line, "unsafe code", "use the safe call of a crate that is audited for it");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> usize {
        invariants_are_stated(&House::of(&[("crates/anpu/src/server/mod.rs", text)])).violations.len()
    }

    #[test]
    fn a_panic_without_a_reason_is_a_breach() {
        assert_eq!(said("fn f() { a.lock().unwrap(); }"), 1);
        assert_eq!(said("fn f() { join!(a.unwrap()) }"), 1);
        assert_eq!(said("fn f() { a.expect(\"\") }"), 1);
        assert_eq!(said("fn f() { a\n.expect(\"is some\") }"), 1);
        assert_eq!(said("fn f() { a.unwrap_err(); a.expect_err(\"no\"); }"), 2);
    }

    #[test]
    fn invariants_fallbacks_and_tests_are_fine() {
        assert_eq!(
            said("fn f() { a.expect(\"the table holds every method\"); a.unwrap_or(1); a.unwrap_or_default(); }"),
            0
        );
        assert_eq!(said("fn f(&mut self) { self.expect(b'{'); }"), 0);
        assert_eq!(said("#[cfg(test)] mod tests { fn f() { a.unwrap(); } }"), 0);
        let test = House::of(&[("crates/anpu/tests/wire.rs", "fn f() { a.unwrap(); }")]);
        assert!(invariants_are_stated(&test).violations.is_empty());
    }

    #[test]
    fn unsafe_code_is_a_breach_everywhere() {
        let said = |path: &str, text: &str| nothing_is_unsafe(&House::of(&[(path, text)])).violations.len();
        assert_eq!(said("crates/anpu/src/a.rs", "fn f() { unsafe { g() } }"), 1);
        assert_eq!(said("crates/anpu/tests/a.rs", "unsafe impl Send for A {}"), 1);
        assert_eq!(said("crates/anpu/src/a.rs", "// unsafe\nconst A: &str = \"unsafe\";"), 0);
    }
}
