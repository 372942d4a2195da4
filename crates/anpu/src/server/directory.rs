//! All sessions that are served here, by their ids.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anpu_proto::session::Moment;

use super::session::{Session, SessionId};

const SHARDS: usize = 64;

pub(crate) struct Directory {
    shards: Vec<Mutex<HashMap<SessionId, Arc<Session>>>>,
    count: AtomicUsize,
    /// Where the next search for an idle session begins.
    turn: AtomicUsize,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, count: AtomicUsize::new(0), turn: AtomicUsize::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Session>> {
        self.shard(id).get(&id).cloned()
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        if self.shard(session.id).insert(session.id, Arc::clone(session)).is_none() {
            let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
            gauge(count);
        }
    }

    pub(crate) fn remove(&self, id: SessionId) {
        let mut shard = self.shard(id);
        let removed = shard.remove(&id);
        if shard.capacity() > 64 && shard.len() * 4 < shard.capacity() {
            shard.shrink_to_fit();
        }
        drop(shard);
        if removed.is_some() {
            let count = self.count.fetch_sub(1, Ordering::Relaxed) - 1;
            gauge(count);
        }
    }

    /// All of them; ones that come or go meanwhile may be missed.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.find(|_| true)
    }

    /// Those that were not used since `before` and hold nothing.
    pub(crate) fn unused(&self, before: Moment) -> Vec<Arc<Session>> {
        self.find(|session| session.seen() < before && session.is_idle())
    }

    /// The one that was idle longest, of a part of all, so that finding it stays cheap.
    pub(crate) fn idlest(&self) -> Option<Arc<Session>> {
        let from = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut parts = (0..SHARDS).map(|n| self.part((from + n) % SHARDS)).filter_map(|part| {
            part.into_iter().filter(|session| session.is_idle()).min_by_key(|session| session.seen())
        });
        // A few parts, so that one that is nearly empty does not give away a session that was just opened.
        parts.by_ref().take(8).min_by_key(|session| session.seen()).or_else(|| parts.next())
    }

    /// No shard is locked while a session is looked at: whoever holds a session may want its shard.
    fn find(&self, wanted: impl Fn(&Session) -> bool) -> Vec<Arc<Session>> {
        (0..SHARDS).flat_map(|shard| self.part(shard)).filter(|session| wanted(session)).collect()
    }

    fn part(&self, shard: usize) -> Vec<Arc<Session>> {
        lock(&self.shards[shard]).values().cloned().collect()
    }

    fn shard(&self, id: SessionId) -> MutexGuard<'_, HashMap<SessionId, Arc<Session>>> {
        // Ids are random bits, so their lowest ones spread evenly.
        let at = usize::try_from(id.0 % SHARDS as u128).unwrap_or(0);
        lock(&self.shards[at])
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gauge(count: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("mcp.server.sessions.live").set(count as f64);
}
