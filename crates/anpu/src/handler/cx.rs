//! The handle a handler has on its request.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use anpu_proto::model::{ClientCapabilities, Implementation, Meta, Notice, ProgressNotificationParams};
use http::{Extensions, HeaderMap};

use super::port::{Facts, Port};
use crate::auth::Principal;

/// The handle a handler has on its request: progress, log, cancellation, and what is known about the client.
///
/// Cheap to clone and free to move: it works from any task the handler spawns, until the request ends. What is said
/// after that is dropped.
///
/// ```
/// use anpu::prelude::*;
///
/// /// Count slowly.
/// #[tool]
/// async fn count(to: u32, cx: Cx) -> u32 {
///     for n in 0..to {
///         if cx.is_cancelled() { return n }
///         cx.progress(f64::from(n) / f64::from(to), "counting").await;
///     }
///     to
/// }
/// ```
#[derive(Clone)]
pub struct Cx {
    port: Arc<dyn Port>,
}

impl Cx {
    pub(crate) fn new(port: Arc<dyn Port>) -> Self {
        Self { port }
    }

    pub(crate) fn port(&self) -> &Arc<dyn Port> {
        &self.port
    }

    pub(crate) fn facts(&self) -> &Facts {
        self.port.facts()
    }

    /// Reports progress as a fraction of 1, if the client asked for progress.
    ///
    /// Values that do not grow are dropped, as
    /// [the specification](https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress) demands.
    pub async fn progress(&self, fraction: f64, message: impl Into<String>) {
        self.progress_of(fraction, Some(1.0), Some(&message.into())).await;
    }

    /// Reports progress in the caller's own units, with or without a total and a message.
    pub async fn progress_of(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(token) = self.facts().meta.progress_token() {
            let mut params = ProgressNotificationParams::new(token, done);
            params.total = total;
            params.message = message.map(str::to_owned);
            self.port.say(Notice::Progress(params));
        }
    }

    /// Sends a notification on the stream of this request, as far as the client's version of the protocol has the word.
    pub async fn notify(&self, notice: Notice) {
        self.port.say(notice);
    }

    /// Whether the client cancelled the request or its time ran out.
    pub fn is_cancelled(&self) -> bool {
        self.port.is_cancelled()
    }

    /// Ends when the client cancels the request or its time runs out.
    ///
    /// A handler that awaits this is given time to clean up (by default 5 s) and is dropped after that; any other
    /// handler is dropped at its next `.await`. Either way nothing is answered.
    pub async fn cancelled(&self) {
        self.port.cancelled().await;
    }

    /// When the request times out; none if it does not.
    pub fn deadline(&self) -> Option<Instant> {
        self.port.deadline()
    }

    /// Who is asking, as far as the server's authorization knows.
    pub fn principal(&self) -> Option<&Principal> {
        self.facts().principal.as_ref()
    }

    /// The client's name and version.
    pub fn client(&self) -> &Implementation {
        &self.facts().peer.info
    }

    /// What the client can do.
    pub fn client_capabilities(&self) -> &ClientCapabilities {
        &self.facts().peer.capabilities
    }

    /// The request's `_meta`.
    pub fn meta(&self) -> &Meta {
        &self.facts().meta
    }

    /// The headers of the HTTP request; empty on other transports.
    pub fn headers(&self) -> &HeaderMap {
        &self.facts().headers
    }

    /// The extensions of the HTTP request, where layers in front leave their findings; empty on other transports.
    ///
    /// A server that is served alone leaves the client's [`SocketAddr`](std::net::SocketAddr) there.
    pub fn extensions(&self) -> &Extensions {
        self.facts().extensions.extensions()
    }

    /// The W3C `traceparent` of the caller: from `_meta`, else from the headers.
    pub fn trace(&self) -> Option<&str> {
        let header = || self.facts().headers.get("traceparent").and_then(|value| value.to_str().ok());
        self.facts().meta.traceparent().or_else(header)
    }

    /// The id of the session; none where there is no session.
    pub fn session_id(&self) -> Option<&str> {
        self.facts().session.as_deref()
    }

    /// Whether the session was lost and came back without its state, by the proof its id holds.
    pub fn recovered(&self) -> bool {
        self.facts().recovered
    }
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("id", &self.facts().id).finish_non_exhaustive()
    }
}
