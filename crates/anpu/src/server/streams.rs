//! The streams of a session: opened, taken up again, kept for a client that comes back, and let go of.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anpu_proto::session::Phase;

use super::core::Core;
use super::outbox::Outbox;
use super::parked::State;
use super::session::{Session, Wire};

impl Session {
    /// A new number for a stream of this session.
    pub(crate) fn stream_number(&self) -> u64 {
        self.next_stream.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
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
    pub(crate) fn resume_stream(&self, number: u64, seen: u64) -> Option<(Arc<Outbox>, u64)> {
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
        if let State::Live(live) = &*self.peek() {
            live.streams.iter().for_each(|outbox| outbox.pause(retry));
        }
    }

    /// Lets go of the streams that are kept for a client that did not come back.
    pub(crate) fn forget_streams(&self) {
        if let State::Live(live) = &mut *self.peek() {
            live.answered = VecDeque::new();
            let unread = |stream: &mut Arc<Outbox>| !stream.is_attached() && self.wire != Wire::Line;
            // Whoever writes it down must know that nothing more comes.
            live.streams.extract_if(.., unread).for_each(|stream| stream.end());
        }
    }
}

/// Where the numbers of the streams of a session begin: other processes number streams of it, too.
pub(super) fn first(core: &Core) -> u64 {
    getrandom::u64().map_or_else(|_| core.unix_time() << 20, |bits| bits >> 8)
}
