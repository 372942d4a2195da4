//! Whether a schema asks for more than the type behind it enforces by being decoded. Reads what schemars wrote, because
//! there the machine type of a number can still be told from a bound that the author set.

use serde_json::{Map, Value};

/// True when arguments have to be checked against the schema as well; false when decoding into the type is check enough.
/// It errs towards true.
pub(crate) fn restricts(raw: &Value) -> bool {
    let definitions = ["$defs", "definitions"].into_iter().filter_map(|key| raw.get(key)?.as_object());
    definitions.flat_map(Map::values).any(|body| asks(body, Place::Type)) || asks(raw, Place::Type)
}

/// Where a schema stands decides whether a list of values comes from an enum or from its author.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The description of a type, or one variant of it.
    Type,
    /// A member of a variant, where the tag is a constant.
    VariantMember,
    /// Anything else.
    Value,
}

fn asks(schema: &Value, place: Place) -> bool {
    let Some(members) = schema.as_object() else { return false };
    let variant_members = if place == Place::Type { Place::VariantMember } else { Place::Value };
    members.iter().any(|(keyword, value)| match keyword.as_str() {
        "pattern" | "multipleOf" | "exclusiveMinimum" | "exclusiveMaximum" | "minLength" | "maxLength" => true,
        "contains" | "minProperties" | "maxProperties" | "propertyNames" | "if" | "dependentRequired" => true,
        "dependentSchemas" => true,
        "uniqueItems" => value == &Value::Bool(true),
        "format" => value.as_str().and_then(range).is_none(),
        "minimum" => bounds(members).is_none_or(|(least, _)| least.map(Into::into).as_ref() != Some(value)),
        "maximum" => bounds(members).is_none_or(|(_, most)| most.map(Into::into).as_ref() != Some(value)),
        "minItems" | "maxItems" => {
            let places = members.get("prefixItems").and_then(Value::as_array).map(Vec::len);
            places != value.as_u64().and_then(|count| usize::try_from(count).ok())
        }
        "enum" => place != Place::Type,
        "const" => place == Place::Value,
        "properties" => {
            value.as_object().is_some_and(|members| members.values().any(|member| asks(member, variant_members)))
        }
        "patternProperties" => {
            value.as_object().is_some_and(|members| members.values().any(|member| asks(member, Place::Value)))
        }
        "items" | "additionalProperties" => asks(value, Place::Value),
        "prefixItems" => value.as_array().is_some_and(|places| places.iter().any(|item| asks(item, Place::Value))),
        "oneOf" | "anyOf" | "allOf" => {
            value.as_array().is_some_and(|branches| branches.iter().any(|branch| asks(branch, place)))
        }
        _ => false,
    })
}

fn bounds(members: &Map<String, Value>) -> Option<(Option<i64>, Option<i64>)> {
    range(members.get("format")?.as_str()?)
}

/// The bounds that schemars gives a machine type by itself.
fn range(format: &str) -> Option<(Option<i64>, Option<i64>)> {
    Some(match format {
        "uint8" => (Some(0), Some(255)),
        "int8" => (Some(-128), Some(127)),
        "uint16" => (Some(0), Some(65_535)),
        "int16" => (Some(-32_768), Some(32_767)),
        "uint" | "uint32" | "uint64" | "uint128" => (Some(0), None),
        "int" | "int32" | "int64" | "int128" | "float" | "double" => (None, None),
        _ => return None,
    })
}
