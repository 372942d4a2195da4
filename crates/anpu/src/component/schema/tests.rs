//! How types of each kind are published, and what the rest of this module promises.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    super::check::Checker,
    conservative, of_input, of_output, raw_input, restricts,
    shapes::{
        Address, Collections, Constrained, ConstrainedOptions, Described, Documented, Enums, Expression, External,
        Flat, Holder, Left, Nested, Numbers, Options, Plain, Tagged, Tree, snapshot,
    },
};

#[derive(JsonSchema, Serialize, Deserialize)]
struct Written {
    always: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_times: Option<Plain>,
    by_default: Vec<u8>,
    speed: Option<Documented>,
}

#[test]
fn output_keeps_null_where_serde_writes_it() {
    let (schema, is_object) = of_output::<Written>();
    assert!(is_object);
    assert_eq!(schema["required"], json!(["always", "by_default", "speed"]));
    snapshot("output", &schema);
}

#[test]
fn output_says_whether_its_root_is_an_object() {
    assert!(of_output::<Address>().1);
    assert!(of_output::<Tagged>().1);
    assert!(of_output::<Tree>().1);
    assert!(!of_output::<Vec<Address>>().1);
    assert!(!of_output::<External>().1, "a unit variant is written as a string");
    assert!(!of_output::<Option<Address>>().1);
    assert!(!of_output::<u8>().1);
    assert!(!of_output::<Value>().1);
    assert_eq!(of_output::<u8>().0, json!({"type": "integer", "minimum": 0, "maximum": 255}));
}

#[test]
fn restating_twice_is_restating_once() {
    for raw in [
        raw_input::<Nested>(),
        raw_input::<Enums>(),
        raw_input::<Holder>(),
        raw_input::<Left>(),
        raw_input::<Constrained>(),
        raw_input::<Flat>(),
        raw_input::<Numbers>(),
        raw_input::<Collections>(),
    ] {
        let once = conservative(raw);
        assert_eq!(conservative(once.clone()), once);
    }
}

#[test]
fn a_type_that_would_grow_without_bound_keeps_its_definitions() {
    let mut definitions = serde_json::Map::new();
    definitions.insert("T0".into(), json!({"type": "string"}));
    for level in 1..40 {
        let below = format!("#/$defs/T{}", level - 1);
        let body = json!({"type": "object", "properties": {"a": {"$ref": below}, "b": {"$ref": below}}});
        definitions.insert(format!("T{level}"), body);
    }
    let raw =
        json!({"title": "Root", "type": "object", "properties": {"t": {"$ref": "#/$defs/T39"}}, "$defs": definitions});
    let schema = conservative(raw);
    assert_eq!(schema["$defs"].as_object().expect("definitions stay").len(), 40);
    assert!(schema.to_string().len() < 10_000);
}

#[test]
fn the_names_of_definitions_may_hold_anything() {
    let raw = json!({
        "type": "object", "properties": {"x": {"$ref": "#/$defs/a~1b%20c"}},
        "$defs": {"a/b c": {"type": "array", "items": {"$ref": "#/$defs/a~1b%20c"}}},
    });
    let schema = conservative(raw);
    assert_eq!(schema["properties"]["x"], json!({"$ref": "#/$defs/a~1b%20c"}));
    assert_eq!(schema["$defs"]["a/b c"]["items"], json!({"$ref": "#/$defs/a~1b%20c"}));
}

#[test]
fn members_that_are_named_like_keywords_are_members() {
    let raw = json!({"type": "object", "properties": {
        "title": {"type": "string", "format": "uint8"}, "$schema": {"type": "string"}, "anyOf": {"type": ["null", "string"]},
    }});
    let expected = json!({"type": "object", "properties": {
        "title": {"type": "string"}, "$schema": {"type": "string"}, "anyOf": {"type": "string"},
    }});
    assert_eq!(conservative(raw), expected);
}

#[test]
fn a_member_that_must_be_there_may_still_be_null() {
    let raw = json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]});
    let expected = json!({"anyOf": [{"type": "string"}, {"type": "null"}]});
    assert_eq!(conservative(raw)["properties"]["a"], expected);
}

#[test]
fn machine_types_alone_restrict_nothing() {
    for raw in [
        raw_input::<Numbers2>(),
        raw_input::<Nested>(),
        raw_input::<Enums>(),
        raw_input::<Tree>(),
        raw_input::<Flat>(),
        raw_input::<Described>(),
    ] {
        assert!(!restricts(&raw), "{raw}");
    }
    for raw in [
        raw_input::<Constrained>(),
        raw_input::<ConstrainedOptions>(),
        raw_input::<Vec<Constrained>>(),
        raw_input::<AtLeastZero>(),
        raw_input::<Chosen>(),
        raw_input::<HashSet<u8>>(),
    ] {
        assert!(restricts(&raw), "{raw}");
    }
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "described, never read")]
struct Numbers2 {
    a: u8,
    b: i8,
    c: u16,
    d: i16,
    e: u32,
    f: i32,
    g: Option<u64>,
    h: i64,
    i: usize,
    j: f32,
    k: (f64, u128),
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "described, never read")]
struct AtLeastZero {
    #[schemars(extend("minimum" = 0))]
    signed: i64,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "described, never read")]
struct Chosen {
    #[schemars(extend("enum" = ["a", "b"]))]
    text: String,
}

fn wrongs(schema: &Value, value: &Value) -> Vec<String> {
    let checker = Checker::new(schema).expect("what we publish, we can check");
    checker.check(value).iter().map(ToString::to_string).collect()
}

/// The value is valid as arguments, decodes, and what serde writes of it is valid as structured content.
fn assert_travels<T: JsonSchema + Serialize + DeserializeOwned>(value: Value) {
    assert_eq!(wrongs(&of_input::<T>(), &value), [""; 0], "{value}");
    let decoded: T = serde_json::from_value(value).expect("what is valid decodes");
    let written = serde_json::to_value(decoded).expect("it is JSON");
    assert_eq!(wrongs(&of_output::<T>().0, &written), [""; 0], "{written}");
}

#[test]
fn what_is_valid_decodes_and_what_is_written_is_valid() {
    let address = json!({"street": "a"});
    assert_travels::<Address>(address.clone());
    assert_travels::<Options>(json!({"holes": [1, null]}));
    assert_travels::<Options>(json!({"holes": [], "plain": "see", "documented": "fast", "whole": address, "any": 1}));
    assert_travels::<Tree>(json!({"value": 1, "plain": "A", "children": [
        {"value": -1, "plain": "B", "children": [], "parent": {"value": 0, "plain": "A", "children": []}},
    ]}));
    assert_travels::<Tagged>(json!({"kind": "Circle", "r": 1.5}));
    assert_travels::<Tagged>(json!({"kind": "New", "street": "b", "zip": 1}));
    assert_travels::<External>(json!({"Pair": [1, 2]}));
    assert_travels::<External>(json!({"Unit": null}));
    assert_travels::<Plain>(json!({"see": null}));
    assert_travels::<Expression>(json!({"And": ["Zero", {"Not": "Zero"}]}));
    assert_travels::<Flat>(json!({"x": 1, "street": "a", "kind": "Square", "side": 1, "r": 2}));
    assert_travels::<Collections>(json!({
        "list": ["a"], "set": [1], "fixed": [1, 2, 3], "tuple": [1, "a"], "pair": [1, 2.5], "map": {"a": {"street": "b"}},
        "by_number": {"1": true}, "by_enum": {"A": 1}, "any": null, "object": {},
    }));
    assert_travels::<Enums>(json!({
        "plain": "A", "documented": "slow", "field": "other", "tagged": {"kind": "Unit"}, "external": "Unit", "untagged": 5,
    }));
}

#[test]
fn what_does_not_decode_is_not_valid() {
    for (schema, value) in [
        (of_input::<Numbers>(), json!({"a": 256})),
        (of_input::<Numbers>(), json!({"e": 4_294_967_296_u64})),
        (of_input::<Numbers>(), json!({"f": -2_147_483_649_i64})),
        (of_input::<Collections>(), json!({"tuple": ["a", 1]})),
        (of_input::<Described>(), json!({"a": 1, "b": 1, "c": 1})),
        (
            of_input::<Tree>(),
            json!({"value": 1, "plain": "A", "children": [{"value": 1, "plain": "Z", "children": []}]}),
        ),
    ] {
        assert_ne!(wrongs(&schema, &value), [""; 0], "{value}");
    }
}
