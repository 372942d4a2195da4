//! What all sessions of a server share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anpu_proto::dialect::{self, Dialect, Era};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Id;
use anpu_proto::model::{Implementation, Meta, Notice, Reply, ServerCapabilities};
use anpu_proto::session::Moment;
use http::HeaderMap;
use http::request::Parts;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::budget::{Budget, Kept};
use super::directory::Directory;
use super::drain::Drain;
use super::durable::Touched;
use super::events::Events;
use super::extension::Words;
use super::hooks::{AnyHooks, Ended};
use super::keeping::Keeping;
use super::listens::Listens;
use super::lists::Lists;
use super::nodes::Nodes;
use super::peers::Peers;
use super::reaper::Reaper;
use super::recovery::{Recovery, Returns};
use super::session::{Session, Wire};
use super::session_id::{self, SessionId};
use super::settings::{Fresh, Limits, Times};
use super::signature::Signature;
use crate::auth::Principal;
use crate::component::{Catalog, Mount};
use crate::handler::{Cx, Facts, Findings, States};
use crate::seal::Seals;

/// Changes what a server says it can do.
pub(crate) type Announce = Box<dyn Fn(&mut ServerCapabilities) + Send + Sync>;

pub(crate) struct Core {
    pub(crate) info: Implementation,
    pub(crate) instructions: Option<String>,
    pub(crate) announce: Option<Announce>,
    pub(crate) catalog: Catalog,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) states: Arc<States>,
    pub(crate) hooks: Option<Arc<dyn AnyHooks>>,
    pub(crate) events: Events,
    pub(crate) words: Words,
    pub(crate) limits: Limits,
    pub(crate) times: Times,
    pub(crate) caching: Fresh,
    /// Newest first.
    pub(crate) dialects: Vec<&'static Dialect>,
    pub(crate) directory: Directory,
    pub(crate) drain: Drain,
    pub(crate) keeping: Keeping,
    /// Which kept state was given new life not long ago.
    pub(crate) touched: Touched,
    pub(crate) recovery: Recovery,
    pub(crate) returns: Returns,
    pub(crate) peers: Peers,
    pub(crate) listens: Listens,
    pub(crate) lists: Lists,
    pub(crate) seals: Seals,
    /// Who this server is, as results say it.
    pub(crate) signature: Signature,
    pub(crate) reaper: Reaper,
    /// The bytes of all streams.
    pub(crate) budget: Arc<Budget>,
    pub(crate) kept: Kept,
    pub(crate) born: Instant,
    /// This process, among those that share a store.
    pub(crate) node: u64,
    pub(crate) nodes: Nodes,
    /// What keys and seals are bound to, as a digest.
    pub(crate) realm: String,
    /// The time of day then, in milliseconds since 1970.
    pub(crate) epoch: u64,
    /// Every question is asked by letting its handler go, also where it could wait.
    pub(crate) always_replays: bool,
    /// Hooks that hear of the end of sessions, for whoever must not end before them.
    pub(crate) farewells: Mutex<Vec<JoinHandle<()>>>,
}

/// Where a message came from: what the transport knows about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Findings,
    pub(crate) principal: Option<Principal>,
}

impl Origin {
    /// That of an HTTP request, from this client if layers in front do not know it.
    pub(crate) fn of(parts: Parts, peer: Option<SocketAddr>) -> Self {
        let principal = parts.extensions.get::<Principal>().cloned();
        Self { headers: parts.headers, extensions: Findings::new(parts.extensions, peer), principal }
    }
}

impl Core {
    /// Milliseconds since this server was built.
    pub(crate) fn now(&self) -> Moment {
        Moment(u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Milliseconds since 1970, which other nodes know too.
    pub(crate) fn unix_time(&self) -> u64 {
        self.epoch.saturating_add(self.now().0)
    }

    /// Writes the result object of a reply, as this dialect says it.
    pub(crate) fn write_reply(&self, dialect: &Dialect, mut reply: Reply, out: &mut Vec<u8>) -> Result<(), Fault> {
        if dialect.era == Era::Session || matches!(reply, Reply::Written(_)) {
            return dialect.write_reply(reply, out);
        }
        let signed = self.signature.sign(&mut reply);
        dialect.write_reply(reply, out)?;
        if !signed {
            self.signature.append(out);
        }
        Ok(())
    }

    /// Whether any client may open a session.
    pub(crate) fn has_sessions(&self) -> bool {
        self.dialects.iter().any(|dialect| dialect.era == Era::Session)
    }

    /// The newest dialect that is spoken.
    pub(crate) fn newest(&self) -> &'static Dialect {
        self.dialects.first().or_else(|| dialect::ALL.first()).expect("there is at least one dialect")
    }

    /// The oldest dialect that opens with a handshake, in which everything before the handshake is written.
    pub(crate) fn oldest_handshake(&self) -> &'static Dialect {
        let mut handshakes = self.dialects.iter().rev().copied().filter(|dialect| dialect.era == Era::Session);
        handshakes.next().or_else(|| dialect::ALL.last().copied()).expect("there is at least one dialect")
    }

    /// A session that nobody opened yet.
    pub(crate) fn draft(self: &Arc<Self>, principal: Option<Principal>, wire: Wire) -> Result<Arc<Session>, Fault> {
        self.drain.admit_session()?;
        self.reaper.start(self);
        self.make_room(principal.as_ref())?;
        let id = SessionId::random()
            .map_err(|error| Fault::Internal(format!("the system gives no random bits: {error}")))?;
        Ok(Session::new(Arc::clone(self), id, principal, wire))
    }

    /// The live session of this name, if it is on such a wire and this principal's.
    pub(crate) fn session(&self, name: &str, wire: Wire, principal: Option<&Principal>) -> Option<Arc<Session>> {
        let session = self.directory.get(name)?;
        (session.wire == wire && session.principal.as_ref() == principal).then_some(session)
    }

    /// What a handler may know about its request.
    pub(crate) fn facts(&self, session: &Arc<Session>, request: Option<(&Id, &Meta, Origin)>) -> Facts {
        let (id, meta, origin) = match request {
            Some((id, meta, origin)) => (Some(id.clone()), meta.clone(), origin),
            None => (None, Meta::default(), Origin::default()),
        };
        Facts {
            id,
            dialect: session.dialect(),
            peer: session.peer(),
            meta,
            headers: origin.headers,
            extensions: origin.extensions,
            principal: session.principal.clone().or(origin.principal),
            session: Some(session.name()),
            recovered: session.is_fresh(),
            states: Arc::clone(&self.states),
        }
    }

    /// Whether anybody wants to hear this notice of a client.
    pub(crate) fn listens_to(&self, notice: &Notice) -> bool {
        self.hooks.is_some()
            || matches!(notice, Notice::Other { method, .. } if self.words.notification(method).is_some())
    }

    /// Lets hooks and registered handlers hear a notice of a client.
    pub(crate) async fn heard(&self, cx: Cx, notice: Notice) {
        if let Notice::Other { method, params } = &notice
            && let Some(handler) = self.words.notification(method)
        {
            let params = params.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
            handler(params, cx.clone()).await;
        }
        if let Some(hooks) = &self.hooks {
            hooks.notification(&cx, &notice).await;
        }
    }

    /// Ends every stream that belongs to no request, on purpose, so that clients come back to whoever serves them then,
    /// and every subscription.
    pub(crate) fn pause_streams(&self) {
        self.listens.end();
        self.pause(Wire::Streams);
    }

    /// Ends every connection that is a stream of the client's. Its requests answer there: first they have to end.
    pub(crate) fn pause_lines(&self) {
        self.pause(Wire::Line);
    }

    fn pause(&self, wire: Wire) {
        let sessions = self.directory.all().into_iter().filter(|session| session.wire == wire);
        sessions.for_each(|session| session.pause_streams(self.times.retry));
    }

    /// Ends all sessions, and lets hooks hear of it, within this time.
    pub(super) async fn close_all(&self, within: Duration) {
        self.directory.all().iter().for_each(|session| session.close(Ended::Closed));
        let farewells = std::mem::take(&mut *self.farewells.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async {
            for farewell in farewells {
                // A hook that panicked has said so itself.
                let _ = farewell.await;
            }
        };
        let _ = tokio::time::timeout(within, all).await;
    }

    /// A session ended.
    pub(crate) fn terminated(&self, session: &Session, why: Ended) {
        tracing::info!(session = ?session.id, ?why, "session ended");
        metrics::counter!("mcp.server.sessions.ended", "why" => why_label(why)).increment(1);
        if let (Some(hooks), Ok(runtime)) = (self.hooks.clone(), tokio::runtime::Handle::try_current()) {
            let id = session.name();
            let farewell = runtime.spawn(async move { hooks.terminate(&id, why).await });
            let mut farewells = self.farewells.lock().unwrap_or_else(PoisonError::into_inner);
            farewells.retain(|farewell| !farewell.is_finished());
            farewells.push(farewell);
        }
    }

    /// Lets go of the session that was idle longest, if there is no place for another: of this principal, or of all.
    pub(crate) fn make_room(&self, principal: Option<&Principal>) -> Result<(), Fault> {
        if let Some(principal) = principal {
            let owner = session_id::owner(Some(principal));
            let most = self.limits.sessions_each;
            if self.directory.count_of(&owner) >= most {
                evict(self.directory.idlest_of(&owner), || format!("all {most} sessions of this user are busy"))?;
            }
        }
        let most = self.limits.sessions;
        if self.directory.len() >= most {
            evict(self.directory.idlest(), || format!("all {most} sessions of this server are busy"))?;
        }
        Ok(())
    }
}

/// Lets go of a session; it comes back when its client does.
fn evict(session: Option<Arc<Session>>, busy: impl FnOnce() -> String) -> Result<(), Fault> {
    match session {
        Some(session) => {
            session.close_unused(Moment(u64::MAX), Ended::Evicted);
            Ok(())
        }
        None => Err(Fault::Overloaded(format!("{}; try again later", busy()))),
    }
}

fn why_label(why: Ended) -> &'static str {
    match why {
        Ended::Deleted => "deleted",
        Ended::Idle => "idle",
        Ended::Evicted => "evicted",
        Ended::Disconnected => "disconnected",
        Ended::Closed => "closed",
    }
}
