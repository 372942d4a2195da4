//! One session served here and now: its engine under a short lock, its running requests and its streams.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, LoggingLevel, Notice};
use anpu_proto::session::{self, Moment, Peer, Phase, Route};

use super::connection::Connection;
use super::core::Core;
use super::exchange::Exchange;
use super::hooks::Ended;
use super::live::{After, Live};
use super::metadata::Metadata;
use super::outbox::{EntryKind, Outbox};
use super::questions::Waiting;
use super::roots::Remembered;
use crate::auth::Principal;
use crate::component::{Catalog, Touched};
use crate::handler::Cx;

/// The key of a session: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u128);

impl SessionId {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let wellformed = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        wellformed.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    /// Whoever has the id has the session, so logs get its beginning only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}…", self.0 >> 96)
    }
}

/// Where the messages of a session that belong to no request go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Streams that the client opens: each message goes to exactly one.
    Streams,
    /// The one connection.
    Line,
}

pub(crate) struct Session {
    pub(crate) id: SessionId,
    name: Arc<str>,
    pub(crate) core: Arc<Core>,
    pub(crate) principal: Option<Principal>,
    pub(crate) wire: Wire,
    /// Its place among all dialects; past their end before `initialize` settles one.
    dialect: AtomicUsize,
    /// The connection, if messages come in apart from it and must find it.
    connection: OnceLock<Weak<Connection>>,
    /// Components that only this session has.
    own: OnceLock<Box<Catalog>>,
    seen: AtomicU64,
    pub(crate) roots: Remembered,
    pub(crate) metadata: Metadata,
    next_stream: AtomicU32,
    /// The client, once it introduced itself.
    peer: OnceLock<Arc<Peer>>,
    live: Mutex<Live>,
}

impl Session {
    pub(crate) fn new(core: Arc<Core>, id: SessionId, principal: Option<Principal>, wire: Wire) -> Arc<Self> {
        let engine = session::Server::new(core.oldest_handshake(), core.limits.session);
        let seen = AtomicU64::new(core.now().0);
        let name = id.to_string().into();
        Arc::new(Self {
            id,
            name,
            core,
            principal,
            wire,
            dialect: AtomicUsize::new(usize::MAX),
            connection: OnceLock::new(),
            own: OnceLock::new(),
            seen,
            roots: Remembered::default(),
            metadata: Metadata::default(),
            next_stream: AtomicU32::new(0),
            peer: OnceLock::new(),
            live: Mutex::new(Live::new(engine)),
        })
    }

    /// The dialect; before the handshake, the oldest one, whose errors every client understands.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        let settled = dialect::ALL.get(self.dialect.load(Ordering::Acquire)).copied();
        settled.unwrap_or_else(|| self.core.oldest_handshake())
    }

    /// Whether `initialize` settled the dialect.
    pub(crate) fn is_settled(&self) -> bool {
        self.phase() != Phase::New
    }

    /// The id as its client writes it.
    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn peer(&self) -> Arc<Peer> {
        self.peer.get().cloned().unwrap_or_else(|| Arc::clone(self.lock().engine.peer()))
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().engine.phase()
    }

    pub(crate) fn hears(&self, level: LoggingLevel) -> bool {
        self.lock().engine.hears(level)
    }

    /// The session was used just now.
    pub(crate) fn touch(&self) {
        self.seen.store(self.core.now().0, Ordering::Relaxed);
    }

    pub(crate) fn seen(&self) -> Moment {
        Moment(self.seen.load(Ordering::Relaxed))
    }

    /// Whether nothing runs, nothing is asked and no stream is open.
    pub(crate) fn is_idle(&self) -> bool {
        Self::holds_nothing(&self.lock())
    }

    /// Whether nothing runs and nothing is asked.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lock().engine.is_idle()
    }

    /// A new number for a stream of this session.
    pub(crate) fn stream_number(&self) -> u32 {
        self.next_stream.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// `initialize` settled the dialect.
    pub(crate) fn settle(&self, dialect: &'static Dialect) {
        let place = dialect::ALL.iter().position(|known| *known == dialect);
        self.dialect.store(place.unwrap_or(usize::MAX), Ordering::Release);
        self.lock().engine.settle(dialect);
    }

    /// Takes in a request: it runs once its exchange is started.
    pub(crate) fn request(self: &Arc<Self>, id: &Id, call: &Call, exchange: &Arc<Exchange>) -> Result<(), Fault> {
        let mut live = self.lock();
        live.engine.request(id.clone(), call)?;
        live.running.insert(id.clone(), Arc::clone(exchange));
        self.drive(live);
        Ok(())
    }

    /// A request was answered. If it was stopped meanwhile, the text goes nowhere.
    pub(crate) fn finished(self: &Arc<Self>, id: &Id, good: bool, text: Vec<u8>, outbox: Option<&Outbox>) {
        self.touch();
        let mut live = self.lock();
        let before = live.engine.phase();
        let answered = live.engine.finished(id, good, text);
        if before == Phase::Opening && live.engine.phase() == Phase::Open {
            // Before the answer goes out: the client may use the id at once.
            self.opened(&live);
        }
        self.end(live, id, outbox.filter(|_| !answered));
    }

    /// A request ended without an answer.
    pub(crate) fn dropped(self: &Arc<Self>, id: &Id, outbox: Option<&Outbox>) {
        self.touch();
        let mut live = self.lock();
        live.engine.dropped(id);
        self.end(live, id, outbox);
    }

    fn opened(self: &Arc<Self>, live: &Live) {
        // Only the first time: a session has one client.
        let _ = self.peer.set(Arc::clone(live.engine.peer()));
        if self.wire == Wire::Streams {
            self.core.directory.insert(self);
        }
    }

    /// The end of a request. `unanswered`: what waits for an answer that will not come.
    fn end(self: &Arc<Self>, mut live: MutexGuard<'_, Live>, id: &Id, unanswered: Option<&Outbox>) {
        let after = live.drive(self.wire, EntryKind::Message);
        let keep = self.wire == Wire::Streams && self.dialect().http.resumable;
        let kept = live.let_go(id, keep, &self.core.limits);
        drop(live);
        self.follow(after);
        if let Some(kept) = kept {
            self.core.kept.push(self, &kept, &self.core.budget);
        }
        if let Some(outbox) = unanswered {
            outbox.forgo();
        }
    }

    /// A notice came from the client.
    pub(crate) fn notice(self: &Arc<Self>, notice: Notice) {
        if matches!(notice, Notice::RootsListChanged(_)) {
            self.roots.forget();
        }
        if matches!(notice, Notice::Initialized(_) | Notice::Cancelled(_)) || self.core.listens_to(&notice) {
            let mut live = self.lock();
            live.engine.notice(notice);
            self.drive(live);
        }
    }

    /// An answer came from the client.
    pub(crate) fn answered(
        self: &Arc<Self>,
        id: Option<&Id>,
        outcome: Result<&serde_json::value::RawValue, anpu_proto::jsonrpc::ErrorObject>,
    ) {
        let mut live = self.lock();
        live.engine.answered(id, outcome);
        self.drive(live);
    }

    /// Tells the client something, if its dialect has the word and it wants to hear it.
    pub(crate) fn say(self: &Arc<Self>, route: Route, notice: &Notice) {
        let kind = kind_of(notice);
        let Some((method, params)) = self.dialect().write_notice(notice.clone()) else { return };
        let text = write::notification(&method, params.as_deref());
        let mut live = self.lock();
        live.engine.said(route, notice, text);
        let after = live.drive(self.wire, kind);
        drop(live);
        self.follow(after);
    }

    /// Whether the client watches this resource.
    pub(crate) fn watches(&self, uri: &str) -> bool {
        self.lock().engine.watches(uri)
    }

    /// The components that only this session has, if it ever had any.
    pub(crate) fn components(&self) -> Option<&Catalog> {
        self.own.get().map(|own| &**own)
    }

    /// The components that only this session has.
    pub(crate) fn own_components(&self) -> &Catalog {
        self.own.get_or_init(Box::default)
    }

    /// Tells the client which lists changed.
    pub(crate) fn changed(self: &Arc<Self>, touched: Touched) {
        for notice in touched.notices() {
            self.say(Route::Session, &notice);
        }
    }

    /// Time has passed.
    pub(crate) fn tick(self: &Arc<Self>) {
        let mut live = self.lock();
        live.alarm = None;
        live.engine.tick(self.core.now());
        self.arm(&mut live);
        self.drive(live);
    }

    /// Has the reaper look at the questions when the first of them is late.
    fn arm(self: &Arc<Self>, live: &mut Live) {
        let Some(at) = live.engine.deadline().filter(|at| live.alarm.is_none_or(|alarm| *at < alarm)) else { return };
        live.alarm = Some(at);
        self.core.reaper.schedule(self, at);
    }

    /// Ends the session.
    pub(crate) fn close(self: &Arc<Self>, why: Ended) {
        self.close_locked(self.lock(), why);
    }

    /// Ends the session, if it was not used since `before` and holds nothing. True if it did.
    pub(crate) fn close_unused(self: &Arc<Self>, before: Moment, why: Ended) -> bool {
        let live = self.lock();
        let unused = self.seen() < before && Self::holds_nothing(&live);
        if unused {
            self.close_locked(live, why);
        }
        unused
    }

    fn close_locked(self: &Arc<Self>, mut live: MutexGuard<'_, Live>, why: Ended) {
        if live.engine.phase() == Phase::Closed {
            return;
        }
        let was_open = matches!(live.engine.phase(), Phase::Open | Phase::Ready);
        live.engine.close();
        let streams = std::mem::take(&mut live.streams);
        live.answered.clear();
        live.waiting.clear();
        self.drive(live);
        streams.iter().for_each(|stream| stream.end());
        self.core.directory.remove(self.id);
        if was_open {
            self.core.terminated(self, why);
        }
    }

    /// Opens a stream for messages that belong to no request; none if there are too many, or the session is over.
    pub(crate) fn open_stream(&self) -> Option<(Arc<Outbox>, u64)> {
        let keeps = self.dialect().http.resumable;
        let outbox = Outbox::new(self.stream_number(), &self.core.limits, &self.core.budget, keeps, None);
        let mut live = self.lock();
        if live.engine.phase() == Phase::Closed {
            return None;
        }
        live.open(outbox, &self.core.limits)
    }

    /// Takes up a stream behind what its client saw; none if that is no longer kept.
    pub(crate) fn resume_stream(&self, number: u32, seen: u64) -> Option<(Arc<Outbox>, u64)> {
        self.lock().resume(number, seen)
    }

    /// Keeps the stream of an answered request for a client that comes back.
    pub(crate) fn keep(self: &Arc<Self>, outbox: &Arc<Outbox>) {
        self.lock().keep(Arc::clone(outbox), &self.core.limits);
        self.core.kept.push(self, outbox, &self.core.budget);
    }

    /// Lets go of a stream that was kept: it is the oldest one, and there is too much of all.
    pub(crate) fn forget_stream(&self, outbox: &Arc<Outbox>) {
        self.lock().answered.retain(|kept| !Arc::ptr_eq(kept, outbox));
    }

    /// Ends every stream that belongs to no request, on purpose: their clients should come back after `retry`. Those of
    /// requests end with their answers, which could not be fetched from a server that is gone.
    pub(crate) fn pause_streams(&self, retry: Duration) {
        self.lock().streams.iter().for_each(|outbox| outbox.pause(retry));
    }

    /// Lets go of the streams that are kept for a client that did not come back.
    pub(crate) fn forget_streams(&self) {
        let mut live = self.lock();
        live.answered = VecDeque::new();
        live.streams.retain(|stream| stream.is_attached() || self.wire == Wire::Line);
    }

    /// Remembers who answers a question of ours, and asks it.
    pub(crate) fn ask(self: &Arc<Self>, id: &str, route: Route, text: Vec<u8>, waiting: Waiting) {
        let mut live = self.lock();
        let deadline = waiting.deadline();
        live.questions.insert(id.into(), waiting);
        live.engine.asked(id, route, text, deadline);
        self.arm(&mut live);
        self.drive(live);
    }

    /// Nobody waits for this answer any more.
    pub(crate) fn unask(self: &Arc<Self>, id: &str) {
        let mut live = self.lock();
        if live.questions.remove(id).is_some() {
            live.engine.unasked(id);
            self.drive(live);
        }
    }

    /// What hooks and events know about the session when no request is at hand.
    pub(crate) fn cx(self: &Arc<Self>) -> Cx {
        let facts = self.core.facts(self, None);
        Cx::new(Exchange::new(Arc::clone(self), Route::Session, None, facts) as _)
    }

    /// Does what the engine wants done.
    fn drive(self: &Arc<Self>, mut live: MutexGuard<'_, Live>) {
        let after = live.drive(self.wire, EntryKind::Message);
        drop(live);
        self.follow(after);
    }

    /// Does what need not be done under the lock.
    fn follow(self: &Arc<Self>, after: After) {
        for (waiting, outcome) in after.answered {
            waiting.answer(outcome);
        }
        if after.hear {
            tokio::spawn(hear(Arc::clone(self)));
        }
    }

    fn holds_nothing(live: &Live) -> bool {
        live.engine.is_idle() && !live.streams.iter().any(|stream| stream.is_attached())
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        // The engine's changes are complete before the lock is let go, so a panic elsewhere leaves nothing half done.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// The connection that all messages of this session go to.
    pub(crate) fn set_line(&self, outbox: Arc<Outbox>) {
        self.lock().streams = vec![outbox];
    }

    pub(crate) fn set_connection(&self, connection: &Arc<Connection>) {
        // Once: a session is on one connection from its beginning to its end.
        let _ = self.connection.set(Arc::downgrade(connection));
    }

    pub(crate) fn connection(&self) -> Option<Arc<Connection>> {
        self.connection.get()?.upgrade()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Lets hooks and registered handlers hear what the client said, one thing after the other. The task lives while there
/// is something to hear.
async fn hear(session: Arc<Session>) {
    loop {
        let next = session.lock().next_heard();
        let Some(notice) = next else { return };
        let mut hearing = std::pin::pin!(session.core.heard(&session, notice));
        // Whoever panics does so for this one thing; the next one is heard.
        let heard = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| hearing.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        if heard.await.is_err() {
            tracing::error!(session = ?session.id, "what hears the client's notifications panicked");
        }
    }
}

/// How a notice may be treated when its reader is slow.
fn kind_of(notice: &Notice) -> EntryKind {
    match notice {
        Notice::Progress(_) => EntryKind::Replaceable,
        Notice::Message(_) => EntryKind::Droppable,
        Notice::ResourceUpdated(_)
        | Notice::ResourceListChanged(_)
        | Notice::ToolListChanged(_)
        | Notice::PromptListChanged(_) => EntryKind::Idempotent,
        _ => EntryKind::Message,
    }
}
