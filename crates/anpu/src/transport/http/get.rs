//! GET: the client opens a stream for what belongs to no request, or takes up one that broke.

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};

use super::headers;
use super::place;
use super::post::event_stream;
use super::refusal::Refusal;
use super::stream::{Body, EventId};
use crate::auth::Principal;
use crate::server::{Core, Session};

/// Answers one GET.
pub(super) fn get(core: &Arc<Core>, parts: &Parts) -> Response<Body> {
    let principal = parts.extensions.get::<Principal>();
    let found = place::session(core, &parts.headers, principal)
        .and_then(|session| place::check_version(core, &parts.headers).map(|()| session));
    let session = match found {
        Ok(Some(session)) => session,
        Ok(None) => {
            let text = "header Mcp-Session-Id is missing: a stream belongs to a session";
            return Refusal::new(StatusCode::BAD_REQUEST, "no_session", text).into_response();
        }
        Err(missing) => return missing.into_response(core, None),
    };
    session.touch();
    let opened = match headers::last_event_id(&parts.headers) {
        Ok(Some(last)) => resume(&session, last),
        Ok(None) => open(&session),
        Err(refusal) => Err(refusal),
    };
    opened.map_or_else(Refusal::into_response, event_stream)
}

fn open(session: &Arc<Session>) -> Result<Body, Refusal> {
    let most = session.core.limits.streams;
    let full = || {
        let text = format!("this session already has {most} streams open; close one");
        Refusal::new(StatusCode::CONFLICT, "too_many_streams", text)
    };
    let (outbox, turn) = session.open_stream().ok_or_else(full)?;
    session.core.reaper.keep_alive(&outbox);
    Ok(Body::events(Arc::clone(session), outbox, turn, session.dialect().http.priming_event))
}

fn resume(session: &Arc<Session>, last: &str) -> Result<Body, Refusal> {
    let gone = || {
        let text = "what followed the event in Last-Event-ID is no longer kept: open a stream without this header";
        Refusal::new(StatusCode::BAD_REQUEST, "replay_gone", text)
    };
    let id = EventId::read(last).ok_or_else(gone)?;
    let (outbox, turn) = session.resume_stream(id.stream, id.seen).ok_or_else(gone)?;
    session.core.reaper.keep_alive(&outbox);
    Ok(Body::events(Arc::clone(session), outbox, turn, false))
}
