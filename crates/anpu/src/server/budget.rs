//! What all streams of a server may hold together; the oldest that are only kept go first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::outbox::Outbox;
use super::session::Session;

/// Kept streams that are remembered in the order of their age.
const MOST_KEPT: usize = 64 * 1024;

/// The bytes that all outboxes of a server hold together.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    most: usize,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), most })
    }

    pub(crate) fn add(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn sub(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.most
    }
}

/// The streams of answered requests that are kept for clients that come back, of all sessions, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<VecDeque<(Weak<Session>, Weak<Outbox>)>>);

impl Kept {
    /// Remembers the newest one, and lets go of the oldest while there is too much. No session may be locked.
    pub(crate) fn push(&self, session: &Arc<Session>, outbox: &Arc<Outbox>, budget: &Budget) {
        let newest = (Arc::downgrade(session), Arc::downgrade(outbox));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(newest);
        while let Some((session, outbox)) = self.next_to_go(budget) {
            session.forget_stream(&outbox);
        }
    }

    fn next_to_go(&self, budget: &Budget) -> Option<(Arc<Session>, Arc<Outbox>)> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (session, outbox) = kept.front()?;
            let living = session.upgrade().zip(outbox.upgrade());
            if living.is_some() && !budget.is_exceeded() && kept.len() <= MOST_KEPT {
                return None;
            }
            kept.pop_front();
            if living.is_some() {
                return living;
            }
        }
    }
}
