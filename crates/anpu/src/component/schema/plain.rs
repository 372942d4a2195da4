//! Restates one schema and everything below it: definitions written out, `null` split off, one way to say each thing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    definitions::{self, Definitions},
    keywords::{kinds, numbers},
};

/// A schema under work. Two members are ours and never published: see [`VARIANTS`].
pub(super) type Members = Map<String, Value>;

/// Holds what the documentation says of single values of an enum until the description around it is known.
const VARIANTS: &str = "$variants";

/// Which way the described JSON travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contract {
    /// We read it: an optional property need not offer `null` as well.
    Input,
    /// We write it: what serde writes must validate.
    Output,
}

/// One run over the schemas of one set of definitions.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    definitions: &'a Definitions,
    contract: Contract,
    used: BTreeSet<String>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(definitions: &'a Definitions, contract: Contract) -> Self {
        Self { definitions, contract, used: BTreeSet::new() }
    }

    pub(super) fn contract(&self) -> Contract {
        self.contract
    }

    /// The root, and whether it may be `null`.
    pub(super) fn root(&mut self) -> (Members, bool) {
        let (members, nullable) = self.split(self.definitions.root());
        (finished(self.opened(members)), nullable)
    }

    /// The schema with its reference, if it has one, written out one level: for the places where none may stand.
    pub(super) fn opened(&mut self, mut members: Members) -> Members {
        for _ in 0..16 {
            let Some(Value::String(reference)) = members.remove("$ref") else { break };
            let name = self.definitions.name(&reference);
            let Some(body) = name.and_then(|name| self.definitions.body(name)) else { break };
            members = conjoin(self.split(body).0, members);
        }
        members
    }

    /// Adds the definitions that are referred to, and those which they refer to.
    pub(super) fn with_definitions(mut self, mut root: Members) -> Value {
        // What a merged root no longer refers to is not needed, so the references are counted afresh.
        self.used.clear();
        note_references(self.definitions, &Value::Object(root.clone()), &mut self.used);
        let mut written = Members::new();
        while let Some(name) = self.used.pop_first() {
            if written.contains_key(&name) {
                continue;
            }
            let Some(body) = self.definitions.body(&name) else { continue };
            let body = self.whole(body);
            note_references(self.definitions, &body, &mut self.used);
            written.insert(name, body);
        }
        if !written.is_empty() {
            root.insert("$defs".into(), Value::Object(written));
        }
        Value::Object(root)
    }

    /// A schema in a place where `null` has to be named if it is allowed.
    fn whole(&mut self, schema: &Value) -> Value {
        let (members, nullable) = self.split(schema);
        Value::Object(whole(members, nullable))
    }

    fn property(&mut self, schema: &Value, required: bool) -> Value {
        let (mut members, nullable) = self.split(schema);
        if nullable && self.contract == Contract::Input && !required {
            if members.get("default").is_some_and(Value::is_null) {
                members.remove("default");
            }
            return Value::Object(finished(members));
        }
        Value::Object(whole(members, nullable))
    }

    /// The schema without `null`, and whether it allowed `null` beside something else.
    pub(super) fn split(&mut self, schema: &Value) -> (Members, bool) {
        // `true` is anything; `false`, nothing, has no conservative spelling and is left to decoding.
        let Value::Object(given) = schema else { return (Members::new(), false) };
        let (mut members, mut nullable) = self.keywords(given);
        if let Some(reference) = given.get("$ref").and_then(Value::as_str) {
            let (target, null) = self.referred(reference);
            members = conjoin(target, members);
            nullable |= null;
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = given.get(keyword) {
                let (choice, null) = self.choice(branches);
                members = conjoin(choice, members);
                nullable |= null;
            }
        }
        if let Some(Value::Array(parts)) = given.get("allOf") {
            for part in parts {
                let (part, _) = self.split(part);
                members = conjoin(part, members);
            }
        }
        (members, nullable)
    }

    fn referred(&mut self, reference: &str) -> (Members, bool) {
        let Some(name) = self.definitions.name(reference) else { return (Members::new(), false) };
        if self.definitions.keeps(name) {
            self.used.insert(name.to_owned());
            return (Members::from_iter([("$ref".to_owned(), json!(definitions::reference(name)))]), false);
        }
        match self.definitions.body(name) {
            Some(body) => self.split(body),
            None => (Members::new(), false),
        }
    }

    fn choice(&mut self, branches: &[Value]) -> (Members, bool) {
        let mut nullable = false;
        let mut kept: Vec<Members> = Vec::new();
        for branch in branches {
            let (members, null) = self.split(branch);
            nullable |= null;
            if members.get("type") == Some(&json!("null")) {
                nullable = true;
            } else if !kept.contains(&members) {
                kept.push(members);
            }
        }
        if kept.len() == 1 {
            return (kept.remove(0), nullable);
        }
        if kept.is_empty() {
            return (Members::from_iter([("type".to_owned(), json!("null"))]), false);
        }
        if let Some(strings) = string_enum(&kept) {
            return (strings, nullable);
        }
        let branches = kept.into_iter().flat_map(spliced).collect();
        (Members::from_iter([("anyOf".to_owned(), Value::Array(branches))]), nullable)
    }

    /// Every keyword but references and combinators.
    fn keywords(&mut self, given: &Members) -> (Members, bool) {
        let required: Vec<&str> = given
            .get("required")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
        let mut out = Members::new();
        for (keyword, value) in given {
            match (keyword.as_str(), value) {
                ("$ref" | "oneOf" | "anyOf" | "allOf" | "$schema" | "$id" | "$defs" | "definitions", _)
                | ("unevaluatedProperties" | "patternProperties", _)
                | ("type" | "const" | "enum" | "format" | "required", _)
                | ("items" | "unevaluatedItems", Value::Bool(_)) => {}
                // schemars' non-zero integers, and its "never": decoding enforces both.
                ("not", Value::Object(not)) if not.is_empty() || not.contains_key("const") => {}
                ("properties", Value::Object(members)) => {
                    let restated = members
                        .iter()
                        .map(|(name, schema)| (name.clone(), self.property(schema, required.contains(&name.as_str()))));
                    let restated = restated.collect();
                    out.insert(keyword.clone(), Value::Object(restated));
                }
                ("items", _) | ("additionalProperties", Value::Object(_)) => {
                    let restated = self.whole(value);
                    out.insert(keyword.clone(), restated);
                }
                ("prefixItems", Value::Array(items)) => self.tuple(items, &mut out),
                _ => {
                    out.insert(keyword.clone(), value.clone());
                }
            }
        }
        if !required.is_empty() {
            let mut seen = BTreeSet::new();
            out.insert("required".into(), required.into_iter().filter(|name| seen.insert(*name)).collect());
        }
        if let Some(Value::Object(patterns)) = given.get("patternProperties") {
            self.keys_by_pattern(patterns, &mut out);
        }
        numbers(given, &mut out);
        let nullable = kinds(given, &mut out);
        (out, nullable)
    }

    /// A tuple keeps its places; `items` says the same more loosely to those who do not know `prefixItems`.
    fn tuple(&mut self, items: &[Value], out: &mut Members) {
        let places: Vec<Value> = items.iter().map(|item| self.whole(item)).collect();
        let mut kinds: Vec<Value> = Vec::new();
        for place in &places {
            if !kinds.contains(place) {
                kinds.push(place.clone());
            }
        }
        if kinds.len() == 1 {
            out.insert("items".into(), kinds.remove(0));
        } else {
            out.insert("items".into(), json!({ "anyOf": kinds }));
            out.insert("prefixItems".into(), Value::Array(places));
        }
    }

    /// schemars names the keys of `HashMap<u32, V>` by a pattern; decoding enforces the keys, so only `V` is published.
    fn keys_by_pattern(&mut self, patterns: &Members, out: &mut Members) {
        let mut values = patterns.values();
        if let (Some(value), None) = (values.next(), values.next()) {
            let value = self.whole(value);
            out.insert("additionalProperties".into(), value);
        } else {
            out.remove("additionalProperties");
        }
    }
}

/// Adds `null` beside a schema that allows it; what is said about the value moves outside.
pub(super) fn whole(members: Members, nullable: bool) -> Members {
    let mut members = finished(members);
    if !nullable || members.is_empty() {
        return members;
    }
    let mut outer = Members::new();
    for annotation in ["title", "description", "default", "examples", "deprecated"] {
        if let Some(value) = members.remove(annotation) {
            outer.insert(annotation.to_owned(), value);
        }
    }
    let mut branches = spliced(members);
    branches.push(json!({"type": "null"}));
    outer.insert("anyOf".into(), Value::Array(branches));
    outer
}

/// Both schemas at once. Where they disagree, `outer`, which stands nearer to the field, has its way.
pub(super) fn conjoin(mut base: Members, outer: Members) -> Members {
    for (keyword, value) in outer {
        match (keyword.as_str(), base.remove(&keyword), value) {
            ("properties", Some(Value::Object(mut ours)), Value::Object(theirs)) => {
                for (name, schema) in theirs {
                    let schema = match (ours.remove(&name), schema) {
                        (Some(Value::Object(base)), Value::Object(outer)) => Value::Object(conjoin(base, outer)),
                        (_, schema) => schema,
                    };
                    ours.insert(name, schema);
                }
                base.insert(keyword, Value::Object(ours));
            }
            ("required", Some(Value::Array(ours)), Value::Array(mut theirs)) => {
                for name in ours {
                    if !theirs.contains(&name) {
                        theirs.push(name);
                    }
                }
                base.insert(keyword, Value::Array(theirs));
            }
            ("allOf", Some(Value::Array(mut ours)), Value::Array(theirs)) => {
                ours.extend(theirs);
                base.insert(keyword, Value::Array(ours));
            }
            ("anyOf" | "$ref", Some(ours), value) if ours != value => {
                base.insert(keyword.clone(), value);
                let more = base.entry("allOf").or_insert_with(|| json!([]));
                if let Value::Array(more) = more {
                    more.push(json!({ keyword: ours }));
                }
            }
            (_, _, value) => {
                base.insert(keyword, value);
            }
        }
    }
    base
}

/// Puts what was said of single enum values under the description.
pub(super) fn finished(mut members: Members) -> Members {
    if let Some(Value::String(variants)) = members.remove(VARIANTS) {
        describe(&mut members, &variants);
    }
    members
}

/// Adds a paragraph to the description.
pub(super) fn describe(members: &mut Members, more: &str) {
    let description = match members.get("description").and_then(Value::as_str) {
        Some(first) if !first.is_empty() => format!("{first}\n\n{more}"),
        _ => more.to_owned(),
    };
    members.insert("description".into(), json!(description));
}

/// A branch as branches: one that is nothing but a choice itself dissolves in the choice around it.
fn spliced(members: Members) -> Vec<Value> {
    let mut members = finished(members);
    if members.len() == 1
        && let Some(branches) = members.remove("anyOf")
    {
        return match branches {
            Value::Array(branches) => branches,
            other => vec![other],
        };
    }
    vec![Value::Object(members)]
}

/// One plain enum of strings for branches that are all such enums.
fn string_enum(branches: &[Members]) -> Option<Members> {
    let mut names = Vec::new();
    let mut lines = Vec::new();
    for branch in branches {
        let known = |keyword: &String| matches!(keyword.as_str(), "type" | "enum" | "description" | VARIANTS);
        if branch.get("type") != Some(&json!("string")) || !branch.keys().all(known) {
            return None;
        }
        let values = branch.get("enum")?.as_array()?;
        if let Some(text) = branch.get("description").and_then(Value::as_str) {
            let named: Vec<String> = values.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
            lines.push(format!("- {}: {}", named.join(", "), one_line(text)));
        }
        lines.extend(branch.get(VARIANTS).and_then(Value::as_str).map(str::to_owned));
        names.extend(values.iter().filter(|name| !names.contains(*name)).cloned().collect::<Vec<_>>());
    }
    let mut merged =
        Members::from_iter([("type".to_owned(), json!("string")), ("enum".to_owned(), Value::Array(names))]);
    if !lines.is_empty() {
        merged.insert(VARIANTS.into(), json!(lines.join("\n")));
    }
    Some(merged)
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn note_references(definitions: &Definitions, value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            used.extend(reference.and_then(|reference| definitions.name(reference)).map(str::to_owned));
            members.values().for_each(|member| note_references(definitions, member, used));
        }
        Value::Array(items) => items.iter().for_each(|item| note_references(definitions, item, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
