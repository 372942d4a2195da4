//! A request from its start to its end: place, clock, cancellation, panic, answer.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, Reply};
use anpu_proto::session::Change;
use tokio::time::{Instant, Sleep};

use super::asking;
use super::dispatch;
use super::exchange::Exchange;
use super::keeping::unavailable;
use super::rounds::Rounds;
use super::session::Wire;
use crate::error::ErrorKind;
use crate::handler::{BoxFuture, Cx, Port as _};

/// Bytes of the text of an error.
const MOST_SAID: usize = 4 * 1024;
/// Bytes of the data of an error.
const MOST_EXTRA: usize = 64 * 1024;

/// A request on its way. Whoever polls it drives it; nothing else does.
pub(crate) type Run = BoxFuture<'static, ()>;

/// Runs a call and hands its answer to the session.
pub(crate) fn run(exchange: Arc<Exchange>, id: Id, call: Call) -> Run {
    Box::pin(async move {
        exchange.started().await;
        let core = exchange.core();
        let _running = core.drain.run();
        let cx = Cx::new(Arc::clone(&exchange) as _);
        let begun = Instant::now();
        exchange.allow(begun, dispatch::time_for(core, &call));
        let method = call.label();
        let change = exchange.session().and_then(|_| Change::of(&call));
        let outcome = match exchange.rounds() {
            Some(rounds) => in_rounds(&exchange, rounds, &cx, &call).await,
            None => Race::new(&exchange, pin!(Some(dispatch::answer(core, &cx, &call)))).await.ended(),
        };
        let outcome = match (outcome, change) {
            (Some(Ok(reply)), Some(change)) => Some(Box::pin(remembered(&exchange, &change)).await.map(|()| reply)),
            (outcome, _) => outcome,
        };
        let outcome = match exchange.rounds().and_then(Rounds::noting) {
            Some(noting) if !noting.may_end(&exchange, outcome.is_some()).await => None,
            _ => outcome,
        };
        let result = match &outcome {
            None => "cancelled",
            Some(Ok(_)) => "ok",
            Some(Err(_)) => "error",
        };
        metrics::histogram!("mcp.server.operation.duration", "method" => method, "outcome" => result)
            .record(begun.elapsed().as_secs_f64());
        match outcome {
            None => exchange.dropped(&id),
            Some(outcome) => {
                let (outcome, text) = answer_text(&exchange, &id, outcome);
                exchange.finished(&id, outcome.as_ref().copied(), text);
            }
        }
        // Where streams are logged, the answer is there first.
        if let Some(noting) = exchange.rounds().and_then(Rounds::noting).filter(|_| !core.keeping.is_shared()) {
            noting.over(core).await;
        }
    })
}

/// Keeps what a request changed before its client is told that it is done.
async fn remembered(exchange: &Exchange, change: &Change) -> Result<(), Fault> {
    let Some(session) = exchange.session().filter(|session| session.wire == Wire::Streams) else { return Ok(()) };
    session.remember(change).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Fault::SessionNotFound,
        _ => unavailable(error),
    })
}

/// A handler that is let go when it waits for answers. It runs again here if they are asked for in place; otherwise the
/// client comes back with them.
async fn in_rounds(exchange: &Arc<Exchange>, rounds: &Rounds, cx: &Cx, call: &Call) -> Option<Result<Reply, Fault>> {
    let core = exchange.core();
    let _running = rounds.while_running();
    loop {
        let handling = pin!(Some(dispatch::answer(core, cx, call)));
        match Race::new(exchange, handling).await {
            Raced::Asks => {}
            raced => return raced.ended(),
        }
        if let Some(reply) = rounds.close(core) {
            return Some(reply);
        }
        let outcomes = Box::pin(asking::ask_all(exchange, rounds.open())).await;
        if exchange.is_cancelled() {
            return None;
        }
        rounds.restart(outcomes);
        if let Some(noting) = rounds.noting() {
            // Before the handler goes on: what it does next may depend on it.
            noting.update(exchange, false).await;
            if exchange.is_cancelled() {
                return None;
            }
        }
    }
}

/// The answer as it goes over the wire.
fn answer_text(exchange: &Exchange, id: &Id, outcome: Result<Reply, Fault>) -> (Result<(), Fault>, Vec<u8>) {
    let (core, dialect) = (exchange.core(), exchange.dialect());
    let written = outcome.and_then(|reply| write::result(id, |out| core.write_reply(dialect, reply, out)));
    match written {
        Ok(text) => (Ok(()), text),
        Err(fault) => {
            let text = error_text(dialect, Ok(id), &fault);
            (Err(fault), text)
        }
    }
}

/// An error as it goes over the wire.
pub(crate) fn error_text(
    dialect: &anpu_proto::dialect::Dialect,
    id: Result<&Id, write::Unread>,
    fault: &Fault,
) -> Vec<u8> {
    // Faults name what the client sent: not at any length.
    let text = fault.to_string();
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MOST_SAID).last().unwrap_or_default();
    let text = if text.len() > MOST_SAID { &text[..end] } else { &text };
    let data = fault.data().filter(|data| data.to_string().len() <= MOST_EXTRA);
    write::error(id, dialect.code(fault), text, data.as_ref())
}

/// The handler against its cancellation and its clock.
struct Race<'a, F> {
    exchange: &'a Arc<Exchange>,
    /// None once it was let go.
    handling: Pin<&'a mut Option<F>>,
    alarm: Option<Pin<Box<Sleep>>>,
    over: Option<Over>,
}

/// How a handler came out.
enum Raced {
    Ended(Result<Reply, Fault>),
    /// Nothing is to be answered.
    Cancelled,
    /// It was let go, because it waits for answers.
    Asks,
}

impl Raced {
    /// None if nothing is to be answered.
    fn ended(self) -> Option<Result<Reply, Fault>> {
        match self {
            Self::Ended(outcome) => Some(outcome),
            Self::Cancelled | Self::Asks => None,
        }
    }
}

/// Why a handler that is still at work will not be heard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Cancelled,
    TimedOut,
}

impl<'a, F> Race<'a, F> {
    fn new(exchange: &'a Arc<Exchange>, handling: Pin<&'a mut Option<F>>) -> Self {
        Self { exchange, handling, alarm: None, over: None }
    }
}

impl<F: Future<Output = Result<Reply, Fault>>> Future for Race<'_, F> {
    type Output = Raced;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if this.over.is_none() && this.exchange.poll_stopped(cx).is_ready() {
                this.give_up(Over::Cancelled);
            }
            // A handler that nobody waits for is dropped at once, unless it said that it wants to clean up.
            if this.over.is_some() && !this.exchange.is_watched() {
                return Poll::Ready(this.verdict());
            }
            let Some(handling) = this.handling.as_mut().as_pin_mut() else { return Poll::Ready(Raced::Cancelled) };
            let handling = catch_unwind(AssertUnwindSafe(|| handling.poll(cx)));
            let Ok(Poll::Pending) = handling else {
                let outcome = match handling {
                    Ok(Poll::Ready(outcome)) => outcome,
                    _ => Err(Fault::Internal("the handler panicked; the server's log says more".to_owned())),
                };
                return Poll::Ready(if this.over.is_some() { this.verdict() } else { Raced::Ended(outcome) });
            };
            if this.over.is_none()
                && let Some(rounds) = this.exchange.rounds().filter(|rounds| rounds.is_due())
            {
                // First the round: what waits in the handler must not take its questions back.
                rounds.let_go();
                this.let_go();
                return Poll::Ready(Raced::Asks);
            }
            if this.poll_alarm(cx).is_pending() {
                return Poll::Pending;
            }
            if this.over.is_some() {
                return Poll::Ready(this.verdict());
            }
            this.exchange.stop();
            this.give_up(Over::TimedOut);
        }
    }
}

impl<F> Race<'_, F> {
    /// From here on only the grace period counts.
    fn give_up(&mut self, why: Over) {
        self.over = Some(why);
        let grace = self.exchange.core().times.grace;
        self.alarm = Some(Box::pin(tokio::time::sleep(grace)));
    }

    /// What is answered in the place of a handler that is let go.
    fn verdict(&mut self) -> Raced {
        self.let_go();
        match self.over {
            Some(Over::TimedOut) => {
                let text = "the request took longer than the server allows; the handler was stopped".to_owned();
                Raced::Ended(Err(Fault::Timeout(text)))
            }
            _ => Raced::Cancelled,
        }
    }

    fn let_go(&mut self) {
        // Its destructors are the user's code, too.
        if catch_unwind(AssertUnwindSafe(|| self.handling.set(None))).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
    }

    /// Ready when the time is up. The clock may have been stopped and set anew since the alarm was armed.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.over.is_none() {
                let Some(deadline) = self.exchange.deadline() else {
                    self.alarm = None;
                    return Poll::Pending;
                };
                let deadline = tokio::time::Instant::from_std(deadline);
                match &mut self.alarm {
                    Some(alarm) if alarm.deadline() == deadline => {}
                    Some(alarm) => alarm.as_mut().reset(deadline),
                    None => self.alarm = Some(Box::pin(tokio::time::sleep_until(deadline))),
                }
            }
            let Some(alarm) = &mut self.alarm else { return Poll::Pending };
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let moved = self.over.is_none()
                && self.exchange.deadline().is_none_or(|at| tokio::time::Instant::from_std(at) > alarm.deadline());
            if !moved {
                return Poll::Ready(());
            }
        }
    }
}

/// Requests on their way together: nearly always one, for which no list is made.
#[derive(Default)]
pub(crate) struct Runs {
    one: Option<Run>,
    more: Vec<Run>,
}

impl Runs {
    pub(crate) fn is_empty(&self) -> bool {
        self.one.is_none() && self.more.is_empty()
    }

    /// Polls each and lets go of those that are done.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        if self.one.as_mut().is_some_and(|run| run.as_mut().poll(cx).is_ready()) {
            self.one = None;
        }
        self.more.retain_mut(|run| run.as_mut().poll(cx).is_pending());
    }

    /// Drives all of them as one future.
    pub(crate) async fn all(mut self) {
        poll_fn(|cx| {
            self.poll(cx);
            if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl From<Run> for Runs {
    fn from(run: Run) -> Self {
        Self { one: Some(run), more: Vec::new() }
    }
}

impl Extend<Run> for Runs {
    fn extend<T: IntoIterator<Item = Run>>(&mut self, runs: T) {
        self.more.extend(runs);
    }
}

impl IntoIterator for Runs {
    type Item = Run;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Run>, std::vec::IntoIter<Run>>;

    fn into_iter(self) -> Self::IntoIter {
        self.one.into_iter().chain(self.more)
    }
}
