//! The argument `session`, which the server adds to tools that take state of a session, where there are no sessions.

use std::borrow::Cow;
use std::fmt;

use anpu_proto::model;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Its name.
pub(super) const NAME: &str = "session";

/// What is left of the arguments, and the handle that was among them.
pub(crate) type Taken<'a> = (Option<Box<str>>, Option<Cow<'a, RawValue>>);

/// Whether a schema has an argument of this name already.
pub(super) fn is_in(schema: &Value) -> bool {
    schema.pointer("/properties/session").is_some()
}

/// The tool as clients see it that have no sessions.
pub(super) fn added_to(spec: &model::Tool) -> model::Tool {
    let mut schema = spec.input_schema.as_value().clone();
    if let Some(schema) = schema.as_object_mut() {
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        properties[NAME] = json!({
            "type": "string",
            "description": "The session to go on with, as an earlier result named it. Leave it out to begin a new one.",
        });
    }
    let mut spec = spec.clone();
    spec.input_schema = model::Schema::try_from(schema).unwrap_or(spec.input_schema);
    spec
}

/// Takes the argument out, so that the tool gets its own ones only.
///
/// # Errors
///
/// It is there and no text.
pub(crate) fn without_session(arguments: Option<&RawValue>) -> Result<Taken<'_>, String> {
    let unchanged = Ok((None, arguments.map(Cow::Borrowed)));
    // What cannot be read, or has it twice, is told by whoever reads the arguments.
    let Some(Ok(Members(members))) = arguments.map(|raw| serde_json::from_str(raw.get())) else { return unchanged };
    let mut named = members.iter().filter(|(name, _)| name == NAME);
    let (Some((_, value)), None) = (named.next(), named.next()) else { return unchanged };
    let wrong = || format!("The arguments are not valid:\n{NAME}: expected a text, as an earlier result named it");
    let Ok(handle) = serde_json::from_str::<Option<Box<str>>>(value.get()) else { return Err(wrong()) };
    let rest = members.iter().filter(|(name, _)| name != NAME);
    let rest: Vec<String> = rest.map(|(name, value)| format!("{}:{value}", Value::from(&**name))).collect();
    let rest = RawValue::from_string(format!("{{{}}}", rest.join(","))).map_err(|_| wrong())?;
    Ok((handle, Some(Cow::Owned(rest))))
}

/// The members of an object, as they are written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut object: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = object.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn taken(arguments: &str) -> Result<(Option<Box<str>>, String), String> {
        let raw = RawValue::from_string(arguments.to_owned()).unwrap();
        without_session(Some(&raw)).map(|(handle, rest)| (handle, rest.unwrap().get().to_owned()))
    }

    #[test]
    fn it_is_taken_out_and_the_rest_stays_as_it_was_written() {
        let (handle, rest) = taken(r#"{ "a\"": 1.0, "s\u0065ssion": "x", "b": {"session": 2} }"#).unwrap();
        assert_eq!((handle.as_deref(), &*rest), (Some("x"), r#"{"a\"":1.0,"b":{"session": 2}}"#));
        assert_eq!(taken(r#"{"session":null,"b":2}"#), Ok((None, r#"{"b":2}"#.into())));
        assert_eq!(taken(r#"{"a":1}"#), Ok((None, r#"{"a":1}"#.into())));
        assert!(matches!(without_session(None), Ok((None, None))));
    }

    #[test]
    fn what_is_wrong_is_told_here_or_by_whoever_reads_the_rest() {
        assert!(taken(r#"{"session":7}"#).unwrap_err().contains("session: expected a text"));
        for odd in [r#"{"session":"a","session":"b"}"#, "7", "null"] {
            assert_eq!(taken(odd), Ok((None, odd.into())));
        }
    }
}
