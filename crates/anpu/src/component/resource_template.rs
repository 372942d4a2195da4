//! Resource templates: many resources at URIs of one pattern.

use std::fmt;
use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::model::{self, Annotations, Icon, ReadResourceResult};
use serde_json::Value;

use super::completion::{Completer, Completers, Completing, Completion};
use super::components::{Component, Kind};
use super::resource::{self, Read};
use super::template::UriTemplate;
use super::{Caching, Vars, name};
use crate::error::Result;
use crate::handler::{BoxFuture, Cx, FromCx, IntoContents, Needs};

/// A resource template in the making: many resources at URIs of one pattern, an
/// [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570) template. Giving it a handler makes it a [`Component`].
///
/// ```
/// use anpu::{OrNotFound, ResourceTemplate, Vars};
///
/// let component = ResourceTemplate::new("note:///{id}")
///     .name("note")
///     .description("A note by its number")
///     .mime("text/markdown")
///     .complete("id", ["0", "1"])
///     .handler(|vars: Vars, _| async move {
///         let id: usize = vars.get("id")?;
///         ["buy milk", "call home"].get(id).copied().or_not_found()
///     });
/// # let _ = component;
/// ```
#[derive(Debug)]
#[must_use = "a resource template without a handler does nothing: call `.handler(..)`"]
pub struct ResourceTemplate {
    spec: model::ResourceTemplate,
    needs: Needs,
    caching: Option<Caching>,
    completers: Completers,
}

impl ResourceTemplate {
    /// Resources at the URIs of this template. Without a [`name`](ResourceTemplate::name) it is called like the template.
    pub fn new(uri_template: impl Into<String>) -> Self {
        let uri_template = uri_template.into();
        let spec = model::ResourceTemplate::new(uri_template.clone(), uri_template);
        Self { spec, needs: Needs::default(), caching: None, completers: Completers::default() }
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = name.into();
        self
    }

    /// The name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.spec.title = Some(title.into());
        self
    }

    /// What these resources are, for the model.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.spec.description = Some(text.into());
        self
    }

    /// The media type, if all of them have the same.
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.spec.mime_type = Some(mime.into());
        self
    }

    /// Whom they are for, and how important they are.
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.spec.annotations = Some(annotations);
        self
    }

    /// Adds an icon.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.spec.icons.push(icon);
        self
    }

    /// Adds a member to its `_meta`.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.spec.meta.insert(key, value);
        self
    }

    /// Says what completes a variable.
    pub fn complete(mut self, variable: impl Into<String>, completer: impl Completer) -> Self {
        self.completers.insert(variable.into(), completer);
        self
    }

    /// For how long clients may keep the contents. Without it, as long as
    /// [`Server::cache_reads`](crate::Server::cache_reads) says.
    pub fn cache(mut self, caching: Caching) -> Self {
        self.caching = Some(caching);
        self
    }

    /// Says what the handler takes from its request, so that a state that is not there is told when the server is built.
    pub fn requires<X: FromCx>(mut self) -> Self {
        X::needs(&mut self.needs);
        self
    }

    /// Makes a component of it, with an async function.
    pub fn handler<F, Fut, R>(self, handler: F) -> Component
    where
        F: Fn(Vars, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoContents,
    {
        let read = resource::asynchronous(self.spec.mime_type.as_deref(), handler);
        self.build(read)
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool and cannot be stopped.
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(Vars, Cx) -> R + Send + Sync + 'static,
        R: IntoContents,
    {
        let read = resource::blocking(self.spec.mime_type.as_deref(), handler);
        self.build(read)
    }

    fn build(self, read: Read) -> Component {
        let Self { spec, needs, caching, completers } = self;
        let mut mistakes = Vec::new();
        let template = UriTemplate::parse(&spec.uri_template).unwrap_or_else(|wrong| {
            mistakes.push(format!("not a URI template: {wrong}"));
            UriTemplate::parse("invalid:").expect("a template without variables is a template")
        });
        if mistakes.is_empty() {
            for variable in completers.arguments() {
                if !template.variables().into_iter().any(|known| known == variable) {
                    mistakes.push(format!("it completes `{variable}`, but its URI has no such variable"));
                }
            }
            let bare: String = spec.uri_template.split(['{', '}']).step_by(2).collect();
            let filled = bare + "_";
            mistakes.extend(name::check_uri(&filled).err());
        }
        let entry = TemplateEntry { spec, template, needs, caching, completers, read };
        Component::new(Kind::Template(Arc::new(entry)), &mistakes)
    }
}

/// A resource template as the server holds it.
#[derive(Clone)]
pub(crate) struct TemplateEntry {
    /// As clients see it.
    pub(crate) spec: model::ResourceTemplate,
    pub(crate) template: UriTemplate,
    /// What the handler needs of the server.
    pub(crate) needs: Needs,
    caching: Option<Caching>,
    completers: Completers,
    read: Read,
}

impl TemplateEntry {
    /// Reads the resource at this URI, in which the template found these variables.
    pub(crate) fn read(&self, uri: &str, vars: Vars, cx: &Cx) -> BoxFuture<'static, Result<ReadResourceResult, Fault>> {
        resource::cached((self.read)(uri, vars, cx), self.caching)
    }

    /// Completes a variable; none if nothing was given for it.
    pub(crate) fn complete(&self, variable: &str, asked: Completing) -> Option<BoxFuture<'static, Result<Completion>>> {
        self.completers.complete(variable, asked)
    }
}

impl fmt::Debug for TemplateEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateEntry").field("uri_template", &self.spec.uri_template).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_uri_is_read_with_its_variables() {
        let notes = ResourceTemplate::new("note:///{id}")
            .handler(|vars: Vars, _| async move { vars.get::<u8>("id").map(|id| format!("note {id}")) });
        let found = notes.read("note:///7", &Cx::test()).unwrap().await.unwrap();
        let expected = json!([{ "uri": "note:///7", "mimeType": "text/plain", "text": "note 7" }]);
        assert_eq!(serde_json::to_value(found).unwrap()["contents"], expected);
        let wrong = notes.read("note:///x", &Cx::test()).unwrap().await.unwrap_err();
        assert!(matches!(&wrong, Fault::InvalidParams(text) if text.starts_with("`id`")), "{wrong}");
    }

    #[test]
    fn mistakes_are_told() {
        let built = |template: &str, variable: &str| {
            let template = ResourceTemplate::new(template).complete(variable.to_owned(), ["a"]);
            template.handler(|_, _| async { "" }).check()
        };
        assert!(built("note:///{id}", "id").is_ok());
        assert!(built("note:///{id}", "di").unwrap_err().to_string().contains("`di`"));
        assert!(built("note:///{id", "id").is_err());
        assert!(built("{id}", "id").is_err(), "it has no scheme");
    }
}
