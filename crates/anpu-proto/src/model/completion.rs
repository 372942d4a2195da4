//! Completion: what an argument being typed may become.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meta::{Meta, ResultType};
use super::reading;

/// The params of `completion/complete`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/completion).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompleteRequestParams {
    /// What the argument belongs to.
    #[serde(rename = "ref")]
    pub reference: CompleteReference,
    /// The argument being typed.
    pub argument: CompleteArgument,
    /// What is known of the other arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<CompleteContext>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl CompleteRequestParams {
    /// What may `value`, typed so far as the argument `name`, become?
    pub fn new(reference: CompleteReference, name: impl Into<String>, value: impl Into<String>) -> Self {
        let argument = CompleteArgument { name: name.into(), value: value.into() };
        Self { reference, argument, context: None, meta: Meta::absent() }
    }

    /// Adds the value of another argument.
    #[must_use]
    pub fn known(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.get_or_insert_default().arguments.insert(name.into(), value.into());
        self
    }
}

/// What a completed argument belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum CompleteReference {
    /// A prompt.
    #[serde(rename = "ref/prompt")]
    Prompt(PromptReference),
    /// A resource template.
    #[serde(rename = "ref/resource")]
    Resource(ResourceTemplateReference),
}

impl CompleteReference {
    /// The prompt of this name.
    pub fn prompt(name: impl Into<String>) -> Self {
        Self::Prompt(PromptReference { name: name.into(), title: None })
    }

    /// The resource template with this URI template.
    pub fn resource(uri: impl Into<String>) -> Self {
        Self::Resource(ResourceTemplateReference { uri: uri.into() })
    }
}

/// A prompt by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PromptReference {
    /// The prompt's name.
    pub name: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A resource template, or a resource, by its URI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceTemplateReference {
    /// The URI or URI template.
    pub uri: String,
}

/// The argument being typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompleteArgument {
    /// Its name.
    pub name: String,
    /// What is typed so far.
    pub value: String,
}

/// What is known of the other arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompleteContext {
    /// Arguments already given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "reading::unique")]
    pub arguments: BTreeMap<String, String>,
}

/// The result of `completion/complete`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompleteResult {
    /// The proposals.
    pub completion: Completion,
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl CompleteResult {
    /// These proposals.
    pub fn new(completion: Completion) -> Self {
        Self { completion, result_type: Some(ResultType::Complete), meta: Meta::absent() }
    }
}

/// Proposals for an argument.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Completion {
    /// The proposals, best first, [`Completion::MOST`] at most.
    pub values: Vec<String>,
    /// How many there are in all.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub total: Option<u64>,
    /// Whether there are more than are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_more: Option<bool>,
}

impl Completion {
    /// The most values that one result may carry.
    pub const MOST: usize = 100;

    /// These proposals: the first hundred, and how many there were.
    pub fn new(mut values: Vec<String>) -> Self {
        let total = values.len();
        values.truncate(Self::MOST);
        Self { values, total: Some(total as u64), has_more: Some(total > Self::MOST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_values_are_given_and_all_are_counted() {
        let completion = Completion::new((0..130).map(|n| n.to_string()).collect());
        assert_eq!((completion.values.len(), completion.total, completion.has_more), (100, Some(130), Some(true)));
    }

    #[test]
    fn the_type_decides_what_is_referred_to() {
        let read = |text| serde_json::from_str::<CompleteReference>(text).ok();
        assert_eq!(read(r#"{"name":"x","type":"ref/prompt"}"#), Some(CompleteReference::prompt("x")));
        assert_eq!(read(r#"{"type":"ref/resource","uri":"a:{b}"}"#), Some(CompleteReference::resource("a:{b}")));
        assert_eq!(read(r#"{"type":"ref/tool","name":"x"}"#), None);
    }
}
