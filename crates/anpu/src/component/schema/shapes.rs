//! One snapshot per shape of type: what schemars says is judged elsewhere, here is what we publish.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::of_input;

pub(super) fn snapshot(name: &str, schema: &Value) {
    let text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

macro_rules! shapes {
    ($($name:ident: $type:ty),* $(,)?) => { $(
        #[test]
        fn $name() {
            let schema = of_input::<$type>();
            assert_taken_everywhere(&schema);
            snapshot(stringify!($name), &schema);
        }
    )* };
}

/// What no provider takes, anywhere in the schema.
fn assert_taken_everywhere(schema: &Value) {
    assert_eq!(schema["type"], "object");
    assert!(schema["properties"].is_object());
    for combinator in ["anyOf", "oneOf", "allOf", "not", "$ref", "enum", "$schema", "title"] {
        assert!(schema.get(combinator).is_none(), "{combinator} at the root of {schema}");
    }
    let text = schema.to_string();
    for word in [r#""type":["#, r#""oneOf""#, r#""const""#, r#""format":"uint"#, r#""format":"int"#, r#""double""#] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    assert!(!text.contains("$variants"), "our own member in {text}");
}

/// Where a parcel goes.
#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Address {
    /// the street
    street: String,
    zip: Option<u32>,
}

#[derive(JsonSchema, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plain {
    A,
    B,
    #[serde(rename = "see")]
    C,
}

/// How fast.
#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Documented {
    /// by truck
    Slow,
    /// by plane,
    /// when it flies
    Fast,
    Other,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Nested {
    from: Address,
    /// where it goes
    to: Address,
    /// in a list
    by: Vec<Address>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Options {
    /// a scalar
    scalar: Option<String>,
    number: Option<f64>,
    flag: Option<bool>,
    whole: Option<Address>,
    /// an enum
    plain: Option<Plain>,
    /// the speed
    documented: Option<Documented>,
    list: Option<Vec<u8>>,
    holes: Vec<Option<u8>>,
    #[serde(default)]
    defaulted: Option<Plain>,
    any: Option<Value>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Collections {
    list: Vec<String>,
    set: HashSet<u8>,
    fixed: [u8; 3],
    tuple: (u8, String),
    pair: (f64, f64),
    map: BTreeMap<String, Address>,
    by_number: HashMap<u32, bool>,
    by_enum: BTreeMap<Plain, u8>,
    any: Value,
    object: serde_json::Map<String, Value>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Enums {
    plain: Plain,
    documented: Documented,
    /// the speed
    field: Documented,
    tagged: Tagged,
    external: External,
    untagged: Untagged,
}

#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Tagged {
    /// round
    Circle {
        r: f64,
    },
    Square {
        side: f64,
        r: u8,
    },
    Unit,
    New(Address),
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) enum External {
    /// round
    Circle {
        r: f64,
    },
    Unit,
    New(Address),
    Pair(u8, u8),
}

#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Circle { r: f64 },
    Unit,
    New(Address),
}

#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Number(i64),
    First { a: u8 },
    Second { a: u8, b: Option<bool> },
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct Meters(u32);

#[derive(JsonSchema, Serialize, Deserialize)]
struct Newtypes {
    height: Meters,
    at: Wrapped,
}

/// The same, under another name.
#[derive(JsonSchema, Serialize, Deserialize)]
struct Wrapped(Address);

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Tree {
    value: i32,
    plain: Plain,
    children: Vec<Tree>,
    /// up
    parent: Option<Box<Tree>>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Holder {
    tree: Tree,
    address: Address,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Left {
    right: Option<Box<Right>>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct Right {
    left: Vec<Left>,
    plain: Plain,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) enum Expression {
    Zero,
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Flat {
    x: u8,
    #[serde(flatten)]
    address: Address,
    #[serde(flatten)]
    tagged: Tagged,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct FlatTwice {
    #[serde(flatten)]
    tagged: Tagged,
    #[serde(flatten)]
    adjacent: Adjacent,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct FlatOpen {
    #[serde(flatten)]
    address: Option<Address>,
    #[serde(flatten)]
    rest: HashMap<String, i32>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Numbers {
    a: u8,
    b: i8,
    c: u16,
    d: i16,
    e: u32,
    f: i32,
    g: u64,
    h: i64,
    i: usize,
    j: f32,
    k: f64,
    l: std::num::NonZeroU8,
    m: std::num::NonZeroI32,
}

#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(default)]
struct Defaults {
    number: u32,
    text: String,
    none: Option<u8>,
    speed: Documented,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { number: 3, text: "x".into(), none: None, speed: Documented::Fast }
    }
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct Page<T> {
    first: T,
    all: Vec<T>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct Unit;

/// The arguments.
///
/// In two paragraphs.
#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    /// The first line
    /// and the second.
    a: u8,
    #[schemars(title = "The title", description = "Not the comment")]
    b: u8,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct Constrained {
    #[schemars(extend("minimum" = 1, "maximum" = 1000, "default" = 1, "x-mcp-header" = "Qty"))]
    qty: u32,
    #[schemars(extend("exclusiveMinimum" = 0, "multipleOf" = 0.5))]
    price: f64,
    #[schemars(extend("minLength" = 1, "maxLength" = 8, "pattern" = "^[a-z]+$", "examples" = ["ab", "c"]))]
    name: String,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    #[schemars(extend("minItems" = 1, "maxItems" = 3, "uniqueItems" = true))]
    tags: Vec<String>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
pub(super) struct ConstrainedOptions {
    #[schemars(extend("minimum" = 1, "maximum" = 1000, "default" = 1, "x-mcp-header" = "Qty"))]
    qty: Option<u32>,
    #[schemars(extend("exclusiveMinimum" = 0, "multipleOf" = 0.5))]
    price: Option<f64>,
    #[schemars(extend("minLength" = 1, "maxLength" = 8, "pattern" = "^[a-z]+$", "examples" = ["ab", "c"]))]
    name: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
    #[schemars(extend("minItems" = 1, "maxItems" = 3, "uniqueItems" = true))]
    tags: Option<Vec<String>>,
    #[schemars(extend("x-mcp-header" = "To"))]
    to: Option<Address>,
    #[schemars(extend("default" = "see"))]
    plain: Option<Plain>,
}

shapes! {
    address: Address,
    nested: Nested,
    options: Options,
    collections: Collections,
    enums_in_fields: Enums,
    string_enum_at_the_root: Plain,
    internally_tagged: Tagged,
    externally_tagged: External,
    adjacently_tagged: Adjacent,
    untagged: Untagged,
    newtypes: Newtypes,
    newtype_at_the_root: Wrapped,
    recursive: Tree,
    recursive_below: Holder,
    recursive_enum: Expression,
    mutually_recursive: Left,
    flattened: Flat,
    flattened_twice: FlatTwice,
    flattened_open: FlatOpen,
    numbers: Numbers,
    defaults: Defaults,
    generic: Page<Address>,
    unit_struct: Unit,
    described: Described,
    constrained: Constrained,
    constrained_options: ConstrainedOptions,
    optional_root: Option<Address>,
    any_root: Value,
    map_root: BTreeMap<String, u8>,
}
