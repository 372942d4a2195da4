//! What models send, and what is made of it.

use serde_json::{Value, json};

use super::{normalize, unstring};

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "ratio": {"type": "number"},
            "either": {"anyOf": [{"type": "integer"}, {"type": "number"}]},
            "flag": {"type": "boolean"},
            "text": {"type": "string"},
            "any": {},
            "nullable": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "numbers": {"type": "array", "items": {"type": "integer"}},
            "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}]},
            "inner": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
            "map": {"type": "object", "additionalProperties": {"type": "integer"}},
            "tree": {"$ref": "#/$defs/Tree"},
            "mixed": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "listed": {"enum": [1, 2]},
        },
        "required": ["count"],
        "$defs": {"Tree": {"type": "object", "properties": {
            "v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
        }}},
    })
}

fn normalized(mut value: Value) -> String {
    normalize(&schema(), &mut value);
    value.to_string()
}

fn unstrung(mut value: Value) -> Option<Value> {
    unstring(&schema(), &mut value).then_some(value)
}

#[test]
fn integral_floats_become_integers_where_integers_are_wanted() {
    assert_eq!(normalized(json!({"count": 2.0})), r#"{"count":2}"#);
    assert_eq!(normalized(json!({"count": -0.0})), r#"{"count":0}"#);
    assert_eq!(normalized(json!({"count": 2.5})), r#"{"count":2.5}"#);
    assert_eq!(normalized(json!({"count": 18446744073709549568.0})), r#"{"count":18446744073709549568}"#);
    assert_eq!(normalized(json!({"count": 1e300})), json!({"count": 1e300}).to_string());
    assert_eq!(normalized(json!({"ratio": 2.0, "either": 2.0, "any": 2.0})), r#"{"any":2.0,"either":2.0,"ratio":2.0}"#);
    assert_eq!(normalized(json!({"numbers": [1.0, 2], "pair": [1.0, 1.0]})), r#"{"numbers":[1,2],"pair":[1,1.0]}"#);
    assert_eq!(normalized(json!({"map": {"a": 1.0}, "inner": {"n": 3.0}})), r#"{"inner":{"n":3},"map":{"a":1}}"#);
    assert_eq!(normalized(json!({"nullable": 3.0})), r#"{"nullable":3}"#);
    assert_eq!(normalized(json!({"tree": {"kids": [{"v": 1.0}]}})), r#"{"tree":{"kids":[{"v":1}]}}"#);
}

#[test]
fn null_is_removed_where_it_can_only_mean_absence() {
    assert_eq!(normalized(json!({"ratio": null, "text": null, "tags": null, "tree": null, "listed": null})), "{}");
    assert_eq!(normalized(json!({"count": null})), r#"{"count":null}"#, "required: for the checker to name");
    assert_eq!(normalized(json!({"any": null, "nullable": null})), r#"{"any":null,"nullable":null}"#);
    assert_eq!(normalized(json!({"unknown": null})), r#"{"unknown":null}"#);
    assert_eq!(normalized(json!({"map": {"a": null}})), r#"{"map":{"a":null}}"#);
    assert_eq!(normalized(json!({"numbers": [null]})), r#"{"numbers":[null]}"#);
}

#[test]
fn json_in_strings_is_decoded_where_its_type_is_wanted() {
    assert_eq!(unstrung(json!({"tags": "[\"a\"]"})), Some(json!({"tags": ["a"]})));
    assert_eq!(unstrung(json!({"inner": "{\"n\": 1}"})), Some(json!({"inner": {"n": 1}})));
    assert_eq!(unstrung(json!({"count": " 5 ", "flag": "true"})), Some(json!({"count": 5, "flag": true})));
    assert_eq!(unstrung(json!({"ratio": "-1.5e3"})), Some(json!({"ratio": -1500.0})));
    assert_eq!(unstrung(json!({"tree": {"kids": "[{\"v\": \"1\"}]"}})), Some(json!({"tree": {"kids": [{"v": 1}]}})));
    assert_eq!(unstrung(json!("{\"count\": \"1\"}")), Some(json!({"count": 1})));
    assert_eq!(unstrung(json!({"numbers": "[\"1\", 2]"})), Some(json!({"numbers": [1, 2]})));
}

#[test]
fn strings_stay_strings_where_strings_are_valid() {
    for value in [
        json!({"text": "[1]"}),
        json!({"any": "5"}),
        json!({"mixed": "5"}),
        json!({"unknown": "5"}),
        json!({"tags": ["5", "true"]}),
        json!({"count": "five"}),
        json!({"count": "1.5"}),
        json!({"count": "true"}),
        json!({"tags": "a, b"}),
        json!({"inner": "null"}),
        json!({"listed": "1"}),
    ] {
        assert_eq!(unstrung(value.clone()), None, "{value}");
    }
}

#[test]
fn deep_values_and_looping_schemas_end() {
    let mut value = json!("1");
    for _ in 0..300 {
        value = json!({"kids": [value]});
    }
    let before = value.clone();
    assert!(!unstring(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}), &mut value));
    normalize(&schema()["$defs"]["Tree"], &mut value);
    assert_eq!(value, before);
}
