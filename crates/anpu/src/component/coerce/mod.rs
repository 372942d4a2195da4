//! Brings what models send nearer to what the schema says, without guessing: integers written as decimals, `null` for
//! what may be left out, and (only once plain validation has failed) JSON inside strings. Walks all schemas that apply
//! to a value at once, so that choices and recursion cost no more than the value is large.

#[cfg(test)]
mod tests;

use serde_json::{Number, Value};

/// Deeper values are left as they are.
const DEEPEST: usize = 128;
/// Of more schemas that apply to one value, the rest is not looked at.
const MOST_SCHEMAS: usize = 256;

/// Rewrites integral floats as integers where an integer is wanted (`2.0` is valid where the schema says `integer`, but
/// serde takes only `2`), and removes members that are `null` where the schema wants something else or nothing.
pub(crate) fn normalize(schema: &Value, value: &mut Value) {
    let document = Document(schema);
    document.normalize(&document.applicable([schema]), value, 0);
}

/// Decodes strings that hold JSON of the type that the schema wants in their place. To be called only after plain
/// validation failed, so that a string which is valid stays a string. Says whether anything changed.
pub(crate) fn unstring(schema: &Value, value: &mut Value) -> bool {
    let document = Document(schema);
    document.unstring(&document.applicable([schema]), value, 0)
}

struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    fn normalize(&self, schemas: &[&'a Value], value: &mut Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Number(number) if wants(schemas, "integer") && !wants(schemas, "number") => {
                if let Some(integer) = integral(number) {
                    *number = integer;
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.normalize(&self.of_item(schemas, index), item, depth + 1);
                }
            }
            Value::Object(members) => {
                members.retain(|name, member| {
                    !member.is_null() || is_required(schemas, name) || admits_null(&self.of_named(schemas, name))
                });
                for (name, member) in members {
                    self.normalize(&self.of_member(schemas, name), member, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn unstring(&self, schemas: &[&'a Value], value: &mut Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let mut changed = false;
        if let Value::String(text) = value
            && let Some(decoded) = decoded(schemas, text)
        {
            *value = decoded;
            changed = true;
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    changed |= self.unstring(&self.of_item(schemas, index), item, depth + 1);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    changed |= self.unstring(&self.of_member(schemas, name), member, depth + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        changed
    }

    fn of_item(&self, schemas: &[&'a Value], index: usize) -> Vec<&'a Value> {
        self.applicable(schemas.iter().filter_map(|schema| {
            let place = schema.get("prefixItems").and_then(|places| places.get(index));
            place.or_else(|| schema.get("items"))
        }))
    }

    fn of_named(&self, schemas: &[&'a Value], name: &str) -> Vec<&'a Value> {
        self.applicable(schemas.iter().filter_map(|schema| schema.get("properties")?.get(name)))
    }

    fn of_member(&self, schemas: &[&'a Value], name: &str) -> Vec<&'a Value> {
        self.applicable(schemas.iter().filter_map(|schema| {
            let named = schema.get("properties").and_then(|properties| properties.get(name));
            named.or_else(|| schema.get("additionalProperties"))
        }))
    }

    /// These schemas, what they refer to and what they choose from, each once.
    fn applicable(&self, schemas: impl IntoIterator<Item = &'a Value>) -> Vec<&'a Value> {
        let mut all: Vec<&'a Value> = Vec::new();
        let add = |schema: &'a Value, all: &mut Vec<&'a Value>| {
            if all.len() < MOST_SCHEMAS && !all.iter().any(|known| std::ptr::eq(*known, schema)) {
                all.push(schema);
            }
        };
        schemas.into_iter().for_each(|schema| add(schema, &mut all));
        let mut next = 0;
        while let Some(schema) = all.get(next).copied() {
            next += 1;
            if let Some(target) = schema.get("$ref").and_then(|reference| self.target(reference.as_str()?)) {
                add(target, &mut all);
            }
            for keyword in ["anyOf", "oneOf", "allOf"] {
                let branches = schema.get(keyword).and_then(Value::as_array);
                branches.into_iter().flatten().for_each(|branch| add(branch, &mut all));
            }
        }
        all
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
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
        self.0.pointer(&String::from_utf8(bytes).ok()?)
    }
}

fn wants(schemas: &[&Value], kind: &str) -> bool {
    schemas.iter().any(|schema| match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|found| found == kind),
        Some(found) => found == kind,
        None => false,
    })
}

/// A schema that names no type, and only refers or chooses, leaves the question to those it names.
fn is_open(schema: &Value) -> bool {
    let Some(members) = schema.as_object() else { return schema == &Value::Bool(true) };
    !["type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|keyword| members.contains_key(*keyword))
}

fn admits_null(schemas: &[&Value]) -> bool {
    schemas.is_empty() || wants(schemas, "null") || schemas.iter().any(|schema| is_open(schema) || lists_null(schema))
}

fn lists_null(schema: &Value) -> bool {
    let listed = schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.contains(&Value::Null));
    listed || schema.get("const") == Some(&Value::Null)
}

fn is_required(schemas: &[&Value], name: &str) -> bool {
    let names = |schema: &&Value| {
        schema.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|found| found == name))
    };
    schemas.iter().any(names)
}

fn integral(number: &Number) -> Option<Number> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    if float.fract() != 0.0 {
        return None;
    }
    // Exact: both limits are powers of two, and within them an integral float is that integer.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "integral and in range")]
    if (-(2_f64.powi(63))..2_f64.powi(63)).contains(&float) {
        Some(Number::from(float as i64))
    } else if (0.0..2_f64.powi(64)).contains(&float) {
        Some(Number::from(float as u64))
    } else {
        None
    }
}

/// The JSON in a string, if its type is wanted here and a string is not.
fn decoded(schemas: &[&Value], text: &str) -> Option<Value> {
    if schemas.is_empty() || wants(schemas, "string") || schemas.iter().any(|schema| is_open(schema)) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let wanted = match &value {
        Value::Array(_) => wants(schemas, "array"),
        Value::Object(_) => wants(schemas, "object"),
        Value::Bool(_) => wants(schemas, "boolean"),
        Value::Number(number) => {
            wants(schemas, "number") || wants(schemas, "integer") && (!number.is_f64() || integral(number).is_some())
        }
        Value::Null | Value::String(_) => false,
    };
    wanted.then_some(value)
}
