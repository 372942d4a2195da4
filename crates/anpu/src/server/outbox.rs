//! What waits to be sent on one stream, in order and bounded; knows no transport.
//!
//! A reader takes entries one by one. Where the dialect can resume a stream, entries stay for a while after they were
//! taken, so that another reader can go on behind the last one it saw. A reader that is too slow loses its place, never
//! the writer its time.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Id;
use bytes::Bytes;

use super::budget::Budget;
use super::entry::{End, Entry, EntryKind, Plain, Room, Taken};
use super::noting::Noting;
use super::settings::Limits;

#[derive(Debug)]
pub(crate) struct Outbox {
    /// Names this stream within its session.
    pub(crate) stream: u64,
    /// Who writes it, and the requests whose answers it is for, once it is a stream.
    writer: OnceLock<(u64, Vec<Id>)>,
    /// Why it is worth trying again, if it is.
    retryable: OnceLock<Fault>,
    /// What is noted of the request whose answer it is for, if that may run again.
    noting: OnceLock<Arc<Noting>>,
    room: Room,
    inside: Mutex<Inside>,
    roomier: Condvar,
}

#[derive(Debug)]
pub(super) struct Inside {
    budget: Arc<Budget>,
    /// Each with its number on this stream, in order.
    pub(super) entries: VecDeque<(u64, Entry)>,
    /// How many were put in.
    pub(super) pushed: u64,
    /// The number of the next entry for the reader.
    next: u64,
    /// What a reader must have seen to take up this stream: before that, something is gone that it needs.
    gone: u64,
    /// Bytes of all `entries`.
    bytes: usize,
    /// Whether entries stay after they were taken.
    keeps: bool,
    /// How many answers are still to come; none if that is not known.
    replies_left: Option<usize>,
    /// Nothing more will be pushed.
    pub(super) ended: bool,
    /// It ends without all the answers that were to come.
    pub(super) cut_short: bool,
    /// Whose turn it is: a reader of an older turn has lost its place.
    turn: u64,
    attached: bool,
    lost: bool,
    paused: Option<Duration>,
    /// It can only become a plain answer.
    mute: bool,
    pulsed: bool,
    silence_due: bool,
    quiet_since: u64,
    waker: Option<Waker>,
    /// Only entries before this one are for the reader yet; none if all are.
    pub(super) logged: Option<u64>,
    /// Who waits for an entry to be logged.
    pub(super) logger: Option<Waker>,
}

impl Outbox {
    /// An empty one. `replies`: it ends by itself after so many answers.
    pub(crate) fn new(stream: u64, limits: &Limits, budget: &Arc<Budget>, keeps: bool, replies: Option<usize>) -> Self {
        let inside = Mutex::new(Inside::new(Arc::clone(budget), keeps, replies));
        Self {
            stream,
            writer: OnceLock::new(),
            retryable: OnceLock::new(),
            noting: OnceLock::new(),
            room: limits.stream,
            inside,
            roomier: Condvar::new(),
        }
    }

    /// It is a stream now, of this process, for the answers to these requests.
    pub(crate) fn answers(&self, node: u64, requests: Vec<Id>) {
        // Once: what it answers does not change.
        let _ = self.writer.set((node, requests));
    }

    /// The request whose answer it is for may run again.
    pub(super) fn set_noting(&self, noting: &Arc<Noting>) {
        // Once: it is for one request.
        let _ = self.noting.set(Arc::clone(noting));
    }

    /// What is noted of the request whose answer it is for, if that may run again.
    pub(crate) fn noting(&self) -> Option<&Noting> {
        self.noting.get().map(|noting| &**noting)
    }

    /// Whether it is for the answer to one request, and may be a stream that can be taken up again.
    pub(super) fn is_for_one(&self) -> bool {
        let inside = self.lock();
        inside.keeps && !inside.mute && inside.replies_left == Some(1)
    }

    /// A request failed in a way that its client may try again, which the status of a response can say, too.
    pub(crate) fn failed(&self, fault: &Fault) {
        if matches!(fault, Fault::Unavailable(_)) {
            // Once: several requests of one batch fail in one response.
            let _ = self.retryable.set(fault.clone());
        }
    }

    /// Why it is worth trying again, if it is.
    pub(crate) fn retryable(&self) -> Option<&Fault> {
        self.retryable.get()
    }

    /// Who writes it, and the requests whose answers it is for; nothing if it is no such stream.
    pub(crate) fn writer(&self) -> Option<(u64, &[Id])> {
        self.writer.get().map(|(node, requests)| (*node, requests.as_slice()))
    }

    /// Its first entry has this number: the ones before were seen elsewhere.
    pub(crate) fn go_on(&self, seen: u64) {
        let mut inside = self.lock();
        (inside.pushed, inside.next, inside.gone) = (seen, seen, seen);
    }

    /// Puts something in. Never waits.
    pub(crate) fn push(&self, text: impl Into<Bytes>, kind: EntryKind) {
        self.push_at(0, text.into(), kind);
    }

    /// As [`push`](Self::push), for what has a place in a log already.
    pub(super) fn push_at(&self, place: u64, text: Bytes, kind: EntryKind) {
        let mut inside = self.lock();
        if inside.ended {
            return;
        }
        let entry = Entry { text, kind, place };
        if kind == EntryKind::Reply
            && let Some(left) = &mut inside.replies_left
        {
            *left = left.saturating_sub(1);
            inside.ended = *left == 0;
        }
        inside.admit(entry, self.room);
        inside.wake();
    }

    /// One answer less is to come: its request ended without any.
    pub(crate) fn forgo(&self) {
        let mut inside = self.lock();
        if let Some(left) = &mut inside.replies_left {
            *left = left.saturating_sub(1);
            inside.ended |= *left == 0;
            inside.cut_short = true;
        }
        inside.wake();
    }

    /// Nothing more will come.
    pub(crate) fn end(&self) {
        let mut inside = self.lock();
        inside.cut_short |= inside.replies_left.is_some_and(|left| left > 0);
        inside.ended = true;
        self.roomier.notify_all();
        inside.wake();
    }

    /// Ends the reader's stream, but not this outbox: the client should come back after `retry`.
    pub(crate) fn pause(&self, retry: Duration) {
        let mut inside = self.lock();
        inside.paused = Some(retry);
        inside.wake();
    }

    /// Begins to read: at the next entry, or at the one after the first `seen`. The reader before loses its place.
    ///
    /// None if what follows these is no longer kept.
    pub(crate) fn attach(&self, seen: Option<u64>) -> Option<u64> {
        let mut inside = self.lock();
        if let Some(seen) = seen {
            if seen < inside.gone || seen > inside.pushed {
                return None;
            }
            inside.next = seen;
        }
        inside.turn += 1;
        inside.attached = true;
        inside.lost = false;
        inside.wake();
        Some(inside.turn)
    }

    /// The reader goes on in spite of what it lost.
    pub(crate) fn recover(&self) {
        let mut inside = self.lock();
        inside.lost = false;
        inside.attached = true;
        inside.wake();
    }

    /// The reader of this turn is gone.
    pub(crate) fn detach(&self, turn: u64) {
        let mut inside = self.lock();
        if inside.turn == turn {
            inside.attached = false;
            inside.waker = None;
        }
    }

    /// It can only become a plain answer: nothing but answers has a place in it.
    pub(crate) fn set_mute(&self) {
        self.lock().mute = true;
    }

    pub(crate) fn is_mute(&self) -> bool {
        self.lock().mute
    }

    /// Whether it is to be put on the list of those that get signs of life; true once.
    pub(crate) fn joins_pulse(&self) -> bool {
        !std::mem::replace(&mut self.lock().pulsed, true)
    }

    /// Whether somebody reads.
    pub(crate) fn is_attached(&self) -> bool {
        let inside = self.lock();
        inside.attached && !inside.lost
    }

    /// Whether somebody ever read.
    pub(crate) fn was_attached(&self) -> bool {
        self.lock().turn > 0
    }

    /// Whether all was said.
    pub(crate) fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// Whether all was said and all of it was taken.
    pub(crate) fn is_spent(&self) -> bool {
        let inside = self.lock();
        inside.ended && inside.unread() == 0
    }

    /// Whether its reader should catch up before more is put in.
    pub(crate) fn is_crowded(&self) -> bool {
        self.lock().is_crowded(self.room)
    }

    /// Blocks this thread while its reader should catch up before more is put in.
    pub(crate) fn wait_for_room(&self) {
        let mut inside = self.lock();
        while !inside.ended && inside.is_crowded(self.room) {
            inside = self.roomier.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether a reader can take it up where another one left it.
    pub(crate) fn is_resumable(&self) -> bool {
        self.lock().keeps
    }

    /// The bytes it holds.
    pub(crate) fn weight(&self) -> usize {
        self.lock().bytes
    }

    /// The next entry for the reader of this turn.
    pub(crate) fn poll_take(&self, turn: u64, cx: &mut Context<'_>) -> Poll<Result<Taken, End>> {
        let mut inside = self.lock();
        if inside.turn != turn {
            return Poll::Ready(Err(End::Lost));
        }
        if let Some(entry) = inside.take() {
            self.roomier.notify_all();
            return Poll::Ready(Ok(entry));
        }
        let end = match inside.paused.take() {
            _ if inside.lost => Some(End::Lost),
            Some(retry) if !inside.ended => Some(End::Paused(retry)),
            _ => (inside.ended && inside.unread() == 0).then_some(End::Done),
        };
        if let Some(end) = end {
            inside.attached = false;
            return Poll::Ready(Err(end));
        }
        if std::mem::take(&mut inside.silence_due) {
            return Poll::Ready(Ok(Taken::Silence));
        }
        inside.register(cx);
        Poll::Pending
    }

    /// Ready when nothing more will come.
    pub(crate) fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inside = self.lock();
        if inside.ended {
            return Poll::Ready(());
        }
        inside.register(cx);
        Poll::Pending
    }

    /// What a plain answer needs to know: whether all answers are in, and nothing else.
    pub(crate) fn poll_plain(&self, cx: &mut Context<'_>) -> Poll<Plain> {
        let mut inside = self.lock();
        let other = inside.entries.iter().any(|(_, entry)| entry.kind != EntryKind::Reply);
        if other || inside.paused.is_some() {
            return Poll::Ready(Plain::More);
        }
        if inside.ended {
            return Poll::Ready(Plain::All);
        }
        inside.register(cx);
        Poll::Pending
    }

    /// Takes the answer of a single request, for a plain answer; what else waited is dropped.
    pub(crate) fn take_reply(&self) -> Option<Bytes> {
        self.drain().next()
    }

    /// Takes all answers at once, for a plain answer; what else waited is dropped.
    pub(crate) fn take_replies(&self) -> Vec<Bytes> {
        self.drain().collect()
    }

    fn drain(&self) -> impl Iterator<Item = Bytes> + use<> {
        let mut inside = self.lock();
        let bytes = inside.bytes;
        inside.shrink(bytes);
        inside.next = inside.pushed;
        let taken = std::mem::take(&mut inside.entries).into_iter().map(|(_, entry)| entry);
        taken.filter(|entry| entry.kind == EntryKind::Reply).map(|entry| entry.text)
    }

    /// A sign of life is due if nothing was sent since `before`.
    pub(crate) fn pulse(&self, now: u64, before: u64) {
        let mut inside = self.lock();
        if inside.quiet_since == 0 {
            inside.quiet_since = now;
        }
        if inside.attached && inside.unread() == 0 && inside.quiet_since <= before {
            inside.silence_due = true;
            inside.quiet_since = now;
            inside.wake();
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inside> {
        // Every change is complete before the lock is let go, so a panic elsewhere leaves nothing half done.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn new(budget: Arc<Budget>, keeps: bool, replies_left: Option<usize>) -> Self {
        Self {
            budget,
            entries: VecDeque::new(),
            pushed: 0,
            next: 0,
            gone: 0,
            bytes: 0,
            keeps,
            replies_left,
            ended: false,
            cut_short: false,
            turn: 0,
            attached: false,
            lost: false,
            paused: None,
            mute: false,
            pulsed: false,
            silence_due: false,
            quiet_since: 0,
            waker: None,
            logged: None,
            logger: None,
        }
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.budget.add(bytes);
    }

    fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.budget.sub(bytes);
    }

    /// Where the reader is among the entries.
    fn place(&self) -> usize {
        self.entries.partition_point(|(number, _)| *number < self.next)
    }

    fn unread(&self) -> usize {
        self.entries.len() - self.place()
    }

    fn is_crowded(&self, room: Room) -> bool {
        self.unread() >= room.entries || self.bytes >= room.bytes
    }

    fn admit(&mut self, entry: Entry, room: Room) {
        let full = self.unread() >= room.entries || self.bytes + entry.text.len() > room.bytes;
        if full && self.saves(&entry) {
            return;
        }
        self.grow(entry.text.len());
        self.entries.push_back((self.pushed, entry));
        self.pushed += 1;
        if self.is_over(room) || self.budget.is_exceeded() {
            self.make_room(room);
        }
    }

    fn is_over(&self, room: Room) -> bool {
        self.entries.len() > room.entries || self.bytes > room.bytes
    }

    /// Whether the entry need not be added, because something that waits already says it, or could be made to.
    fn saves(&mut self, entry: &Entry) -> bool {
        // What is logged already stays as it is.
        let place = self.entries.partition_point(|(number, _)| *number < self.next.max(self.logged.unwrap_or(0)));
        let mut waiting = self.entries.iter_mut().skip(place).map(|(_, other)| other);
        match entry.kind {
            EntryKind::Idempotent => waiting.any(|other| other.text == entry.text),
            EntryKind::Replaceable => {
                let Some(other) = waiting.rfind(|other| other.kind == EntryKind::Replaceable) else { return false };
                let before = std::mem::replace(&mut other.text, entry.text.clone()).len();
                self.grow(entry.text.len());
                self.shrink(before);
                true
            }
            EntryKind::Reply | EntryKind::Message | EntryKind::Droppable => false,
        }
    }

    /// Lets go of entries until there is room: of what was read first, oldest first; then of what a reader can do
    /// without; then of other messages, whose reader is too slow and loses its place. Answers stay: requests are bounded
    /// elsewhere.
    fn make_room(&mut self, room: Room) {
        let much = |this: &Self| this.is_over(room) || this.budget.is_exceeded();
        while much(self) && self.entries.front().is_some_and(|(number, _)| *number < self.next) {
            self.drop_at(0);
        }
        self.drop_unread(room, |kind| matches!(kind, EntryKind::Droppable | EntryKind::Replaceable));
        let gone = self.gone;
        self.drop_unread(room, |kind| kind != EntryKind::Reply);
        if self.gone > gone {
            metrics::counter!("mcp.server.streams.refused", "reason" => "slow_reader").increment(1);
            self.lost = true;
        }
    }

    fn drop_unread(&mut self, room: Room, may_go: impl Fn(EntryKind) -> bool) {
        let mut at = 0;
        while self.is_over(room) && at < self.entries.len() {
            if may_go(self.entries[at].1.kind) {
                self.drop_at(at);
            } else {
                at += 1;
            }
        }
    }

    fn drop_at(&mut self, at: usize) {
        let Some((number, entry)) = self.entries.remove(at) else { return };
        self.shrink(entry.text.len());
        if !matches!(entry.kind, EntryKind::Droppable | EntryKind::Replaceable) {
            self.gone = self.gone.max(number + 1);
        }
    }

    fn take(&mut self) -> Option<Taken> {
        if self.lost {
            return None;
        }
        let place = self.place();
        let (number, entry) = self.entries.get(place).cloned()?;
        if self.logged.is_some_and(|logged| number >= logged) {
            return None;
        }
        self.next = number + 1;
        self.quiet_since = 0;
        self.silence_due = false;
        if !self.keeps {
            self.entries.remove(place);
            self.shrink(entry.text.len());
            self.gone = self.next;
        }
        Some(Taken::Entry(number, entry))
    }

    fn register(&mut self, cx: &Context<'_>) {
        if self.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }

    pub(super) fn wake(&mut self) {
        self.waker.take().into_iter().chain(self.logger.take()).for_each(Waker::wake);
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.budget.sub(self.bytes);
    }
}
