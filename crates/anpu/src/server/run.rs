//! A request from its start to its end: place, clock, cancellation, panic, answer.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, Reply};
use tokio::time::Sleep;

use super::dispatch;
use super::exchange::Exchange;
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
        let cx = Cx::new(Arc::clone(&exchange) as _);
        exchange.allow(dispatch::time_for(core, &call));
        let begun = Instant::now();
        let method = call.label();
        let handling = dispatch::answer(Arc::clone(core), cx, call);
        let outcome = Race::new(&exchange, handling).await;
        let result = match &outcome {
            None => "cancelled",
            Some(Ok(_)) => "ok",
            Some(Err(_)) => "error",
        };
        metrics::histogram!("mcp.server.operation.duration", "method" => method, "outcome" => result)
            .record(begun.elapsed().as_secs_f64());
        match outcome {
            None => exchange.session.dropped(&id, exchange.outbox.as_deref()),
            Some(outcome) => {
                let (good, text) = answer_text(&exchange, &id, outcome);
                exchange.session.finished(&id, good, text, exchange.outbox.as_deref());
            }
        }
    })
}

/// The answer as it goes over the wire.
fn answer_text(exchange: &Exchange, id: &Id, outcome: Result<Reply, Fault>) -> (bool, Vec<u8>) {
    // `initialize` settles the dialect while it runs, so the session knows better than the request's facts.
    let dialect = exchange.session.dialect();
    let written = outcome.and_then(|reply| write::result(id, |out| dialect.write_reply(reply, out)));
    match written {
        Ok(text) => (true, text),
        Err(fault) => (false, error_text(dialect, Ok(id), &fault)),
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
struct Race<'a> {
    exchange: &'a Arc<Exchange>,
    /// None once it was let go.
    handling: Option<BoxFuture<'static, Result<Reply, Fault>>>,
    alarm: Option<Pin<Box<Sleep>>>,
    over: Option<Over>,
}

/// Why a handler that is still at work will not be heard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Cancelled,
    TimedOut,
}

impl<'a> Race<'a> {
    fn new(exchange: &'a Arc<Exchange>, handling: BoxFuture<'static, Result<Reply, Fault>>) -> Self {
        Self { exchange, handling: Some(handling), alarm: None, over: None }
    }
}

impl Future for Race<'_> {
    /// None if nothing is to be answered.
    type Output = Option<Result<Reply, Fault>>;

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
            let Some(handling) = &mut this.handling else { return Poll::Ready(None) };
            let handling = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(cx)));
            let Ok(Poll::Pending) = handling else {
                let outcome = match handling {
                    Ok(Poll::Ready(outcome)) => outcome,
                    _ => Err(Fault::Internal("the handler panicked; the server's log says more".to_owned())),
                };
                return Poll::Ready(if this.over.is_some() { this.verdict() } else { Some(outcome) });
            };
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

impl Race<'_> {
    /// From here on only the grace period counts.
    fn give_up(&mut self, why: Over) {
        self.over = Some(why);
        let grace = self.exchange.core().times.grace;
        self.alarm = Some(Box::pin(tokio::time::sleep(grace)));
    }

    /// What is answered in the place of a handler that is let go.
    fn verdict(&mut self) -> Option<Result<Reply, Fault>> {
        let handling = self.handling.take();
        // Its destructors are the user's code, too.
        if catch_unwind(AssertUnwindSafe(|| drop(handling))).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
        match self.over {
            Some(Over::TimedOut) => {
                let text = "the request took longer than the server allows; the handler was stopped".to_owned();
                Some(Err(Fault::Timeout(text)))
            }
            _ => None,
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

/// Drives several runs as one future.
pub(crate) async fn all(mut runs: Vec<Run>) {
    poll_fn(|cx| {
        poll_all(&mut runs, cx);
        if runs.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Polls each run and lets go of those that are done.
pub(crate) fn poll_all(runs: &mut Vec<Run>, cx: &mut Context<'_>) {
    runs.retain_mut(|run| run.as_mut().poll(cx).is_pending());
}
