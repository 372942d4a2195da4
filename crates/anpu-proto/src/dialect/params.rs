//! Reads raw `params` and results into typed values, in one pass, and says where a reading failed. Knows no version.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::model::{Call, Meta, read_beside, read_object, read_params};

/// Reads a request whose parameters are a `T`. Its `_meta` is kept as it is written, and read when somebody asks.
pub(super) fn call<T: DeserializeOwned>(raw: Option<&RawValue>, made: impl FnOnce(T) -> Call) -> Result<Call, Fault> {
    if let Some((params, meta)) = raw.and_then(read_params) {
        let mut call = made(params);
        if let Some(place) = call.meta_mut() {
            *place = meta;
        }
        return Ok(call);
    }
    // Now all of it as one text, to say where it is wrong.
    let text = object("params", given(raw))?;
    let (params, meta) = read_beside(text, "_meta").map_err(|error| wrong("params", text, &error))?;
    let mut call = made(params);
    if let (Some(raw), Some(meta)) = (meta, call.meta_mut()) {
        *meta = Meta::of(raw).map_err(|error| wrong("params._meta", raw.get(), &error))?;
    }
    Ok(call)
}

/// Reads `raw` as `T`.
pub(super) fn params<T: DeserializeOwned>(raw: Option<&RawValue>) -> Result<T, Fault> {
    read("params", given(raw))
}

/// Reads the `result` of an answer as `T`.
pub(super) fn result<T: DeserializeOwned>(raw: &RawValue) -> Result<T, Fault> {
    read("result", raw.get())
}

/// Absent parameters are read as an empty object, so that the fault names the field that is missing.
fn given(raw: Option<&RawValue>) -> &str {
    raw.map_or("{}", RawValue::get)
}

fn read<T: DeserializeOwned>(root: &str, text: &str) -> Result<T, Fault> {
    let text = object(root, text)?;
    read_object(text).map_err(|error| wrong(root, text, &error))
}

/// The text, if it is that of an object.
fn object<'a>(root: &str, text: &'a str) -> Result<&'a str, Fault> {
    let found = match text.trim_start().as_bytes().first() {
        Some(b'{') => return Ok(text),
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    Err(Fault::InvalidParams(format!("{root}: expected an object, found {found}")))
}

fn wrong(root: &str, text: &str, error: &serde_json::Error) -> Fault {
    Fault::InvalidParams(explain(root, text, error))
}

/// Turns serde's message into `path: expected this, found that`. Runs only when a reading has failed.
fn explain(root: &str, text: &str, error: &serde_json::Error) -> String {
    let mut path = path_at(root, text, error.line(), error.column());
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = full.strip_suffix(&place).unwrap_or(&full);
    let (mut words, field) = (said.splitn(3, ' '), said.split('`').nth(1));
    if let (Some(kind @ ("missing" | "duplicate")), Some("field" | "member"), Some(field)) =
        (words.next(), words.next(), field)
    {
        // A duplicate is met while its own key is current, a missing field once its object is closed.
        if kind == "missing" || !path.ends_with(&format!(".{field}")) {
            path = format!("{path}.{field}");
        }
        return short(&format!("{path}: {kind} field")).into_owned();
    }
    let wrong = said.strip_prefix("invalid type: ").or_else(|| said.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.split_once(", expected ")) {
        Some((found, expected)) => format!("{path}: expected {}, found {}", wanted(expected), plain(found)),
        None => format!("{path}: {}", short(said)),
    }
}

/// Foreign text in a message of ours: short, so that nobody can make us echo megabytes.
fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn wanted(expected: &str) -> &str {
    match expected {
        "struct" | "a map" | "map" => "an object",
        other if other.starts_with("struct ") => "an object",
        "a sequence" => "an array",
        other => other,
    }
}

/// serde says what it found as a Rust programmer would; a peer wants the JSON of it.
fn plain(found: &str) -> Cow<'_, str> {
    let value = match found {
        "map" => "an object",
        "sequence" => "an array",
        other => match other.split_once('`') {
            Some((_, value)) => value.trim_end_matches('`'),
            None => other.strip_prefix("string ").unwrap_or(other),
        },
    };
    short(value)
}

/// The path of the value being read where serde_json stopped, found by walking the text again up to there.
fn path_at(root: &str, text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let stop = if line == 0 { 0 } else { (before + column).min(text.len()) };
    let mut trail: Vec<Step> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < stop {
        match bytes[at] {
            b'{' => trail.push(Step::Member(None)),
            b'[' => trail.push(Step::Item(0)),
            b'}' | b']' => drop(trail.pop()),
            b',' => match trail.last_mut() {
                Some(Step::Member(key)) => *key = None,
                Some(Step::Item(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let end = string_end(bytes, at);
                if let Some(Step::Member(key @ None)) = trail.last_mut() {
                    *key = text.get(at..=end).and_then(|key| serde_json::from_str(key).ok());
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    trail.iter().fold(root.to_owned(), |path, step| match step {
        Step::Member(Some(key)) => format!("{path}.{}", short(key)),
        Step::Member(None) => path,
        Step::Item(index) => format!("{path}[{index}]"),
    })
}

enum Step {
    Member(Option<String>),
    Item(usize),
}

/// The place of the quote that ends the string which starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        #[allow(dead_code)]
        name: String,
        #[allow(dead_code)]
        client_info: Option<Who>,
        #[allow(dead_code)]
        list: Option<Vec<Who>>,
        #[allow(dead_code)]
        arguments: Option<Box<RawValue>>,
    }

    #[derive(Debug, Deserialize)]
    struct Who {
        #[allow(dead_code)]
        version: String,
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let fault = params::<Sample>(Some(&raw)).unwrap_err();
        assert_eq!(fault, Fault::InvalidParams(expected.to_owned()));
    }

    #[test]
    fn a_fault_names_the_path_what_was_expected_and_what_was_found() {
        refused(r#"{"name":5}"#, "params.name: expected a string, found 5");
        refused(r#"{"name":{"a":1}}"#, "params.name: expected a string, found an object");
        refused(r#"{"name":["a"]}"#, "params.name: expected a string, found an array");
        refused(r#"{"name":null}"#, "params.name: expected a string, found null");
        refused(
            "{\n \"clientInfo\": {\n  \"version\": true } }",
            "params.clientInfo.version: expected a string, found true",
        );
        refused(
            r#"{"name":"a","list":[{"version":"1"},{"version":2}]}"#,
            "params.list[1].version: expected a string, found 2",
        );
        refused(r#"{"name":"a","list":[{"version":"1"},7]}"#, "params.list[1]: expected an object, found 7");
        refused(r#"{"name":"a","clientInfo":"x"}"#, "params.clientInfo: expected an object, found \"x\"");
    }

    #[test]
    fn a_missing_field_is_named_where_it_should_be() {
        refused("{}", "params.name: missing field");
        refused(r#"{"name":"a","clientInfo":{}}"#, "params.clientInfo.version: missing field");
        assert_eq!(params::<Sample>(None).unwrap_err(), Fault::InvalidParams("params.name: missing field".to_owned()));
    }

    #[test]
    fn no_member_may_come_twice_known_or_not() {
        refused(r#"{"name":"a","name":"b"}"#, "params.name: duplicate field");
        refused(r#"{"x":1,"name":"a","x":2}"#, "params.x: duplicate field");
        refused(r#"{"x":1,"name":"a","\u0078":2}"#, "params.x: duplicate field");
        let many = (0..40).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
        refused(&format!("{{{many},\"k39\":1}}"), "params.k39: duplicate field");
    }

    #[test]
    fn what_is_echoed_is_short() {
        let raw = RawValue::from_string(format!(r#"{{"name":"a","list":"{}"}}"#, "x".repeat(100_000))).unwrap();
        assert!(params::<Sample>(Some(&raw)).unwrap_err().to_string().len() < 1_000);
    }

    #[test]
    fn params_are_an_object() {
        refused("[\"add\"]", "params: expected an object, found an array");
        refused("null", "params: expected an object, found null");
    }

    #[test]
    fn arguments_stay_as_they_were_written() {
        let raw = RawValue::from_string(r#"{"name":"a","arguments":{"b": 1.0}}"#.to_owned()).unwrap();
        let read: Sample = params(Some(&raw)).unwrap();
        assert_eq!(read.arguments.unwrap().get(), r#"{"b": 1.0}"#);
    }
}
