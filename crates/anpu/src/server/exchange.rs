//! One living request: what its handler may do, and how it is stopped.

use std::any::Any;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Id;
use anpu_proto::model::{Answer, Ask, LoggingLevel, Notice};
use anpu_proto::session::Route;
use serde_json::value::RawValue;

use super::alone::Alone;
use super::asking;
use super::core::Core;
use super::durable;
use super::outbox::Outbox;
use super::rounds::{self, Rounds};
use super::session::Session;
use crate::error::Result;
use crate::handler::{BoxFuture, Cell, Effect, Facts, Place, Port};

/// What a request belongs to.
pub(crate) enum Home {
    /// A session that remembers its client.
    Session(Arc<Session>),
    /// Nothing but itself: it carries its client.
    Alone(Alone),
}

/// One living request, or (without an id) a session itself, for hooks and events.
pub(crate) struct Exchange {
    pub(crate) home: Home,
    pub(crate) route: Route,
    pub(crate) outbox: Option<Arc<Outbox>>,
    me: Weak<Self>,
    facts: Facts,
    signal: Mutex<Signal>,
    stopped: AtomicBool,
    /// The questions of a handler that runs again from its start once they are answered.
    rounds: Option<Rounds>,
}

/// What others tell a request that runs.
#[derive(Debug, Default)]
struct Signal {
    started: bool,
    stopped: bool,
    /// The handler watches for its cancellation, so it is given time to clean up.
    watched: bool,
    /// When the request times out; none while its clock stands or if it has none.
    deadline: Option<Instant>,
    /// What was left when the clock was stopped, and by how many.
    standing: (usize, Option<Duration>),
    runner: Option<Waker>,
    watchers: Vec<Waker>,
}

impl Signal {
    fn wake(&mut self) {
        self.runner.take().into_iter().chain(self.watchers.drain(..)).for_each(Waker::wake);
    }
}

impl Exchange {
    pub(crate) fn new(
        home: Home,
        route: Route,
        outbox: Option<Arc<Outbox>>,
        facts: Facts,
        rounds: Option<Rounds>,
    ) -> Arc<Self> {
        let signal = Mutex::new(Signal::default());
        let stopped = AtomicBool::new(false);
        Arc::new_cyclic(|me| Self { home, route, outbox, me: me.clone(), facts, signal, stopped, rounds })
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        match &self.home {
            Home::Session(session) => &session.core,
            Home::Alone(alone) => &alone.core,
        }
    }

    /// The session of the request, if it has one.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match &self.home {
            Home::Session(session) => Some(session),
            Home::Alone(_) => None,
        }
    }

    /// The request that carries its client, if it is one.
    pub(crate) fn alone(&self) -> Option<&Alone> {
        match &self.home {
            Home::Session(_) => None,
            Home::Alone(alone) => Some(alone),
        }
    }

    /// The client is gone: what belongs to no session ends with it.
    pub(crate) fn cancel(&self) {
        if let Some(alone) = self.alone() {
            alone.cancel(self);
        }
    }

    /// The questions of a handler that runs again from its start once they are answered.
    pub(crate) fn rounds(&self) -> Option<&Rounds> {
        self.rounds.as_ref()
    }

    /// What its answer is written in. `initialize` settles it while it runs, so the session knows better than the facts.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.session().map_or(self.facts.dialect, |session| session.dialect())
    }

    /// The request was answered. If it was stopped meanwhile, the text goes nowhere.
    pub(crate) fn finished(&self, id: &Id, outcome: Result<(), &Fault>, text: Vec<u8>) {
        match &self.home {
            Home::Session(session) => {
                if let (Err(fault), Some(outbox)) = (outcome, &self.outbox) {
                    outbox.failed(fault);
                }
                session.finished(id, outcome.is_ok(), text, self.outbox.as_deref());
            }
            Home::Alone(alone) => alone.finished(self, id, outcome, text),
        }
    }

    /// The request ended without an answer.
    pub(crate) fn dropped(&self, id: &Id) {
        match &self.home {
            Home::Session(session) => session.dropped(id, self.outbox.as_deref()),
            Home::Alone(alone) => alone.dropped(self, id),
        }
    }

    /// The request has its place: it may run.
    pub(crate) fn start(&self) {
        self.signal(|signal| signal.started = true);
    }

    /// The request is cancelled.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.signal(|signal| signal.stopped = true);
    }

    /// Gives the request this long, from then on.
    pub(crate) fn allow(&self, from: tokio::time::Instant, time: Option<Duration>) {
        let deadline = time.and_then(|time| from.into_std().checked_add(time));
        self.signal_quietly(|signal| signal.deadline = deadline);
    }

    /// Stops the clock while the handler waits for the client; it goes on when the returned value is dropped.
    pub(crate) fn stand_still(self: &Arc<Self>) -> Standing {
        self.signal_quietly(|signal| {
            if signal.standing.0 == 0 {
                signal.standing.1 = signal.deadline.take().map(|at| at.saturating_duration_since(now()));
            }
            signal.standing.0 += 1;
        });
        Standing(Arc::clone(self))
    }

    /// Ends the stream of this request, so that its client comes back for the rest after `retry`.
    ///
    /// Only where the dialect lets a client come back; elsewhere nothing happens.
    pub(crate) fn close_stream(&self, retry: Duration) {
        let http = &self.dialect().http;
        if let Some(outbox) = self.outbox.as_ref().filter(|outbox| http.priming_event && outbox.is_resumable()) {
            outbox.pause(retry);
        }
    }

    /// Pends until the request may run.
    pub(crate) async fn started(&self) {
        poll_fn(|cx| self.poll_signal(cx, |signal| signal.started || signal.stopped)).await;
    }

    /// Ready once the request is stopped; registers the runner until then.
    pub(crate) fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_signal(cx, |signal| signal.stopped)
    }

    /// Wakes whoever drives the request, because something may have changed for it.
    pub(crate) fn nudge(&self) {
        self.signal(|_| {});
    }

    /// Whether the handler ever watched for its cancellation.
    pub(crate) fn is_watched(&self) -> bool {
        self.signal_quietly(|signal| signal.watched)
    }

    fn poll_signal(&self, cx: &mut Context<'_>, ready: impl FnOnce(&Signal) -> bool) -> Poll<()> {
        self.signal_quietly(|signal| {
            if ready(signal) {
                return Poll::Ready(());
            }
            if signal.runner.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
                signal.runner = Some(cx.waker().clone());
            }
            Poll::Pending
        })
    }

    fn signal(&self, change: impl FnOnce(&mut Signal)) {
        self.signal_quietly(|signal| {
            change(signal);
            signal.wake();
        });
    }

    fn signal_quietly<T>(&self, look: impl FnOnce(&mut Signal) -> T) -> T {
        // Every change is complete before the lock is let go.
        look(&mut self.signal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Virtual in tests that pause the clock.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The clock of a request stands while this lives.
pub(crate) struct Standing(Arc<Exchange>);

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.signal(|signal| {
            signal.standing.0 -= 1;
            if signal.standing.0 == 0 {
                signal.deadline = signal.standing.1.take().map(|left| now() + left);
            }
        });
    }
}

impl Port for Exchange {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn say(&self, notice: Notice) {
        if self.is_cancelled() {
            return;
        }
        match &self.home {
            Home::Session(session) => session.say(self.route.clone(), &notice),
            Home::Alone(alone) => alone.say(self, notice),
        }
    }

    fn ask(&self, key: &str, ask: Ask, patience: Duration) -> BoxFuture<'static, Result<Answer>> {
        let Some(exchange) = self.me.upgrade() else { return Box::pin(async { Err(Fault::Cancelled.into()) }) };
        match (&self.rounds, &self.home) {
            (Some(_), _) => Box::pin(rounds::ask(exchange, key.to_owned(), ask, patience)),
            (None, Home::Session(_)) => {
                let key = key.to_owned();
                Box::pin(async move {
                    rounds::outside_of_once(&key)?;
                    asking::ask(exchange, ask, patience).await
                })
            }
            (None, Home::Alone(_)) => Box::pin(async { Err(asking::impossible()) }),
        }
    }

    fn once(&self, key: &str, effect: Effect) -> BoxFuture<'static, Result<Box<RawValue>>> {
        match self.me.upgrade() {
            Some(exchange) => Box::pin(rounds::once(exchange, key.to_owned(), effect)),
            None => effect,
        }
    }

    fn cell(&self, place: Place) -> Result<Arc<dyn Cell>> {
        durable::cell(self.me.upgrade().ok_or(Fault::Cancelled)?, &self.facts, place)
    }

    fn hears(&self, level: LoggingLevel) -> bool {
        match &self.home {
            Home::Session(session) => session.hears(level),
            Home::Alone(alone) => alone.hears(level),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    fn cancelled(&self) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(|cx| {
            self.signal_quietly(|signal| {
                signal.watched = true;
                if signal.stopped {
                    return Poll::Ready(());
                }
                signal.watchers.retain(|waker| !waker.will_wake(cx.waker()));
                signal.watchers.push(cx.waker().clone());
                Poll::Pending
            })
        }))
    }

    fn deadline(&self) -> Option<Instant> {
        self.signal_quietly(|signal| signal.deadline)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
