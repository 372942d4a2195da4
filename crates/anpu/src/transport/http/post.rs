//! POST: a message comes in; its answer is one text, or becomes a stream.

use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, Message, parse};
use anpu_proto::session::Phase;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

use super::accept::Accepts;
use super::alone;
use super::era::{self, Chosen};
use super::headers::{self, MCP_SESSION_ID};
use super::in_place::InPlace;
use super::place::{self, Missing};
use super::stream::{Body, Reader};
use crate::server::{Core, Origin, Outbox, Plain, Session, Wire, answers, array, receive, rejection, requests};

/// Answers one POST, whose body was read.
pub(super) async fn post(core: &Arc<Core>, origin: Origin, body: Bytes, accepts: Accepts) -> Response<Body> {
    let message = match parse(&body, &core.limits.message) {
        Ok(message) => message,
        Err(rejected) => {
            let dialect = era::dialect_of_garbage(core, &origin.headers, origin.principal.as_ref());
            let mut response = place::json(rejection(dialect, &rejected).into());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        }
    };
    let id = request_id(&message).cloned();
    let version = match headers::protocol_version(&origin.headers) {
        Ok(version) => version,
        Err(refusal) => return refusal.into_response(),
    };
    match era::choose(core, version, &message) {
        Chosen::Session => {}
        Chosen::Alone(dialect) => return alone::post(core, dialect, message, &body, origin, accepts).await,
        Chosen::Wrong(dialect, fault) => return place::refused(dialect, id.as_ref(), &fault),
    }
    let session = match find(core, &origin, version, &message).await {
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
    let batched = if batch { requests(&message) } else { Vec::new() };
    let begun = receive(&session, message, origin, &outbox);
    if expected == 0 {
        return place::empty(StatusCode::ACCEPTED);
    }
    let place = InPlace::new(begun.runs, &outbox, accepts, core.times.upgrade);
    let verdict = place.await;
    let mut response = match verdict {
        Plain::More => {
            outbox.answers(core.node, id.iter().cloned().chain(batched).collect());
            if outbox.noting().is_some() {
                // Before its client knows how to come back for it.
                Box::pin(session.note(id.as_ref(), &outbox)).await;
            }
            session.log(&outbox);
            stream(&session, outbox)
        }
        Plain::All => plain(&outbox, batch, begun.refused.as_ref()).unwrap_or_else(|| {
            // The client cancelled the request, or the session ended under it.
            let gone = session.phase() == Phase::Closed;
            // What ends with the server comes back elsewhere.
            let leaving = || Fault::Unavailable("the server is going away; try again".to_owned());
            let why = if core.drain.is_leaving() { leaving() } else { Fault::SessionNotFound };
            let fault = || place::fault(session.dialect(), id.as_ref(), &why);
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
async fn find(
    core: &Arc<Core>,
    origin: &Origin,
    version: Option<&str>,
    message: &Message<'_>,
) -> Result<Arc<Session>, Missing> {
    let opens = opens(message);
    let found = if opens {
        // A client that begins anew may still carry the id it lost; one that is live is told that it has begun already.
        headers::session_id(&origin.headers)?;
        place::live(core, &origin.headers, origin.principal.as_ref())
    } else {
        place::session(core, origin).await?
    };
    if let Some(session) = found {
        place::check_version(core, version)?;
        return Ok(session);
    }
    if !opens {
        place::check_version(core, version)?;
        let text = "header Mcp-Session-Id is missing: send `initialize` first, and then the id that its answer carries";
        return Err(Missing::Fault(Fault::InvalidRequest(text.to_owned())));
    }
    core.draft(origin.principal.clone(), Wire::Streams).map_err(Missing::Fault)
}

pub(super) fn request_id<'a>(message: &'a Message<'_>) -> Option<&'a Id> {
    match message {
        Message::Request { id, .. } => Some(id),
        _ => None,
    }
}

/// The answers as one text; none if there are none.
fn plain(outbox: &Outbox, batch: bool, refused: Option<&Fault>) -> Option<Response<Body>> {
    let text = if batch {
        Some(outbox.take_replies()).filter(|replies| !replies.is_empty()).map(|replies| array(&replies))
    } else {
        outbox.take_reply()
    };
    let mut response = place::json(text?);
    if let Some(fault) = refused.or(outbox.retryable().filter(|_| !batch)) {
        place::mark(&mut response, fault);
    }
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
    event_stream(Body::events(Reader::Session(Arc::clone(session)), outbox, turn, http.priming_event))
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
