//! The same request has the same digest however it is spelled, and no other request has it.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::{canonical, digest, params_digest};
use crate::error::ErrorKind;

fn of(params: &str) -> [u8; 32] {
    let params = RawValue::from_string(params.to_owned()).expect("JSON");
    params_digest("tools/call", Some(&params)).expect("it has a canonical form")
}

fn canonical(text: &str) -> String {
    String::from_utf8(canonical::json(text, &[]).expect(text)).expect("UTF-8")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// States that clients hold would be refused if these changed. Made by another implementation (Python).
#[test]
fn known_answers() {
    let params = r#" { "name": "n", "arguments": {"b": [true, null], "a": 1.0} , "_meta": {"x": {}} }"#;
    assert_eq!(hex(&of(params)), "7d755f281757cb90ff759c579931232ac9ab09ae12f9760dfd874d2f7483976e");
    let parts = digest(&[b"a", b"bc"]);
    assert_eq!(hex(&parts), "3fafa1cf2f19a7c1129beb20cf0983f73a489a221fc0dd2f16d1be292d089205");
}

#[test]
fn the_examples_of_rfc_8785_come_out_as_it_says() {
    let text = r#"{ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }"#;
    let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
    assert_eq!(canonical(text), expected);
    let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
    assert_eq!(canonical(text), "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}");
}

#[test]
fn numbers_have_one_spelling() {
    let cases = [
        // appendix B of RFC 8785
        ("0", "0"),
        ("-0", "0"),
        ("-0.0e-7", "0"),
        ("5e-324", "5e-324"),
        ("-5e-324", "-5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740992", "9007199254740992"),
        ("295147905179352830000", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"),
        ("1e23", "1e+23"),
        ("999999999999999700000", "999999999999999700000"),
        ("1000000000000000000000", "1e+21"),
        ("9.999999999999997e-7", "9.999999999999997e-7"),
        ("0.000001", "0.000001"),
        ("333333333.33333325", "333333333.33333325"),
        ("333333333.33333329", "333333333.3333333"),
        // spelling
        ("1.0", "1"),
        ("100e-2", "1"),
        ("1E+2", "100"),
        ("-1.50", "-1.5"),
        ("0.1e-6", "1e-7"),
        ("123e-20", "1.23e-18"),
        ("0e99999999999999999999", "0"),
        // where we keep what a double loses
        ("9007199254740993", "9007199254740993"),
        ("9007199254740993.0", "9007199254740993"),
        ("-18446744073709551617", "-18446744073709551617"),
        ("1234567890123456789012345", "1.234567890123456789012345e+24"),
        ("1e400", "1e+400"),
        ("1e-400", "1e-400"),
        ("12345678901234567.89", "12345678901234567.89"),
        ("0.99999999999999999", "0.99999999999999999"),
    ];
    for (text, expected) in cases {
        assert_eq!(canonical(text), expected, "{text}");
        assert_eq!(canonical(expected), expected, "{text}, again");
    }
}

#[test]
fn what_passes_between_rounds_does_not_matter() {
    let plain = of(r#"{"name":"n"}"#);
    for params in [
        r#"{"_meta":{"progressToken":1},"name":"n"}"#,
        r#"{"name":"n","inputResponses":{"a":{"a":1,"a":2}}}"#,
        r#"{"requestState":"x","name":"n","_meta":null,"inputResponses":[[[],{}],"}",0.5,{"a":"\"]"}]}"#,
        r#"{"name":"n","\u005fmeta":1}"#,
        " {\t\"name\" :\r\n\"\\u006e\" } ",
    ] {
        assert_eq!(of(params), plain, "{params}");
    }
}

#[test]
fn anything_else_matters() {
    let all = [
        "{}",
        "[]",
        "null",
        r#"{"name":"n"}"#,
        r#"{"name":"N"}"#,
        r#"{"name":"n","arguments":{}}"#,
        r#"{"name":"n","arguments":{"_meta":1}}"#,
        r#"{"name":"n","arguments":{"_meta":2}}"#,
        r#"{"name":"n","arguments":{"requestState":1}}"#,
        r#"{"name":"n","arguments":{"inputResponses":1}}"#,
        r#"{"name":"n","arguments":[]}"#,
        r#"{"name":"n","arguments":[1,2]}"#,
        r#"{"name":"n","arguments":[2,1]}"#,
        r#"{"name":"n","arguments":[[1],2]}"#,
        r#"{"name":"n","arguments":["1",2]}"#,
        r#"{"name":"n","arguments":null}"#,
        r#"{"name":"n","arguments":false}"#,
        r#"{"name":"n","arguments":""}"#,
        r#"{"name":"n","arguments":" "}"#,
        r#"{"name":"n","_Meta":1}"#,
        r#"{"name":"n","arguments":9007199254740992}"#,
        r#"{"name":"n","arguments":9007199254740993}"#,
        r#"{"name":"n","arguments":9007199254740994}"#,
        r#"{"name":"n","arguments":18446744073709551616}"#,
        r#"{"name":"n","arguments":18446744073709551617}"#,
        r#"{"name":"n","arguments":"ü"}"#,
        r#"{"name":"n","arguments":"u\u0308"}"#,
    ];
    for (at, one) in all.iter().enumerate() {
        for other in &all[..at] {
            assert_ne!(of(one), of(other), "{one} and {other}");
        }
    }
}

#[test]
fn no_params_are_as_good_as_empty_ones_and_the_method_counts() {
    let none = |method| params_digest(method, None).expect("nothing is canonical");
    assert_eq!(none("tools/call"), of("{}"));
    assert_eq!(none("tools/call"), of(r#"{"_meta":{}}"#));
    assert_ne!(none("tools/call"), none("tools/list"));
}

#[test]
fn what_has_no_canonical_form_is_refused() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for (text, why) in [
        (r#"{"a":1,"b":2,"\u0061":1}"#, "an object has a member twice"),
        (r#"{"a":[{"b":1,"b":1}]}"#, "an object has a member twice"),
        (r#"{"a":"\ud800"}"#, "a string has half a surrogate pair"),
        (r#"{"a":1e99999999999999999999}"#, "a number has an exponent beyond all use"),
        (&deep(129), "the JSON is nested deeper than 128 levels"),
    ] {
        let params = RawValue::from_string(text.to_owned()).expect("JSON");
        let error = params_digest("tools/call", Some(&params)).expect_err(text);
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, why), "{text:.60}");
    }
    assert_eq!(canonical(&deep(128)), deep(128));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-9_i64..9).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((".{0,3}", inner), 0..5).prop_map(|members| Map::from_iter(members).into()),
        ]
    })
}

/// The same value spelled otherwise: members backwards, white space, every character escaped.
fn respelled(value: &Value) -> String {
    let escaped = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
    match value {
        Value::String(text) => format!("\"{}\" ", escaped(text)),
        Value::Array(items) => {
            format!("[\n{} ]", items.iter().map(respelled).collect::<Vec<_>>().join(" ,\t"))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .rev()
                .map(|(name, value)| format!("\"{}\" :{}", escaped(name), respelled(value)))
                .collect();
            format!("{{ {} }}", members.join(","))
        }
        Value::Number(number) if number.is_f64() => format!("{:e}", number.as_f64().expect("a double")),
        Value::Number(number) => format!("{number}.00e+00"),
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}

proptest! {
    #[test]
    fn spelling_does_not_matter(value in json()) {
        let text = canonical(&value.to_string());
        prop_assert_eq!(&canonical(&respelled(&value)), &text);
        prop_assert_eq!(&canonical(&text), &text);
    }

    /// The canonical form says the same: read back it is the value, apart from numbers' types.
    #[test]
    fn nothing_is_lost(value in json()) {
        let back: Value = serde_json::from_str(&canonical(&value.to_string())).expect("JSON");
        prop_assert!(same(&back, &value), "{} and {}", back, value);
    }

    #[test]
    fn neighbours_differ(number in any::<i128>()) {
        prop_assume!(number < i128::MAX);
        prop_assert_ne!(canonical(&number.to_string()), canonical(&(number + 1).to_string()));
    }

    /// Doubles are written so that they come back, and in one way.
    #[test]
    fn doubles_come_back(double in any::<f64>()) {
        prop_assume!(double.is_finite());
        let text = canonical(&format!("{double:e}"));
        prop_assert_eq!(text.parse::<f64>().expect("a number"), double);
        prop_assert_eq!(canonical(&format!("{double}")), text);
    }

    /// Whatever the text is, reading it ends and does not panic.
    #[test]
    fn broken_json_is_no_trouble(text in r#"[\[\]{}",:0-9a\\.e+ü -]{0,30}"#) {
        let _ = canonical::json(&text, &["a"]);
    }

    #[test]
    fn digests_of_other_parts_differ(
        one in prop::collection::vec("[ab]{0,3}", 0..4),
        other in prop::collection::vec("[ab]{0,3}", 0..4),
    ) {
        let of = |parts: &[String]| digest(&parts.iter().map(String::as_bytes).collect::<Vec<_>>());
        prop_assert_eq!(of(&one) == of(&other), one == other);
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            // serde_json reads some doubles a few steps off.
            let [from, to] = [one, other].map(|number| number.as_f64().expect("all numbers are doubles here"));
            one == other || (from - to).abs() <= from.abs() * 1e-14
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}
