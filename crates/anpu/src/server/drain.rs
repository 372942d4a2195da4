//! The end of a server: it is not ready any more, what runs gets its time, and then nothing is left.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::time::Duration;

use anpu_proto::fault::Fault;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::core::Core;
use super::handle::Handle;

/// For so long new work is still taken in: it was on its way before anybody could know.
pub(crate) const COURTESY: Duration = Duration::from_secs(1);
/// Hooks that hear of the end, and the store that writes down its last changes, get so long each.
const LAST: Duration = Duration::from_secs(3);

/// Whether a server is on its way out, and what still runs.
pub(crate) struct Drain {
    leave: OnceLock<Leave>,
    begun: watch::Sender<()>,
    /// Requests on their way.
    running: AtomicUsize,
    quiet: Notify,
    /// Whether sessions that begin now can go on elsewhere, because others have the keys.
    lasting: bool,
}

/// When the end began, and when it is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leave {
    pub(crate) since: Instant,
    pub(crate) until: Instant,
}

/// A request that runs, until this is dropped.
pub(crate) struct Running<'a>(&'a Drain);

impl Drain {
    pub(crate) fn new(lasting: bool) -> Self {
        let (begun, _) = watch::channel(());
        Self { leave: OnceLock::new(), begun, running: AtomicUsize::new(0), quiet: Notify::new(), lasting }
    }

    /// Whether the end has begun.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leave.get().is_some()
    }

    /// Ready when the end has begun.
    pub(crate) async fn begun(&self) -> Leave {
        let mut begun = self.begun.subscribe();
        loop {
            if let Some(leave) = self.leave.get() {
                return *leave;
            }
            // Its other half lives as long as this.
            let _ = begun.changed().await;
        }
    }

    /// Counts a request as long as it runs.
    pub(crate) fn run(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self)
    }

    /// Ready when no request runs.
    pub(crate) async fn quiet(&self) {
        loop {
            let quiet = self.quiet.notified();
            fence(Ordering::SeqCst);
            if self.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// Waits until this is ready or the time is up; false if it is up.
    pub(crate) async fn wait(&self, all: impl Future<Output = ()>) -> bool {
        let Leave { until, .. } = self.begun().await;
        let over = tokio::time::timeout_at(until, all).await.is_ok();
        if !over {
            tracing::warn!("some requests were still running when their time was up");
        }
        over
    }

    /// Refuses a new session, if it is better opened elsewhere.
    pub(crate) fn admit_session(&self) -> Result<(), Fault> {
        match self.leave.get() {
            Some(leave) if !self.lasting || leave.is_known() => Err(elsewhere()),
            _ => Ok(()),
        }
    }

    /// Refuses a request that belongs to no session, if it is better made elsewhere.
    pub(crate) fn admit_request(&self) -> Result<(), Fault> {
        match self.leave.get() {
            Some(leave) if leave.is_known() => Err(elsewhere()),
            _ => Ok(()),
        }
    }
}

impl Leave {
    /// Whether clients could have known.
    fn is_known(&self) -> bool {
        self.since.elapsed() >= COURTESY
    }

    /// Ready when nobody is waited for any more who has nothing to do here since now.
    pub(crate) async fn known(&self) {
        sleep_until((Instant::now() + COURTESY).min(self.until)).await;
    }
}

fn elsewhere() -> Fault {
    Fault::Unavailable("this server is about to end; try again, and another one will answer".to_owned())
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Either whoever waits sees that nothing runs, or this sees that somebody waits.
            fence(Ordering::SeqCst);
            if self.0.is_leaving() {
                self.0.quiet.notify_waiters();
            }
        }
    }
}

impl Core {
    /// Begins the end: nobody new is let in, streams and subscriptions end in a way that brings their clients back.
    /// What runs gets this long, unless the end has begun before.
    pub(crate) fn leave(&self, grace: Duration) {
        let since = Instant::now();
        // Longer than a process lives is for ever.
        let until = since.checked_add(grace).unwrap_or_else(|| since + Duration::from_secs(u32::MAX.into()));
        if self.drain.leave.set(Leave { since, until }).is_err() {
            return;
        }
        tracing::info!(?grace, running = self.drain.running.load(Ordering::Relaxed), "the server drains");
        self.drain.begun.send_replace(());
        self.pause_streams();
    }

    /// Ends all sessions, lets hooks hear of it, and has the store write down what it has.
    pub(crate) async fn end(&self, grace: Duration) {
        self.close_all(grace.min(LAST)).await;
        match timeout(LAST, self.keeping.ask(|store| store.flush())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = format!("{error:#}"), "the store could not be flushed"),
            Err(_) => tracing::error!("the store could not be flushed in time"),
        }
        tracing::info!("the server has ended");
    }
}

impl Handle {
    /// Whether new work should come here: true until the server begins to end. What a readiness probe answers.
    ///
    /// [`serve_http`](crate::Server::serve_http) answers probes itself, at `/ready` and `/live`; for a server that is
    /// mounted elsewhere this is the answer:
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// # fn main() -> anpu::Result {
    /// let handle = Server::new("notes", "1.0.0").build()?;
    /// // Router::new().route("/ready", get(|| async move { if handle.is_ready() { 200 } else { 503 } }))
    /// assert!(handle.is_ready());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_ready(&self) -> bool {
        !self.core().drain.is_leaving()
    }

    /// Ends the server from outside: it is not [ready](Self::is_ready) any more, new sessions are turned away, streams end
    /// with a hint to come back, subscriptions with their answer, and running requests get `grace`. Ready when nothing is
    /// left and the store has everything.
    ///
    /// A server on a socket of its own, or on standard input, stops listening too, and what serves it returns. For one that
    /// is mounted elsewhere, call this before the application itself ends. A drain that has begun keeps its time.
    ///
    /// Called by a handler, it waits for that handler, too, until the time is up: spawn it there.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anpu::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anpu::Result {
    /// let (_service, handle) = Server::new("notes", "1.0.0").into_service()?;
    /// handle.drain(Duration::from_secs(25)).await;
    /// assert!(!handle.is_ready());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn drain(&self, grace: Duration) {
        let core = self.core();
        core.leave(grace);
        core.drain.wait(core.drain.quiet()).await;
        core.end(grace).await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_quiet_when_the_last_request_ended() {
        let drain = Drain::new(true);
        let (first, second) = (drain.run(), drain.run());
        let now = Instant::now();
        drain.leave.set(Leave { since: now, until: now + Duration::from_secs(60) }).unwrap();
        let mut quiet = pin!(drain.quiet());
        let mut poll = || quiet.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll(), Poll::Pending);
        drop(second);
        assert_eq!(poll(), Poll::Pending);
        drop(first);
        assert_eq!(poll(), Poll::Ready(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_on_its_way_is_still_let_in() {
        let outcome = |drain: &Drain| (drain.admit_session().is_ok(), drain.admit_request().is_ok());
        let (lasting, passing) = (Drain::new(true), Drain::new(false));
        assert_eq!((outcome(&lasting), outcome(&passing)), ((true, true), (true, true)));
        let leave = Leave { since: Instant::now(), until: Instant::now() + Duration::from_secs(25) };
        for drain in [&lasting, &passing] {
            drain.leave.set(leave).unwrap();
        }
        assert_eq!((outcome(&lasting), outcome(&passing)), ((true, true), (false, true)));
        leave.known().await;
        assert_eq!((outcome(&lasting), outcome(&passing)), ((false, false), (false, false)));
    }
}
