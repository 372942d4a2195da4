//! An answer against the form that was asked for, and a form against itself.

use anpu_proto::model::{
    BooleanSchema, EnumSchema, JsonObject, NumberKind, NumberSchema, PrimitiveSchemaDefinition, RequestedSchema,
    StringFormat, StringSchema,
};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::handler::format;

/// Unknown members that are named; whoever sends more is not helped by a longer list.
const MOST_UNKNOWN: usize = 8;

/// The content of an answer, if it is one to this form. Whole numbers come out as integers.
///
/// What was found is told by its kind only: it may be private, and the text may go to a model.
pub(super) fn content(form: &RequestedSchema, mut content: JsonObject) -> Result<JsonObject> {
    let mut wrongs = Vec::new();
    for (name, schema) in form.properties.iter() {
        match content.get_mut(name) {
            Some(value) => wrongs.extend(field(schema, value).err().map(|wrong| format!("`{name}`: {wrong}"))),
            None if form.required.iter().any(|required| required == name) => {
                wrongs.push(format!("`{name}`: required, but missing"));
            }
            None => {}
        }
    }
    let unknown = content.keys().filter(|name| form.properties.get(name).is_none()).take(MOST_UNKNOWN);
    wrongs.extend(unknown.map(|name| format!("`{}`: was not asked for", name.escape_debug())));
    if wrongs.is_empty() {
        return Ok(content);
    }
    Err(invalid(&wrongs.join("; ")))
}

/// An answer that is none.
pub(super) fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("the client's answer does not fit the question: {what}"))
}

/// Whether the form can be answered at all: choices have values, bounds leave room, defaults fit.
pub(super) fn form(form: &RequestedSchema) -> Result {
    let mut wrongs: Vec<String> = Vec::new();
    for (name, schema) in form.properties.iter() {
        wrongs.extend(sound(schema).err().map(|wrong| format!("`{name}`: {wrong}")));
    }
    let missing = form.required.iter().filter(|name| form.properties.get(name).is_none());
    wrongs.extend(missing.map(|name| format!("`{name}`: required, but there is no such field")));
    if wrongs.is_empty() {
        return Ok(());
    }
    Err(Error::config(format!("a question that cannot be answered: {}", wrongs.join("; "))))
}

fn sound(schema: &PrimitiveSchemaDefinition) -> Result<(), String> {
    let (lower, upper, default) = match schema {
        PrimitiveSchemaDefinition::String(StringSchema { min_length, max_length, default, .. }) => {
            (min_length.map(float), max_length.map(float), default.clone().map(Value::from))
        }
        PrimitiveSchemaDefinition::Number(NumberSchema { minimum, maximum, default, .. }) => {
            (*minimum, *maximum, default.map(Value::from))
        }
        PrimitiveSchemaDefinition::Boolean(BooleanSchema { default, .. }) => (None, None, default.map(Value::from)),
        PrimitiveSchemaDefinition::Enum(choice) => sound_choice(choice)?,
    };
    if let (Some(lower), Some(upper)) = (lower, upper)
        && lower > upper
    {
        return Err(format!("no value fits: {lower} is greater than {upper}"));
    }
    default.map_or(Ok(()), |mut default| field(schema, &mut default).map_err(|wrong| format!("the default: {wrong}")))
}

type Bounds = (Option<f64>, Option<f64>, Option<Value>);

fn sound_choice(choice: &EnumSchema) -> Result<Bounds, String> {
    let values = choice.values();
    if let Some(twice) = values.iter().enumerate().find_map(|(at, value)| values[..at].contains(value).then_some(value))
    {
        return Err(format!("`{twice}` can be chosen twice"));
    }
    if values.is_empty() {
        return Err("there is nothing to choose from".to_owned());
    }
    let (least, most, default) = match choice {
        EnumSchema::UntitledSingle(it) => (None, None, it.default.clone().map(Value::from)),
        EnumSchema::TitledSingle(it) => (None, None, it.default.clone().map(Value::from)),
        EnumSchema::LegacyTitled(it) if !it.enum_names.is_empty() && it.enum_names.len() != values.len() => {
            return Err(format!("{} values have {} names", values.len(), it.enum_names.len()));
        }
        EnumSchema::LegacyTitled(it) => (None, None, it.default.clone().map(Value::from)),
        EnumSchema::UntitledMulti(it) => (it.min_items, it.max_items, it.default.clone().map(Value::from)),
        EnumSchema::TitledMulti(it) => (it.min_items, it.max_items, it.default.clone().map(Value::from)),
    };
    Ok((least.map(float), most.map(float), default))
}

/// One field; `Err` says what was expected and what was found.
fn field(schema: &PrimitiveSchemaDefinition, value: &mut Value) -> Result<(), String> {
    match schema {
        PrimitiveSchemaDefinition::String(schema) => text(schema, value),
        PrimitiveSchemaDefinition::Number(schema) => number(schema, value),
        PrimitiveSchemaDefinition::Boolean(_) if value.is_boolean() => Ok(()),
        PrimitiveSchemaDefinition::Boolean(_) => Err(format!("expected true or false, found {}", kind(value))),
        PrimitiveSchemaDefinition::Enum(choice) => chosen(choice, value),
    }
}

fn text(schema: &StringSchema, value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Err(format!("expected a text, found {}", kind(value))) };
    let length = text.chars().count() as u64;
    if let Some(least) = schema.min_length.filter(|least| length < *least) {
        return Err(format!("expected at least {least} characters, found {length}"));
    }
    if let Some(most) = schema.max_length.filter(|most| length > *most) {
        return Err(format!("expected at most {most} characters, found {length}"));
    }
    let format = schema.format.and_then(|format| {
        format::named(match format {
            StringFormat::Email => "email",
            StringFormat::Uri => "uri",
            StringFormat::Date => "date",
            StringFormat::DateTime => "date-time",
        })
    });
    match format.filter(|format| !(format.fits)(text)) {
        Some(format) => Err(format!("expected {}, found another text", format.like)),
        None => Ok(()),
    }
}

fn number(schema: &NumberSchema, value: &mut Value) -> Result<(), String> {
    let whole = schema.kind == NumberKind::Integer;
    let noun = if whole { "a whole number" } else { "a number" };
    let Some(number) = value.as_f64() else { return Err(format!("expected {noun}, found {}", kind(value))) };
    if whole && number.fract() != 0.0 {
        return Err(format!("expected {noun}, found a fraction"));
    }
    if let Some(least) = schema.minimum.filter(|least| number < *least) {
        return Err(format!("expected at least {least}, found less"));
    }
    if let Some(most) = schema.maximum.filter(|most| number > *most) {
        return Err(format!("expected at most {most}, found more"));
    }
    if whole && value.is_f64() && number.abs() <= EXACT {
        *value = Value::from(number as i64);
    }
    Ok(())
}

/// Up to here every whole number is one `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn chosen(choice: &EnumSchema, value: &mut Value) -> Result<(), String> {
    let values = choice.values();
    let expected = || format!("one of `{}`", values.join("`, `"));
    let (least, most) = match choice {
        EnumSchema::UntitledMulti(choice) => (choice.min_items, choice.max_items),
        EnumSchema::TitledMulti(choice) => (choice.min_items, choice.max_items),
        EnumSchema::UntitledSingle(_) | EnumSchema::TitledSingle(_) | EnumSchema::LegacyTitled(_) => {
            return match value.as_str() {
                Some(text) if values.contains(&text) => Ok(()),
                Some(_) => Err(format!("expected {}, found another text", expected())),
                None => Err(format!("expected {}, found {}", expected(), kind(value))),
            };
        }
    };
    // Versions with choices of one value only are asked for one, and so answer with one.
    if value.is_string() {
        *value = Value::Array(vec![value.take()]);
    }
    let Some(list) = value.as_array() else { return Err(format!("expected a list, found {}", kind(value))) };
    if let Some(other) = list.iter().find(|item| item.as_str().is_none_or(|text| !values.contains(&text))) {
        let found = if other.is_string() { "another text" } else { kind(other) };
        return Err(format!("expected a list, each {}, found {found} in it", expected()));
    }
    let count = list.len() as u64;
    if let Some(least) = least.filter(|least| count < *least) {
        return Err(format!("expected at least {least} values, found {count}"));
    }
    if let Some(most) = most.filter(|most| count > *most) {
        return Err(format!("expected at most {most} values, found {count}"));
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// For bounds of lengths and counts, which are compared with nothing that large.
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(field: &Value) -> RequestedSchema {
        serde_json::from_value(json!({ "type": "object", "properties": { "f": field } })).unwrap()
    }

    /// What is wrong with each value for a field like this; empty if nothing is.
    fn wrong(field: &Value, value: &Value) -> String {
        let content_of = json!({ "f": value }).as_object().unwrap().clone();
        content(&schema(field), content_of).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn every_kind_of_field_knows_its_values() {
        let choice = json!({ "type": "string", "oneOf": [{ "const": "a", "title": "A" }] });
        let many = json!({ "type": "array", "minItems": 1, "maxItems": 2,
            "items": { "type": "string", "enum": ["a", "b"] } });
        let short = json!({ "type": "string", "minLength": 2, "maxLength": 3 });
        let grade = json!({ "type": "number", "minimum": 1, "maximum": 5.5 });
        let cases = [
            (json!({ "type": "boolean" }), vec![json!(true)], vec![json!("true"), json!(1), json!(null)]),
            (json!({ "type": "integer" }), vec![json!(-3), json!(2.0), json!(1e20)], vec![json!(2.5), json!("2")]),
            (grade, vec![json!(1), json!(5.5)], vec![json!(0.9), json!(6), json!([1])]),
            (short, vec![json!("éé"), json!("ß→x")], vec![json!("a"), json!("abcd"), json!(12)]),
            (json!({ "type": "string", "format": "email" }), vec![json!("a@b.c")], vec![json!("a"), json!("a b@c")]),
            (json!({ "type": "string", "format": "uri" }), vec![json!("x:y")], vec![json!("//a"), json!("a b:c")]),
            (json!({ "type": "string", "format": "date" }), vec![json!("2024-02-29")], vec![json!("2023-02-29")]),
            (
                json!({ "type": "string", "format": "date-time" }),
                vec![json!("2024-02-29T10:00:00Z")],
                vec![json!("2024-02-29")],
            ),
            (json!({ "type": "string", "enum": ["a", "b"] }), vec![json!("b")], vec![json!("c"), json!(["a"])]),
            (
                json!({ "type": "string", "enum": ["a"], "enumNames": ["A"] }),
                vec![json!("a")],
                vec![json!("A"), json!(0)],
            ),
            (choice, vec![json!("a")], vec![json!("A"), json!({})]),
            (
                many,
                vec![json!(["a"]), json!(["b", "a"]), json!("a")],
                vec![json!([]), json!(["a", "b", "a"]), json!(["c"]), json!("c"), json!([1]), json!({})],
            ),
        ];
        for (field, good, bad) in cases {
            for value in good {
                assert_eq!(wrong(&field, &value), "", "{field} takes {value}");
            }
            for value in bad {
                let told = wrong(&field, &value);
                assert!(told.contains("`f`: expected"), "{field} refuses {value}: {told}");
            }
        }
    }

    #[test]
    fn every_wrong_field_is_named_and_no_value_is() {
        let form = RequestedSchema::new()
            .required("name", StringSchema::new())
            .required("mail", StringSchema::new().format(StringFormat::Email))
            .optional("age", NumberSchema::integer())
            .optional("note", StringSchema::new());
        let answer = json!({ "mail": "secret", "age": 1.5, "more": 1 }).as_object().unwrap().clone();
        let error = content(&form, answer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let text = error.to_string();
        let told = "the client's answer does not fit the question: `name`: required, but missing; `mail`: expected an \
                    email address, found another text; `age`: expected a whole number, found a fraction; `more`: was \
                    not asked for";
        assert_eq!(text, told);
    }

    #[test]
    fn whole_numbers_come_out_as_integers() {
        let answer = json!({ "f": 30.0 }).as_object().unwrap().clone();
        let checked = content(&schema(&json!({ "type": "integer" })), answer).unwrap();
        assert_eq!(checked["f"].as_i64(), Some(30));
    }

    #[test]
    fn a_form_that_cannot_be_answered_is_told() {
        let sound = [
            json!({ "type": "string", "minLength": 1, "default": "a" }),
            json!({ "type": "array", "items": { "type": "string", "enum": ["a"] }, "default": ["a"] }),
        ];
        for field in sound {
            form(&schema(&field)).unwrap();
        }
        let unsound = [
            json!({ "type": "string", "minLength": 2, "maxLength": 1 }),
            json!({ "type": "string", "format": "email", "default": "a" }),
            json!({ "type": "integer", "default": 0.5 }),
            json!({ "type": "number", "minimum": 2, "default": 1 }),
            json!({ "type": "string", "enum": [] }),
            json!({ "type": "string", "enum": ["a", "a"] }),
            json!({ "type": "string", "enum": ["a"], "default": "b" }),
            json!({ "type": "string", "enum": ["a", "b"], "enumNames": ["A"] }),
            json!({ "type": "array", "items": { "type": "string", "enum": ["a"] }, "minItems": 2, "maxItems": 1 }),
        ];
        for field in unsound {
            let error = form(&schema(&field)).expect_err(&field.to_string());
            assert!(error.kind() == ErrorKind::Config && error.to_string().contains("`f`"), "{error}");
        }
    }
}
