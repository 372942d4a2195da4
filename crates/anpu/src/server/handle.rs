//! A server from outside, while it is served: its sessions, its catalog, its end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anpu_proto::model::{
    ClientCapabilities, ElicitationCompleteNotificationParams, Implementation, Notice,
    ResourceUpdatedNotificationParams,
};
use anpu_proto::session::Phase;
use serde::Serialize;

use super::builder::check;
use super::core::Core;
use super::exchange::Exchange;
use super::recovery;
use super::session::Session;
use crate::auth::Principal;
use crate::component::{Components, Touched};
use crate::error::Result;
use crate::handler::Cx;

/// A server that is ready to be served, or is being served. Cheap to clone.
///
/// ```
/// use anpu::prelude::*;
///
/// # fn main() -> anpu::Result {
/// let handle = Server::new("notes", "1.0.0").build()?;
/// assert_eq!(handle.sessions().len(), 0);
/// handle.resource_updated("note:///1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Handle {
    core: Arc<Core>,
}

impl Handle {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The sessions that are served now.
    pub fn sessions(&self) -> Vec<SessionHandle> {
        let all = self.core.directory.all().into_iter();
        all.map(|session| SessionHandle { session }).collect()
    }

    /// The session of this id.
    pub fn session(&self, id: &str) -> Option<SessionHandle> {
        let session = self.core.directory.get(id)?;
        Some(SessionHandle { session })
    }

    /// Tells every client that watches this resource, or listens to it, that it changed.
    pub fn resource_updated(&self, uri: &str) {
        self.core.tell(&Notice::ResourceUpdated(ResourceUpdatedNotificationParams::new(uri)));
    }

    /// Tells every client that the list of tools changed, because a provider or hook has others now. Changes of the
    /// server's own catalog are told by themselves.
    pub fn tools_changed(&self) {
        self.changed(Touched { tools: true, ..Touched::default() });
    }

    /// As [`tools_changed`](Self::tools_changed), for prompts.
    pub fn prompts_changed(&self) {
        self.changed(Touched { prompts: true, ..Touched::default() });
    }

    /// As [`tools_changed`](Self::tools_changed), for resources and resource templates.
    pub fn resources_changed(&self) {
        self.changed(Touched { resources: true, ..Touched::default() });
    }

    /// Sends a notification to every session that `to` picks, as far as its version of the protocol has the word.
    pub fn broadcast(&self, to: impl Fn(&SessionHandle) -> bool, notice: &Notice) {
        for session in self.sessions().into_iter().filter(to) {
            session.session.say_anywhere(notice);
        }
    }

    /// Adds components, or replaces those of the same name. Every session is told once which lists changed.
    ///
    /// # Errors
    ///
    /// A component that was made wrongly, or whose state the server does not have; then nothing changed.
    pub fn insert(&self, components: impl Into<Components>) -> Result {
        let components = components.into();
        (&components).into_iter().try_for_each(|component| check(component, &self.core.states))?;
        self.changed(self.core.catalog.insert(&components));
        Ok(())
    }

    /// Removes components, by their names or URIs.
    pub fn remove(&self, names: &[&str]) {
        self.changed(self.core.catalog.remove(names));
    }

    /// Replaces all components at once.
    ///
    /// # Errors
    ///
    /// As for [`insert`](Self::insert).
    pub fn replace_all(&self, components: impl Into<Components>) -> Result {
        let components = components.into();
        (&components).into_iter().try_for_each(|component| check(component, &self.core.states))?;
        self.changed(self.core.catalog.replace_all(&components));
        Ok(())
    }

    fn changed(&self, touched: Touched) {
        touched.notices().for_each(|notice| self.core.tell(&notice));
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("name", &self.core.info.name).finish_non_exhaustive()
    }
}

/// One session, from outside.
#[derive(Clone)]
pub struct SessionHandle {
    pub(super) session: Arc<Session>,
}

impl SessionHandle {
    /// Its id. Whoever has it has the session: keep it secret.
    pub fn id(&self) -> String {
        self.session.name().to_string()
    }

    /// Whether its client finished the handshake.
    pub fn is_ready(&self) -> bool {
        self.session.phase() == Phase::Ready
    }

    /// The name and version of its client.
    pub fn client(&self) -> Implementation {
        self.session.peer().info.clone()
    }

    /// What its client can do.
    pub fn client_capabilities(&self) -> ClientCapabilities {
        self.session.peer().capabilities.clone()
    }

    /// The version of the specification it speaks.
    pub fn version(&self) -> &'static str {
        self.session.dialect().version
    }

    /// Whom it belongs to.
    pub fn principal(&self) -> Option<&Principal> {
        self.session.principal.as_ref()
    }

    /// Sends a notification, as far as the session's version of the protocol has the word.
    ///
    /// It goes out on one stream that the client has open; without one it waits for one (64 messages at most). With a store
    /// that nodes share, that stream may be on another node, and what is said while no node has had one yet is dropped.
    pub fn notify(&self, notice: &Notice) {
        self.session.say_anywhere(notice);
    }

    /// Tells the client that what was to be done at the page of this [`Visit`](crate::Visit) is done.
    ///
    /// Only in 2025-11-25, the one version that has the word; the session must be the one that was asked to visit.
    pub fn elicitation_complete(&self, id: &str) {
        self.notify(&Notice::ElicitationComplete(ElicitationCompleteNotificationParams::new(id)));
    }

    /// Hands an event to the handler that `.on_event::<E>(..)` named, with this session at hand.
    ///
    /// # Errors
    ///
    /// Nobody handles events of this type, or it cannot be serialized and read back.
    pub async fn send<E: Serialize + 'static>(&self, event: &E) -> Result {
        let cx = self.session.cx();
        self.session.core.events.handle(event, cx)?.await
    }

    /// Ends the session for good: what runs is stopped, and its client gets 404 from now on, on every node. Its record is
    /// taken out of the store in a task of its own.
    pub fn close(&self) {
        recovery::revoke(&self.session);
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").field("id", &self.session.id).finish()
    }
}

impl Cx {
    /// The server from outside, if this request is served by one (it is not in a unit test).
    pub fn server(&self) -> Option<Handle> {
        let exchange = self.port().as_any().downcast_ref::<Exchange>()?;
        Some(Handle::new(Arc::clone(exchange.core())))
    }

    /// Closes the stream of this request, so that the client comes back for the rest after `retry` instead of keeping
    /// a connection open; the handler goes on.
    ///
    /// Only over HTTP, and only where the client's version of the protocol has
    /// [polling](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server);
    /// elsewhere nothing happens.
    pub fn close_stream(&self, retry: Duration) {
        if let Some(exchange) = self.port().as_any().downcast_ref::<Exchange>() {
            exchange.close_stream(retry);
        }
    }

    /// Tells every session that watches this resource that it changed.
    pub fn resource_updated(&self, uri: &str) {
        if let Some(server) = self.server() {
            server.resource_updated(uri);
        }
    }
}
