//! The words for types and numbers: one type by name, values as a list, no names of machine types.

use serde_json::{Value, json};

use super::plain::Members;

/// `type`, `const` and `enum`: one type by name, one list of values. Says whether `null` was among them.
pub(super) fn kinds(given: &Members, out: &mut Members) -> bool {
    let mut nullable = false;
    match given.get("type") {
        Some(Value::Array(kinds)) => {
            let mut named: Vec<&Value> = kinds.iter().filter(|kind| **kind != json!("null")).collect();
            nullable = named.len() < kinds.len() && !named.is_empty();
            if named.len() > 1 {
                let branches: Vec<Value> = named.drain(..).map(|kind| json!({ "type": kind })).collect();
                out.insert("anyOf".into(), Value::Array(branches));
            } else {
                out.insert("type".into(), named.first().map_or_else(|| json!("null"), |kind| (*kind).clone()));
            }
        }
        Some(kind) => {
            out.insert("type".into(), kind.clone());
        }
        None => {}
    }
    let constant = given.get("const").map(std::slice::from_ref);
    let Some(values) = constant.or_else(|| Some(given.get("enum")?.as_array()?.as_slice())) else { return nullable };
    let named: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    if named.is_empty() {
        out.insert("type".into(), json!("null"));
        return false;
    }
    nullable |= named.len() < values.len();
    if !out.contains_key("type")
        && !out.contains_key("anyOf")
        && let Some(kind) = kind_of(&named)
    {
        out.insert("type".into(), json!(kind));
    }
    out.insert("enum".into(), named.into_iter().cloned().collect());
    nullable
}

fn kind_of(values: &[&Value]) -> Option<&'static str> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let first = kind(values.first()?);
    values.iter().all(|value| kind(value) == first).then_some(first)
}

/// Drops the names of machine types from `format`. schemars says the bounds of small integers itself; those of 32 bits
/// are added, so that what is valid decodes. Those of 64 bits are left out: many readers cannot hold them exactly.
pub(super) fn numbers(given: &Members, out: &mut Members) {
    let Some(format) = given.get("format") else { return };
    let name = format.as_str().unwrap_or_default();
    let (least, most) = match name {
        "uint32" => (Some(0), Some(i64::from(u32::MAX))),
        "int32" => (Some(i64::from(i32::MIN)), Some(i64::from(i32::MAX))),
        "float" | "double" => (None, None),
        _ if name.trim_start_matches('u').strip_prefix("int").is_some_and(is_width) => (None, None),
        _ => {
            out.insert("format".into(), format.clone());
            return;
        }
    };
    for (bound, exclusive, value) in [("minimum", "exclusiveMinimum", least), ("maximum", "exclusiveMaximum", most)] {
        if let Some(value) = value
            && !out.contains_key(bound)
            && !out.contains_key(exclusive)
        {
            out.insert(bound.into(), json!(value));
        }
    }
}

fn is_width(rest: &str) -> bool {
    rest.bytes().all(|byte| byte.is_ascii_digit()) || rest == "size"
}
