//! What a [`Cx`](super::Cx) asks of whoever runs its request.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anpu_proto::dialect::Dialect;
use anpu_proto::jsonrpc::Id;
use anpu_proto::model::{Answer, Ask, Meta, Notice};
use anpu_proto::session::Peer;
use http::HeaderMap;
use serde_json::value::RawValue;

use super::durable::{Cell, Place};
use super::{Findings, States};
use crate::auth::Principal;
use crate::error::Result;

/// A boxed future that may move between threads.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that is done once, and what came of it.
pub(crate) type Effect = BoxFuture<'static, Result<Box<RawValue>>>;

/// One living request, seen from its handler.
pub(crate) trait Port: Send + Sync + 'static {
    /// What is known about the request and does not change.
    fn facts(&self) -> &Facts;

    /// Tells the client something, on the stream of this request.
    fn say(&self, notice: Notice);

    /// Asks the client a question that is open for `patience`. The key names it within the handler.
    fn ask(&self, key: &str, ask: Ask, patience: Duration) -> BoxFuture<'static, Result<Answer>>;

    /// Does something whose result is kept for as long as the request goes on, in however many rounds.
    fn once(&self, key: &str, effect: Effect) -> Effect {
        let _ = key;
        effect
    }

    /// Where state is kept.
    ///
    /// # Errors
    ///
    /// There is no such place for this request.
    fn cell(&self, place: Place) -> Result<Arc<dyn Cell>>;

    /// Whether the client takes log messages of this level.
    fn hears(&self, level: anpu_proto::model::LoggingLevel) -> bool;

    /// Whether the request was cancelled.
    fn is_cancelled(&self) -> bool;

    /// Ends when the request is cancelled.
    fn cancelled(&self) -> BoxFuture<'_, ()>;

    /// When the request times out; none if it does not, or while its clock stands.
    fn deadline(&self) -> Option<Instant>;

    /// For the `impl Cx` blocks of upper floors.
    fn as_any(&self) -> &dyn Any;
}

/// What is known about a request and does not change while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) id: Option<Id>,
    pub(crate) dialect: &'static Dialect,
    pub(crate) peer: Arc<Peer>,
    pub(crate) meta: Meta,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Findings,
    pub(crate) principal: Option<Principal>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) recovered: bool,
    pub(crate) states: Arc<States>,
}
