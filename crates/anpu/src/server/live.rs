//! What of a session is under its lock: the engine, the requests that run, the questions, the streams.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use anpu_proto::jsonrpc::{ById, Id};
use anpu_proto::model::Notice;
use anpu_proto::session::{self, Effect, Moment, Route};

use super::entry::EntryKind;
use super::exchange::Exchange;
use super::outbox::Outbox;
use super::questions::{RawAnswer, Waiting};
use super::session::Wire;
use super::settings::Limits;

/// Messages that wait for a stream to be opened.
const MOST_WAITING: usize = 64;
/// Notices of the client that wait to be heard.
const MOST_HEARD: usize = 256;

pub(crate) struct Live {
    pub(super) engine: session::Server,
    pub(super) running: ById<Arc<Exchange>>,
    pub(super) questions: HashMap<Box<str>, Waiting>,
    /// When the reaper will look at the questions.
    pub(super) alarm: Option<Moment>,
    /// Streams for messages that belong to no request, oldest first.
    pub(super) streams: Vec<Arc<Outbox>>,
    /// Streams of requests that were answered, kept for a client that comes back.
    pub(super) answered: VecDeque<Arc<Outbox>>,
    /// Messages that belong to no request, while no stream is open.
    pub(super) waiting: VecDeque<(Vec<u8>, EntryKind)>,
    /// What the client said, in its order, for hooks that may take their time.
    heard: VecDeque<Notice>,
    hearing: bool,
}

/// What is left to do once the lock is let go.
#[derive(Default)]
#[must_use]
pub(super) struct After {
    pub(super) answered: Vec<(Waiting, RawAnswer)>,
    /// Somebody must begin to hear what the client said.
    pub(super) hear: bool,
}

impl Live {
    pub(super) fn new(engine: session::Server) -> Self {
        Self {
            engine,
            running: ById::default(),
            questions: HashMap::new(),
            alarm: None,
            streams: Vec::new(),
            answered: VecDeque::new(),
            waiting: VecDeque::new(),
            heard: VecDeque::new(),
            hearing: false,
        }
    }

    /// Whether there is nothing in it but what the engine remembers of its client.
    pub(super) fn is_bare(&self) -> bool {
        let empty = self.streams.is_empty() && self.answered.is_empty() && self.waiting.is_empty();
        empty && self.heard.is_empty() && !self.hearing && self.questions.is_empty() && self.engine.is_idle()
    }

    /// Does what the engine wants done, in its order. `kind` is that of the messages among it.
    pub(super) fn drive(&mut self, wire: Wire, kind: EntryKind) -> After {
        let mut after = After::default();
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Run(id) => self.tell(&id, Exchange::start),
                Effect::Stop(id) => self.tell(&id, Exchange::stop),
                Effect::Answer(id, text) => self.answer(&id, text),
                Effect::Send(route, text) => self.send(wire, &route, text, kind),
                Effect::Heard(notice) => self.hear(notice),
                Effect::Answered(id, outcome) => {
                    after.answered.extend(self.questions.remove(&id).map(|waiting| (waiting, outcome)));
                }
                _ => {}
            }
        }
        after.hear = !self.heard.is_empty() && !std::mem::replace(&mut self.hearing, !self.heard.is_empty());
        after
    }

    /// The next thing that the client said; none, and nobody listens any more, when all was heard.
    pub(super) fn next_heard(&mut self) -> Option<Notice> {
        let next = self.heard.pop_front();
        self.hearing = next.is_some();
        next
    }

    /// Lets a request go, and keeps its stream for a client that comes back if `keep` says so.
    pub(super) fn let_go(&mut self, id: &Id, keep: bool, limits: &Limits) -> Option<Arc<Outbox>> {
        let exchange = self.running.remove(id)?;
        // Tasks that outlive their request learn that nobody listens.
        exchange.stop();
        let outbox = exchange.outbox.clone().filter(|outbox| keep && outbox.was_attached())?;
        self.keep(Arc::clone(&outbox), limits);
        Some(outbox)
    }

    /// Keeps the stream of an answered request.
    pub(super) fn keep(&mut self, outbox: Arc<Outbox>, limits: &Limits) {
        if self.answered.iter().any(|kept| Arc::ptr_eq(kept, &outbox)) {
            return;
        }
        self.answered.push_back(outbox);
        let mut bytes: usize = self.answered.iter().map(|outbox| outbox.weight()).sum();
        while self.answered.len() > limits.streams || bytes > limits.log_bytes {
            let Some(oldest) = self.answered.pop_front() else { break };
            bytes = bytes.saturating_sub(oldest.weight());
        }
    }

    /// Opens a stream for messages that belong to no request, and begins to read it.
    pub(super) fn open(&mut self, outbox: Outbox, limits: &Limits) -> Option<(Arc<Outbox>, u64)> {
        self.streams.retain(|stream| !stream.is_spent());
        if self.streams.len() >= limits.streams {
            // A stream nobody reads any more makes room; if all are read, there is none.
            let unread = self.streams.iter().position(|stream| !stream.is_attached())?;
            self.streams.remove(unread).end();
        }
        let outbox = Arc::new(outbox);
        let turn = outbox.attach(None)?;
        self.streams.push(Arc::clone(&outbox));
        self.hand_over(&outbox);
        Some((outbox, turn))
    }

    /// Takes up a stream behind the first `seen` entries.
    pub(super) fn resume(&mut self, number: u64, seen: u64) -> Option<(Arc<Outbox>, u64)> {
        let running = self.running.values().filter_map(|exchange| exchange.outbox.as_ref());
        let all = self.streams.iter().chain(&self.answered).chain(running);
        let outbox = all.into_iter().find(|outbox| outbox.stream == number).cloned()?;
        let turn = outbox.attach(Some(seen))?;
        if self.streams.iter().any(|stream| Arc::ptr_eq(stream, &outbox)) {
            self.hand_over(&outbox);
        }
        Some((outbox, turn))
    }

    /// What waited for a stream goes out on this one.
    fn hand_over(&mut self, outbox: &Outbox) {
        for (text, kind) in self.waiting.drain(..) {
            outbox.push(text, kind);
        }
    }

    fn tell(&self, id: &Id, what: impl FnOnce(&Exchange)) {
        if let Some(exchange) = self.running.get(id) {
            what(exchange);
        }
    }

    fn answer(&self, id: &Id, text: Vec<u8>) {
        if let Some(outbox) = self.running.get(id).and_then(|exchange| exchange.outbox.as_ref()) {
            outbox.push(text, EntryKind::Reply);
        }
    }

    fn send(&mut self, wire: Wire, route: &Route, text: Vec<u8>, kind: EntryKind) {
        let own = match route {
            Route::Request(id) => self.running.get(id).and_then(|exchange| exchange.outbox.as_ref()),
            Route::Session => None,
        };
        // What can only be a plain answer has no place for anything else.
        let own = own.filter(|outbox| !outbox.is_mute());
        let open = || self.streams.iter().find(|stream| stream.is_attached());
        let line = || self.streams.first().filter(|_| wire == Wire::Line);
        // Its client is away, and may come back to another process.
        let left = || self.streams.last().filter(|stream| stream.is_logged());
        match own.or_else(line).or_else(open).or_else(left) {
            Some(outbox) => outbox.push(text, kind),
            None => self.wait(text, kind),
        }
    }

    fn wait(&mut self, text: Vec<u8>, kind: EntryKind) {
        if kind == EntryKind::Idempotent && self.waiting.iter().any(|(other, _)| *other == text) {
            return;
        }
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((text, kind));
    }

    fn hear(&mut self, notice: Notice) {
        if self.heard.len() >= MOST_HEARD {
            metrics::counter!("mcp.server.notifications.dropped").increment(1);
            return;
        }
        self.heard.push_back(notice);
    }
}
