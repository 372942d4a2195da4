//! Streams that other processes can take up: each message is in the store before its client gets it.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use anpu_proto::jsonrpc::Id;
use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::core::Core;
use super::entry::{Entry, EntryKind};
use super::event_id::{EventId, lost};
use super::nodes;
use super::outbox::Outbox;
use super::replayed::{self, Whereabouts};
use super::run::error_text;
use super::session::Session;
use super::session_id::SessionId;
use crate::error::{ErrorKind, Result};
use crate::store::{Bound, Position, Replay};

/// How often a message is tried to be logged before its client gets it without.
const TRIES: u32 = 4;
/// How long it takes to look again for what another process wrote: first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));
/// How often it is looked whether that process still lives.
const LOOK: Duration = Duration::from_millis(1000);
/// How long the rest of a stream that belongs to no request may still come from elsewhere.
const REST: Duration = Duration::from_secs(2);

/// The log of a session.
fn key(id: SessionId) -> String {
    format!("events:{id}")
}

/// Drops what was logged of a session.
pub(crate) async fn forget(core: &Core, id: SessionId) -> Result<()> {
    let key = key(id);
    core.keeping.ask(|store| store.forget_events(&key)).await
}

impl Session {
    /// From here on each message of this stream is in the store before its client gets it, if there are others who could
    /// take it up.
    pub(crate) fn log(self: &Arc<Self>, outbox: &Arc<Outbox>) {
        if self.core.keeping.is_shared() && self.dialect().http.resumable && outbox.log() {
            tokio::spawn(write(Arc::clone(self), Arc::clone(outbox)));
        }
    }
}

async fn write(session: Arc<Session>, outbox: Arc<Outbox>) {
    let log = key(session.id);
    while let Some((number, entry)) = poll_fn(|cx| outbox.poll_unlogged(cx)).await {
        let event = event(number, &entry);
        let written = append(&session.core, &log, outbox.stream, event).await;
        let place = written.inspect_err(|error| {
            tracing::warn!(%error, "the store does not keep a stream; only this process can resume it");
        });
        outbox.logged(number, place.map_or(0, |place| place.0));
    }
    let is_left = match outbox.noting() {
        Some(noting) => noting.is_left().await,
        None => false,
    };
    if outbox.was_cut_short() && !is_left {
        // Whoever follows it would wait for an answer that does not come.
        let _ = append(&session.core, &log, outbox.stream, Bytes::from_static(END)).await;
    }
    if let Some(noting) = outbox.noting() {
        noting.over(&session.core).await;
    }
}

/// What stands in the log where a stream ends without all of its answers.
const END: &[u8] = b"e\xff\xff\xff\xff\xff\xff\xff\xff";

fn event(number: u64, entry: &Entry) -> Bytes {
    let mut event = BytesMut::with_capacity(9 + entry.text.len());
    event.put_u8(if entry.kind == EntryKind::Reply { b'r' } else { b'm' });
    event.put_u64(number);
    event.put_slice(&entry.text);
    event.freeze()
}

async fn append(core: &Core, log: &str, stream: u64, event: Bytes) -> Result<Position> {
    let limits = &core.limits;
    let bound =
        Bound { entries: limits.stream.entries * limits.streams, bytes: limits.log_bytes, ttl: core.times.events };
    let mut tried = 0;
    loop {
        match core.keeping.ask(|store| store.append_event(log, stream, event.clone(), bound)).await {
            Ok(place) => return Ok(place),
            Err(error) if tried < TRIES && error.kind() == ErrorKind::Store => {
                tried += 1;
                sleep(Duration::from_millis(50) * 2_u32.pow(tried)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// One message as it was logged.
struct Logged {
    number: u64,
    kind: EntryKind,
    text: Bytes,
}

impl Logged {
    fn read(mut event: Bytes) -> Option<Self> {
        if event.len() < 9 {
            return None;
        }
        let text = event.split_off(9);
        let (kind, number) = event.split_first()?;
        let kind = if *kind == b'r' { EntryKind::Reply } else { EntryKind::Message };
        Some(Self { number: u64::from_be_bytes(number.try_into().ok()?), kind, text })
    }
}

/// What another process writes on a stream, and its end if that process is gone.
pub(crate) fn follow(session: &Arc<Session>, id: EventId) -> Arc<Outbox> {
    let core = &session.core;
    let outbox = Outbox::new(id.stream, &core.limits, &core.budget, false, Some(id.requests.len()));
    outbox.go_on(id.seen);
    outbox.answers(id.node, id.requests.clone());
    let outbox = Arc::new(outbox);
    tokio::spawn(Follower::new(Arc::clone(session), id, Arc::clone(&outbox)).follow());
    outbox
}

/// The rest of a stream that belongs to no request, for the stream that takes its place.
pub(crate) fn fetch_rest(session: &Arc<Session>, id: EventId, outbox: &Arc<Outbox>) {
    let mut follower = Follower::new(Arc::clone(session), id, Arc::clone(outbox));
    tokio::spawn(async move {
        let until = Instant::now() + REST;
        while Instant::now() < until && outbox_lives(&follower.outbox) {
            // What the store does not say now, it says at the next look.
            let _ = follower.look().await;
            sleep(PAUSES.1).await;
        }
    });
}

fn outbox_lives(outbox: &Outbox) -> bool {
    outbox.is_attached() && !outbox.is_ended()
}

struct Follower {
    session: Arc<Session>,
    id: EventId,
    outbox: Arc<Outbox>,
    log: String,
    after: Position,
    open: HashSet<Id>,
}

impl Follower {
    fn new(session: Arc<Session>, id: EventId, outbox: Arc<Outbox>) -> Self {
        let (log, open) = (key(session.id), id.requests.iter().cloned().collect());
        let after = Position(id.place);
        Self { session, id, outbox, log, after, open }
    }

    async fn follow(mut self) {
        let (mut pause, mut looked, mut missing) = (PAUSES.0, Instant::now(), 0);
        // The reader comes a moment later than this begins.
        while !self.open.is_empty()
            && !self.outbox.is_ended()
            && (outbox_lives(&self.outbox) || !self.outbox.was_attached())
        {
            match self.look().await {
                Ok(0) => pause = (pause * 2).min(PAUSES.1),
                Ok(_) => pause = PAUSES.0,
                Err(error) => tracing::debug!(%error, "a stream of another node cannot be read now"),
            }
            if self.open.is_empty() {
                return;
            }
            sleep(pause).await;
            // Whoever was not seen once is looked for again at once.
            if looked.elapsed() >= LOOK || missing != 1 {
                looked = Instant::now();
                match nodes::lives(&self.session.core, self.id.node).await {
                    Ok(true) | Err(_) => missing = 1,
                    Ok(false) => missing += 2,
                }
                if missing > 2 {
                    // What it wrote last may have come meanwhile.
                    let _ = self.look().await;
                    if self.open.is_empty() {
                        return;
                    }
                    match Box::pin(replayed::take(&self.session, self.id.stream, None)).await {
                        Ok(Whereabouts::Here) => (self.id.node, missing) = (self.session.core.node, 0),
                        Ok(Whereabouts::Elsewhere(node)) => (self.id.node, missing) = (node, 0),
                        Ok(Whereabouts::Nowhere) => {
                            let _ = self.look().await;
                            return self.give_up();
                        }
                        Err(error) => tracing::debug!(%error, "it is not known who goes on with a stream"),
                    }
                }
            }
        }
    }

    /// Passes on what is new; how much that was.
    async fn look(&mut self) -> Result<usize> {
        let (log, stream, after) = (&self.log, Some(self.id.stream), self.after);
        let core = &self.session.core;
        let events = match core.keeping.ask(|store| store.replay_events(log, stream, after, 256)).await? {
            Replay::Events(events) => events,
            Replay::Gone => {
                self.give_up();
                return Ok(0);
            }
        };
        let mut passed = 0;
        for event in events {
            self.after = event.position;
            if event.bytes == END {
                self.open.clear();
                self.outbox.end();
                return Ok(passed);
            }
            let Some(logged) = Logged::read(event.bytes) else { continue };
            if logged.kind == EntryKind::Reply
                && let Some(id) = answered(&logged.text)
            {
                self.open.remove(&id);
            }
            // What was written twice, because nobody knew that it was written, is passed on once.
            if logged.number >= self.id.seen {
                self.id.seen = logged.number + 1;
                passed += 1;
                self.outbox.push_as(logged.number, event.position.0, logged.text, logged.kind);
            } else if logged.kind == EntryKind::Reply {
                self.outbox.forgo();
            }
        }
        Ok(passed)
    }

    /// Answers what nobody else will.
    fn give_up(&mut self) {
        for id in self.open.drain() {
            let text = error_text(self.session.dialect(), Ok(&id), &lost());
            self.outbox.push(text, EntryKind::Reply);
        }
    }
}

fn answered(text: &[u8]) -> Option<Id> {
    #[derive(Deserialize)]
    struct Reply {
        id: Id,
    }
    serde_json::from_slice::<Reply>(text).ok().map(|reply| reply.id)
}
