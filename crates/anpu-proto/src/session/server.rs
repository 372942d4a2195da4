//! The server's half of one session.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::ask::{Question, Questions};
use super::pending::{Pending, Then};
use super::{Change, Effect, Limits, Moment, Peer, Phase, Route, Snapshot, Unanswered};
use crate::dialect::{self, Dialect};
use crate::fault::Fault;
use crate::jsonrpc::{ErrorObject, Id, write};
use crate::model::{Call, CancelledNotificationParams, LoggingLevel, Notice, RequestId};

/// One session, seen from the server.
///
/// What holds for every sequence of inputs: an id is answered at most once, nothing is sent for a request after its
/// answer or its cancellation, and progress only grows.
#[derive(Debug)]
pub struct Server {
    phase: Phase,
    dialect: &'static Dialect,
    peer: Arc<Peer>,
    level: Option<LoggingLevel>,
    watches: BTreeSet<String>,
    pending: Pending,
    questions: Questions,
    effects: VecDeque<Effect>,
    limits: Limits,
}

impl Server {
    /// A session that nobody opened yet, speaking `dialect` until `initialize` settles another.
    pub fn new(dialect: &'static Dialect, limits: Limits) -> Self {
        Self {
            phase: Phase::New,
            dialect,
            peer: Peer::unknown(),
            level: None,
            watches: BTreeSet::new(),
            pending: Pending::default(),
            questions: Questions::default(),
            effects: VecDeque::new(),
            limits,
        }
    }

    /// A session that comes back.
    ///
    /// # Errors
    ///
    /// A snapshot of a newer format or of a dialect this build does not have.
    pub fn restored(snapshot: &Snapshot, limits: Limits) -> Result<Self, Fault> {
        if snapshot.format > Snapshot::FORMAT {
            let text = format!("a session of format {}, this build reads up to {}", snapshot.format, Snapshot::FORMAT);
            return Err(Fault::Internal(text));
        }
        let unknown = || Fault::Internal(format!("a session of the unknown version {}", snapshot.version));
        let dialect = dialect::named(&snapshot.version).ok_or_else(unknown)?;
        Ok(Self {
            phase: snapshot.phase,
            peer: Arc::clone(&snapshot.peer),
            level: snapshot.level,
            watches: snapshot.watches.clone(),
            ..Self::new(dialect, limits)
        })
    }

    /// What another process made of the same session counts here, too.
    pub fn adopt(&mut self, snapshot: &Snapshot) {
        self.level = snapshot.level;
        self.watches.clone_from(&snapshot.watches);
    }

    /// What survives this process.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            format: Snapshot::FORMAT,
            version: self.dialect.version.to_owned(),
            // Requests do not survive, so an `initialize` that is being answered never came.
            phase: if self.phase == Phase::Opening { Phase::New } else { self.phase },
            peer: Arc::clone(&self.peer),
            level: self.level,
            watches: self.watches.clone(),
        }
    }

    /// How far the handshake is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The dialect; before the handshake, the one the session was made with.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The client.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Whether nothing runs and nothing is asked.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.questions.len() == 0
    }

    /// How many requests are not over yet: running, waiting, or stopped and not let go of.
    pub fn running(&self) -> usize {
        self.pending.len()
    }

    /// Whether the client takes log messages of this level. Until it sets one: info and above.
    pub fn hears(&self, level: LoggingLevel) -> bool {
        level >= self.level.unwrap_or(LoggingLevel::Info)
    }

    /// Whether the client watches this resource.
    pub fn watches(&self, uri: &str) -> bool {
        self.watches.contains(uri)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to [`tick`](Self::tick) at the latest.
    pub fn deadline(&self) -> Option<Moment> {
        self.questions.deadline()
    }

    /// A request came. It runs when [`Effect::Run`] says so.
    ///
    /// # Errors
    ///
    /// Why it is refused; the caller writes that as its answer. The session goes on as if it had not come.
    pub fn request(&mut self, id: Id, call: &Call) -> Result<(), Fault> {
        self.phase.admits(call)?;
        if let Call::Subscribe(params) = call
            && params.uri.len() > self.limits.uri
        {
            return Err(Fault::InvalidParams(format!("params.uri: longer than {} bytes", self.limits.uri)));
        }
        if let Call::Subscribe(params) = call
            && !self.watches(&params.uri)
            && self.watches.len() + self.pending.watching() >= self.limits.watches
        {
            return Err(Fault::Overloaded(format!("this session already watches {} resources", self.limits.watches)));
        }
        let then = Then::of(call);
        let opens = matches!(then, Then::Open(..));
        if self.pending.begin(id.clone(), then, &self.limits)? {
            self.effects.push_back(Effect::Run(id));
        }
        if opens {
            self.phase = Phase::Opening;
        }
        Ok(())
    }

    /// `initialize` settled this dialect. Everything written from now on must be written in it.
    pub fn settle(&mut self, dialect: &'static Dialect) {
        self.dialect = dialect;
    }

    /// A request was answered by this text; `good` if it is a result and no error. If it was stopped meanwhile, the
    /// text goes nowhere, and this is false.
    pub fn finished(&mut self, id: &Id, good: bool, text: Vec<u8>) -> bool {
        let Some((then, next)) = self.pending.end(id) else { return false };
        let answered = then.is_some();
        if let Some(then) = then {
            self.abandon(id, &Route::Request(id.clone()));
            match then {
                Then::Open(peer) if good => self.opened(peer),
                Then::Open(..) => self.phase = Phase::New,
                then if good => self.apply(then),
                _ => {}
            }
            self.effects.push_back(Effect::Answer(id.clone(), text));
        }
        self.effects.extend(next.map(Effect::Run));
        answered
    }

    /// A request ended without an answer, because it was stopped.
    pub fn dropped(&mut self, id: &Id) {
        let Some((then, next)) = self.pending.end(id) else { return };
        self.abandon(id, &Route::Session);
        if let Some(Then::Open(..)) = then {
            self.phase = Phase::New;
        }
        self.effects.extend(next.map(Effect::Run));
    }

    /// A notice came from the client.
    pub fn notice(&mut self, notice: Notice) {
        match notice {
            _ if self.phase == Phase::Closed => {}
            Notice::Initialized(_) if self.phase == Phase::Open => {
                self.phase = Phase::Ready;
                self.effects.push_back(Effect::Remember(Change::Opened));
                self.effects.push_back(Effect::Heard(notice));
            }
            Notice::Initialized(_) => {}
            Notice::Cancelled(params) => {
                if let Some(id) = params.request_id.as_ref().map(id_of) {
                    self.cancelled(&id);
                }
            }
            other => self.effects.push_back(Effect::Heard(other)),
        }
    }

    /// Somebody wants to tell the client this; it is sent if the client wants to hear it and may.
    pub fn said(&mut self, route: Route, notice: &Notice, text: Vec<u8>) {
        let wanted = self.is_open(&route)
            && match notice {
                Notice::Progress(params) => self.progressed(&route, params.progress),
                Notice::Message(params) => self.hears(params.level),
                Notice::ResourceUpdated(params) => self.watches(&params.uri),
                _ => true,
            };
        if wanted {
            self.effects.push_back(Effect::Send(route, text));
        }
    }

    /// Somebody asks the client a question, under an id that was never used before.
    pub fn asked(&mut self, id: &str, route: Route, text: Vec<u8>, deadline: Option<Moment>) {
        let introduced = matches!(self.phase, Phase::Open | Phase::Ready);
        let refusal = if !introduced || !self.is_open(&route) {
            Some(Unanswered::Gone)
        } else if self.questions.len() >= self.limits.questions {
            Some(Unanswered::TooMany)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.effects.push_back(Effect::Answered(id.into(), Err(refusal)));
            return;
        }
        self.questions.insert(id.into(), Question { route: route.clone(), deadline });
        self.effects.push_back(Effect::Send(route, text));
    }

    /// Whoever asked no longer wants to know: the client is told.
    pub fn unasked(&mut self, id: &str) {
        if let Some(question) = self.questions.remove(id) {
            self.tell_cancelled(id, question.route, "the question is no longer open");
        }
    }

    /// The client answered a question.
    pub fn answered(&mut self, id: Option<&Id>, outcome: Result<&RawValue, ErrorObject>) {
        // An answer to nothing is what a late answer looks like; there is nobody to tell.
        let Some(Id::Text(id)) = id else { return };
        if self.questions.remove(id).is_some() {
            let outcome = outcome.map(RawValue::to_owned).map_err(Unanswered::Error);
            self.effects.push_back(Effect::Answered(id.clone(), outcome));
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Moment) {
        for (id, question) in self.questions.take(|question| question.deadline.is_some_and(|at| at <= now)) {
            self.tell_cancelled(&id, question.route, "the question was not answered in time");
            self.effects.push_back(Effect::Answered(id, Err(Unanswered::TimedOut)));
        }
    }

    /// The session is over: its client ended it, or is gone for good.
    pub fn close(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        self.phase = Phase::Closed;
        for (id, _) in self.questions.take(|_| true) {
            self.effects.push_back(Effect::Answered(id, Err(Unanswered::Gone)));
        }
        self.effects.extend(self.pending.drain().into_iter().map(Effect::Stop));
        self.effects.push_back(Effect::Close);
    }

    fn opened(&mut self, peer: Arc<Peer>) {
        self.peer = peer;
        self.phase = Phase::Open;
    }

    fn apply(&mut self, then: Then) {
        let change = match then {
            Then::Level(level) => {
                self.level = Some(level);
                Change::Level(level)
            }
            Then::Watch(uri) if self.watches.insert(uri.clone()) => Change::Watched(uri),
            Then::Unwatch(uri) if self.watches.remove(&uri) => Change::Unwatched(uri),
            _ => return,
        };
        self.effects.push_back(Effect::Remember(change));
    }

    fn cancelled(&mut self, id: &Id) {
        // The specification: `initialize` must not be cancelled.
        let opens = |then: &Then| matches!(then, Then::Open(..));
        if self.pending.get_mut(id).is_none_or(|running| opens(&running.then)) {
            return;
        }
        self.pending.stop(id);
        self.effects.push_back(Effect::Stop(id.clone()));
        self.abandon(id, &Route::Session);
    }

    /// Ends the questions of a request that is over; the client is told along `told`.
    fn abandon(&mut self, id: &Id, told: &Route) {
        if self.questions.len() == 0 {
            return;
        }
        let route = Route::Request(id.clone());
        for (question, _) in self.questions.take(|question| question.route == route) {
            self.tell_cancelled(&question, told.clone(), "the request it belonged to is over");
            self.effects.push_back(Effect::Answered(question, Err(Unanswered::Gone)));
        }
    }

    fn tell_cancelled(&mut self, question: &str, route: Route, reason: &str) {
        let params = CancelledNotificationParams::new(RequestId::Text(question.into())).reason(reason);
        if let Some((method, params)) = self.dialect.write_notice(Notice::Cancelled(params)) {
            let text = write::notification(&method, params.as_deref());
            self.effects.push_back(Effect::Send(route, text));
        }
    }

    fn progressed(&mut self, route: &Route, progress: f64) -> bool {
        let Route::Request(id) = route else { return false };
        let Some(running) = self.pending.get_mut(id) else { return false };
        let grows = progress > running.progress;
        if grows {
            running.progress = progress;
        }
        grows
    }

    /// Whether something may still be sent there. Before `initialize` is answered the session as a whole is silent:
    /// its client waits for that answer, and nobody knows yet in which dialect to write.
    fn is_open(&self, route: &Route) -> bool {
        match route {
            Route::Request(id) => self.phase != Phase::New && self.pending.contains(id),
            Route::Session => matches!(self.phase, Phase::Open | Phase::Ready),
        }
    }
}

fn id_of(id: &RequestId) -> Id {
    match id {
        RequestId::Number(number) => Id::Number(*number),
        RequestId::Text(text) => Id::Text(text.clone()),
    }
}
