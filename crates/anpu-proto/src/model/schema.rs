//! JSON schemas as values of the protocol; this module does not know what a schema means.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::reading::JsonObject;

/// A JSON schema: always an object, and cheap to clone.
///
/// ```
/// # use anpu_proto::model::Schema;
/// let schema = Schema::try_from(serde_json::json!({ "type": "object" }))?;
/// assert_eq!(schema, Schema::default());
/// # Ok::<(), anpu_proto::model::NotAnObject>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Schema(Arc<Value>);

impl Schema {
    /// The schema as JSON; always an object.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The member of this name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }
}

/// The schema of an object about which nothing else is said.
impl Default for Schema {
    fn default() -> Self {
        Self(Arc::new(json!({ "type": "object" })))
    }
}

impl From<JsonObject> for Schema {
    fn from(schema: JsonObject) -> Self {
        Self(Arc::new(Value::Object(schema)))
    }
}

impl TryFrom<Value> for Schema {
    type Error = NotAnObject;

    fn try_from(schema: Value) -> Result<Self, NotAnObject> {
        if schema.is_object() { Ok(Self(Arc::new(schema))) } else { Err(NotAnObject) }
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        JsonObject::deserialize(from).map(Self::from)
    }
}

/// A schema was to be made of something that is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a JSON schema must be an object here")]
pub struct NotAnObject;
