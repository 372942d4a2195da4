//! Resources: something a client can read at one URI.

use std::fmt;
use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::model::{self, Annotations, Icon, ReadResourceResult};
use serde_json::Value;

use super::components::{Component, Kind};
use super::{Caching, Vars, name};
use crate::handler::{BoxFuture, Cx, FromCx, IntoContents, Needs, failure, on_blocking_pool};

/// A resource in the making: something a client can read at one URI. Giving it a handler makes it a [`Component`].
///
/// ```
/// use anpu::Resource;
///
/// let component = Resource::new("config:///app")
///     .name("config")
///     .description("How the app is set up")
///     .mime("application/json")
///     .handler(|_| async { r#"{"debug": false}"# });
/// # let _ = component;
/// ```
#[derive(Debug)]
#[must_use = "a resource without a handler does nothing: call `.handler(..)`"]
pub struct Resource {
    spec: model::Resource,
    needs: Needs,
    caching: Option<Caching>,
}

impl Resource {
    /// A resource at this URI. Without a [`name`](Resource::name) it is called like the last part of the URI.
    pub fn new(uri: impl Into<String>) -> Self {
        let uri = uri.into();
        let name = name::of_uri(&uri).to_owned();
        Self { spec: model::Resource::new(uri, name), needs: Needs::default(), caching: None }
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

    /// What it is, for the model.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.spec.description = Some(text.into());
        self
    }

    /// The media type, as `text/markdown`.
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.spec.mime_type = Some(mime.into());
        self
    }

    /// The size in bytes, before any encoding.
    pub fn size(mut self, bytes: u64) -> Self {
        self.spec.size = Some(bytes);
        self
    }

    /// Whom it is for, and how important it is.
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
        F: Fn(Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoContents,
    {
        let read = asynchronous(self.spec.mime_type.as_deref(), move |_, cx| handler(cx));
        self.build(read)
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool and cannot be stopped.
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(Cx) -> R + Send + Sync + 'static,
        R: IntoContents,
    {
        let read = blocking(self.spec.mime_type.as_deref(), move |_, cx| handler(cx));
        self.build(read)
    }

    fn build(self, read: Read) -> Component {
        let mistakes: Vec<String> = name::check_uri(&self.spec.uri).err().into_iter().collect();
        let Self { spec, needs, caching } = self;
        Component::new(Kind::Resource(Arc::new(ResourceEntry { spec, needs, caching, read })), &mistakes)
    }
}

/// A resource as the server holds it.
#[derive(Clone)]
pub(crate) struct ResourceEntry {
    /// As clients see it.
    pub(crate) spec: model::Resource,
    /// What the handler needs of the server.
    pub(crate) needs: Needs,
    caching: Option<Caching>,
    read: Read,
}

impl ResourceEntry {
    /// Reads the resource, whose URI is as the client wrote it.
    pub(crate) fn read(&self, uri: &str, cx: &Cx) -> BoxFuture<'static, Result<ReadResourceResult, Fault>> {
        cached((self.read)(uri, Vars::default(), cx), self.caching)
    }
}

impl fmt::Debug for ResourceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceEntry").field("uri", &self.spec.uri).finish_non_exhaustive()
    }
}

/// What is being read, with what its component says about keeping it.
pub(super) fn cached(
    reading: BoxFuture<'static, Result<ReadResourceResult, Fault>>,
    caching: Option<Caching>,
) -> BoxFuture<'static, Result<ReadResourceResult, Fault>> {
    let Some(caching) = caching else { return reading };
    Box::pin(async move {
        let mut result = reading.await?;
        caching.apply(&mut result);
        Ok(result)
    })
}

/// Runs the handler for a URI and its variables.
pub(super) type Read =
    Arc<dyn Fn(&str, Vars, &Cx) -> BoxFuture<'static, Result<ReadResourceResult, Fault>> + Send + Sync>;

/// Runs an async handler.
pub(super) fn asynchronous<F, Fut, R>(mime: Option<&str>, handler: F) -> Read
where
    F: Fn(Vars, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send + 'static,
    R: IntoContents,
{
    let (handler, mime) = (Arc::new(handler), mime.map(Arc::<str>::from));
    Arc::new(move |uri, vars, cx| {
        let (handler, mime, uri, cx) = (Arc::clone(&handler), mime.clone(), uri.to_owned(), cx.clone());
        Box::pin(async move { contents(handler(vars, cx).await, &uri, mime.as_deref()) })
    })
}

/// Runs a blocking handler on the blocking pool.
pub(super) fn blocking<F, R>(mime: Option<&str>, handler: F) -> Read
where
    F: Fn(Vars, Cx) -> R + Send + Sync + 'static,
    R: IntoContents,
{
    let (handler, mime) = (Arc::new(handler), mime.map(Arc::<str>::from));
    Arc::new(move |uri, vars, cx| {
        let (handler, mime, uri, cx) = (Arc::clone(&handler), mime.clone(), uri.to_owned(), cx.clone());
        Box::pin(async move { on_blocking_pool(move || contents(handler(vars, cx), &uri, mime.as_deref())).await? })
    })
}

fn contents(of: impl IntoContents, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Fault> {
    of.into_contents(uri, mime).map_err(|error| failure::of_resource(&error, uri))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::refused;
    use serde_json::json;

    async fn read(component: &Component) -> Result<Value, Fault> {
        let reading = component.read("note:///all", &Cx::test()).expect("it is the resource of this URI");
        reading.await.map(|result| serde_json::to_value(result).unwrap()["contents"].clone())
    }

    #[tokio::test]
    async fn it_is_read_at_its_uri() {
        let text = Resource::new("note:///all").mime("text/markdown").handler(|_| async { "# all" });
        let expected = json!([{ "uri": "note:///all", "mimeType": "text/markdown", "text": "# all" }]);
        assert_eq!(read(&text).await, Ok(expected.clone()));
        let beside = Resource::new("note:///all").mime("text/markdown").blocking(|_| "# all");
        assert_eq!(read(&beside).await, Ok(expected));
        let none = Resource::new("note:///all").handler(|_| async { None::<String> });
        assert_eq!(read(&none).await, Err(Fault::ResourceNotFound("note:///all".into())));
        let refusing = Resource::new("note:///all").handler(|_| async { Err::<String, _>(refused("not yours")) });
        assert_eq!(read(&refusing).await, Err(Fault::Internal("not yours".into())));
    }

    #[test]
    fn what_was_said_is_published() {
        let component = Resource::new("note:///all").title("All").size(3).handler(|_| async { "" });
        let Kind::Resource(entry) = component.kind() else { panic!("not a resource") };
        let expected = json!({ "uri": "note:///all", "name": "all", "title": "All", "size": 3 });
        assert_eq!(serde_json::to_value(&entry.spec).unwrap(), expected);
        assert!(Resource::new("notes").handler(|_| async { "" }).check().is_err());
    }
}
