//! POST: a message comes in; its answer is one text, or becomes a stream.

use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, Message, parse};
use anpu_proto::session::Phase;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use super::accept::Accepts;
use super::alone;
use super::era::{self, Chosen};
use super::headers::{self, MCP_SESSION_ID};
use super::in_place::InPlace;
use super::place::{self, Missing};
use super::stream::{Body, Reader};
use crate::auth::Principal;
use crate::server::{Core, Origin, Outbox, Plain, Session, Wire, answers, array, receive, rejection, requests};

/// Answers one POST, whose body was read.
pub(super) async fn post(core: &Arc<Core>, parts: Parts, body: Bytes, accepts: Accepts) -> Response<Body> {
    let principal = parts.extensions.get::<Principal>().cloned();
    let message = match parse(&body, &core.limits.message) {
        Ok(message) => message,
        Err(rejected) => {
            let dialect = era::dialect_of_garbage(core, &parts.headers, principal.as_ref());
            let mut response = place::json(rejection(dialect, &rejected).into());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        }
    };
    let id = request_id(&message).cloned();
    match era::choose(core, &parts.headers, &message) {
        Chosen::Session => {}
        Chosen::Alone(dialect) => {
            let origin = Origin { headers: parts.headers, extensions: parts.extensions, principal };
            return alone::post(core, dialect, message, origin, accepts).await;
        }
        Chosen::Refused(refusal) => return refusal.into_response(),
        Chosen::Wrong(dialect, fault) => return place::refused(dialect, id.as_ref(), &fault),
    }
    let origin = Origin { headers: parts.headers, extensions: parts.extensions, principal };
    let session = match find(core, &origin, &message).await {
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
            outbox.answers(id.iter().cloned().chain(batched).collect());
            stream(&session, outbox)
        }
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
async fn find(core: &Arc<Core>, origin: &Origin, message: &Message<'_>) -> Result<Arc<Session>, Missing> {
    let opens = opens(message);
    let found = if opens {
        // A client that begins anew may still carry the id it lost; one that is live is told that it has begun already.
        headers::session_id(&origin.headers)?;
        place::live(core, &origin.headers, origin.principal.as_ref())
    } else {
        place::session(core, origin).await?
    };
    if let Some(session) = found {
        place::check_version(core, &origin.headers)?;
        return Ok(session);
    }
    if !opens {
        place::check_version(core, &origin.headers)?;
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
