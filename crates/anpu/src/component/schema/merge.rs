//! Makes one object of a root that is a choice between objects, since no provider takes a choice there, and says in the
//! description which members belong together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::plain::{Contract, Members, Plain, conjoin, describe, one_line};

/// A choice inside a choice, deeper than any type nests them, is left out rather than followed.
const DEEPEST: usize = 16;

/// The root as one object, and whether it is one. Of arguments, what is not an object is left out; of structured
/// content, which can be anything in the newest dialect, such a root stays as it was.
pub(super) fn root(plain: &mut Plain<'_>, members: Members) -> (Members, bool) {
    match object(plain, members.clone(), DEEPEST) {
        Some(merged) => (merged, true),
        None if plain.contract() == Contract::Input => (Members::new(), false),
        None => (members, false),
    }
}

fn object(plain: &mut Plain<'_>, members: Members, depth: usize) -> Option<Members> {
    let mut members = plain.opened(members);
    let parts = members.remove("allOf");
    let branches = members.remove("anyOf");
    let spelled = matches!(members.get("type"), Some(kind) if kind == "object") || members.contains_key("properties");
    if !spelled && branches.is_none() && parts.is_none() {
        return enum_object(plain, &members).or_else(|| open_object(plain, members));
    }
    if depth == 0 {
        return spelled.then_some(members);
    }
    for part in parts.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_object) {
        members = conjoin(object(plain, part.clone(), depth - 1)?, members);
    }
    if let Some(Value::Array(branches)) = branches {
        let merged = choice(plain, &branches, depth)?;
        members = join(merged, members);
    }
    members.insert("type".into(), json!("object"));
    Some(members)
}

/// Anything at all may be an object; of what we write, it may also be something else.
fn open_object(plain: &Plain<'_>, members: Members) -> Option<Members> {
    let open = !members.contains_key("type") && !members.contains_key("enum");
    (open && plain.contract() == Contract::Input).then_some(members)
}

/// Unit variants of an externally tagged enum are strings to serde, and `{"Name": null}` as well: as arguments only
/// the second can be sent.
fn enum_object(plain: &Plain<'_>, members: &Members) -> Option<Members> {
    if plain.contract() == Contract::Output || members.get("type")? != "string" {
        return None;
    }
    let names = members.get("enum")?.as_array()?.iter().filter_map(Value::as_str);
    let variants: Vec<Members> = names.map(unit_variant).collect();
    Some(union(&variants))
}

fn unit_variant(name: &str) -> Members {
    let schema = json!({
        "type": "object", "properties": { name: { "type": "null" } }, "required": [name], "additionalProperties": false,
    });
    match schema {
        Value::Object(members) => members,
        _ => unreachable!("the literal above is an object"),
    }
}

fn choice(plain: &mut Plain<'_>, branches: &[Value], depth: usize) -> Option<Members> {
    let mut objects = Vec::new();
    let mut strings = Vec::new();
    for branch in branches.iter().filter_map(Value::as_object) {
        let names =
            branch.get("enum").and_then(Value::as_array).filter(|_| branch.get("type") == Some(&json!("string")));
        match names {
            Some(names) if plain.contract() == Contract::Input => {
                strings.extend(names.iter().filter_map(Value::as_str));
            }
            _ => match object(plain, branch.clone(), depth - 1) {
                Some(object) => objects.push(object),
                None if plain.contract() == Contract::Input => {}
                None => return None,
            },
        }
    }
    // Only beside externally tagged variants is a string the name of a unit variant.
    if objects.iter().all(is_externally_tagged) {
        objects.extend(strings.into_iter().map(unit_variant));
    }
    match objects.len() {
        0 => None,
        1 => objects.pop(),
        _ => Some(union(&objects)),
    }
}

fn is_externally_tagged(object: &Members) -> bool {
    object.get("additionalProperties") == Some(&json!(false))
        && object.get("properties").and_then(Value::as_object).is_some_and(|members| members.len() == 1)
        && required(object).len() == 1
}

/// One object that takes whatever one of these takes.
fn union(objects: &[Members]) -> Members {
    let mut properties: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (name, schema) in objects.iter().filter_map(|object| object.get("properties")?.as_object()).flatten() {
        properties.entry(name).or_default().push(schema);
    }
    let properties: Members =
        properties.into_iter().map(|(name, schemas)| (name.to_owned(), either(&schemas))).collect();
    let everywhere = |name: &&str| objects.iter().all(|object| required(object).contains(name));
    let shared: Vec<&str> = required(&objects[0]).into_iter().filter(everywhere).collect();
    let mut merged = Members::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
    ]);
    if !shared.is_empty() {
        merged.insert("required".into(), json!(shared));
    }
    if objects.iter().all(|object| object.get("additionalProperties") == Some(&json!(false))) {
        merged.insert("additionalProperties".into(), json!(false));
    }
    let lines: Vec<String> = objects.iter().map(line).collect();
    merged.insert("description".into(), json!(format!("Exactly one of:\n{}", lines.join("\n"))));
    merged
}

/// The variants' object under the members that stand beside the choice; both descriptions are kept.
fn join(mut merged: Members, members: Members) -> Members {
    let variants = merged.remove("description");
    let mut joined = conjoin(merged, members);
    if let Some(Value::String(variants)) = variants {
        describe(&mut joined, &variants);
    }
    joined
}

/// One schema for a member that several variants have.
fn either(schemas: &[&Value]) -> Value {
    let mut distinct: Vec<&Value> = Vec::new();
    for schema in schemas {
        if !distinct.contains(schema) {
            distinct.push(schema);
        }
    }
    if let [only] = distinct[..] {
        return only.clone();
    }
    let strings: Option<Vec<&Value>> = distinct
        .iter()
        .map(|schema| (schema.get("type")? == "string").then_some(schema.get("enum")?.as_array()?))
        .collect::<Option<Vec<_>>>()
        .map(|lists| lists.into_iter().flatten().collect());
    if let Some(values) = strings {
        let mut unique: Vec<&Value> = Vec::new();
        for value in values {
            if !unique.contains(&value) {
                unique.push(value);
            }
        }
        return json!({"type": "string", "enum": unique});
    }
    json!({ "anyOf": distinct })
}

/// What a model needs to know of one variant: its tag, what it must have, what it may have.
fn line(object: &Members) -> String {
    let empty = Members::new();
    let properties = object.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let required = required(object);
    let tag = |name: &str| properties.get(name)?.get("enum")?.as_array().filter(|values| values.len() == 1);
    let tags: Vec<String> =
        required.iter().filter_map(|name| Some(format!("`{name}` {}", tag(name)?.first()?))).collect();
    let code = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let needed = code(required.iter().copied().filter(|name| tag(name).is_none()).collect());
    let optional = code(properties.keys().map(String::as_str).filter(|name| !required.contains(name)).collect());
    let mut parts = Vec::new();
    match (tags.is_empty(), needed.is_empty()) {
        (true, true) => {}
        (true, false) => parts.push(needed),
        (false, true) => parts.push(tags.join(", ")),
        (false, false) => parts.push(format!("{} with {needed}", tags.join(", "))),
    }
    if !optional.is_empty() {
        parts.push(format!("optionally {optional}"));
    }
    if parts.is_empty() {
        parts.push("nothing".to_owned());
    }
    match object.get("description").and_then(Value::as_str) {
        Some(text) => format!("- {}: {}", parts.join(", "), one_line(text)),
        None => format!("- {}", parts.join(", ")),
    }
}

fn required(object: &Members) -> Vec<&str> {
    object
        .get("required")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect())
}
