//! Resources: what a server lets be read, singly or by template.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annotations::Annotations;
use super::icons::Icon;
use super::meta::Meta;
use super::pagination::page_of;
use super::reading;

/// Defines a struct with the members of a resource; a link in content is a resource with a `type`.
macro_rules! resource {
    ($(#[doc = $doc:literal])* #[serde($($attribute:tt)*)] $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde($($attribute)*)]
        #[non_exhaustive]
        pub struct $name {
            /// Where it is.
            pub uri: String,
            /// Its name, for programs.
            pub name: String,
            /// Its name, for people.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub title: Option<String>,
            /// What it is, for the model.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub description: Option<String>,
            /// Its MIME type.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub mime_type: Option<String>,
            /// Hints about its use.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub annotations: Option<Annotations>,
            /// Its size in bytes.
            #[serde(
                default,
                skip_serializing_if = "Option::is_none",
                deserialize_with = "reading::optional_unsigned"
            )]
            pub size: Option<u64>,
            /// Its icons.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub icons: Vec<Icon>,
            /// `_meta`.
            #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
            pub meta: Meta,
        }
    };
}

resource! {
    /// A resource that can be read.
    ///
    /// See [the specification](https://modelcontextprotocol.io/specification/latest/server/resources#resource).
    #[serde(rename_all = "camelCase")]
    Resource
}

resource! {
    /// A resource that content points to.
    #[serde(tag = "type", rename = "resource_link", rename_all = "camelCase")]
    ResourceLink
}

impl Resource {
    /// The resource at this URI.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri: uri.into(), name: name.into(), ..Self::default() }
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What it is, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Its MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Hints about its use.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Adds an icon.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Adds a member to its `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(key, value);
        self
    }
}

impl From<Resource> for ResourceLink {
    fn from(resource: Resource) -> Self {
        let Resource { uri, name, title, description, mime_type, annotations, size, icons, meta } = resource;
        Self { uri, name, title, description, mime_type, annotations, size, icons, meta }
    }
}

impl From<ResourceLink> for Resource {
    fn from(link: ResourceLink) -> Self {
        let ResourceLink { uri, name, title, description, mime_type, annotations, size, icons, meta } = link;
        Self { uri, name, title, description, mime_type, annotations, size, icons, meta }
    }
}

/// Resources whose URIs have a pattern, an RFC 6570 template.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/resources#resource-templates).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceTemplate {
    /// The pattern.
    pub uri_template: String,
    /// Its name, for programs.
    pub name: String,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What they are, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Their MIME type, if they all have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Hints about their use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// Their icons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub icons: Vec<Icon>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ResourceTemplate {
    /// The resources whose URIs have this pattern.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        Self { uri_template: uri_template.into(), name: name.into(), ..Self::default() }
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What they are, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Their MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Hints about their use.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// Adds an icon.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Adds a member to its `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta.insert(key, value);
        self
    }
}

page_of! {
    /// The result of `resources/list`.
    ListResourcesResult { resources: Resource }
}

page_of! {
    /// The result of `resources/templates/list`.
    ListResourceTemplatesResult { resource_templates: ResourceTemplate }
}
