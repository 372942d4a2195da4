//! The official schemas: finds them, validates against them, and finds what they do not name.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::{env, fs};

use serde_json::{Map, Value, json};

/// The folder of the official schemas, or `None` (said aloud) where there is none. In CI its absence is a failure.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec");
    let folder = env::var_os("ANPU_SPEC").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(env::var_os("CI").is_none(), "no official schemas in {}: set ANPU_SPEC to their folder", folder.display());
    println!("NOT RUN: no official schemas in {}; set ANPU_SPEC to their folder", folder.display());
    None
}

/// One schema file.
pub(crate) struct Spec {
    name: String,
    root: Value,
    /// By the address of the schema within `root`; the same branches are asked again and again.
    validators: RefCell<HashMap<usize, jsonschema::Validator>>,
    /// The members of definitions that some message had.
    met: RefCell<HashSet<usize>>,
}

impl Spec {
    pub(crate) fn load(name: &str) -> Option<Self> {
        let file = folder()?.join(name).join("schema.json");
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let root = serde_json::from_str(&text).unwrap();
        Some(Self { name: name.to_owned(), root, validators: RefCell::default(), met: RefCell::default() })
    }

    fn definitions(&self) -> (&'static str, &Map<String, Value>) {
        let key = if self.root.get("$defs").is_some() { "$defs" } else { "definitions" };
        (key, self.root[key].as_object().unwrap())
    }

    pub(crate) fn defines(&self, definition: &str) -> bool {
        self.definitions().1.contains_key(definition)
    }

    /// Whether the definition itself has this member.
    pub(crate) fn names_member(&self, definition: &str, member: &str) -> bool {
        let views = |schema: &Value| schema["properties"].get(member).is_some();
        let schema = &self.definitions().1[definition];
        let inherited = schema["allOf"].as_array().into_iter().flatten().any(|part| {
            let base = part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
            base.is_some_and(|base| views(&self.definitions().1[base]))
        });
        views(schema) || inherited
    }

    /// Everything that is wrong with `instance` as a `definition`: what the schema refuses and what it does not name.
    pub(crate) fn complaints(&self, definition: &str, instance: &Value) -> Vec<String> {
        let schema = self.definitions().1.get(definition);
        let schema = schema.unwrap_or_else(|| panic!("{} does not define {definition}", self.name));
        let mut complaints = self.invalid(schema, instance);
        let mut unnamed = BTreeSet::new();
        self.walk(&[schema], instance, "", "", &mut unnamed);
        complaints.extend(unnamed.into_iter().map(|place| format!("{place} is not named by the schema")));
        complaints
    }

    /// The members, within this definition and those it refers to, that no message so far had.
    pub(crate) fn never_met(&self, definition: &str) -> BTreeSet<String> {
        let mut never = BTreeSet::new();
        let mut visited = HashSet::from([definition.to_owned()]);
        self.never_met_in(&self.definitions().1[definition], definition, &mut visited, &mut never);
        never
    }

    fn never_met_in(&self, at: &Value, place: &str, visited: &mut HashSet<String>, never: &mut BTreeSet<String>) {
        if let Some(name) = at["$ref"].as_str().and_then(|reference| reference.rsplit('/').next())
            && visited.insert(name.to_owned())
        {
            self.never_met_in(&self.definitions().1[name], name, visited, never);
        }
        for (key, member) in at["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{key}");
            if self.met.borrow().contains(&std::ptr::from_ref(member).addr()) {
                self.never_met_in(member, &place, visited, never);
            } else {
                never.insert(place);
            }
        }
        let parts = ["anyOf", "allOf", "oneOf"].iter().filter_map(|key| at[*key].as_array()).flatten();
        for part in parts.chain(at.get("items")).chain(at.get("additionalProperties")) {
            self.never_met_in(part, place, visited, never);
        }
    }

    fn invalid(&self, schema: &Value, instance: &Value) -> Vec<String> {
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(std::ptr::from_ref(schema).addr()).or_insert_with(|| {
            let (key, definitions) = self.definitions();
            let mut root = json!({ "$schema": self.root["$schema"], "allOf": [schema] });
            root[key] = Value::Object(definitions.clone());
            jsonschema::validator_for(&root).unwrap()
        });
        validator.iter_errors(instance).map(|e| format!("{}: {e}", e.instance_path())).collect()
    }

    /// `within` is the name of the member that `instance` is the value of.
    fn walk(&self, schemas: &[&Value], instance: &Value, place: &str, within: &str, unnamed: &mut BTreeSet<String>) {
        let mut views = Vec::new();
        for schema in schemas {
            self.views(schema, instance, false, &mut views);
        }
        match instance {
            Value::Object(members) => {
                for (key, value) in members {
                    let place = format!("{place}/{key}");
                    match self.named(&views, key, within) {
                        Named::No => drop(unnamed.insert(place)),
                        Named::Open => {}
                        Named::As(schemas) => self.walk(&schemas, value, &place, key, unnamed),
                    }
                }
            }
            Value::Array(items) => {
                let schemas: Vec<&Value> = views.iter().filter_map(|(view, _)| view.get("items")).collect();
                for (index, item) in items.iter().enumerate() {
                    self.walk(&schemas, item, &format!("{place}/{index}"), within, unnamed);
                }
            }
            _ => {}
        }
    }

    /// The plain schemas that speak about `instance`: references followed, and of alternatives those that hold.
    /// The flag says that the view came from the base `Result`, whose openness names nothing.
    fn views<'a>(&'a self, schema: &'a Value, instance: &Value, base: bool, views: &mut Vec<(&'a Value, bool)>) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap();
            self.views(&self.definitions().1[name], instance, base || name == "Result", views);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.views(part, instance, base, views);
        }
        for key in ["anyOf", "oneOf"] {
            let branches: Vec<&Value> = schema.get(key).and_then(Value::as_array).into_iter().flatten().collect();
            let holding = branches.iter().filter(|branch| self.invalid(branch, instance).is_empty());
            for branch in holding {
                self.views(branch, instance, base, views);
            }
        }
        views.push((schema, base || schema.get("$id").is_some()));
    }

    fn named<'a>(&self, views: &[(&'a Value, bool)], key: &str, within: &str) -> Named<'a> {
        if within == "_meta" {
            return self.named_meta(views, key);
        }
        let mut schemas = Vec::new();
        let mut open = false;
        for (view, base) in views {
            let properties = view.get("properties").and_then(Value::as_object);
            if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                self.met.borrow_mut().insert(std::ptr::from_ref(schema).addr());
                schemas.push(schema);
                continue;
            }
            // An open object beside named members leaves room for others; it does not name them.
            let map = properties.is_none_or(Map::is_empty) && !base;
            let anything = view.as_object().is_some_and(|view| view.keys().all(|key| key == "description"));
            match view.get("additionalProperties") {
                Some(Value::Object(schema)) if map && !schema.is_empty() => schemas.push(&view["additionalProperties"]),
                Some(Value::Bool(false)) => {}
                Some(_) if map => open = true,
                None if map && (anything || any_object(view)) => open = true,
                _ => {}
            }
        }
        let free = ["inputSchema", "outputSchema"].contains(&within);
        match schemas.is_empty() {
            false => Named::As(schemas),
            true if open || free => Named::Open,
            true => Named::No,
        }
    }

    /// `_meta` is free, but not under the specification's own prefix.
    fn named_meta<'a>(&self, views: &[(&'a Value, bool)], key: &str) -> Named<'a> {
        let schemas: Vec<&Value> = views.iter().filter_map(|(view, _)| view.get("properties")?.get(key)).collect();
        self.met.borrow_mut().extend(schemas.iter().map(|schema| std::ptr::from_ref(*schema).addr()));
        match schemas.is_empty() {
            false => Named::As(schemas),
            // Described in prose only.
            true if key == "io.modelcontextprotocol/related-task" && self.name == "2025-11-25" => Named::Open,
            true if key.starts_with("io.modelcontextprotocol/") => Named::No,
            true => Named::Open,
        }
    }
}

enum Named<'a> {
    No,
    Open,
    As(Vec<&'a Value>),
}

/// `{"type": "object"}` and no more.
fn any_object(view: &Value) -> bool {
    let keys = ["type", "description"];
    view.get("type") == Some(&json!("object"))
        && view.as_object().is_some_and(|view| view.keys().all(|key| keys.contains(&key.as_str())))
}
