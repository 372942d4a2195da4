//! Where the state of sessions and principals is kept: one document of the store each, and how long it lives.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anpu_proto::fault::Fault;
use anpu_proto::session::{Moment, Phase};
use bytes::Bytes;

use super::builder::Server;
use super::core::Core;
use super::exchange::{Exchange, Home};
use super::record::hex;
use super::session::{Session, Wire};
use super::session_id::{SessionId, owner};
use super::state_handle;
use crate::auth::FromExtensions;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::{BoxFuture, Cell, Deleted, Durable, Facts, Kept, Place};
use crate::store::{Expected, Stored, Swapped, session_values, user_values};

impl Server {
    /// Says how values of one type are kept for [`Session<T>`](crate::Session) and [`User<T>`](crate::User): under
    /// which key, in which version, and how older ones are read. Without it, under the type's own name, in version 1.
    pub fn keep<T: Durable>(self, kept: Kept<T>) -> Self {
        self.states.keeps.declare(kept);
        self
    }

    /// Says how the server knows who asks. Handlers that take [`User<T>`](crate::User) need it.
    pub fn auth(mut self, _: FromExtensions) -> Self {
        self.states.knows_users = true;
        self
    }

    /// How long the store keeps the [`User<T>`](crate::User) values of a principal after one of them was last used.
    /// Default: for ever.
    pub fn user_retention(mut self, time: Duration) -> Self {
        self.times.user = Some(time);
        self
    }
}

/// How often a document is given new life because somebody reads it.
const TOUCH: Duration = Duration::from_secs(60);
/// How many documents are known to have been given new life; then all are forgotten, which costs no more than touches.
const MOST_TOUCHED: usize = 16 * 1024;

/// Which documents were given new life not long ago, by a hash of their keys.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    hash: RandomState,
    last: Mutex<HashMap<u64, Moment>>,
}

impl Touched {
    /// Whether it is time again. If it is, it is not for a while.
    pub(super) fn is_due(&self, key: &str, now: Moment, ttl: Duration) -> bool {
        let every = u64::try_from((ttl / 8).min(TOUCH).as_millis()).unwrap_or(u64::MAX);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.hash.hash_one(key);
        if last.get(&key).is_some_and(|last| now.0.saturating_sub(last.0) < every) {
            return false;
        }
        if last.len() >= MOST_TOUCHED {
            last.clear();
        }
        last.insert(key, now);
        true
    }
}

/// The place of what a request keeps.
///
/// # Errors
///
/// There is none: it has no session, or nobody asks.
pub(super) fn cell(exchange: Arc<Exchange>, facts: &Facts, place: Place) -> Result<Arc<dyn Cell>> {
    if place == Place::User {
        // The extractor has said more clearly what is wrong.
        let principal = facts.principal.as_ref().ok_or_else(|| Error::config("nobody asks"))?;
        let core = Arc::clone(exchange.core());
        let key = user_values(&core.realm, &hex(&owner(Some(principal))));
        let ttl = core.times.user;
        return Ok(Arc::new(OfUser(Document { core, key, ttl })));
    }
    match &exchange.home {
        Home::Session(session) if session.wire == Wire::Line => {
            let largest = session.core.limits.state;
            session.line().map(|line| line.cell(largest) as _).ok_or_else(too_early)
        }
        Home::Session(session) => Ok(Arc::new(OfSession { session: Arc::clone(session), at: document(session) })),
        Home::Alone(_) => state_handle::cell(exchange),
    }
}

/// A session was ended for good: so is what it kept.
pub(super) async fn end(core: &Core, id: SessionId) {
    let key = session_values(&id.to_string());
    // Nobody can reach it any more, and it expires by itself.
    if let Err(error) = core.keeping.ask(|store| store.delete_value(&key, Expected::Anything)).await {
        tracing::debug!(%error, "what an ended session kept stays until it expires");
    }
}

fn document(session: &Session) -> Document {
    let core = Arc::clone(&session.core);
    let (key, ttl) = (session_values(&session.id.to_string()), Some(core.times.retention));
    Document { core, key, ttl }
}

fn too_early() -> Error {
    Error::new(ErrorKind::Unsupported, "nothing can be kept for a session that is not open yet")
}

/// A document of the store.
pub(super) struct Document {
    pub(super) core: Arc<Core>,
    pub(super) key: String,
    /// How long it lives after it was last used; for ever without.
    pub(super) ttl: Option<Duration>,
}

impl Document {
    pub(super) fn largest(&self) -> usize {
        self.core.limits.state
    }

    /// What is there, which lives on because it is used.
    pub(super) async fn get(&self) -> Result<Option<Stored>> {
        let found = self.core.keeping.ask(|store| store.get_value(&self.key)).await?;
        if let (Some(ttl), true) = (self.ttl, found.is_some())
            && self.core.touched.is_due(&self.key, self.core.now(), ttl)
        {
            self.core.keeping.ask(|store| store.touch_value(&self.key, Some(ttl))).await?;
        }
        Ok(found)
    }

    pub(super) async fn swap(&self, expected: Expected, bytes: Bytes) -> Result<Swapped> {
        let swapped = self.core.keeping.ask(|store| store.swap_value(&self.key, expected, bytes, self.ttl)).await?;
        if let (Some(ttl), Swapped::Done(_)) = (self.ttl, swapped) {
            // It has a whole life before it, so the next reader need not give it one.
            self.core.touched.is_due(&self.key, self.core.now(), ttl);
        }
        Ok(swapped)
    }

    pub(super) async fn delete(&self, expected: Expected) -> Result<Deleted> {
        let deleted = self.core.keeping.ask(|store| store.delete_value(&self.key, expected)).await?;
        Ok(if deleted { Deleted::Done } else { Deleted::Conflict })
    }
}

/// What a principal has.
struct OfUser(Document);

impl Cell for OfUser {
    fn largest(&self) -> usize {
        self.0.largest()
    }

    fn get(&self) -> BoxFuture<'_, Result<Option<Stored>>> {
        Box::pin(self.0.get())
    }

    fn swap(&self, expected: Expected, bytes: Bytes) -> BoxFuture<'_, Result<Swapped>> {
        Box::pin(self.0.swap(expected, bytes))
    }

    fn delete(&self, expected: Expected) -> BoxFuture<'_, Result<Deleted>> {
        Box::pin(self.0.delete(expected))
    }
}

/// What a session has. It is kept only as long as the session's record, which there must be from then on.
struct OfSession {
    session: Arc<Session>,
    at: Document,
}

impl OfSession {
    /// Makes sure that there is a record, and that it lives as long as what is kept.
    async fn has_record(&self) -> Result {
        let Self { session, at } = self;
        if !matches!(session.phase(), Phase::Open | Phase::Ready) {
            return Err(too_early());
        }
        session.ensure_record().await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Fault::SessionNotFound.into(),
            _ => error,
        })?;
        let (record, ttl) = (session.id.to_string(), at.core.times.retention);
        if at.core.touched.is_due(&record, at.core.now(), ttl) {
            at.core.keeping.ask(|store| store.touch_session(&record, ttl)).await?;
        }
        Ok(())
    }
}

impl Cell for OfSession {
    fn largest(&self) -> usize {
        self.at.largest()
    }

    fn get(&self) -> BoxFuture<'_, Result<Option<Stored>>> {
        Box::pin(self.at.get())
    }

    fn swap(&self, expected: Expected, bytes: Bytes) -> BoxFuture<'_, Result<Swapped>> {
        Box::pin(async move {
            self.has_record().await?;
            self.at.swap(expected, bytes).await
        })
    }

    fn delete(&self, expected: Expected) -> BoxFuture<'_, Result<Deleted>> {
        Box::pin(self.at.delete(expected))
    }
}
