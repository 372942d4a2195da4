//! The other reader of an outbox: whoever writes its entries down before their reader may have them.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::entry::{Entry, EntryKind};
use super::outbox::Outbox;

impl Outbox {
    /// From here on the reader gets only what was logged. False if that is so already.
    pub(crate) fn log(&self) -> bool {
        let mut inside = self.lock();
        if inside.logged.is_some() {
            return false;
        }
        // Nothing was taken yet, or it was logged elsewhere.
        inside.logged = Some(inside.entries.front().map_or(inside.pushed, |(number, _)| *number));
        true
    }

    /// Whether it ended without all the answers that were to come.
    pub(crate) fn was_cut_short(&self) -> bool {
        self.lock().cut_short
    }

    /// Puts in what another process wrote, under the number that it had there.
    pub(crate) fn push_as(&self, number: u64, place: u64, text: Bytes, kind: EntryKind) {
        let mut inside = self.lock();
        inside.pushed = inside.pushed.max(number);
        drop(inside);
        self.push_at(place, text, kind);
    }

    /// Whether what is put into it is logged, for whichever process its client comes back to.
    pub(crate) fn is_logged(&self) -> bool {
        let inside = self.lock();
        inside.logged.is_some() && !inside.ended
    }

    /// The next entry to be logged, with its number; none when all was said and all of it is logged.
    pub(crate) fn poll_unlogged(&self, cx: &mut Context<'_>) -> Poll<Option<(u64, Entry)>> {
        let mut inside = self.lock();
        let logged = inside.logged.unwrap_or(u64::MAX);
        let at = inside.entries.partition_point(|(number, _)| *number < logged);
        if let Some(next) = inside.entries.get(at) {
            return Poll::Ready(Some(next.clone()));
        }
        if inside.ended {
            return Poll::Ready(None);
        }
        if inside.logger.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            inside.logger = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The entry of this number is logged, at this place: the reader may have it.
    pub(crate) fn logged(&self, number: u64, place: u64) {
        let mut inside = self.lock();
        let at = inside.entries.partition_point(|(other, _)| *other < number);
        if let Some((_, entry)) = inside.entries.get_mut(at).filter(|(other, _)| *other == number) {
            entry.place = place;
        }
        inside.logged = inside.logged.map(|logged| logged.max(number + 1));
        inside.wake();
    }
}
