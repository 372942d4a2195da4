//! The choices in a form of elicitation: one or several of given values, with or without titles.

use serde::{Deserialize, Serialize, Serializer};

use super::content::exactly;
use super::reading::{self, JsonObject};

/// A field for a choice, in one of the five ways to say one.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/client/elicitation#requested-schema).
#[derive(Clone, Debug, PartialEq)]
pub enum EnumSchema {
    /// One of some values.
    UntitledSingle(UntitledSingleSelectEnumSchema),
    /// One of some values with titles.
    TitledSingle(TitledSingleSelectEnumSchema),
    /// Several of some values.
    UntitledMulti(UntitledMultiSelectEnumSchema),
    /// Several of some values with titles.
    TitledMulti(TitledMultiSelectEnumSchema),
    /// One of some values with titles, in the older spelling.
    LegacyTitled(LegacyTitledEnumSchema),
}

impl EnumSchema {
    /// One of these values.
    pub fn one_of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::UntitledSingle(UntitledSingleSelectEnumSchema { values, ..Default::default() })
    }

    /// One of these values, each with a title.
    pub fn one_of_titled<V: Into<String>, T: Into<String>>(options: impl IntoIterator<Item = (V, T)>) -> Self {
        let one_of = options.into_iter().map(EnumOption::from).collect();
        Self::TitledSingle(TitledSingleSelectEnumSchema { one_of, ..Default::default() })
    }

    /// Several of these values.
    pub fn some_of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let items = UntitledItems { values: values.into_iter().map(Into::into).collect() };
        Self::UntitledMulti(UntitledMultiSelectEnumSchema { items, ..Default::default() })
    }

    /// Several of these values, each with a title.
    pub fn some_of_titled<V: Into<String>, T: Into<String>>(options: impl IntoIterator<Item = (V, T)>) -> Self {
        let items = TitledItems { any_of: options.into_iter().map(EnumOption::from).collect() };
        Self::TitledMulti(TitledMultiSelectEnumSchema { items, ..Default::default() })
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        let place = match &mut self {
            Self::UntitledSingle(field) => &mut field.title,
            Self::TitledSingle(field) => &mut field.title,
            Self::UntitledMulti(field) => &mut field.title,
            Self::TitledMulti(field) => &mut field.title,
            Self::LegacyTitled(field) => &mut field.title,
        };
        *place = Some(title.into());
        self
    }

    /// What to choose.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        let place = match &mut self {
            Self::UntitledSingle(field) => &mut field.description,
            Self::TitledSingle(field) => &mut field.description,
            Self::UntitledMulti(field) => &mut field.description,
            Self::TitledMulti(field) => &mut field.description,
            Self::LegacyTitled(field) => &mut field.description,
        };
        *place = Some(description.into());
        self
    }

    /// The values that can be chosen.
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::UntitledSingle(field) => field.values.iter().map(String::as_str).collect(),
            Self::LegacyTitled(field) => field.values.iter().map(String::as_str).collect(),
            Self::UntitledMulti(field) => field.items.values.iter().map(String::as_str).collect(),
            Self::TitledSingle(field) => field.one_of.iter().map(|option| option.value.as_str()).collect(),
            Self::TitledMulti(field) => field.items.any_of.iter().map(|option| option.value.as_str()).collect(),
        }
    }

    /// Reads a field that is known to be a choice; the members that list its values say which kind.
    pub(super) fn read<E: serde::de::Error>(field: JsonObject) -> Result<Self, E> {
        if let Some(items) = field.get("items") {
            if items.get("anyOf").is_some() {
                exactly(field).map(Self::TitledMulti)
            } else {
                exactly(field).map(Self::UntitledMulti)
            }
        } else if field.contains_key("enumNames") {
            exactly(field).map(Self::LegacyTitled)
        } else if field.contains_key("enum") {
            exactly(field).map(Self::UntitledSingle)
        } else if field.contains_key("oneOf") {
            exactly(field).map(Self::TitledSingle)
        } else {
            Err(E::missing_field("items"))
        }
    }
}

impl Serialize for EnumSchema {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::UntitledSingle(field) => field.serialize(to),
            Self::TitledSingle(field) => field.serialize(to),
            Self::UntitledMulti(field) => field.serialize(to),
            Self::TitledMulti(field) => field.serialize(to),
            Self::LegacyTitled(field) => field.serialize(to),
        }
    }
}

/// One of some values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "string")]
#[non_exhaustive]
pub struct UntitledSingleSelectEnumSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
    /// What is chosen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// One of some values with titles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "string", rename_all = "camelCase")]
#[non_exhaustive]
pub struct TitledSingleSelectEnumSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values.
    pub one_of: Vec<EnumOption>,
    /// What is chosen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// Several of some values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "array", rename_all = "camelCase")]
#[non_exhaustive]
pub struct UntitledMultiSelectEnumSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest to choose.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub min_items: Option<u64>,
    /// The most to choose.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub max_items: Option<u64>,
    /// The values.
    pub items: UntitledItems,
    /// What is chosen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Vec<String>>,
}

/// The values of an [`UntitledMultiSelectEnumSchema`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "string")]
#[non_exhaustive]
pub struct UntitledItems {
    /// The values.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
}

/// Several of some values with titles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "array", rename_all = "camelCase")]
#[non_exhaustive]
pub struct TitledMultiSelectEnumSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fewest to choose.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub min_items: Option<u64>,
    /// The most to choose.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub max_items: Option<u64>,
    /// The values.
    pub items: TitledItems,
    /// What is chosen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Vec<String>>,
}

/// The values of a [`TitledMultiSelectEnumSchema`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TitledItems {
    /// The values.
    pub any_of: Vec<EnumOption>,
}

/// A value with a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumOption {
    /// The value.
    #[serde(rename = "const")]
    pub value: String,
    /// Its name, for people.
    pub title: String,
}

impl<V: Into<String>, T: Into<String>> From<(V, T)> for EnumOption {
    fn from((value, title): (V, T)) -> Self {
        Self { value: value.into(), title: title.into() }
    }
}

/// One of some values with titles, in the older spelling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "string", rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegacyTitledEnumSchema {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values.
    #[serde(rename = "enum")]
    pub values: Vec<String>,
    /// Their titles, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enum_names: Vec<String>,
    /// What is chosen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::model::{EnumSchema, PrimitiveSchemaDefinition, RequestedSchema};
    use serde_json::{Value, json};

    fn kind_of(field: &Value) -> PrimitiveSchemaDefinition {
        let read: PrimitiveSchemaDefinition = serde_json::from_value(field.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *field);
        read
    }

    #[test]
    fn every_way_to_say_a_choice_is_known_by_its_members() {
        use EnumSchema::{LegacyTitled, TitledMulti, TitledSingle, UntitledMulti, UntitledSingle};
        use PrimitiveSchemaDefinition::{Enum, String};
        let option = json!({ "const": "a", "title": "A" });
        assert!(matches!(kind_of(&json!({ "type": "string" })), String(_)));
        assert!(matches!(kind_of(&json!({ "type": "string", "enum": ["a"] })), Enum(UntitledSingle(_))));
        assert!(matches!(kind_of(&json!({ "type": "string", "oneOf": [option] })), Enum(TitledSingle(_))));
        let legacy = json!({ "type": "string", "enum": ["a"], "enumNames": ["A"] });
        assert!(matches!(kind_of(&legacy), Enum(LegacyTitled(_))));
        let many = json!({ "type": "array", "items": { "type": "string", "enum": ["a"] }, "minItems": 1 });
        assert!(matches!(kind_of(&many), Enum(UntitledMulti(_))));
        let titled = json!({ "type": "array", "items": { "anyOf": [option] }, "default": ["a"] });
        assert!(matches!(kind_of(&titled), Enum(TitledMulti(_))));
    }

    #[test]
    fn fields_keep_their_order_and_come_once() {
        let text = r#"{"type":"object","properties":{"z":{"type":"boolean"},"a":{"type":"integer"}}}"#;
        let form: RequestedSchema = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&form).unwrap(), text);
        let twice = r#"{"type":"object","properties":{"a":{"type":"boolean"},"a":{"type":"integer"}}}"#;
        assert!(serde_json::from_str::<RequestedSchema>(twice).unwrap_err().to_string().contains("duplicate"));
    }

    #[test]
    fn a_field_of_another_type_is_refused_by_name() {
        let error = serde_json::from_value::<PrimitiveSchemaDefinition>(json!({ "type": "object" })).unwrap_err();
        assert!(error.to_string().contains("found object"), "{error}");
    }
}
