//! What is wrong is named, what is right passes, and neither costs more than it may.

use serde_json::{Value, json};

use super::{Checker, MOST_WRONGS};

#[expect(clippy::needless_pass_by_value, reason = "literals read better")]
fn lines(schema: Value, value: &Value) -> Vec<String> {
    let checker = Checker::new(&schema).expect("a good schema");
    checker.check(value).iter().map(ToString::to_string).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "literals read better")]
fn wrong(schema: Value, value: Value) -> String {
    lines(schema, &value).join("\n")
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "item": {"type": "string", "minLength": 3},
            "qty": {"type": "integer", "minimum": 1, "maximum": 1000},
            "speed": {"type": "string", "enum": ["slow", "fast"]},
            "lines": {"type": "array", "maxItems": 3, "items": {
                "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
            }},
        },
        "required": ["item"],
    })
}

#[test]
fn every_wrong_field_is_named() {
    let value = json!({"qty": 5000, "speed": "mad", "lines": [{"name": "a"}, 1, {"name": null}, {}]});
    let expected = r#"item: expected a string of at least 3 characters, found nothing
lines: expected an array of at most 3 items, found 4 items
qty: expected an integer of at most 1000, found 5000
speed: expected one of "slow", "fast", found "mad""#;
    assert_eq!(wrong(order(), value), expected);

    let value = json!({"item": "ab", "qty": "many", "lines": [{"name": "a"}, 1, {"name": null}]});
    let expected = r#"item: expected a string of at least 3 characters, found "ab"
lines[1]: expected an object with `name`, found 1
lines[2].name: expected a string, found null
qty: expected an integer of at least 1 and of at most 1000, found "many""#;
    assert_eq!(wrong(order(), value), expected);
}

#[test]
fn the_whole_is_called_arguments() {
    assert_eq!(wrong(order(), json!([1])), "arguments: expected an object with `item`, found [1]");
    assert_eq!(wrong(order(), json!(null)), "arguments: expected an object with `item`, found null");
}

#[test]
fn what_is_right_passes() {
    for value in [
        json!({"item": "abc"}),
        json!({"item": "abc", "unknown": [1]}),
        json!({"item": "abc", "qty": 1.0}),
        json!({"item": "abc", "qty": null}),
        json!({"item": "äöü", "qty": 1000, "speed": "fast", "lines": [{"name": "", "more": 1}]}),
    ] {
        assert_eq!(lines(order(), &value), [""; 0], "{value}");
    }
}

#[test]
fn null_is_absence_only_where_absence_is_allowed() {
    assert_eq!(wrong(order(), json!({"item": null})), "item: expected a string of at least 3 characters, found null");
    assert_eq!(wrong(json!({"items": {"type": "string"}}), json!([null])), "[0]: expected a string, found null");
    let nullable = json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["a"]});
    assert_eq!(wrong(nullable, json!({"a": null})), "");
}

#[test]
fn numbers_are_compared_by_value() {
    let integer = |value| wrong(json!({"type": "integer"}), value);
    assert_eq!(integer(json!(2.0)), "");
    assert_eq!(integer(json!(1e15)), "");
    assert_eq!(integer(json!(u64::MAX)), "");
    assert_eq!(integer(json!(2.5)), "arguments: expected an integer, found 2.5");
    assert_eq!(integer(json!("2")), "arguments: expected an integer, found \"2\"");

    let bound = json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.5});
    assert_eq!(wrong(bound.clone(), json!(0.0)), "arguments: expected a number greater than 0, found 0.0");
    assert_eq!(wrong(bound.clone(), json!(1.5)), "arguments: expected a number less than 1.5, found 1.5");
    assert_eq!(wrong(bound, json!(1)), "");

    let large = json!({"type": "integer", "maximum": u64::MAX});
    assert_eq!(wrong(large, json!(u64::MAX)), "");
    let exact = json!({"type": "integer", "maximum": i64::MAX - 1});
    assert_ne!(wrong(exact, json!(i64::MAX)), "", "no rounding through floats");
}

#[test]
fn multiples_are_exact_for_integers_and_forgiving_for_decimals() {
    let step = |step: Value, value: Value| wrong(json!({"multipleOf": step}), value);
    assert_eq!(step(json!(5), json!(15)), "");
    assert_eq!(step(json!(5), json!(16)), "arguments: expected a number that is a multiple of 5, found 16");
    assert_eq!(step(json!(0.1), json!(0.3)), "");
    assert_eq!(step(json!(0.01), json!(19.99)), "");
    assert_ne!(step(json!(0.1), json!(0.35)), "");
}

#[test]
fn texts() {
    assert_eq!(wrong(json!({"minLength": 2, "maxLength": 2}), json!("äö")), "", "characters, not bytes");
    let both = json!({"type": "string", "minLength": 3, "pattern": "^[a-z]+$"});
    let expected = r#"arguments: expected a string of at least 3 characters and that matches `^[a-z]+$`, found "A""#;
    assert_eq!(wrong(both, json!("A")), expected);
    let long = wrong(json!({"type": "integer"}), json!("x".repeat(500)));
    assert_eq!(long, format!("arguments: expected an integer, found \"{}…", "x".repeat(59)));
}

#[test]
fn lists() {
    let unique = json!({"type": "array", "uniqueItems": true});
    assert_eq!(wrong(unique.clone(), json!([1, "1", [1], {"a": 1}])), "");
    assert_eq!(
        wrong(unique.clone(), json!([1, 1.0])),
        "arguments: expected an array without repeated items, found [1,1.0]"
    );
    assert_ne!(wrong(unique.clone(), json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])), "");
    // A quadratic comparison would take minutes here.
    assert_eq!(wrong(unique, (0..200_000).collect()), "");

    let tuple = json!({"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "boolean"}});
    assert_eq!(wrong(tuple.clone(), json!([1, "a", true])), "");
    assert_eq!(
        wrong(tuple, json!(["a", "a", 1])),
        "[0]: expected an integer, found \"a\"\n[2]: expected true or false, found 1"
    );
    let three = json!({"type": "array", "minItems": 3, "maxItems": 3});
    assert_eq!(wrong(three, json!([1])), "arguments: expected an array of exactly 3 items, found 1 item");
}

#[test]
fn unknown_members_are_welcome_unless_the_schema_says_no() {
    let closed = json!({"type": "object", "properties": {"a": {}, "b": {}}, "additionalProperties": false});
    assert_eq!(wrong(closed, json!({"a": 1, "c": 2})), "c: expected no member but `a`, `b`, found 2");
    let typed = json!({"type": "object", "additionalProperties": {"type": "integer"}});
    assert_eq!(wrong(typed, json!({"a b": 1, "c d": "x"})), r#"["c d"]: expected an integer, found "x""#);
}

#[test]
fn formats() {
    let cases = [
        ("date-time", "2026-02-28T23:59:60Z", "2026-02-29T00:00:00Z"),
        ("date-time", "2024-02-29t00:00:00.123+02:00", "2024-02-29T00:00:00"),
        ("date-time", "2024-12-31T00:00:00-00:00", "2024-12-31T24:00:00Z"),
        ("date", "2000-02-29", "1900-02-29"),
        ("date", "2026-12-31", "2026-13-01"),
        ("email", "a.b+c@example.com", "a@b@example.com"),
        ("email", "ä@exämple.de", "nobody"),
        ("uri", "https://example.com/a%20b?c#d", "/relative"),
        ("uri", "urn:isbn:1", "https://example.com/a b"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
    ];
    for (format, good, bad) in cases {
        let schema = json!({"type": "string", "format": format});
        assert_eq!(wrong(schema.clone(), json!(good)), "", "{format}: {good}");
        assert!(wrong(schema, json!(bad)).contains("expected a string that is a"), "{format}: {bad}");
    }
    assert_eq!(wrong(json!({"type": "string", "format": "colour"}), json!("x")), "", "unknown formats only annotate");
    for odd in ["", "é", "2026-02-2é", "2026-02-28T", "2026-02-28Té0:00:00Z", "2026-02-28T00:00:00.Z"] {
        assert_ne!(wrong(json!({"format": "date-time"}), json!(odd)), "", "{odd}");
    }
}

fn shapes() -> Value {
    json!({"anyOf": [
        {"type": "object", "properties": {"kind": {"enum": ["circle"]}, "r": {"type": "number"}}, "required": ["kind", "r"]},
        {"type": "object", "properties": {"kind": {"enum": ["square"]}, "side": {"type": "number"}}, "required": ["kind", "side"]},
        {"type": "string", "enum": ["point"]},
    ]})
}

#[test]
fn of_a_choice_the_meant_branch_complains() {
    let schema = || json!({"properties": {"shape": shapes()}});
    assert_eq!(wrong(schema(), json!({"shape": {"kind": "square", "side": 1}})), "");
    assert_eq!(wrong(schema(), json!({"shape": "point"})), "");
    let cases = [
        (json!({"kind": "circle", "r": "x"}), r#"shape.r: expected a number, found "x""#),
        (json!({"kind": "oval"}), r#"shape.kind: expected one of "circle", "square", found "oval""#),
        (json!({}), r#"shape.kind: expected one of "circle", "square", found nothing"#),
        (json!("line"), r#"shape: expected "point", found "line""#),
        (
            json!(1),
            r#"shape: expected an object with `kind`, `r`, or an object with `kind`, `side`, or "point", found 1"#,
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(wrong(schema(), json!({"shape": value})), expected);
    }
    let external = json!({"anyOf": [
        {"type": "object", "properties": {"A": {"type": "integer"}}, "required": ["A"], "additionalProperties": false},
        {"type": "object", "properties": {"B": {"type": "integer"}}, "required": ["B"], "additionalProperties": false},
    ]});
    assert_eq!(wrong(external, json!({"B": "x"})), r#"B: expected an integer, found "x""#);
}

#[test]
fn one_of_is_exactly_one_and_all_of_is_all() {
    let one = json!({"oneOf": [{"type": "integer"}, {"minimum": 5}]});
    assert_eq!(wrong(one.clone(), json!(1)), "");
    assert!(wrong(one, json!(7)).contains("only one of the variants"));
    let all = json!({"allOf": [{"type": "integer"}, {"minimum": 5}]});
    assert_eq!(wrong(all, json!(1)), "arguments: expected a number of at least 5, found 1");
}

fn tree() -> Value {
    json!({
        "type": "object", "properties": {"root": {"$ref": "#/$defs/a~1b%20c"}},
        "$defs": {"a/b c": {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/a~1b%20c"}}},
            "required": ["value"],
        }},
    })
}

#[test]
fn recursion_is_followed() {
    let value =
        json!({"root": {"value": 1, "children": [{"value": 2}, {"value": 3, "children": [{"value": "x"}, {}, 4]}]}});
    let expected = r#"root.children[1].children[0].value: expected an integer, found "x"
root.children[1].children[1].value: expected an integer, found nothing
root.children[1].children[2]: expected an object with `value`, found 4"#;
    assert_eq!(wrong(tree(), value), expected);
}

#[test]
fn the_report_is_bounded() {
    let found = lines(json!({"items": {"type": "string"}}), &(0..100).collect());
    assert_eq!(found.len(), MOST_WRONGS + 1);
    assert_eq!(found[MOST_WRONGS], "and 68 more");
}

#[test]
fn depth_is_bounded() {
    let mut value = json!({"value": 1});
    for _ in 0..200 {
        value = json!({"value": 1, "children": [value]});
    }
    let found = wrong(tree(), json!({"root": value}));
    assert!(found.ends_with("expected at most 128 levels, found more"), "{found}");
}

#[test]
fn nested_choices_do_not_multiply() {
    let branch = |name: &str| json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/T"}, name: {"type": "string"}}, "required": [name]});
    let schema = json!({"$ref": "#/$defs/T", "$defs": {"T": {"anyOf": [branch("a"), branch("b"), branch("c")]}}});
    let mut value = json!({"a": 1, "b": 1, "c": 1});
    for _ in 0..60 {
        value = json!({"a": "", "b": "", "c": "", "next": value});
    }
    // Without memory this would take 3^60 steps.
    assert_eq!(lines(schema, &value).len(), 1);
}

#[test]
fn references_in_a_circle_end() {
    assert_eq!(wrong(json!({"$ref": "#"}), json!(1)), "");
    assert_eq!(wrong(json!({"anyOf": [{"$ref": "#"}, {"type": "string"}]}), json!("x")), "");
}

#[test]
fn a_bad_schema_names_the_place() {
    let bad = |schema: Value| Checker::new(&schema).expect_err("a bad schema").to_string();
    let found = bad(json!({"properties": {"a": {"items": {"pattern": "("}}}}));
    assert!(found.contains("properties.a.items.pattern") && found.contains("not a regular expression"), "{found}");
    assert!(bad(json!({"type": "text"})).contains("type: \"text\" is not a JSON type"));
    assert!(bad(json!({"anyOf": [{}, {"minimum": "1"}]})).contains("anyOf[1].minimum: expected a number"));
    assert!(bad(json!({"$ref": "#/$defs/x"})).contains("not a schema in this document"));
    assert!(bad(json!({"$ref": "https://example.com/x"})).contains("not a schema in this document"));
    assert!(bad(json!({"multipleOf": 0})).contains("greater than 0"));
    assert!(bad(json!({"not": {}})).contains("not: is not enforced"));
    assert!(bad(json!({"minLength": -1})).contains("expected a count"));
    assert!(bad(json!([])).contains("at the root: a schema is an object or a boolean"));
}
