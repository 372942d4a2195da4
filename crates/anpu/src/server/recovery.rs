//! Sessions that come back: what can be proven is recovered, the rest is refused.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anpu_proto::fault::Fault;
use anpu_proto::model::{ClientCapabilities, Implementation, LoggingLevel};
use anpu_proto::session::{Change, Peer, Phase, Snapshot};
use http::StatusCode;

use super::core::{Core, Origin};
use super::hooks::Ended;
use super::keeping::unavailable;
use super::log;
use super::nodes::Told;
use super::record::{self, Found, Known};
use super::session::{Session, Wire};
use super::session_id::{Introduced, SessionId, owner};
use crate::auth::Principal;
use crate::error::Error;

/// Which lost sessions come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// Those whose record is in the store, and those whose id was sealed by this server's keys.
    #[default]
    Proven,
    /// Those whose record is in the store.
    Stored,
    /// None.
    Never,
}

/// What proves that a session was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// Its record is in the store: everything durable comes back.
    Record,
    /// Its id was sealed by this server's keys: the client comes back, the state starts fresh.
    Seal,
}

impl Proof {
    fn label(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Seal => "seal",
        }
    }
}

/// A session that is about to come back, as [`Hooks::recover`](crate::Hooks::recover) sees it, and may change it.
pub struct Recovering {
    created: Duration,
    snapshot: Snapshot,
    changed: bool,
}

impl Recovering {
    /// When the session was opened, since 1970.
    pub fn created(&self) -> Duration {
        self.created
    }

    /// The version of the specification it speaks.
    pub fn version(&self) -> &str {
        &self.snapshot.version
    }

    /// The name and version of its client.
    pub fn client(&self) -> &Implementation {
        &self.snapshot.peer.info
    }

    /// What its client can do.
    pub fn capabilities(&self) -> &ClientCapabilities {
        &self.snapshot.peer.capabilities
    }

    /// Says what its client can do, for instance less than before.
    pub fn set_capabilities(&mut self, capabilities: ClientCapabilities) {
        self.snapshot.peer = Arc::new(Peer::new(self.snapshot.peer.info.clone(), capabilities));
        self.changed = true;
    }

    /// The log level that its client set.
    pub fn level(&self) -> Option<LoggingLevel> {
        self.snapshot.level
    }

    /// Sets the log level.
    pub fn set_level(&mut self, level: Option<LoggingLevel>) {
        self.snapshot.level = level;
        self.changed = true;
    }

    /// The resources that its client watches.
    pub fn watches(&self) -> impl Iterator<Item = &str> {
        self.snapshot.watches.iter().map(String::as_str)
    }
}

impl fmt::Debug for Recovering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovering").field("version", &self.version()).finish_non_exhaustive()
    }
}

/// That a session does not come back: what the client is told, and with which HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRecovered {
    status: StatusCode,
    message: String,
}

impl NotRecovered {
    /// With this status. 404 makes clients that can open a new session do so; other ones give up.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl From<Error> for NotRecovered {
    /// 404, with the text of the error.
    fn from(error: Error) -> Self {
        Self::new(StatusCode::NOT_FOUND, error.to_string())
    }
}

/// Why there is no session of this id for this client.
#[derive(Debug)]
pub(crate) enum Lost {
    /// There is none, or it is somebody else's, or it was ended; nobody is told which.
    Unknown,
    /// It could not be looked for.
    Fault(Fault),
    /// The server's owner does not want it back.
    Refused(NotRecovered),
}

impl Lost {
    /// The JSON-RPC error, and the status where it is not the one that the error has by itself.
    pub(crate) fn into_fault(self) -> (Fault, Option<StatusCode>) {
        match self {
            Self::Unknown => (Fault::SessionNotFound, None),
            Self::Fault(fault) => (fault, None),
            Self::Refused(refused) => {
                let code = Fault::SessionNotFound.base_code();
                (Fault::Other { code, message: refused.message, data: None }, Some(refused.status))
            }
        }
    }
}

/// The sessions that are coming back now, and those that ended not long ago without leaving a record.
#[derive(Debug, Default)]
pub(crate) struct Returns {
    coming: Mutex<HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>,
    ended: Mutex<Tombs>,
}

/// How long a shared store remembers the end of a session that had no record: until all processes have heard of it.
const HEARSAY: Duration = Duration::from_secs(60);
/// How many ended sessions are remembered in the process.
const MOST_ENDED: usize = 64 * 1024;

#[derive(Debug, Default)]
struct Tombs {
    known: HashSet<SessionId>,
    order: VecDeque<SessionId>,
}

impl Returns {
    /// Remembers that this session was ended, for as long as there is room.
    pub(crate) fn bury(&self, id: SessionId) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if !ended.known.insert(id) {
            return;
        }
        ended.order.push_back(id);
        if ended.order.len() > MOST_ENDED
            && let Some(oldest) = ended.order.pop_front()
        {
            ended.known.remove(&oldest);
        }
    }

    pub(super) fn is_buried(&self, id: SessionId) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).known.contains(&id)
    }

    /// One at a time for each session.
    fn gate(&self, id: SessionId) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.coming.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default())
    }
}

/// One of those that wait for a session to come back.
struct Waiting<'a> {
    returns: &'a Returns,
    id: SessionId,
    gate: Option<Arc<tokio::sync::Mutex<()>>>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut coming = self.returns.coming.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the last one sees that it is.
        drop(self.gate.take());
        if coming.get(&self.id).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            coming.remove(&self.id);
        }
    }
}

/// The session that a client names, live or brought back.
pub(crate) async fn find(core: &Arc<Core>, name: &str, origin: &Origin) -> Result<Arc<Session>, Lost> {
    let principal = origin.principal.as_ref();
    if let Some(session) = live(core, name) {
        if session.principal.as_ref() != principal {
            return Err(Lost::Unknown);
        }
        // Nobody lets go of it while the store is asked.
        session.touch();
        // What is rare has a place of its own, so that the many requests need no room for it.
        let session = if core.keeping.is_shared() { Box::pin(in_step(session)).await? } else { session };
        record::prolong(&session);
        return Ok(session);
    }
    let introduced = opened(core, name, principal)?;
    let gate = core.returns.gate(introduced.id);
    let _waiting = Waiting { returns: &core.returns, id: introduced.id, gate: Some(Arc::clone(&gate)) };
    let _turn = gate.lock_owned().await;
    match live(core, name) {
        // Somebody else brought it back meanwhile.
        Some(session) => Ok(session),
        None => Box::pin(bring_back(core, name, introduced, origin)).await,
    }
}

/// The session of this name that is served here and not about to be let go of.
fn live(core: &Core, name: &str) -> Option<Arc<Session>> {
    let found = core.directory.get(name).filter(|session| session.wire == Wire::Streams);
    found.filter(|session| session.phase() != Phase::Closed)
}

/// Ends a session that a client names, live or not. Once it is known to be theirs, it ends also if they do not wait for it.
pub(crate) async fn end(core: &Arc<Core>, name: &str, origin: &Origin) -> Result<(), Lost> {
    core.reaper.start(core);
    let principal = origin.principal.as_ref();
    let live = core.directory.get(name).filter(|session| session.wire == Wire::Streams);
    if live.as_ref().is_some_and(|session| session.principal.as_ref() != principal) {
        return Err(Lost::Unknown);
    }
    let introduced = opened(core, name, principal)?;
    let (core, name) = (Arc::clone(core), name.to_owned());
    let ending = tokio::spawn(async move { erase(&core, &name, introduced.id, introduced.created).await });
    ending
        .await
        .unwrap_or_else(|panic| Err(Lost::Fault(Fault::Internal(format!("the session could not be ended: {panic}")))))
}

/// Ends a session from inside, as [`end`] does for its client.
pub(crate) fn revoke(session: &Arc<Session>) {
    let core = Arc::clone(&session.core);
    if session.wire == Wire::Line {
        return session.close(Ended::Closed);
    }
    core.returns.bury(session.id);
    core.nodes.tell(Told::Ended { session: session.id.0 });
    session.close(Ended::Closed);
    let (name, id, created) = (session.name(), session.id, session.created);
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            if let Err(lost) = erase(&core, &name, id, created).await {
                tracing::debug!(?lost, "the record of a session that was closed");
            }
        });
    }
}

/// Leaves nothing of a session but what keeps it from coming back.
async fn erase(core: &Arc<Core>, name: &str, id: SessionId, created: u32) -> Result<(), Lost> {
    let failed = |error| Lost::Fault(unavailable(error));
    match record::load(core, id, None).await.map_err(failed)? {
        Known::Ended => return Err(Lost::Unknown),
        Known::Found(_) | Known::Same => {
            let age = (core.unix_time() / 1000).saturating_sub(u64::from(created));
            // Until nobody could open the id any more.
            let tombstone = core.times.seal.saturating_sub(Duration::from_secs(age)) + Duration::from_secs(60);
            record::end(core, id, tombstone).await.map_err(failed)?;
        }
        // Nothing else would tell those who have not heard of it yet.
        Known::Nothing if core.keeping.is_shared() => {
            record::end(core, id, HEARSAY).await.map_err(failed)?;
        }
        Known::Nothing => {}
    }
    core.returns.bury(id);
    core.nodes.tell_first(Told::Ended { session: id.0 }).await;
    // Somebody may have brought it back meanwhile.
    core.directory.get(name).iter().for_each(|session| session.close(Ended::Deleted));
    if core.keeping.is_shared()
        && let Err(error) = log::forget(core, id).await
    {
        tracing::debug!(%error, "what was logged of an ended session stays until it expires");
    }
    Ok(())
}

/// What the id says, if it is ours, this principal's, and was not ended here.
fn opened(core: &Core, name: &str, principal: Option<&Principal>) -> Result<Introduced, Lost> {
    let introduced = Introduced::open(core, name).ok_or(Lost::Unknown)?;
    let ours = introduced.owner == owner(principal) && core.dialects.contains(&introduced.dialect);
    if ours && !core.returns.is_buried(introduced.id) { Ok(introduced) } else { Err(Lost::Unknown) }
}

/// A live session, as other processes left it.
async fn in_step(session: Arc<Session>) -> Result<Arc<Session>, Lost> {
    let before = session.revision();
    let known = record::load(&session.core, session.id, before).await;
    match known.map_err(|error| Lost::Fault(unavailable(error)))? {
        Known::Same | Known::Nothing => Ok(session),
        Known::Found(found) => {
            session.catch_up(before, &found);
            Ok(session)
        }
        Known::Ended => {
            session.close(Ended::Deleted);
            Err(Lost::Unknown)
        }
    }
}

async fn bring_back(
    core: &Arc<Core>,
    name: &str,
    introduced: Introduced,
    origin: &Origin,
) -> Result<Arc<Session>, Lost> {
    if core.recovery == Recovery::Never {
        return Err(Lost::Unknown);
    }
    let known = record::load(core, introduced.id, None).await.map_err(|error| Lost::Fault(unavailable(error)))?;
    let (proof, snapshot, revision) = match known {
        Known::Ended => return Err(Lost::Unknown),
        Known::Found(found) => {
            let Found { mut record, revision } = *found;
            record.session.apply(&Change::Opened);
            (Proof::Record, record.session, Some(revision))
        }
        Known::Nothing | Known::Same if core.recovery == Recovery::Stored => return Err(Lost::Unknown),
        Known::Nothing | Known::Same => (Proof::Seal, fresh(&introduced), None),
    };
    core.make_room(origin.principal.as_ref()).map_err(Lost::Fault)?;
    let created = introduced.created;
    let mut recovering = Recovering { created: Duration::from_secs(created.into()), snapshot, changed: false };
    let session = Session::returned(core, name, &introduced, origin.principal.clone(), revision, proof);
    session.restore(&recovering.snapshot).map_err(Lost::Fault)?;
    if let Some(hooks) = &core.hooks {
        let cx = session.cx_of(origin);
        hooks.recover(&cx, proof, &mut recovering).await.map_err(Lost::Refused)?;
        if recovering.changed {
            session.restore(&recovering.snapshot).map_err(Lost::Fault)?;
        }
    }
    // Once: what the hook left is who it is.
    let _ = session.peer.set(core.peers.share(&recovering.snapshot.peer));
    core.directory.insert(&session);
    core.reaper.start(core);
    if core.returns.is_buried(session.id) {
        // It was ended while it came back.
        session.close(Ended::Deleted);
        return Err(Lost::Unknown);
    }
    record::prolong(&session);
    tracing::info!(session = ?session.id, proof = proof.label(), "session recovered");
    metrics::counter!("mcp.server.sessions.recovered", "proof" => proof.label()).increment(1);
    Ok(session)
}

/// A session of which nothing is known but its id. Its client had finished the handshake, or it would not come back.
fn fresh(introduced: &Introduced) -> Snapshot {
    Snapshot::opened(introduced.dialect.version, Phase::Ready, introduced.peer.clone())
}
