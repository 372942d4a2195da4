//! anpu-proto has no engine room: no I/O, no clock, no threads, no environment, no async.

use proc_macro2::Delimiter;

use super::Findings;
use super::house::House;
use super::token::{Token, closing, colons};

const INSTEAD: &str = "take what you need as an argument; the caller has the clock, the wire and the chance";

/// Parts of `std` that are not for values.
const STD: &[&str] = &["fs", "net", "thread", "process", "env", "os"];

/// No word of I/O, time or tasks in the sources of anpu-proto.
pub(crate) fn proto_has_no_engine_room(house: &House) -> Findings {
    let mut found = Findings::default();
    for (page, code) in house.sources().filter(|(page, _)| page.home() == "crates/anpu-proto") {
        found.looked += 1;
        let list = &code.tokens;
        for at in (0..list.len()).filter(|&at| !list[at].test) {
            if let Some(what) = breach(list, at) {
                found.add(&page.path, list[at].line, what, INSTEAD);
            }
        }
    }
    found
}

fn breach(list: &[Token], at: usize) -> Option<String> {
    let name = list[at].ident()?;
    let next = |name: &str| colons(list, at + 1) && list.get(at + 3).is_some_and(|t| t.is(name));
    match name {
        "async" | "await" | "SystemTime" | "stdin" | "stdout" | "stderr" => Some(format!("`{name}`")),
        "Instant" if next("now") => Some("it asks for the time".to_owned()),
        "std" => STD.iter().find(|part| next(part) || grouped(list, at, part)).map(|part| format!("`std::{part}`")),
        _ => None,
    }
}

/// Whether the `std::{…}` at this index names a part of `std` among its branches.
fn grouped(list: &[Token], at: usize, part: &str) -> bool {
    let open = at + 3;
    if !colons(list, at + 1) || !list.get(open).is_some_and(|t| t.opens(Delimiter::Brace)) {
        return false;
    }
    let branches = &list[open..closing(list, open)];
    branches.windows(2).any(|pair| (pair[0].opens(Delimiter::Brace) || pair[0].punct(',')) && pair[1].is(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> usize {
        proto_has_no_engine_room(&House::of(&[(path, text)])).violations.len()
    }

    #[test]
    fn an_engine_in_the_proto_is_a_breach() {
        let path = "crates/anpu-proto/src/session/mod.rs";
        for text in [
            "use std::fs::File;",
            "use std::{collections::HashMap, net::IpAddr};",
            "fn f() -> u64 { std::time::Instant::now().elapsed() }",
            "use std::time::SystemTime;",
            "async fn f() {}",
            "fn f() { std::thread::sleep(d) }",
            "fn f() { io::stdout().lock(); }",
        ] {
            assert_eq!(said(path, text), 1, "{text}");
        }
        assert_eq!(said(path, "use std::time::Duration; use std::collections::HashMap;"), 0);
        assert_eq!(said(path, "#[cfg(test)] mod tests { fn f() { std::fs::read(p); } }"), 0);
        assert_eq!(said("crates/anpu/src/server/mod.rs", "async fn f() {}"), 0);
    }
}
