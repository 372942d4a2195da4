//! Inside a crate every import points to a strictly lower floor, and the table of floors is printed in ARCHITECTURE.md.

use std::collections::BTreeMap;

use proc_macro2::Delimiter;
use syn::{Item, UseTree};

use super::Findings;
use super::house::{Code, House, Page};
use super::token::{Token, closing, colons};
use crate::floors::{FLOORS, Floors};

const UP: &str = "move what is shared to a lower floor, or write the method as an inherent impl on the upper one";

/// Imports point down only; a module that the table does not know is a breach too.
pub(crate) fn arrows_point_down(house: &House) -> Findings {
    let mut found = Findings::default();
    for table in FLOORS {
        let home = format!("crates/{}", table.krate);
        let names = Names::of(house, &home);
        for (page, code) in house.sources().filter(|(page, _)| page.home() == home) {
            found.looked += 1;
            let modules = page.modules();
            let Some(top) = modules.first() else { continue };
            match table.of(top) {
                Some(floor) => judge(table, &names, page, code, (top, floor), &mut found),
                None => found.add(
                    &page.path,
                    1,
                    format!("module `{top}` stands on no floor"),
                    "give it one in xtask/src/floors.rs and ARCHITECTURE.md, or move it into a module that has one",
                ),
            }
        }
    }
    found
}

/// The block fenced with ```floors in ARCHITECTURE.md says what `floors.rs` says.
pub(crate) fn table_is_printed(house: &House) -> Findings {
    let mut found = Findings { looked: FLOORS.len(), ..Findings::default() };
    let wanted: Vec<String> = FLOORS.iter().map(Floors::line).collect();
    let instead = format!("print this block there:\n```floors\n{}\n```", wanted.join("\n"));
    let Some(page) = house.page("ARCHITECTURE.md") else {
        found.add("ARCHITECTURE.md", 1, "the page is missing", instead);
        return found;
    };
    let Some(start) = page.text.lines().position(|line| line.trim() == "```floors") else {
        found.add("ARCHITECTURE.md", 1, "it has no block fenced with ```floors", instead);
        return found;
    };
    let block = page.text.lines().skip(start + 1).take_while(|line| line.trim() != "```");
    let printed: Vec<String> = block.map(normal).filter(|line| !line.is_empty()).collect();
    let wanted: Vec<String> = wanted.iter().map(|line| normal(line)).collect();
    if printed != wanted {
        found.add("ARCHITECTURE.md", start + 1, "its floors are not those of xtask/src/floors.rs", instead);
    }
    found
}

/// One line of the table, however it is spaced: commas are spaces, `|` is `<`.
fn normal(line: &str) -> String {
    let spaced = line.replace(',', " ").replace('|', "<").replace('<', " < ").replace(':', ": ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn judge(table: &Floors, names: &Names, page: &Page, code: &Code, place: (&str, usize), found: &mut Findings) {
    let (top, floor) = place;
    let krate = table.krate.replace('-', "_");
    for (line, target) in imports(&code.tokens, page.modules().len(), &krate) {
        let module = match &target {
            Target::Name(name) => names.module_of(table, name),
            Target::Root => Place::Unknown,
        };
        match module {
            Place::Module(module) if module == top => {}
            Place::Module(module) => match table.of(&module) {
                Some(theirs) if theirs < floor => {}
                Some(theirs) => found.add(
                    &page.path,
                    line,
                    format!("`{top}` (floor {floor}) knows `{module}` (floor {theirs})"),
                    UP,
                ),
                None => found.add(&page.path, line, format!("`{module}` stands on no floor"), UP),
            },
            Place::Outside => {}
            Place::Unknown => found.add(
                &page.path,
                line,
                format!("`{}` hides which module is meant", target.shown()),
                "name the module: `crate::module::Name`",
            ),
        }
    }
}

/// What a path from the crate's root names first.
#[derive(Debug, PartialEq)]
enum Target {
    Name(String),
    /// The root itself: a glob of it, or a new name for it.
    Root,
}

impl Target {
    fn shown(&self) -> String {
        match self {
            Target::Name(name) => format!("crate::{name}"),
            Target::Root => "crate".to_owned(),
        }
    }
}

/// Every path of a file that leads to the crate's root, with its line: `crate::…`, `super::…` as deep as the file
/// stands, the crate's own name, and strings that serde reads as paths.
fn imports(list: &[Token], depth: usize, krate: &str) -> Vec<(usize, Target)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < list.len() {
        let token = &list[at];
        if token.test {
            at += 1;
            continue;
        }
        if let Some(path) = token.text().and_then(|t| t.trim_matches('"').strip_prefix("crate::")) {
            out.push((token.line, Target::Name(path.split("::").next().unwrap_or_default().to_owned())));
        }
        let inside = at >= 3 && colons(list, at - 2) && list[at - 3].ident().is_some();
        let root = token.is("crate") || (token.is(krate) && !inside && colons(list, at + 1));
        if root && colons(list, at + 1) {
            at = tree(list, at + 3, 0, &mut out);
        } else if token.is("crate") && list.get(at + 1).is_some_and(|t| t.is("as")) {
            out.push((token.line, Target::Root));
            at += 1;
        } else if token.is("super") {
            at = tree(list, at, depth + token.depth, &mut out);
        } else {
            at += 1;
        }
    }
    out
}

/// Reads one (use) tree at `at`, `depth` modules below the root, and returns where it ends.
fn tree(list: &[Token], at: usize, depth: usize, out: &mut Vec<(usize, Target)>) -> usize {
    let Some(token) = list.get(at) else { return at };
    if token.opens(Delimiter::Brace) {
        let end = closing(list, at);
        let mut branch = at + 1;
        while branch < end {
            let next = tree(list, branch, depth, out);
            branch = next_branch(list, next, end);
        }
        return end + 1;
    }
    if token.is("super") || (token.is("self") && colons(list, at + 1)) {
        let depth = if token.is("super") { depth.saturating_sub(1) } else { depth };
        if colons(list, at + 1) {
            return tree(list, at + 3, depth, out);
        }
        if depth == 0 {
            out.push((token.line, Target::Root));
        }
        return at + 1;
    }
    if depth == 0 {
        match token.ident() {
            Some("self") | None => out.push((token.line, Target::Root)),
            Some(name) => out.push((token.line, Target::Name(name.to_owned()))),
        }
    }
    at + 1
}

/// The index after the comma that ends a branch, commas of the groups inside it left alone.
fn next_branch(list: &[Token], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end && !list[at].punct(',') {
        at = if list[at].opens(Delimiter::Brace) { closing(list, at) + 1 } else { at + 1 };
    }
    at + 1
}

enum Place {
    Module(String),
    Outside,
    Unknown,
}

/// What the names at a crate's root stand for.
struct Names {
    /// A re-exported name and the first segment of where it comes from.
    exports: BTreeMap<String, String>,
    /// `#[macro_export]` macros and their modules.
    macros: BTreeMap<String, String>,
    modules: Vec<String>,
}

impl Names {
    fn of(house: &House, home: &str) -> Names {
        let mut names = Names { exports: BTreeMap::new(), macros: BTreeMap::new(), modules: Vec::new() };
        for (page, code) in house.sources().filter(|(page, _)| page.home() == home) {
            match page.modules().first() {
                None => names.read_root(&code.ast),
                Some(top) => names.read_macros(&code.ast, top),
            }
        }
        names
    }

    fn read_root(&mut self, ast: &syn::File) {
        for item in &ast.items {
            match item {
                Item::Use(item) => self.read_use(&item.tree, None),
                Item::Mod(item) => self.modules.push(item.ident.to_string()),
                _ => {}
            }
        }
    }

    fn read_use(&mut self, tree: &UseTree, origin: Option<&str>) {
        match tree {
            UseTree::Path(path) => {
                let name = path.ident.to_string();
                let here = name == "self" || name == "crate";
                self.read_use(&path.tree, origin.or(if here { None } else { Some(name.as_str()) }));
            }
            UseTree::Name(name) => self.export(name.ident.to_string(), origin),
            UseTree::Rename(name) => {
                self.export(name.rename.to_string(), origin.or(Some(name.ident.to_string().as_str())));
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.read_use(item, origin)),
            UseTree::Glob(_) => {}
        }
    }

    fn export(&mut self, name: String, origin: Option<&str>) {
        let origin = origin.map_or_else(|| name.clone(), str::to_owned);
        self.exports.insert(name, origin);
    }

    fn read_macros(&mut self, ast: &syn::File, top: &str) {
        for item in &ast.items {
            if let Item::Macro(item) = item
                && let Some(ident) = &item.ident
            {
                self.macros.insert(ident.to_string(), top.to_owned());
            }
        }
    }

    fn module_of(&self, table: &Floors, name: &str) -> Place {
        if table.of(name).is_some() {
            return Place::Module(name.to_owned());
        }
        if let Some(module) = self.macros.get(name) {
            return Place::Module(module.clone());
        }
        match self.exports.get(name) {
            Some(origin) if table.of(origin).is_some() => Place::Module(origin.clone()),
            Some(_) => Place::Outside,
            None if self.modules.iter().any(|m| m == name) => Place::Module(name.to_owned()),
            None => Place::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "pub mod handler; pub mod server; mod store; pub use server::{Server, Other as Else}; \
                       pub use tokio; pub mod prelude { pub use crate::server::Server; }";

    fn said(path: &str, text: &str) -> Vec<String> {
        arrows_point_down(&House::of(&[("crates/anpu/src/lib.rs", LIB), (path, text)])).brief()
    }

    fn breaks(path: &str, text: &str) {
        assert_eq!(said(path, text).len(), 1, "{path}: {text}: {:?}", said(path, text));
    }

    const HANDLER: &str = "crates/anpu/src/handler/cx.rs";

    #[test]
    fn an_arrow_that_points_up_is_named_with_its_line() {
        let said = said(HANDLER, "//! x\n\nuse crate::server::Server;");
        assert_eq!(said, ["crates/anpu/src/handler/cx.rs:3: `handler` (floor 2) knows `server` (floor 4)"]);
    }

    #[test]
    fn every_way_to_write_it_is_seen() {
        breaks(HANDLER, "use crate::{\n    store::Sessions,\n    server::{self, Server},\n};");
        breaks(HANDLER, "use crate::{store::{a::{b, c}, d}, server};");
        breaks(HANDLER, "use super::{port::{self, Port}, super::{store, server::{a, b}}};");
        breaks(HANDLER, "use crate::server as below;");
        breaks(HANDLER, "fn f() { let x = crate::server::new(); }");
        breaks(HANDLER, "fn f(x: Vec<crate::server::Server>) {}");
        breaks(HANDLER, "fn f() { select! { x = crate::server::new() => {} } }");
        breaks(HANDLER, "use super::super::server::Server;");
        breaks(HANDLER, "use super::{super::server::Server, port};");
        breaks(HANDLER, "use self::super::super::server;");
        breaks(HANDLER, "mod inline { use super::super::super::server; }");
        breaks("crates/anpu/src/handler/mod.rs", "use super::server::Server;");
        breaks("crates/anpu/src/handler.rs", "use super::server::Server;");
        breaks(HANDLER, "use crate::Server;");
        breaks(HANDLER, "use crate::Else;");
        breaks(HANDLER, "use anpu::server::Server;");
        breaks(HANDLER, "struct A { #[serde(with = \"crate::server::text\")] b: u8 }");
        breaks(HANDLER, "macro_rules! m { () => { $crate::server::x() } }");
        breaks(HANDLER, "use crate::*;");
        breaks(HANDLER, "use crate as root;");
        breaks(HANDLER, "use crate::prelude::Server;");
        breaks(HANDLER, "use crate::whatever::Server;");
    }

    #[test]
    fn floors_of_one_height_do_not_know_each_other() {
        breaks("crates/anpu/src/store/mod.rs", "use crate::seal::Keys;");
        breaks("crates/anpu-proto/src/session/mod.rs", "use crate::exchange::Exchange;");
    }

    #[test]
    fn a_module_without_a_floor_is_a_breach() {
        assert_eq!(
            said("crates/anpu/src/misc.rs", ""),
            ["crates/anpu/src/misc.rs:1: module `misc` stands on no floor"]
        );
    }

    #[test]
    fn what_points_down_or_stays_at_home_is_fine() {
        for text in [
            "use crate::store::{Sessions, Values};",
            "use super::port::Port; use super::{cx, ask::*};",
            "use crate::handler::Cx; pub(crate) struct A; pub(in crate::handler) struct B;",
            "use crate::tokio::sync;",
            "#[cfg(test)] mod tests { use crate::server::Server; }",
            "/// [`crate::server::Server`]\nfn f() { let a = \"server\"; }",
            "use other::anpu::server;",
        ] {
            assert_eq!(said(HANDLER, text), [""; 0], "{text}");
        }
        assert_eq!(said("crates/anpu/src/server/mod.rs", "use crate::handler::Cx;"), [""; 0]);
        assert_eq!(said("crates/anpu-cli/src/demo.rs", "use crate::anything::Cx;"), [""; 0]);
    }

    #[test]
    fn the_page_prints_the_table() {
        let table: Vec<String> = FLOORS.iter().map(|t| t.line().replace(" < ", "|")).collect();
        let good = format!("# A\n```floors\n{}\n```\n", table.join("\n"));
        assert!(table_is_printed(&House::of(&[("ARCHITECTURE.md", &good)])).violations.is_empty());
        let old = good.replace("handler", "handlers");
        for bad in [old.as_str(), "# A\n"] {
            assert_eq!(table_is_printed(&House::of(&[("ARCHITECTURE.md", bad)])).violations.len(), 1);
        }
        assert_eq!(table_is_printed(&House::of(&[])).violations.len(), 1);
    }
}
