//! Requests that run on the task of their connection, as long as that is worth it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle as Runtime;
use tokio::time::Sleep;

use super::accept::Accepts;
use crate::server::{Exchange, Outbox, Plain, Run, Runs};

/// Requests driven on the connection's task, until all is answered or it takes a stream.
///
/// What is not done by then moves to a task of its own: when the answer becomes a stream, and also when the client
/// goes away, for in a session its requests go on. What belongs to no session is cancelled then.
pub(super) struct InPlace<'a> {
    runs: Runs,
    /// What ends with its client.
    alone: Option<Arc<Exchange>>,
    outbox: &'a Arc<Outbox>,
    accepts: Accepts,
    patience: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Taken now, because there may be no runtime to ask when this is dropped.
    runtime: Runtime,
}

impl<'a> InPlace<'a> {
    /// Requests of a session.
    pub(super) fn new(runs: Runs, outbox: &'a Arc<Outbox>, accepts: Accepts, patience: Duration) -> Self {
        Self { runs, alone: None, outbox, accepts, patience, alarm: None, runtime: Runtime::current() }
    }

    /// A request that belongs to no session.
    pub(super) fn alone(
        exchange: &Arc<Exchange>,
        run: Run,
        outbox: &'a Arc<Outbox>,
        accepts: Accepts,
        patience: Duration,
    ) -> Self {
        let mut place = Self::new(run.into(), outbox, accepts, patience);
        place.alone = Some(Arc::clone(exchange));
        place
    }

    fn poll_verdict(&mut self, cx: &mut Context<'_>) -> Poll<Plain> {
        if !self.accepts.json {
            return Poll::Ready(Plain::More);
        }
        self.runs.poll(cx);
        match self.outbox.poll_plain(cx) {
            Poll::Ready(Plain::More) if self.accepts.event_stream => return Poll::Ready(Plain::More),
            Poll::Ready(Plain::All) => return Poll::Ready(Plain::All),
            _ => {}
        }
        if !self.accepts.event_stream {
            // Without a stream there is nothing to send but the answer, however long it takes.
            return self.outbox.poll_ended(cx).map(|()| Plain::All);
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        alarm.as_mut().poll(cx).map(|()| Plain::More)
    }
}

impl Future for InPlace<'_> {
    type Output = Plain;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Plain> {
        let verdict = std::task::ready!(self.poll_verdict(cx));
        // From here on its client is there as long as the response is read.
        self.alone = None;
        Poll::Ready(verdict)
    }
}

impl Drop for InPlace<'_> {
    fn drop(&mut self) {
        if let Some(exchange) = &self.alone {
            exchange.cancel();
        }
        if !self.runs.is_empty() {
            self.runtime.spawn(std::mem::take(&mut self.runs).all());
        }
    }
}
