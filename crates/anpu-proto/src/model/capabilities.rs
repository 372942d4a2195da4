//! Capabilities: what each side can do, declared before it is used. Unknown ones are kept only where the
//! specification leaves room for them: under `experimental` and `extensions`.

use serde::{Deserialize, Serialize};

use super::reading::{self, JsonObject};

/// What a client can do for a server.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/versioning).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientCapabilities {
    /// Capabilities outside the specification.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub experimental: JsonObject,
    /// It can say its roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<RootsCapability>,
    /// It can sample from its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingCapability>,
    /// It can ask its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elicitation: Option<ElicitationCapability>,
    /// It can run its answers as tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Box<ClientTasksCapability>>,
    /// Extensions of the specification, by their ids.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub extensions: JsonObject,
}

impl ClientCapabilities {
    /// A client that can do nothing but call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares roots.
    #[must_use]
    pub fn roots(mut self, roots: RootsCapability) -> Self {
        self.roots = Some(roots);
        self
    }

    /// Declares sampling.
    #[must_use]
    pub fn sampling(mut self, sampling: SamplingCapability) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Declares elicitation.
    #[must_use]
    pub fn elicitation(mut self, elicitation: ElicitationCapability) -> Self {
        self.elicitation = Some(elicitation);
        self
    }

    /// Declares an extension with its settings.
    #[must_use]
    pub fn extension(mut self, id: impl Into<String>, settings: JsonObject) -> Self {
        self.extensions.insert(id.into(), settings.into());
        self
    }

    /// Declares a capability outside the specification.
    #[must_use]
    pub fn experimental(mut self, name: impl Into<String>, settings: JsonObject) -> Self {
        self.experimental.insert(name.into(), settings.into());
        self
    }

    /// Whether it can say its roots.
    pub fn has_roots(&self) -> bool {
        self.roots.is_some()
    }

    /// Whether it tells when its roots change.
    pub fn tells_root_changes(&self) -> bool {
        self.roots.as_ref().is_some_and(|roots| roots.list_changed)
    }

    /// Whether it can sample from its model.
    pub fn samples(&self) -> bool {
        self.sampling.is_some()
    }

    /// Whether sampling may be given tools.
    pub fn samples_with_tools(&self) -> bool {
        self.sampling.as_ref().is_some_and(|sampling| sampling.tools.is_some())
    }

    /// Whether sampling may ask for the context of servers.
    pub fn samples_with_context(&self) -> bool {
        self.sampling.as_ref().is_some_and(|sampling| sampling.context.is_some())
    }

    /// Whether it can show its user a form. Elicitation without a mode means forms.
    pub fn elicits_form(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
    }

    /// Whether it can send its user to a URL.
    pub fn elicits_url(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|modes| modes.url.is_some())
    }

    /// Whether it knows this extension.
    pub fn has_extension(&self, id: &str) -> bool {
        self.extensions.contains_key(id)
    }
}

/// A client that has roots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RootsCapability {
    /// It tells when they change.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub list_changed: bool,
}

impl RootsCapability {
    /// It tells when they change.
    pub fn list_changed() -> Self {
        Self { list_changed: true }
    }
}

/// A client that can sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SamplingCapability {
    /// `includeContext` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<JsonObject>,
    /// `tools` and `toolChoice` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<JsonObject>,
}

impl SamplingCapability {
    /// `tools` and `toolChoice` may be used.
    #[must_use]
    pub fn with_tools(mut self) -> Self {
        self.tools = Some(JsonObject::new());
        self
    }

    /// `includeContext` may be used.
    #[must_use]
    pub fn with_context(mut self) -> Self {
        self.context = Some(JsonObject::new());
        self
    }
}

/// A client that can ask its user. With neither mode named, it means forms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitationCapability {
    /// It shows forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<JsonObject>,
    /// It opens URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<JsonObject>,
}

impl ElicitationCapability {
    /// It shows forms.
    pub fn form() -> Self {
        Self { form: Some(JsonObject::new()), url: None }
    }

    /// It opens URLs.
    pub fn url() -> Self {
        Self { form: None, url: Some(JsonObject::new()) }
    }

    /// It shows forms and opens URLs.
    pub fn both() -> Self {
        Self { form: Some(JsonObject::new()), url: Some(JsonObject::new()) }
    }
}

/// A client whose answers may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientTasksCapability {
    /// `tasks/list` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<JsonObject>,
    /// `tasks/cancel` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<JsonObject>,
    /// Which requests may be tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<ClientTaskRequests>,
}

/// Which requests to a client may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientTaskRequests {
    /// Requests for sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<SamplingTasks>,
    /// Requests for elicitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elicitation: Option<ElicitationTasks>,
}

/// Which requests for sampling may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SamplingTasks {
    /// `sampling/createMessage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_message: Option<JsonObject>,
}

/// Which requests for elicitation may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitationTasks {
    /// `elicitation/create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<JsonObject>,
}

/// What a server offers.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/discover).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerCapabilities {
    /// Capabilities outside the specification.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub experimental: JsonObject,
    /// It sends log messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<JsonObject>,
    /// It completes arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completions: Option<JsonObject>,
    /// It has prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PromptsCapability>,
    /// It has resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesCapability>,
    /// It has tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolsCapability>,
    /// Its results may be tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Box<ServerTasksCapability>>,
    /// Extensions of the specification, by their ids.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub extensions: JsonObject,
}

impl ServerCapabilities {
    /// A server that offers nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// It sends log messages.
    #[must_use]
    pub fn logging(mut self) -> Self {
        self.logging = Some(JsonObject::new());
        self
    }

    /// It completes arguments.
    #[must_use]
    pub fn completions(mut self) -> Self {
        self.completions = Some(JsonObject::new());
        self
    }

    /// It has prompts, and tells when their list changes or does not.
    #[must_use]
    pub fn prompts(mut self, list_changed: bool) -> Self {
        self.prompts = Some(PromptsCapability { list_changed });
        self
    }

    /// It has resources, whose updates can be subscribed to or not, and tells when their list changes or does not.
    #[must_use]
    pub fn resources(mut self, subscribe: bool, list_changed: bool) -> Self {
        self.resources = Some(ResourcesCapability { subscribe, list_changed });
        self
    }

    /// It has tools, and tells when their list changes or does not.
    #[must_use]
    pub fn tools(mut self, list_changed: bool) -> Self {
        self.tools = Some(ToolsCapability { list_changed });
        self
    }

    /// Its results may be tasks.
    #[must_use]
    pub fn tasks(mut self, tasks: ServerTasksCapability) -> Self {
        self.tasks = Some(Box::new(tasks));
        self
    }

    /// Offers an extension with its settings.
    #[must_use]
    pub fn extension(mut self, id: impl Into<String>, settings: JsonObject) -> Self {
        self.extensions.insert(id.into(), settings.into());
        self
    }

    /// Offers a capability outside the specification.
    #[must_use]
    pub fn experimental(mut self, name: impl Into<String>, settings: JsonObject) -> Self {
        self.experimental.insert(name.into(), settings.into());
        self
    }
}

/// A server that has prompts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PromptsCapability {
    /// It tells when their list changes.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub list_changed: bool,
}

/// A server that has resources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourcesCapability {
    /// Updates of a resource can be subscribed to.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub subscribe: bool,
    /// It tells when their list changes.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub list_changed: bool,
}

/// A server that has tools.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolsCapability {
    /// It tells when their list changes.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub list_changed: bool,
}

/// A server whose results may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerTasksCapability {
    /// `tasks/list` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<JsonObject>,
    /// `tasks/cancel` may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<JsonObject>,
    /// Which requests may be tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<ServerTaskRequests>,
}

impl ServerTasksCapability {
    /// Tool calls may be tasks, which can be listed and cancelled.
    pub fn of_tool_calls() -> Self {
        let call = ToolTasks { call: Some(JsonObject::new()) };
        let requests = Some(ServerTaskRequests { tools: Some(call) });
        Self { list: Some(JsonObject::new()), cancel: Some(JsonObject::new()), requests }
    }
}

/// Which requests to a server may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerTaskRequests {
    /// Requests about tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolTasks>,
}

/// Which requests about tools may be tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolTasks {
    /// `tools/call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<JsonObject>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn client(value: serde_json::Value) -> ClientCapabilities {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn elicitation_without_a_mode_means_forms() {
        let implicit = client(json!({ "elicitation": {} }));
        assert!(implicit.elicits_form() && !implicit.elicits_url());
        let url = client(json!({ "elicitation": { "url": {} } }));
        assert!(!url.elicits_form() && url.elicits_url());
        let none = client(json!({}));
        assert!(!none.elicits_form() && !none.elicits_url() && !none.samples() && !none.has_roots());
    }

    #[test]
    fn unknown_capabilities_are_kept_only_where_there_is_room_for_them() {
        let read = client(json!({ "telepathy": {}, "experimental": { "a": { "b": 1 } }, "extensions": { "x/y": {} } }));
        let kept = json!({ "experimental": { "a": { "b": 1 } }, "extensions": { "x/y": {} } });
        assert_eq!(serde_json::to_value(&read).unwrap(), kept);
    }

    #[test]
    fn sampling_says_what_it_may_be_given() {
        let plain = client(json!({ "sampling": {} }));
        assert!(plain.samples() && !plain.samples_with_tools() && !plain.samples_with_context());
        assert!(client(json!({ "sampling": { "tools": {} } })).samples_with_tools());
    }
}
