//! What the store is told of a call that may run again when its process dies: what was called, what its handler was told so
//! far, and who runs it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anpu_proto::jsonrpc::Id;
use anpu_proto::model::Call;
use anpu_proto::session::Phase;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::core::Core;
use super::exchange::Exchange;
use super::outbox::Outbox;
use super::rounds::Rounds;
use super::session::{Session, Wire};
use super::session_id::SessionId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Expected, Revision, Swapped};

/// The format that this build writes, and the only one so far.
const FORMAT: u32 = 1;
/// Bytes of the params of a call.
const MOST_PARAMS: usize = 256 * 1024;

/// What is noted of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    format: u32,
    /// Who runs it.
    pub(super) node: u64,
    /// How often it was run again.
    pub(super) runs: u32,
    pub(super) request: Id,
    pub(super) params: Box<RawValue>,
    /// What its handler was told and did so far.
    pub(super) state: Box<RawValue>,
    /// The questions that were asked: their ids and their names.
    pub(super) asked: Vec<(Box<str>, Box<str>)>,
}

impl Note {
    /// The note about the call whose answer is this stream, if there is one that this build can read.
    pub(super) async fn load(core: &Core, session: SessionId, stream: u64) -> Result<Option<(Self, Revision)>> {
        let key = key(session, stream);
        let Some(stored) = core.keeping.ask(|store| store.get_value(&key)).await? else { return Ok(None) };
        let note = Self::read(&stored.bytes);
        if note.is_none() {
            // It stays: whoever wrote it may read it.
            tracing::warn!(key, "what is noted of a call cannot be read by this version: it does not run again here");
        }
        Ok(note.map(|note| (note, stored.revision)))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Numbered {
            format: u32,
        }
        let Numbered { format } = serde_json::from_slice(bytes).ok()?;
        if format == FORMAT { serde_json::from_slice(bytes).ok() } else { None }
    }

    /// Writes it in the place of the one that was read, if that is still there.
    pub(super) async fn save(&self, core: &Core, at: (SessionId, u64), expected: Expected) -> Result<Swapped> {
        let key = key(at.0, at.1);
        let bytes = Bytes::from(serde_json::to_vec(self)?);
        // As long as a client may take to come back with an answer.
        let ttl = core.times.request_state.max(core.times.events);
        core.keeping.ask(|store| store.swap_value(&key, expected, bytes, Some(ttl))).await
    }
}

fn key(session: SessionId, stream: u64) -> String {
    format!("replay:{session}:{stream:016x}")
}

/// The keeping of the note about a call that runs here.
pub(crate) struct Noting {
    session: SessionId,
    pub(super) stream: u64,
    runs: u32,
    request: Id,
    params: Box<RawValue>,
    asked: Mutex<Vec<(Box<str>, Box<str>)>>,
    standing: tokio::sync::Mutex<Standing>,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    Unwritten,
    Written(Revision),
    /// It is answered.
    Over,
    /// It is somebody else's, or left to whoever comes next.
    Left,
}

impl Noting {
    /// That of a call of a tool that is marked, if there is a store to note it in and a stream to be taken up again.
    pub(super) fn of(
        session: &Session,
        id: &Id,
        call: &Call,
        params: Option<&RawValue>,
        outbox: &Outbox,
    ) -> Option<Arc<Self>> {
        let keeping = &session.core.keeping;
        let Call::CallTool(called) = call else { return None };
        if !(keeping.is_durable() || keeping.is_shared()) || !is_marked(session, &called.name) {
            return None;
        }
        if session.wire != Wire::Streams || !session.dialect().http.resumable || !outbox.is_for_one() {
            return None;
        }
        let params = params?;
        if params.get().len() > MOST_PARAMS {
            tracing::warn!(
                tool = called.name,
                "the arguments of a call are too large to be noted: it will not run again"
            );
            return None;
        }
        Some(Arc::new(Self {
            session: session.id,
            stream: outbox.stream,
            runs: 0,
            request: id.clone(),
            params: params.to_owned(),
            asked: Mutex::default(),
            standing: tokio::sync::Mutex::new(Standing::Unwritten),
        }))
    }

    /// That of a call that was taken over.
    pub(super) fn taken(session: SessionId, stream: u64, note: Note, revision: Revision) -> Arc<Self> {
        Arc::new(Self {
            session,
            stream,
            runs: note.runs,
            request: note.request,
            params: note.params,
            asked: Mutex::new(note.asked),
            standing: tokio::sync::Mutex::new(Standing::Written(revision)),
        })
    }

    /// The number of the first event of this run on its stream: larger than all of the runs before.
    pub(super) fn base(&self) -> u64 {
        u64::from(self.runs) << 32
    }

    /// This question goes out under this id.
    pub(super) fn asks(&self, question: &str, name: &str) {
        self.questions().push((question.into(), name.into()));
    }

    /// The name of the question that went out under this id, in this run or an earlier one, and its latest id.
    pub(super) fn named(&self, question: &str) -> Option<(Box<str>, Box<str>)> {
        let asked = self.questions();
        let (_, name) = asked.iter().find(|(id, _)| **id == *question)?;
        let (latest, _) = asked.iter().rev().find(|(_, other)| other == name)?;
        Some((name.clone(), latest.clone()))
    }

    fn questions(&self) -> MutexGuard<'_, Vec<(Box<str>, Box<str>)>> {
        // Entries are added whole.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far the call is. Unless it is to `begin`, only if it was noted before.
    pub(super) async fn update(&self, exchange: &Exchange, begin: bool) {
        let Some(rounds) = exchange.rounds() else { return };
        let mut standing = self.standing.lock().await;
        let expected = match *standing {
            Standing::Unwritten if begin => Expected::Absent,
            Standing::Written(revision) => Expected::Revision(revision),
            Standing::Unwritten | Standing::Over | Standing::Left => return,
        };
        let core = exchange.core();
        let written = match self.note(core, rounds) {
            Ok(note) => self.write(core, &note, expected).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(Some(revision)) => *standing = Standing::Written(revision),
            Ok(None) => {
                tracing::warn!("another node runs a call that runs here: it is stopped here");
                *standing = Standing::Left;
                exchange.stop();
            }
            Err(error) if error.kind() == ErrorKind::Store => {
                tracing::warn!(%error, "how far a call is was not noted: if it runs again, it asks again");
            }
            Err(error) => {
                tracing::warn!(%error, "how far a call is cannot be noted: it will not run again");
                self.delete(core, *standing).await;
                *standing = Standing::Over;
            }
        }
    }

    fn note(&self, core: &Core, rounds: &Rounds) -> Result<Note> {
        let state = String::from_utf8(rounds.kept()?).map_err(|error| Error::config(error.to_string()))?;
        Ok(Note {
            format: FORMAT,
            node: core.node,
            runs: self.runs,
            request: self.request.clone(),
            params: self.params.clone(),
            state: RawValue::from_string(state)?,
            asked: self.questions().clone(),
        })
    }

    /// None if somebody else has it.
    async fn write(&self, core: &Core, note: &Note, expected: Expected) -> Result<Option<Revision>> {
        let at = (self.session, self.stream);
        if let Swapped::Done(revision) = note.save(core, at, expected).await? {
            return Ok(Some(revision));
        }
        // The answer to an earlier write may have been lost.
        match Note::load(core, self.session, self.stream).await? {
            Some((found, revision)) if found.node == core.node && found.runs == self.runs => {
                match note.save(core, at, Expected::Revision(revision)).await? {
                    Swapped::Done(revision) => Ok(Some(revision)),
                    Swapped::Conflict => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// The call is answered: nothing is noted of it any more.
    pub(super) async fn over(&self, core: &Core) {
        let mut standing = self.standing.lock().await;
        self.delete(core, *standing).await;
        if !matches!(*standing, Standing::Left) {
            *standing = Standing::Over;
        }
    }

    /// The handler came out, with an answer or without. False if the answer is for somebody else to give.
    pub(super) async fn may_end(&self, exchange: &Exchange, answered: bool) -> bool {
        if answered && exchange.core().keeping.is_shared() {
            // A process that was held up for long may have been taken for dead.
            self.update(exchange, false).await;
        }
        let mut standing = self.standing.lock().await;
        let is_closed = exchange.session().is_some_and(|session| session.phase() == Phase::Closed);
        if !answered && is_closed && matches!(*standing, Standing::Written(_)) {
            // The server ended before the call did: what is noted is for whoever comes next.
            *standing = Standing::Left;
        }
        !matches!(*standing, Standing::Left)
    }

    /// Whether the answer comes from somebody else.
    pub(super) async fn is_left(&self) -> bool {
        matches!(*self.standing.lock().await, Standing::Left)
    }

    async fn delete(&self, core: &Core, standing: Standing) {
        let Standing::Written(revision) = standing else { return };
        let key = key(self.session, self.stream);
        let deleted = core.keeping.ask(|store| store.delete_value(&key, Expected::Revision(revision))).await;
        if let Err(error) = deleted {
            tracing::debug!(%error, "what was noted of a call stays until it expires");
        }
    }
}

impl fmt::Debug for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noting").field("session", &self.session).field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// Whether calls of this tool may run again.
pub(super) fn is_marked(session: &Session, tool: &str) -> bool {
    let own = session.components().and_then(|own| own.now().tools.get(tool).cloned());
    own.or_else(|| session.core.catalog.now().tools.get(tool).cloned()).is_some_and(|tool| tool.replay)
}

impl Session {
    /// The answer to this request becomes a stream: from here on the request may run again.
    pub(crate) async fn note(&self, id: Option<&Id>, outbox: &Outbox) {
        let exchange = id.and_then(|id| self.lock().running.get(id).cloned());
        if let (Some(noting), Some(exchange)) = (outbox.noting(), exchange) {
            noting.update(&exchange, true).await;
        }
    }
}
