//! Tools whose schema has to be published word for word.

use anpu::{Component, Tool};
use serde_json::{Value, json};

/// The suite looks for every keyword of this schema.
pub(crate) fn json_schema_2020_12_tool() -> Component {
    Tool::new("json_schema_2020_12_tool")
        .description("Takes a contact; its schema uses what JSON Schema 2020-12 has.")
        .read_only(true)
        .input_schema(contact())
        .handler(|contact: Value, _| async move { format!("JSON Schema 2020-12 tool called with: {contact}") })
}

fn contact() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
