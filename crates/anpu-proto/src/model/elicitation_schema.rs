//! The forms of elicitation: flat objects of fields that every client can draw.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::content::{exactly, type_of};
use super::elicitation_choice::EnumSchema;
use super::reading::{self, JsonObject};

/// A form: its fields, in the order in which they are shown.
///
/// ```
/// # use anpu_proto::model::{EnumSchema, RequestedSchema, StringSchema};
/// let form = RequestedSchema::new()
///     .required("name", StringSchema::new().title("Your name"))
///     .optional("size", EnumSchema::one_of(["small", "large"]));
/// # assert_eq!(form.required, ["name"]);
/// ```
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/client/elicitation#requested-schema).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "object")]
#[non_exhaustive]
pub struct RequestedSchema {
    /// The dialect of JSON Schema.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The fields.
    pub properties: Properties,
    /// The fields that must be filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
}

impl RequestedSchema {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field that must be filled in.
    #[must_use]
    pub fn required(mut self, name: impl Into<String>, field: impl Into<PrimitiveSchemaDefinition>) -> Self {
        let name = name.into();
        if !self.required.contains(&name) {
            self.required.push(name.clone());
        }
        self.properties.insert(name, field.into());
        self
    }

    /// Adds a field that may be left empty.
    #[must_use]
    pub fn optional(mut self, name: impl Into<String>, field: impl Into<PrimitiveSchemaDefinition>) -> Self {
        let name = name.into();
        self.required.retain(|required| *required != name);
        self.properties.insert(name, field.into());
        self
    }
}

/// The fields of a form, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(Vec<(String, PrimitiveSchemaDefinition)>);

impl Properties {
    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&PrimitiveSchemaDefinition> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// Sets the field of this name; a new one comes last.
    pub fn insert(&mut self, name: String, field: PrimitiveSchemaDefinition) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = field,
            None => self.0.push((name, field)),
        }
    }

    /// The fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PrimitiveSchemaDefinition)> {
        self.0.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// The fields, in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut PrimitiveSchemaDefinition)> {
        self.0.iter_mut().map(|(name, field)| (name.as_str(), field))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Properties, A::Error> {
                let mut fields = Properties::default();
                while let Some((name, field)) = access.next_entry::<String, _>()? {
                    if fields.get(&name).is_some() {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    fields.0.push((name, field));
                }
                Ok(fields)
            }
        }

        from.deserialize_map(Fields)
    }
}

/// One field of a form; its `type` and the members that list its choices decide which kind.
#[derive(Clone, Debug, PartialEq)]
pub enum PrimitiveSchemaDefinition {
    /// Text.
    String(StringSchema),
    /// A number.
    Number(NumberSchema),
    /// Yes or no.
    Boolean(BooleanSchema),
    /// A choice.
    Enum(EnumSchema),
}

impl From<StringSchema> for PrimitiveSchemaDefinition {
    fn from(field: StringSchema) -> Self {
        Self::String(field)
    }
}

impl From<NumberSchema> for PrimitiveSchemaDefinition {
    fn from(field: NumberSchema) -> Self {
        Self::Number(field)
    }
}

impl From<BooleanSchema> for PrimitiveSchemaDefinition {
    fn from(field: BooleanSchema) -> Self {
        Self::Boolean(field)
    }
}

impl From<EnumSchema> for PrimitiveSchemaDefinition {
    fn from(field: EnumSchema) -> Self {
        Self::Enum(field)
    }
}

impl Serialize for PrimitiveSchemaDefinition {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String(field) => field.serialize(to),
            Self::Number(field) => field.serialize(to),
            Self::Boolean(field) => field.serialize(to),
            Self::Enum(field) => field.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for PrimitiveSchemaDefinition {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let field = JsonObject::deserialize(from)?;
        match type_of(&field)? {
            "number" | "integer" => exactly(field).map(Self::Number),
            "boolean" => exactly(field).map(Self::Boolean),
            "string" if field.contains_key("enum") || field.contains_key("oneOf") => {
                EnumSchema::read(field).map(Self::Enum)
            }
            "string" => exactly(field).map(Self::String),
            "array" => EnumSchema::read(field).map(Self::Enum),
            other => {
                let expected = "string, number, integer, boolean or array";
                Err(D::Error::custom(format_args!("type: expected {expected}, found {other}")))
            }
        }
    }
}

/// A field for text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "string", rename_all = "camelCase")]
#[non_exhaustive]
pub struct StringSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub min_length: Option<u64>,
    /// The most characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub max_length: Option<u64>,
    /// What the text must look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<StringFormat>,
    /// What is filled in already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl StringSchema {
    /// Any text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What to fill in.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The fewest and the most characters.
    #[must_use]
    pub fn length(mut self, min: u64, max: u64) -> Self {
        (self.min_length, self.max_length) = (Some(min), Some(max));
        self
    }

    /// What the text must look like.
    #[must_use]
    pub fn format(mut self, format: StringFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// What is filled in already.
    #[must_use]
    pub fn default_value(mut self, text: impl Into<String>) -> Self {
        self.default = Some(text.into());
        self
    }
}

/// What the text of a field must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StringFormat {
    /// A mail address.
    Email,
    /// A URI.
    Uri,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
}

/// A field for a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NumberSchema {
    /// Any number, or whole ones only.
    #[serde(rename = "type")]
    pub kind: NumberKind,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub minimum: Option<f64>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub maximum: Option<f64>,
    /// What is filled in already.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub default: Option<f64>,
}

impl NumberSchema {
    /// Any number.
    pub fn number() -> Self {
        Self::default()
    }

    /// A whole number.
    pub fn integer() -> Self {
        Self { kind: NumberKind::Integer, ..Self::default() }
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What to fill in.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The least and the most.
    #[must_use]
    pub fn range(mut self, minimum: f64, maximum: f64) -> Self {
        (self.minimum, self.maximum) = (Some(minimum), Some(maximum));
        self
    }

    /// What is filled in already.
    #[must_use]
    pub fn default_value(mut self, number: f64) -> Self {
        self.default = Some(number);
        self
    }
}

/// Which numbers a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberKind {
    /// Any.
    #[default]
    Number,
    /// Whole ones.
    Integer,
}

/// A field for yes or no.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "boolean")]
#[non_exhaustive]
pub struct BooleanSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is filled in already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

impl BooleanSchema {
    /// Yes or no.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What to decide.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// What is filled in already.
    #[must_use]
    pub fn default_value(mut self, value: bool) -> Self {
        self.default = Some(value);
        self
    }
}
