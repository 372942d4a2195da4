//! Methods and notifications that a server adds to the protocol, under the name of an extension.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anpu_proto::fault::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::handler::{BoxFuture, Cx};

/// The handler of a registered method.
pub(crate) type MethodHandler = Arc<dyn Fn(Value, Cx) -> BoxFuture<'static, Result<Value, Error>> + Send + Sync>;
/// The handler of a registered notification.
pub(crate) type NotificationHandler = Arc<dyn Fn(Value, Cx) -> BoxFuture<'static, ()> + Send + Sync>;

/// An extension of the protocol: its id, its settings, and the words it adds.
///
/// It is announced to clients whose version of the specification has `capabilities.extensions`; its words are heard
/// from every client.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::ProtocolExtension;
/// use serde_json::{Value, json};
///
/// let clock = ProtocolExtension::new("com.example/clock", json!({}))
///     .method("com.example/now", |_: Value, _cx| async { Ok(json!({ "now": 0 })) });
/// let server = Server::new("clock", "1.0.0").extension(clock);
/// ```
pub struct ProtocolExtension {
    pub(super) id: String,
    pub(super) settings: Value,
    pub(super) methods: Vec<(String, MethodHandler)>,
    pub(super) notifications: Vec<(String, NotificationHandler)>,
}

impl ProtocolExtension {
    /// An extension with this id (`vendor/name`) and these settings (an object), which clients see.
    pub fn new(id: impl Into<String>, settings: Value) -> Self {
        Self { id: id.into(), settings, methods: Vec::new(), notifications: Vec::new() }
    }

    /// Adds a method: parameters in, result out.
    #[must_use]
    pub fn method<P, R, F, Fut>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        R: Serialize,
        F: Fn(P, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let name = name.into();
        let called = name.clone();
        let handler = move |params: Value, cx: Cx| -> BoxFuture<'static, Result<Value, Error>> {
            let running = serde_json::from_value::<P>(params).map(|params| handler(params, cx));
            let called = called.clone();
            Box::pin(async move {
                let wrong = |error| Fault::InvalidParams(format!("params of `{called}`: {error}"));
                let result = running.map_err(wrong)?.await?;
                Ok(serde_json::to_value(result)?)
            })
        };
        self.methods.push((name, Arc::new(handler)));
        self
    }

    /// Adds a notification of the client. Parameters that cannot be read are dropped with a warning.
    #[must_use]
    pub fn notification<P, F, Fut>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        F: Fn(P, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let handler = move |params: Value, cx: Cx| -> BoxFuture<'static, ()> {
            match serde_json::from_value::<P>(params) {
                Ok(params) => Box::pin(handler(params, cx)),
                Err(error) => {
                    tracing::warn!(%error, "a notification could not be read and was dropped");
                    Box::pin(async {})
                }
            }
        };
        self.notifications.push((name.into(), Arc::new(handler)));
        self
    }
}

impl fmt::Debug for ProtocolExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtocolExtension").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All registered words of a server.
#[derive(Default)]
pub(crate) struct Words {
    /// Ids and settings, in the order they were registered.
    pub(crate) extensions: Vec<(String, Value)>,
    methods: HashMap<String, MethodHandler>,
    notifications: HashMap<String, NotificationHandler>,
}

impl Words {
    pub(crate) fn add(&mut self, extension: ProtocolExtension) {
        self.extensions.push((extension.id, extension.settings));
        self.methods.extend(extension.methods);
        self.notifications.extend(extension.notifications);
    }

    pub(crate) fn has_method(&self, name: &str) -> bool {
        self.methods.contains_key(name)
    }

    pub(crate) fn method(&self, name: &str) -> Option<MethodHandler> {
        self.methods.get(name).cloned()
    }

    pub(crate) fn notification(&self, name: &str) -> Option<NotificationHandler> {
        self.notifications.get(name).cloned()
    }
}
