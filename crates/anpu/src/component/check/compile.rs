//! Compiles a schema into nodes that refer to each other by number, so that recursion costs nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use super::{
    BadSchema,
    format::{self, Format},
};

/// One schema. Every keyword that is absent allows everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) kinds: Option<Vec<Kind>>,
    pub(super) properties: BTreeMap<String, usize>,
    pub(super) required: BTreeSet<String>,
    pub(super) additional: Additional,
    pub(super) items: Option<usize>,
    pub(super) places: Vec<usize>,
    pub(super) values: Option<Vec<Value>>,
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) above: Option<Number>,
    pub(super) below: Option<Number>,
    pub(super) multiple_of: Option<Number>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<Regex>,
    pub(super) format: Option<Format>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) unique: bool,
    pub(super) any_of: Vec<usize>,
    pub(super) one_of: Vec<usize>,
    /// `allOf` and `$ref`.
    pub(super) all_of: Vec<usize>,
}

/// What members that are not named may be.
#[derive(Debug, Clone, Default)]
pub(super) enum Additional {
    #[default]
    Any,
    Never,
    Node(usize),
}

/// A JSON type; `integer` is any number without a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// Validation keywords that are not enforced here. Unknown words are annotations, these are not.
const REFUSED: [&str; 17] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "patternProperties",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "additionalItems",
];

pub(super) fn compile(schema: &Value) -> Result<(Vec<Node>, usize), BadSchema> {
    let mut compiler = Compiler { document: schema, nodes: Vec::new(), known: HashMap::new() };
    let root = compiler.node(schema, "", 0)?;
    Ok((compiler.nodes, root))
}

struct Compiler<'a> {
    document: &'a Value,
    nodes: Vec<Node>,
    /// By address, so that a reference to a schema under way ends.
    known: HashMap<usize, usize>,
}

impl<'a> Compiler<'a> {
    fn node(&mut self, schema: &'a Value, at: &str, depth: usize) -> Result<usize, BadSchema> {
        let address = std::ptr::from_ref(schema).addr();
        if let Some(known) = self.known.get(&address) {
            return Ok(*known);
        }
        if depth > 128 {
            return Err(bad(at, "is nested more than 128 levels deep"));
        }
        let number = self.nodes.len();
        self.nodes.push(Node::default());
        self.known.insert(address, number);
        let mut node = Node::default();
        match schema {
            Value::Bool(true) => {}
            Value::Bool(false) => node.values = Some(Vec::new()),
            Value::Object(members) => {
                for (keyword, value) in members {
                    let at = join(at, keyword);
                    if REFUSED.contains(&keyword.as_str()) {
                        return Err(bad(&at, "is not enforced; leave it out, or give the tool an `input_schema`"));
                    }
                    self.structure(&mut node, keyword, value, &at, depth + 1)?;
                    limits(&mut node, keyword, value, &at)?;
                }
            }
            _ => return Err(bad(at, "a schema is an object or a boolean")),
        }
        self.nodes[number] = node;
        Ok(number)
    }

    /// The keywords that hold schemas.
    fn structure(
        &mut self,
        node: &mut Node,
        keyword: &str,
        value: &'a Value,
        at: &str,
        depth: usize,
    ) -> Result<(), BadSchema> {
        match keyword {
            "$ref" => {
                let target = self.target(value, at)?;
                node.all_of.push(self.node(target, at, depth)?);
            }
            "properties" => {
                for (name, schema) in object(value, at)? {
                    let number = self.node(schema, &join(at, name), depth)?;
                    node.properties.insert(name.clone(), number);
                }
            }
            "additionalProperties" => {
                node.additional = match value {
                    Value::Bool(true) => Additional::Any,
                    Value::Bool(false) => Additional::Never,
                    schema => Additional::Node(self.node(schema, at, depth)?),
                };
            }
            "items" => node.items = Some(self.node(value, at, depth)?),
            "prefixItems" => node.places = self.list(value, at, depth)?,
            "anyOf" => node.any_of = self.list(value, at, depth)?,
            "oneOf" => node.one_of = self.list(value, at, depth)?,
            "allOf" => {
                let parts = self.list(value, at, depth)?;
                node.all_of.extend(parts);
            }
            _ => {}
        }
        Ok(())
    }

    fn list(&mut self, value: &'a Value, at: &str, depth: usize) -> Result<Vec<usize>, BadSchema> {
        let schemas = array(value, at)?;
        if schemas.is_empty() {
            return Err(bad(at, "expected at least one schema"));
        }
        schemas.iter().enumerate().map(|(index, schema)| self.node(schema, &format!("{at}[{index}]"), depth)).collect()
    }

    fn target(&self, value: &Value, at: &str) -> Result<&'a Value, BadSchema> {
        let reference = text(value, at)?;
        let unknown = || bad(at, &format!("{reference:?} is not a schema in this document"));
        let pointer = decoded(reference.strip_prefix('#').ok_or_else(unknown)?).ok_or_else(unknown)?;
        self.document.pointer(&pointer).ok_or_else(unknown)
    }
}

/// The keywords that hold limits.
fn limits(node: &mut Node, keyword: &str, value: &Value, at: &str) -> Result<(), BadSchema> {
    match keyword {
        "type" => node.kinds = Some(kinds(value, at)?),
        "required" => {
            node.required =
                array(value, at)?.iter().map(|name| text(name, at).map(str::to_owned)).collect::<Result<_, _>>()?;
        }
        "enum" => node.values = Some(array(value, at)?.clone()),
        "const" => node.values = Some(vec![value.clone()]),
        "minimum" => node.minimum = Some(number(value, at)?),
        "maximum" => node.maximum = Some(number(value, at)?),
        "exclusiveMinimum" => node.above = Some(number(value, at)?),
        "exclusiveMaximum" => node.below = Some(number(value, at)?),
        "multipleOf" => {
            let step = number(value, at)?;
            if step.as_f64().is_none_or(|step| step <= 0.0) {
                return Err(bad(at, &format!("expected a number greater than 0, found {step}")));
            }
            node.multiple_of = Some(step);
        }
        "minLength" => node.min_length = Some(count(value, at)?),
        "maxLength" => node.max_length = Some(count(value, at)?),
        "minItems" => node.min_items = Some(count(value, at)?),
        "maxItems" => node.max_items = Some(count(value, at)?),
        "uniqueItems" => node.unique = value.as_bool().ok_or_else(|| bad(at, "expected true or false"))?,
        "pattern" => {
            let pattern = text(value, at)?;
            let problem = |error| bad(at, &format!("{pattern:?} is not a regular expression: {error}"));
            node.pattern = Some(Regex::new(pattern).map_err(problem)?);
        }
        "format" => node.format = format::named(text(value, at)?),
        _ => {}
    }
    Ok(())
}

fn kinds(value: &Value, at: &str) -> Result<Vec<Kind>, BadSchema> {
    let names = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    names
        .iter()
        .map(|name| match text(name, at)? {
            "null" => Ok(Kind::Null),
            "boolean" => Ok(Kind::Boolean),
            "integer" => Ok(Kind::Integer),
            "number" => Ok(Kind::Number),
            "string" => Ok(Kind::String),
            "array" => Ok(Kind::Array),
            "object" => Ok(Kind::Object),
            other => Err(bad(at, &format!("{other:?} is not a JSON type"))),
        })
        .collect()
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, BadSchema> {
    value.as_object().ok_or_else(|| bad(at, "expected an object"))
}

fn array<'a>(value: &'a Value, at: &str) -> Result<&'a Vec<Value>, BadSchema> {
    value.as_array().ok_or_else(|| bad(at, "expected an array"))
}

fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str, BadSchema> {
    value.as_str().ok_or_else(|| bad(at, &format!("expected a string, found {value}")))
}

fn number(value: &Value, at: &str) -> Result<Number, BadSchema> {
    value.as_number().cloned().ok_or_else(|| bad(at, &format!("expected a number, found {value}")))
}

fn count(value: &Value, at: &str) -> Result<u64, BadSchema> {
    let whole = value.as_number().and_then(super::number::integer).and_then(|count| u64::try_from(count).ok());
    whole.ok_or_else(|| bad(at, &format!("expected a count, found {value}")))
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn bad(at: &str, problem: &str) -> BadSchema {
    BadSchema { at: at.to_owned(), problem: problem.to_owned() }
}

fn decoded(pointer: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
