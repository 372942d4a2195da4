//! `x-mcp-header`: arguments that clients repeat as headers, and where the annotation may stand.

use std::collections::HashSet;

use serde_json::{Map, Value};

const KEY: &str = "x-mcp-header";

/// Keywords whose values are data and no schemas.
const LITERAL_KEYWORDS: &[&str] = &["default", "const", "enum", "examples"];

/// Whether every annotation in this schema is one that clients take: a header name that comes once, on a text, integer
/// or boolean that is reached from the root through `properties` alone. Clients leave out a tool that breaks
/// [these rules](https://modelcontextprotocol.io/specification/draft/server/tools#x-mcp-header).
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut names = HashSet::new();
    match schema {
        Value::Object(root) if root.contains_key(KEY) => Err(format!("`{KEY}` belongs on a property, not on the root")),
        Value::Object(root) => members(root, true, &mut names),
        _ => Ok(()),
    }
}

fn members(schema: &Map<String, Value>, reachable: bool, names: &mut HashSet<String>) -> Result<(), String> {
    for (keyword, value) in schema {
        match value {
            Value::Object(properties) if keyword == "properties" => {
                for (name, property) in properties {
                    visit(property, reachable, name, names)?;
                }
            }
            _ if LITERAL_KEYWORDS.contains(&keyword.as_str()) => {}
            Value::Object(inside) if NAMED.contains(&keyword.as_str()) => {
                for (name, schema) in inside {
                    visit(schema, false, name, names)?;
                }
            }
            _ => visit(value, false, keyword, names)?,
        }
    }
    Ok(())
}

/// Keywords whose values are schemas by name.
const NAMED: &[&str] = &["$defs", "definitions", "patternProperties", "dependentSchemas"];

fn visit(value: &Value, reachable: bool, at: &str, names: &mut HashSet<String>) -> Result<(), String> {
    match value {
        Value::Object(schema) => {
            if let Some(header) = schema.get(KEY) {
                annotation(schema, header, reachable, names).map_err(|why| format!("`{KEY}` at `{at}`: {why}"))?;
            }
            members(schema, reachable, names)
        }
        Value::Array(items) => items.iter().try_for_each(|item| visit(item, false, at, names)),
        _ => Ok(()),
    }
}

fn annotation(
    schema: &Map<String, Value>,
    header: &Value,
    reachable: bool,
    names: &mut HashSet<String>,
) -> Result<(), String> {
    let Some(header) = header.as_str() else { return Err("the name of a header is a text".to_owned()) };
    if !reachable {
        return Err("only a property reached from the root through `properties` alone can be a header".to_owned());
    }
    let of = schema.get("type").and_then(Value::as_str);
    if !matches!(of, Some("string" | "integer" | "boolean")) {
        return Err("only a string, an integer or a boolean can be a header".to_owned());
    }
    if header.is_empty() || !header.bytes().all(is_token) {
        return Err(format!("`{header}` is not a header name: it takes letters, digits and !#$%&'*+-.^_`|~"));
    }
    if !names.insert(header.to_ascii_lowercase()) {
        return Err(format!("the header `{header}` is there twice"));
    }
    Ok(())
}

/// `tchar` of RFC 9110.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn property(schema: &Value) -> Result<(), String> {
        check(&json!({ "type": "object", "properties": { "a": schema } }))
    }

    #[test]
    fn a_plain_property_may_be_a_header() {
        for of in ["string", "integer", "boolean"] {
            assert_eq!(property(&json!({ "type": of, "x-mcp-header": "Region" })), Ok(()));
        }
        let nested = json!({ "type": "object", "properties": { "b": { "type": "string", "x-mcp-header": "B" } } });
        assert_eq!(property(&nested), Ok(()));
        assert_eq!(property(&json!({ "type": "object", "default": { "x-mcp-header": 7 } })), Ok(()));
        let named = json!({ "properties": { "x-mcp-header": { "type": "number" } } });
        assert_eq!(check(&named), Ok(()), "a property of this name is no annotation");
    }

    #[test]
    fn anything_else_is_told_with_its_place() {
        for wrong in [
            json!({ "type": "number", "x-mcp-header": "N" }),
            json!({ "type": ["string", "null"], "x-mcp-header": "N" }),
            json!({ "type": "string", "x-mcp-header": "" }),
            json!({ "type": "string", "x-mcp-header": "a b" }),
            json!({ "type": "string", "x-mcp-header": 7 }),
        ] {
            let why = property(&wrong).unwrap_err();
            assert!(why.starts_with("`x-mcp-header` at `a`: "), "{why}");
        }
    }

    #[test]
    fn it_is_reached_through_properties_alone() {
        let annotated = json!({ "type": "string", "x-mcp-header": "A" });
        for wrong in [
            json!({ "type": "array", "items": annotated }),
            json!({ "anyOf": [annotated] }),
            json!({ "type": "object", "additionalProperties": annotated }),
        ] {
            assert!(property(&wrong).unwrap_err().contains("through `properties` alone"));
        }
        assert!(check(&json!({ "$defs": { "a": annotated } })).is_err());
        assert!(check(&annotated).is_err());
    }

    #[test]
    fn a_header_comes_once_whatever_the_case() {
        let twice = json!({ "properties": {
            "a": { "type": "string", "x-mcp-header": "Region" },
            "b": { "type": "string", "x-mcp-header": "REGION" },
        }});
        assert!(check(&twice).unwrap_err().contains("twice"));
    }
}
