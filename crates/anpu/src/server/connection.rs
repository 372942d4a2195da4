//! One full-duplex connection: texts in, texts out, at most one session; knows no pipe.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Message, Rejected, parse};
use anpu_proto::model::{CancelledNotificationParams, Notice};
use bytes::{BufMut, Bytes, BytesMut};
use tokio::runtime::Handle as Runtime;
use tokio::sync::Notify;

use super::alone::{Asked, Way};
use super::core::{Core, Origin};
use super::entry::{End, EntryKind, Taken};
use super::era;
use super::hooks::Ended;
use super::intake;
use super::line::Line;
use super::outbox::Outbox;
use super::run::{self, Run, Runs};
use super::session::{Session, Wire};
use crate::auth::Principal;

/// One full-duplex connection, such as stdio.
#[derive(Debug)]
pub(crate) struct Connection {
    session: Arc<Session>,
    /// What runs here, in the session and beside it.
    line: Arc<Line>,
    outbox: Arc<Outbox>,
    turn: u64,
    runtime: Runtime,
    ended: Arc<Notify>,
    /// Batches whose answers are not all in.
    collecting: Arc<AtomicUsize>,
}

impl Connection {
    /// A connection on which nothing was said yet. Must be called within a runtime.
    pub(crate) fn open(core: &Arc<Core>) -> Result<Self, Fault> {
        Self::open_for(core, None)
    }

    /// As [`open`](Self::open), for whoever the transport knows to be there.
    pub(crate) fn open_for(core: &Arc<Core>, principal: Option<Principal>) -> Result<Self, Fault> {
        let session = core.draft(principal, Wire::Line)?;
        let outbox = Arc::new(Outbox::new(0, &core.limits, &core.budget, false, None));
        let turn = outbox.attach(None).expect("a new outbox has a first entry to begin with");
        let limits = &core.limits.session;
        // As many beside the session as in it, where a limit of its own holds.
        let line = Line::new(2 * (limits.running + limits.queued));
        session.set_line(Arc::clone(&outbox), &line);
        core.directory.insert(&session);
        Ok(Self {
            session,
            line,
            outbox,
            turn,
            runtime: Runtime::current(),
            ended: Arc::default(),
            collecting: Arc::default(),
        })
    }

    /// A text came in. Never waits: what is not done at once goes on in tasks of its own.
    pub(crate) fn received(&self, text: &[u8]) {
        // Threads that read pipes have no runtime of their own.
        let _within = self.runtime.enter();
        match self.read(text) {
            Ok(message) => self.take(message, Origin::default()),
            Err(rejected) => self.refuse(&rejected),
        }
    }

    /// The message that a text is, if it may be said on this connection.
    pub(crate) fn read<'t>(&self, text: &'t [u8]) -> Result<Message<'t>, Rejected> {
        let message = parse(text, &self.session.core.limits.message)?;
        if matches!(message, Message::Batch(_)) && !self.session.dialect().http.batching {
            let version = self.session.dialect().version;
            let reason = format!("version {version} of the protocol has no batches: send one message at a time");
            return Err(Rejected { parse: false, reason, id: None });
        }
        Ok(message)
    }

    /// A message came in. Never waits, as [`received`](Self::received).
    pub(crate) fn take(&self, message: Message<'_>, origin: Origin) {
        if matches!(message, Message::Batch(_)) {
            return self.take_batch(message, origin);
        }
        let runs = match self.receive_alone(&message, &origin) {
            Some(run) => run.map(Runs::from).unwrap_or_default(),
            None => intake::receive(&self.session, message, origin, &self.outbox).runs,
        };
        self.drive(runs);
    }

    /// Takes in what belongs to no session; none if the message is not of that kind.
    fn receive_alone(&self, message: &Message<'_>, origin: &Origin) -> Option<Option<Run>> {
        let core = &self.session.core;
        match message {
            Message::Request { id, method, params } => {
                let dialect = match era::of(core, method, *params, self.session.is_settled())? {
                    Ok(dialect) => dialect,
                    Err((dialect, fault)) => {
                        self.outbox.push(run::error_text(dialect, Ok(id), &fault), EntryKind::Reply);
                        return Some(None);
                    }
                };
                let asked = Asked { dialect, id, method, params: *params, body: None };
                let way = Way::Line(Arc::clone(&self.line));
                let begun = asked.read(core);
                let begun = begun.and_then(|call| asked.begin(core, call, way, origin.clone(), &self.outbox));
                Some(match begun {
                    Ok((_, run)) => Some(run),
                    Err(fault) => {
                        self.outbox.push(run::error_text(dialect, Ok(id), &fault), EntryKind::Reply);
                        None
                    }
                })
            }
            Message::Notice { method, params } if method == "notifications/cancelled" => {
                let notice = self.session.dialect().read_notice(method, *params).ok()?;
                let Notice::Cancelled(CancelledNotificationParams { request_id: Some(id), .. }) = notice else {
                    return None;
                };
                self.line.cancel(&id).then_some(None)
            }
            _ => None,
        }
    }

    /// Answers a text that is no message.
    pub(crate) fn refuse(&self, rejected: &Rejected) {
        intake::refuse(&self.session, rejected, &self.outbox);
    }

    /// A text came in that was too long to be kept.
    pub(crate) fn received_too_long(&self) {
        let most = self.session.core.limits.line;
        let reason = format!("a message is longer than {most} bytes");
        self.refuse(&Rejected { parse: false, reason, id: None });
    }

    /// The next text to send; none when all was said and the connection is over.
    pub(crate) async fn next(&self) -> Option<Bytes> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match std::task::ready!(self.outbox.poll_take(self.turn, cx)) {
                Ok(Taken::Entry(_, entry)) => return Poll::Ready(Some(entry.text)),
                Ok(Taken::Silence) => {}
                Err(End::Lost) => {
                    // On a line there is nowhere to come back to: what no longer fits is lost, the rest goes on.
                    tracing::warn!("the client does not read; messages were dropped");
                    self.outbox.recover();
                }
                Err(End::Done | End::Paused(_)) => return Poll::Ready(None),
            }
        }
    }

    /// Ready when nothing is being worked on any more. Subscriptions end when the server says that it leaves.
    pub(crate) async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            let collecting = self.collecting.load(Ordering::Relaxed);
            if self.session.is_quiet() && self.line.is_quiet() && collecting == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Blocks this thread until the client has read enough for more to be worth taking in.
    pub(crate) fn wait_for_room(&self) {
        self.outbox.wait_for_room();
    }

    /// Blocks this thread until there are texts to send; none when all was said and the connection is over.
    pub(crate) fn wait_for_texts(&self) -> Option<Vec<Bytes>> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut texts = Vec::new();
        loop {
            match self.poll_next(&mut cx) {
                Poll::Ready(Some(text)) => texts.push(text),
                Poll::Ready(None) if texts.is_empty() => return None,
                Poll::Pending if texts.is_empty() => thread::park(),
                Poll::Ready(None) | Poll::Pending => return Some(texts),
            }
        }
    }

    /// The client is gone: what runs is stopped, the session is over.
    pub(crate) fn gone(&self) {
        // Whoever lets go of the connection may be outside, where no hook could run.
        let _within = self.runtime.enter();
        self.session.close(Ended::Disconnected);
        self.line.gone();
        self.outbox.end();
    }

    /// Each run is polled once where it is, because most are done then; the rest goes on in a task.
    fn drive(&self, mut runs: Runs) {
        runs.poll(&mut Context::from_waker(Waker::noop()));
        for run in runs {
            let ended = Arc::clone(&self.ended);
            self.runtime.spawn(async move {
                run.await;
                ended.notify_waiters();
            });
        }
    }

    /// The answers to a batch go out together, as an array.
    fn take_batch(&self, batch: Message<'_>, origin: Origin) {
        let answers = intake::answers(&batch);
        let core = &self.session.core;
        let own = Arc::new(Outbox::new(0, &core.limits, &core.budget, false, Some(answers)));
        self.drive(intake::receive(&self.session, batch, origin, &own).runs);
        if answers == 0 {
            return;
        }
        if own.is_ended() {
            return self.outbox.push(array(&own.take_replies()), EntryKind::Reply);
        }
        let (outbox, ended) = (Arc::clone(&self.outbox), Arc::clone(&self.ended));
        let collecting = Arc::clone(&self.collecting);
        collecting.fetch_add(1, Ordering::Relaxed);
        self.runtime.spawn(async move {
            let replies = collect(&own, &outbox).await;
            if !replies.is_empty() {
                outbox.push(array(&replies), EntryKind::Reply);
            }
            collecting.fetch_sub(1, Ordering::Relaxed);
            ended.notify_waiters();
        });
    }
}

/// What only a connection of two halves needs: texts come in apart from the stream that they go out on.
impl Connection {
    /// Lets messages find this connection by its session, for as long as it lives.
    pub(crate) fn publish(self: &Arc<Self>) {
        self.session.set_connection(self);
        self.session.core.reaper.keep_alive(&self.outbox);
    }

    /// The session that is served on this connection.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Whether so much waits for the client that it should read before it asks for more.
    pub(crate) fn is_crowded(&self) -> bool {
        self.outbox.is_crowded()
    }

    /// What is next for the client; unlike [`next`](Self::next), it ends when the client was too slow.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Result<Taken, End>> {
        self.outbox.poll_take(self.turn, cx)
    }
}

/// The answers to a batch; what else is said meanwhile goes out at once.
async fn collect(own: &Outbox, outbox: &Outbox) -> Vec<Bytes> {
    let mut replies = Vec::new();
    let Some(turn) = own.attach(None) else { return replies };
    loop {
        match poll_fn(|cx| own.poll_take(turn, cx)).await {
            Ok(Taken::Entry(_, entry)) if entry.kind == EntryKind::Reply => replies.push(entry.text),
            Ok(Taken::Entry(_, entry)) => outbox.push(entry.text, entry.kind),
            Ok(Taken::Silence) => {}
            Err(End::Lost) => own.recover(),
            Err(End::Done | End::Paused(_)) => return replies,
        }
    }
}

/// Wakes a thread that waits for texts.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Several texts as one JSON array.
pub(crate) fn array(texts: &[Bytes]) -> Bytes {
    let mut out = BytesMut::with_capacity(2 + texts.iter().map(|text| text.len() + 1).sum::<usize>());
    for (n, text) in texts.iter().enumerate() {
        out.put_u8(if n == 0 { b'[' } else { b',' });
        out.put_slice(text);
    }
    out.put_u8(b']');
    out.freeze()
}
