//! `x-mcp-header`: arguments that clients repeat as headers, where the annotation may stand, and whether both agree.

use std::borrow::Cow;
use std::collections::HashSet;

use anpu_proto::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::value::RawValue;
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

/// The arguments of one tool that clients repeat as headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mirrored(Box<[Mirror]>);

/// One of them.
#[derive(Clone, Debug)]
struct Mirror {
    header: HeaderName,
    /// From the arguments down to the value.
    path: Vec<Box<str>>,
}

impl Mirrored {
    /// Those of this schema, which was [checked](check).
    pub(super) fn of(schema: &Value) -> Self {
        let mut found = Vec::new();
        collect(schema, &mut Vec::new(), &mut found);
        Self(found.into())
    }

    /// Whether the headers say what the arguments say.
    ///
    /// # Errors
    ///
    /// [`Fault::HeaderMismatch`] that names the header; values are not shown, because they may be secret.
    pub(crate) fn compare(&self, arguments: Option<&RawValue>, headers: &HeaderMap) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        // Arguments that cannot be read are told as such by whoever reads them.
        let arguments = arguments.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
        self.0.iter().try_for_each(|mirror| mirror.compare(&arguments, headers))
    }
}

impl Mirror {
    fn compare(&self, arguments: &Value, headers: &HeaderMap) -> Result<(), Fault> {
        let value = self.path.iter().try_fold(arguments, |value, step| value.get(&**step));
        let value = value.filter(|value| !value.is_null());
        let wrong = |why: &str| {
            let path = self.path.join(".");
            Err(Fault::HeaderMismatch(format!("header {} and argument `{path}`: {why}", self.header)))
        };
        let mut said = headers.get_all(&self.header).iter();
        match (said.next(), said.next(), value) {
            (_, Some(_), _) => wrong("the header is given more than once"),
            (None, _, None) => Ok(()),
            (None, _, Some(_)) => wrong("the header is missing"),
            (Some(_), _, None) => wrong("there is a header, but no such argument"),
            (Some(said), _, Some(value)) => match said.to_str().ok().and_then(unwrapped) {
                None => wrong("the header has characters or a Base64 that it may not have"),
                Some(said) if says(&said, value) => Ok(()),
                Some(_) => wrong("they differ"),
            },
        }
    }
}

/// The text that a header stands for: itself, or what is in `=?base64?…?=`. None if that cannot be decoded.
pub(crate) fn unwrapped(header: &str) -> Option<Cow<'_, str>> {
    match header.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Some(Cow::Borrowed(header)),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok().map(Cow::Owned),
    }
}

/// The largest integer that the specification lets a header have.
const SAFE: f64 = 9_007_199_254_740_991.0;

fn says(header: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => header == text,
        Value::Bool(yes) => header == if *yes { "true" } else { "false" },
        // The specification wants them compared as numbers: 42.0 is 42.
        Value::Number(number) => match (header.parse::<i64>(), number.as_i64()) {
            (Ok(said), Some(meant)) => said == meant,
            // Beyond this, floats do not tell neighbours apart; no such integer may be there.
            _ => header.parse::<f64>().is_ok_and(|said| said.abs() <= SAFE && number.as_f64() == Some(said)),
        },
        // Not what the schema asks for, which is told by whoever reads the arguments.
        _ => true,
    }
}

fn collect(schema: &Value, path: &mut Vec<Box<str>>, found: &mut Vec<Mirror>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.as_str().into());
        if let Some(header) = property.get(KEY).and_then(Value::as_str)
            && let Ok(header) = format!("mcp-param-{header}").parse()
        {
            found.push(Mirror { header, path: path.clone() });
        }
        collect(property, path, found);
        path.pop();
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
    fn headers_say_what_the_arguments_say() {
        let schema = json!({ "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "size": { "type": "object", "properties": { "w": { "type": "integer", "x-mcp-header": "Width" } } },
            "on": { "type": "boolean", "x-mcp-header": "On" },
        }});
        let mirrored = Mirrored::of(&schema);
        let compare = |arguments: Value, headers: &[(&'static str, &str)]| {
            let raw = RawValue::from_string(arguments.to_string()).unwrap();
            let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            let mut map = HeaderMap::new();
            headers.for_each(|(name, value)| {
                map.append(name, value);
            });
            mirrored.compare(Some(&raw), &map)
        };
        let region = "mcp-param-region";
        assert_eq!(compare(json!({}), &[]), Ok(()));
        assert_eq!(compare(json!({ "region": null }), &[]), Ok(()));
        assert_eq!(compare(json!({ "region": "eu" }), &[(region, "eu")]), Ok(()));
        assert_eq!(compare(json!({ "region": "Hello" }), &[(region, "=?base64?SGVsbG8=?=")]), Ok(()));
        assert_eq!(compare(json!({ "region": "=?base64?SGVsbG8=" }), &[(region, "=?base64?SGVsbG8=")]), Ok(()));
        for width in ["42", "42.0", "4.2e1", "=?base64?NDI=?="] {
            assert_eq!(compare(json!({ "size": { "w": 42.0 } }), &[("mcp-param-width", width)]), Ok(()), "{width}");
        }
        let large = json!({ "size": { "w": 9_007_199_254_740_993_i64 } });
        assert!(compare(large, &[("mcp-param-width", "9007199254740992")]).is_err(), "as integers, not as floats");
        assert_eq!(compare(json!({ "on": true }), &[("mcp-param-on", "true")]), Ok(()));
        for (arguments, headers) in [
            (json!({ "region": "eu" }), vec![]),
            (json!({}), vec![(region, "eu")]),
            (json!({ "region": "eu" }), vec![(region, "EU")]),
            (json!({ "region": "eu" }), vec![(region, "eu"), (region, "eu")]),
            (json!({ "region": "Hello" }), vec![(region, "=?base64?SGVsbG8?=")]),
            (json!({ "region": "Hello" }), vec![(region, "=?base64?SGVs!!!bG8=?=")]),
            (json!({ "on": true }), vec![("mcp-param-on", "True")]),
            (json!({ "size": { "w": 42 } }), vec![("mcp-param-width", "43")]),
        ] {
            assert!(matches!(compare(arguments, &headers), Err(Fault::HeaderMismatch(_))), "{headers:?}");
        }
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
