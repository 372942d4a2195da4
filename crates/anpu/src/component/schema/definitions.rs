//! The named parts of a schema: which of them can be written out in place, and which must stay under `$defs`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Above this many JSON values a schema is not written out in place, so that types which name each other many times
/// cannot grow it without bound; its definitions then stay under `$defs`.
const MOST_VALUES: usize = 20_000;

/// The definitions of one schema, its root among them under its own name.
#[derive(Debug)]
pub(super) struct Definitions {
    bodies: BTreeMap<String, Value>,
    root: String,
    kept: BTreeSet<String>,
}

impl Definitions {
    pub(super) fn of(mut schema: Value) -> Self {
        let mut bodies = BTreeMap::new();
        let mut name = "Root".to_owned();
        if let Some(members) = schema.as_object_mut() {
            for key in ["$defs", "definitions"] {
                if let Some(Value::Object(found)) = members.remove(key) {
                    bodies.extend(found);
                }
            }
            if let Some(Value::String(title)) = members.remove("title") {
                name = title;
            }
            members.remove("$schema");
        }
        while bodies.contains_key(&name) {
            name.push('_');
        }
        bodies.insert(name.clone(), schema);
        let mut definitions = Self { bodies, root: name, kept: BTreeSet::new() };
        definitions.kept = definitions.recursive();
        if definitions.size_of(&definitions.root, &mut BTreeMap::new()) > MOST_VALUES {
            definitions.kept = definitions.bodies.keys().cloned().collect();
        }
        definitions
    }

    pub(super) fn root(&self) -> &Value {
        &self.bodies[&self.root]
    }

    /// The name that a `$ref` means, if it means one of ours.
    pub(super) fn name(&self, reference: &str) -> Option<&str> {
        if reference == "#" {
            return Some(&self.root);
        }
        let pointer = reference.strip_prefix("#/$defs/").or_else(|| reference.strip_prefix("#/definitions/"))?;
        let name = decode(pointer)?;
        self.bodies.get_key_value(&name).map(|(name, _)| name.as_str())
    }

    pub(super) fn body(&self, name: &str) -> Option<&Value> {
        self.bodies.get(name)
    }

    /// Whether the definition must stay under `$defs`.
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.kept.contains(name)
    }

    fn recursive(&self) -> BTreeSet<String> {
        let uses: BTreeMap<&str, Vec<&str>> =
            self.bodies.iter().map(|(name, body)| (name.as_str(), self.uses(body))).collect();
        let reaches_itself = |start: &str| {
            let mut seen = BTreeSet::new();
            let mut open = uses[start].clone();
            while let Some(name) = open.pop() {
                if name == start {
                    return true;
                }
                if seen.insert(name) {
                    open.extend(&uses[name]);
                }
            }
            false
        };
        self.bodies.keys().filter(|name| reaches_itself(name)).cloned().collect()
    }

    fn uses(&self, body: &Value) -> Vec<&str> {
        let mut found = Vec::new();
        walk(body, &mut |value| {
            let reference = value.get("$ref").and_then(Value::as_str);
            found.extend(reference.and_then(|reference| self.name(reference)));
        });
        found
    }

    fn size_of<'a>(&'a self, name: &'a str, known: &mut BTreeMap<&'a str, usize>) -> usize {
        if let Some(size) = known.get(name) {
            return *size;
        }
        let mut size = 0_usize;
        walk(&self.bodies[name], &mut |_| size += 1);
        for used in self.uses(&self.bodies[name]) {
            if !self.keeps(used) {
                size = size.saturating_add(self.size_of(used, known));
            }
        }
        known.insert(name, size);
        size
    }
}

/// `$ref` to a definition of that name.
pub(super) fn reference(name: &str) -> String {
    let mut out = "#/$defs/".to_owned();
    for byte in name.bytes() {
        match byte {
            b'~' => out.push_str("~0"),
            b'/' => out.push_str("~1"),
            b'_' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(members) => members.values().for_each(|member| walk(member, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Undoes the percent and pointer escapes of a name inside a `$ref`.
fn decode(pointer: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    Some(String::from_utf8(bytes).ok()?.replace("~1", "/").replace("~0", "~"))
}
