//! POST: a message comes in; its answer is one text, or becomes a stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, Message, parse};
use anpu_proto::session::Phase;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use tokio::runtime::Handle as Runtime;
use tokio::time::Sleep;

use super::accept::Accepts;
use super::headers::MCP_SESSION_ID;
use super::place::{self, Missing};
use super::stream::Body;
use crate::auth::Principal;
use crate::server::{
    Core, Origin, Outbox, Plain, Run, Session, Wire, all, answers, array, poll_all, receive, rejection,
};

/// Answers one POST, whose body was read.
pub(super) async fn post(core: &Arc<Core>, parts: Parts, body: Bytes, accepts: Accepts) -> Response<Body> {
    let principal = parts.extensions.get::<Principal>().cloned();
    let message = match parse(&body, &core.limits.message) {
        Ok(message) => message,
        Err(rejected) => {
            let known = place::session(core, &parts.headers, principal.as_ref()).ok().flatten();
            let dialect = known.map_or_else(|| core.oldest_handshake(), |session| session.dialect());
            let mut response = place::json(rejection(dialect, &rejected).into());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        }
    };
    let id = request_id(&message).cloned();
    let session = match find(core, &parts, &message, principal.as_ref()) {
        Ok(session) => session,
        Err(missing) => return missing.into_response(core, id.as_ref()),
    };
    let http = &session.dialect().http;
    let batch = matches!(message, Message::Batch(_));
    if batch && !http.batching {
        let text = format!("version {} of the protocol has no batches", session.dialect().version);
        return place::fault(session.dialect(), None, &Fault::InvalidRequest(text));
    }
    let expected = answers(&message);
    let number = if expected == 0 { 0 } else { session.stream_number() };
    let outbox = Arc::new(Outbox::new(number, &core.limits, &core.budget, http.resumable, Some(expected)));
    if !accepts.event_stream {
        outbox.set_mute();
    }
    let opens = opens(&message);
    let origin = Origin { headers: parts.headers, extensions: parts.extensions, principal };
    let begun = receive(&session, message, origin, &outbox);
    if expected == 0 {
        return place::empty(StatusCode::ACCEPTED);
    }
    let place = InPlace::new(begun.runs, &outbox, accepts, core.times.upgrade);
    let verdict = place.await;
    let mut response = match verdict {
        Plain::More => stream(&session, outbox),
        Plain::All => plain(&session, &outbox, batch, begun.refused.as_ref()).unwrap_or_else(|| {
            // The client cancelled the request, or the session ended under it.
            let gone = session.phase() == Phase::Closed;
            let fault = || place::fault(session.dialect(), id.as_ref(), &Fault::SessionNotFound);
            if gone { fault() } else { place::empty(StatusCode::ACCEPTED) }
        }),
    };
    // A stream begins before `initialize` is answered; should it be refused, its id leads nowhere.
    let opened = || verdict == Plain::More || matches!(session.phase(), Phase::Open | Phase::Ready);
    if opens && opened() && session.dialect().http.session_header {
        name(&session, &mut response);
    }
    response
}

fn opens(message: &Message<'_>) -> bool {
    matches!(message, Message::Request { method, .. } if method == "initialize")
}

/// The session of a message; a new one for `initialize`.
fn find(
    core: &Arc<Core>,
    parts: &Parts,
    message: &Message<'_>,
    who: Option<&Principal>,
) -> Result<Arc<Session>, Missing> {
    let opens = opens(message);
    let found = match place::session(core, &parts.headers, who) {
        // A client that begins anew may still carry the id it lost.
        Err(Missing::Unknown) if opens => None,
        found => found?,
    };
    if let Some(session) = found {
        place::check_version(core, &parts.headers)?;
        return Ok(session);
    }
    if !opens {
        place::check_version(core, &parts.headers)?;
        let text = "header Mcp-Session-Id is missing: send `initialize` first, and then the id that its answer carries";
        return Err(Missing::Fault(Fault::InvalidRequest(text.to_owned())));
    }
    core.draft(who.cloned(), Wire::Streams).map_err(Missing::Fault)
}

pub(super) fn request_id<'a>(message: &'a Message<'_>) -> Option<&'a Id> {
    match message {
        Message::Request { id, .. } => Some(id),
        _ => None,
    }
}

/// The answers as one text; none if there are none.
fn plain(session: &Session, outbox: &Outbox, batch: bool, refused: Option<&Fault>) -> Option<Response<Body>> {
    let mut replies = outbox.take_replies();
    let mut response = match replies.len() {
        0 => return None,
        _ if batch => place::json(array(&replies)),
        _ => place::json(replies.swap_remove(0)),
    };
    if let Some(fault) = refused {
        place::mark(&mut response, fault);
    }
    session.touch();
    Some(response)
}

fn stream(session: &Arc<Session>, outbox: Arc<Outbox>) -> Response<Body> {
    // Nobody read it before, so it begins at its first entry.
    let Some(turn) = outbox.attach(None) else { return place::empty(StatusCode::ACCEPTED) };
    session.core.reaper.keep_alive(&outbox);
    let http = &session.dialect().http;
    if http.resumable && outbox.is_ended() {
        // Answered before anybody read it: nobody else keeps it for a client that comes back.
        session.keep(&outbox);
    }
    event_stream(Body::events(Arc::clone(session), outbox, turn, http.priming_event))
}

/// Tells the client its session.
fn name(session: &Session, response: &mut Response<Body>) {
    if let Ok(id) = HeaderValue::from_str(&session.name()) {
        response.headers_mut().insert(&MCP_SESSION_ID, id);
    }
}

/// A response that is a stream of events.
pub(super) fn event_stream(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Requests driven on the connection's task, until all is answered or it takes a stream.
///
/// What is not done by then moves to a task of its own: when the answer becomes a stream, and also when the client
/// goes away, for in a session its requests go on.
struct InPlace<'a> {
    runs: Vec<Run>,
    outbox: &'a Arc<Outbox>,
    accepts: Accepts,
    patience: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Taken now, because there may be no runtime to ask when this is dropped.
    runtime: Runtime,
}

impl<'a> InPlace<'a> {
    fn new(runs: Vec<Run>, outbox: &'a Arc<Outbox>, accepts: Accepts, patience: Duration) -> Self {
        Self { runs, outbox, accepts, patience, alarm: None, runtime: Runtime::current() }
    }
}

impl Future for InPlace<'_> {
    type Output = Plain;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Plain> {
        let this = &mut *self;
        if !this.accepts.json {
            return Poll::Ready(Plain::More);
        }
        poll_all(&mut this.runs, cx);
        match this.outbox.poll_plain(cx) {
            Poll::Ready(Plain::More) if this.accepts.event_stream => return Poll::Ready(Plain::More),
            Poll::Ready(Plain::All) => return Poll::Ready(Plain::All),
            _ => {}
        }
        if !this.accepts.event_stream {
            // Without a stream there is nothing to send but the answer, however long it takes.
            return this.outbox.poll_ended(cx).map(|()| Plain::All);
        }
        let alarm = this.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.patience)));
        alarm.as_mut().poll(cx).map(|()| Plain::More)
    }
}

impl Drop for InPlace<'_> {
    fn drop(&mut self) {
        if !self.runs.is_empty() {
            self.runtime.spawn(all(std::mem::take(&mut self.runs)));
        }
    }
}
