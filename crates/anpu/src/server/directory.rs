//! All sessions that are served here, by their ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anpu_proto::session::Moment;

use super::session::Session;
use super::session_id::SessionId;

const SHARDS: usize = 64;

type Shard = HashMap<Tag, Arc<Session>, BuildHasherDefault<Plain>>;

/// Characters of the name of a session that are random by nature: part of the nonce of its seal, or of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag(u128);

impl Tag {
    fn of(name: &str) -> Option<Self> {
        let bytes = name.as_bytes().get(16..32)?;
        bytes.try_into().ok().map(u128::from_le_bytes).map(Self)
    }
}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0);
    }
}

/// What is random by nature need only be spread: whoever could choose it can put nothing in.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        // Tags are written as one number.
    }

    fn write_u128(&mut self, tag: u128) {
        let (low, high) = (tag as u64, (tag >> 64) as u64);
        // Text has few different bits at the top of each byte; multiplying spreads them upwards, the rotation down again.
        self.0 = (low ^ high.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
}

pub(crate) struct Directory {
    shards: Vec<Mutex<Shard>>,
    count: AtomicUsize,
    /// How many each principal has, by a digest of it.
    owners: Mutex<HashMap<[u8; 16], usize>>,
    /// Where the next search for an idle session begins.
    turn: AtomicUsize,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, count: AtomicUsize::new(0), owners: Mutex::default(), turn: AtomicUsize::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The session of exactly this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Session>> {
        let tag = Tag::of(name)?;
        let found = self.shard(tag).get(&tag).cloned();
        found.filter(|session| *session.name() == *name)
    }

    /// The session with this key. Slower than by its name: for what other processes say, which do not know that.
    pub(crate) fn find_id(&self, id: SessionId) -> Option<Arc<Session>> {
        (0..SHARDS).find_map(|shard| lock(&self.shards[shard]).values().find(|session| session.id == id).cloned())
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        let Some(tag) = Tag::of(&session.name()) else { return };
        if self.shard(tag).insert(tag, Arc::clone(session)).is_none() {
            let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
            gauge(count);
            if session.principal.is_some() {
                *lock(&self.owners).entry(session.owner).or_default() += 1;
            }
        }
    }

    /// How many sessions this principal has.
    pub(crate) fn count_of(&self, owner: &[u8; 16]) -> usize {
        lock(&self.owners).get(owner).copied().unwrap_or_default()
    }

    /// The one of this principal that was idle longest.
    pub(crate) fn idlest_of(&self, owner: &[u8; 16]) -> Option<Arc<Session>> {
        let theirs = self.find(|session| session.owner == *owner && session.is_idle());
        theirs.into_iter().min_by_key(|session| session.seen())
    }

    pub(crate) fn remove(&self, session: &Session) {
        let Some(tag) = Tag::of(&session.name()) else { return };
        let mut shard = self.shard(tag);
        // Another one may have come back under the same name meanwhile.
        let mine = shard.get(&tag).is_some_and(|other| std::ptr::eq(&raw const **other, session));
        let removed = if mine { shard.remove(&tag) } else { None };
        if shard.capacity() > 64 && shard.len() * 4 < shard.capacity() {
            shard.shrink_to_fit();
        }
        drop(shard);
        if removed.is_some() {
            let count = self.count.fetch_sub(1, Ordering::Relaxed) - 1;
            gauge(count);
            self.forget_owner(session);
        }
    }

    fn forget_owner(&self, session: &Session) {
        if session.principal.is_none() {
            return;
        }
        let mut owners = lock(&self.owners);
        if let Some(count) = owners.get_mut(&session.owner) {
            *count -= 1;
            if *count == 0 {
                owners.remove(&session.owner);
            }
        }
    }

    /// All of them; ones that come or go meanwhile may be missed.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.find(|_| true)
    }

    /// Those that were not used since `before` and take more room than they need.
    pub(crate) fn spread_out(&self, before: Moment) -> Vec<Arc<Session>> {
        self.find(|session| session.seen() < before && session.is_spread_out())
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

    fn shard(&self, tag: Tag) -> MutexGuard<'_, Shard> {
        let mut hasher = Plain::default();
        tag.hash(&mut hasher);
        // Other bits than those by which the map places its entries.
        let at = usize::try_from(hasher.finish() >> 40).unwrap_or(0) % SHARDS;
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
