//! One session served here and now: its engine under a short lock, its running requests and its streams.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, LoggingLevel, Notice};
use anpu_proto::session::{self, Moment, Peer, Phase, Route};

use super::asking;
use super::connection::Connection;
use super::core::{Core, Origin};
use super::entry::{EntryKind, kind_of};
use super::exchange::{Exchange, Home};
use super::hearing;
use super::hooks::Ended;
use super::line::{Line, id_of};
use super::live::{After, Live};
use super::metadata::Metadata;
use super::nodes::Told;
use super::outbox::Outbox;
use super::parked::{Locked, State};
use super::questions::Waiting;
use super::recovery::Proof;
use super::replayed;
use super::roots::Remembered;
use super::session_id::{self, Introduced, SessionId};
use super::streams;
use crate::auth::Principal;
use crate::component::{Catalog, Touched};
use crate::handler::Cx;
use crate::store::Revision;

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
    /// As its client knows it, once it introduced itself.
    pub(super) name: OnceLock<Arc<str>>,
    pub(crate) core: Arc<Core>,
    pub(crate) principal: Option<Principal>,
    /// A digest of the principal.
    pub(crate) owner: [u8; 16],
    /// Seconds since 1970.
    pub(crate) created: u32,
    pub(crate) wire: Wire,
    /// What proved that it was there before, if it came back.
    pub(super) returned: Option<Proof>,
    /// The state of its record, as far as it was seen here; zero if there is none.
    pub(super) revision: AtomicU64,
    /// Its place among all dialects; past their end before `initialize` settles one.
    pub(super) dialect: AtomicUsize,
    /// What few sessions have.
    rare: OnceLock<Box<Rare>>,
    seen: AtomicU64,
    pub(super) next_stream: AtomicU64,
    /// The client, once it introduced itself.
    pub(super) peer: OnceLock<Arc<Peer>>,
    pub(super) state: Mutex<State>,
}

/// What few sessions have.
#[derive(Default)]
pub(crate) struct Rare {
    /// The connection, if messages come in apart from it and must find it.
    connection: OnceLock<Weak<Connection>>,
    /// What runs on that connection, whichever way it came.
    line: OnceLock<Arc<Line>>,
    /// Components that only this session has.
    own: Catalog,
    pub(crate) roots: Remembered,
    pub(crate) metadata: Metadata,
}

impl Session {
    pub(crate) fn new(core: Arc<Core>, id: SessionId, principal: Option<Principal>, wire: Wire) -> Arc<Self> {
        let created = u32::try_from(core.unix_time() / 1000).unwrap_or(u32::MAX);
        // On a connection nobody names it, so there is nothing to seal.
        let name = match wire {
            Wire::Line => OnceLock::from(Arc::from(id.to_string())),
            Wire::Streams => OnceLock::new(),
        };
        Arc::new(Self::made(core, id, name, principal, created, wire))
    }

    /// A session that its client named and that was proven.
    pub(crate) fn returned(
        core: &Arc<Core>,
        name: &str,
        introduced: &Introduced,
        principal: Option<Principal>,
        revision: Option<Revision>,
        proof: Proof,
    ) -> Arc<Self> {
        let Introduced { id, created, .. } = *introduced;
        let name = OnceLock::from(Arc::from(name));
        let mut session = Self::made(Arc::clone(core), id, name, principal, created, Wire::Streams);
        session.returned = Some(proof);
        session.set_revision(revision);
        Arc::new(session)
    }

    fn made(
        core: Arc<Core>,
        id: SessionId,
        name: OnceLock<Arc<str>>,
        principal: Option<Principal>,
        created: u32,
        wire: Wire,
    ) -> Self {
        let engine = session::Server::new(core.oldest_handshake(), core.limits.session);
        let state = State::Live(Box::new(Live::new(engine)));
        let seen = AtomicU64::new(core.now().0);
        Self {
            id,
            name,
            owner: session_id::owner(principal.as_ref()),
            next_stream: AtomicU64::new(streams::first(&core)),
            core,
            principal,
            created,
            wire,
            returned: None,
            revision: AtomicU64::new(0),
            dialect: AtomicUsize::new(usize::MAX),
            rare: OnceLock::new(),
            seen,
            peer: OnceLock::new(),
            state: Mutex::new(state),
        }
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

    /// The id as its client writes it; nothing before it introduced itself.
    pub(crate) fn name(&self) -> Arc<str> {
        self.name.get().cloned().unwrap_or_default()
    }

    pub(crate) fn peer(&self) -> Arc<Peer> {
        self.peer.get().cloned().unwrap_or_else(|| Arc::clone(self.lock().engine.peer()))
    }

    pub(crate) fn phase(&self) -> Phase {
        match &*self.peek() {
            State::Live(live) => live.engine.phase(),
            State::Parked(parked) => parked.phase,
        }
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
        match &*self.peek() {
            State::Live(live) => Self::holds_nothing(live),
            State::Parked(_) => true,
        }
    }

    /// Whether nothing runs and nothing is asked.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lock().engine.is_idle()
    }

    /// `initialize` settled the dialect.
    pub(crate) fn settle(&self, dialect: &'static Dialect) {
        let place = dialect::ALL.iter().position(|known| *known == dialect);
        self.dialect.store(place.unwrap_or(usize::MAX), Ordering::Release);
        self.lock().engine.settle(dialect);
    }

    /// Takes in a request: it runs once its exchange is started.
    pub(crate) fn request(self: &Arc<Self>, id: &Id, call: &Call, exchange: &Arc<Exchange>) -> Result<(), Fault> {
        let line = self.line();
        line.map_or(Ok(()), |line| line.begin_in_session(id))?;
        let mut live = self.lock();
        if let Err(fault) = live.engine.request(id.clone(), call) {
            line.iter().for_each(|line| line.end(id));
            return Err(fault);
        }
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
        let _ = self.peer.set(self.core.peers.share(live.engine.peer()));
        if self.wire == Wire::Streams {
            self.core.directory.insert(self);
        }
    }

    /// The end of a request. `unanswered`: what waits for an answer that will not come.
    fn end(self: &Arc<Self>, mut live: Locked<'_>, id: &Id, unanswered: Option<&Outbox>) {
        let after = live.drive(self.wire, EntryKind::Message);
        let keep = self.wire == Wire::Streams && self.dialect().http.resumable;
        let kept = live.let_go(id, keep, &self.core.limits);
        drop(live);
        self.line().iter().for_each(|line| line.end(id));
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
            self.rare().roots.forget();
        }
        if let Notice::Cancelled(params) = &notice
            && let Some(id) = params.request_id.as_ref().map(id_of)
            && self.core.keeping.is_shared()
            && !self.runs(&id)
        {
            return self.core.nodes.tell(Told::Cancel { session: self.id.0, request: id });
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
        if let Some(Id::Text(question)) = id
            && !live.questions.contains_key(question)
            && let Some(stream) = asking::stream_of(question)
        {
            drop(live);
            let answered =
                replayed::answered(Arc::clone(self), stream, question.clone(), outcome.map(ToOwned::to_owned));
            tokio::spawn(answered);
            return;
        }
        if let Some(Id::Text(question)) = id
            && !live.questions.contains_key(question)
            && asking::is_of_another(&self.core, question)
        {
            drop(live);
            let (result, error) = match outcome {
                Ok(raw) => (Some(raw.to_owned()), None),
                Err(error) => (None, Some((error.code, error.message))),
            };
            return self.core.nodes.tell(Told::Answer {
                session: self.id.0,
                question: question.clone(),
                result,
                error,
            });
        }
        live.engine.answered(id, outcome);
        self.drive(live);
    }

    /// Whether this request runs in this process.
    pub(crate) fn runs(&self, id: &Id) -> bool {
        self.lock().running.contains_key(id)
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
        match &*self.peek() {
            State::Live(live) => live.engine.watches(uri),
            State::Parked(parked) => parked.watches(uri),
        }
    }

    /// The components that only this session has, if it ever had any.
    pub(crate) fn components(&self) -> Option<&Catalog> {
        self.rare.get().map(|rare| &rare.own)
    }

    /// The components that only this session has.
    pub(crate) fn own_components(&self) -> &Catalog {
        &self.rare().own
    }

    /// Tells the client which lists changed.
    pub(crate) fn changed(self: &Arc<Self>, touched: Touched) {
        for notice in touched.notices() {
            self.say_anywhere(&notice);
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

    fn close_locked(self: &Arc<Self>, mut live: Locked<'_>, why: Ended) {
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
        self.core.directory.remove(self);
        if was_open {
            self.core.terminated(self, why);
        }
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

    /// What hooks know about the session when a request names it that is not read yet.
    pub(crate) fn cx_of(self: &Arc<Self>, origin: &Origin) -> Cx {
        let mut facts = self.core.facts(self, None);
        (facts.headers, facts.extensions) = (origin.headers.clone(), origin.extensions.clone());
        Cx::new(Exchange::new(Home::Session(Arc::clone(self)), Route::Session, None, facts, None) as _)
    }

    /// What hooks and events know about the session when no request is at hand.
    pub(crate) fn cx(self: &Arc<Self>) -> Cx {
        let facts = self.core.facts(self, None);
        Cx::new(Exchange::new(Home::Session(Arc::clone(self)), Route::Session, None, facts, None) as _)
    }

    /// Does what the engine wants done.
    fn drive(self: &Arc<Self>, mut live: Locked<'_>) {
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
            tokio::spawn(hearing::hear(Arc::clone(self)));
        }
    }

    fn holds_nothing(live: &Live) -> bool {
        live.engine.is_idle() && !live.streams.iter().any(|stream| stream.is_attached())
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked::of(self)
    }

    /// The state as it is, parked or not.
    pub(super) fn peek(&self) -> MutexGuard<'_, State> {
        // The engine's changes are complete before the lock is let go, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What few sessions have; from here on this one is of them.
    pub(crate) fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }
}

impl Session {
    /// The connection that all messages of this session go to.
    pub(crate) fn set_line(&self, outbox: Arc<Outbox>, line: &Arc<Line>) {
        self.lock().streams = vec![outbox];
        // Once: a session is on one connection from its beginning to its end.
        let _ = self.rare().line.set(Arc::clone(line));
    }

    pub(crate) fn set_connection(&self, connection: &Arc<Connection>) {
        // Once: a session is on one connection from its beginning to its end.
        let _ = self.rare().connection.set(Arc::downgrade(connection));
    }

    /// What runs on its connection, if it has one of its own.
    pub(crate) fn line(&self) -> Option<&Arc<Line>> {
        self.rare.get()?.line.get()
    }

    pub(crate) fn connection(&self) -> Option<Arc<Connection>> {
        self.rare.get()?.connection.get()?.upgrade()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).finish_non_exhaustive()
    }
}
