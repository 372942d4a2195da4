//! GET: the client opens a stream for what belongs to no request, or takes up one that broke.

use std::sync::Arc;

use http::{Response, StatusCode};

use super::place;
use super::post::event_stream;
use super::refusal::Refusal;
use super::stream::{Body, Reader};
use super::{era, headers};
use crate::server::{Core, EventId, Origin, Outbox, Session, follow, lost_answers, take_up};

/// Answers one GET.
pub(super) async fn get(core: &Arc<Core>, origin: Origin) -> Response<Body> {
    if let Err(refusal) = era::check_method(core, &origin.headers) {
        return refusal.into_response();
    }
    let found = place::session(core, &origin).await;
    let found = found.and_then(|session| {
        place::check_version(core, headers::protocol_version(&origin.headers)?)?;
        Ok(session)
    });
    let session = match found {
        Ok(Some(session)) => session,
        Ok(None) => {
            let text = "header Mcp-Session-Id is missing: a stream belongs to a session";
            return Refusal::new(StatusCode::BAD_REQUEST, "no_session", text).into_response();
        }
        Err(missing) => return missing.into_response(core, None),
    };
    session.touch();
    session.hears_others().await;
    let opened = match headers::last_event_id(&origin.headers) {
        Ok(Some(last)) => resume(&session, last).await,
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
    session.log(&outbox);
    if session.core.drain.is_leaving() {
        // The client is told to come back at once, and finds another server then.
        outbox.pause(session.core.times.retry);
    }
    Ok(Body::events(Reader::Session(Arc::clone(session)), outbox, turn, session.dialect().http.priming_event))
}

async fn resume(session: &Arc<Session>, last: &str) -> Result<Body, Refusal> {
    let core = &session.core;
    let gone = || {
        let text = "what followed the event in Last-Event-ID is no longer kept: open a stream without this header";
        Refusal::new(StatusCode::BAD_REQUEST, "replay_gone", text)
    };
    // Where not all requests are named, it is not known whose answers are missing.
    let known = |id: &EventId| id.session == session.id && (!id.cut || id.node == core.node);
    let id = EventId::open(core, last).filter(known).ok_or_else(gone)?;
    if id.node != core.node {
        return match id.requests.is_empty() {
            true => take_over(session, &id),
            false => Box::pin(lost(session, id)).await?.ok_or_else(gone),
        };
    }
    let (outbox, turn) = session.resume_stream(id.stream, id.seen).ok_or_else(gone)?;
    core.reaper.keep_alive(&outbox);
    if core.drain.is_leaving() && id.requests.is_empty() {
        outbox.pause(core.times.retry);
    }
    Ok(Body::events(Reader::Session(Arc::clone(session)), outbox, turn, false))
}

/// The rest of a stream that another process writes, or wrote.
async fn lost(session: &Arc<Session>, id: EventId) -> Result<Option<Body>, Refusal> {
    let begun = |outbox: Arc<Outbox>| {
        let turn = outbox.attach(None)?;
        Some((outbox, turn))
    };
    let found = if session.core.keeping.is_shared() {
        begun(follow(session, id))
    } else {
        let again = take_up(session, &id).await.map_err(|error| {
            tracing::warn!(%error, "the store does not say whether a request runs again");
            let text = "the server's store does not answer; try again";
            let mut refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "store", text);
            refusal.retry_after = Some(1);
            refusal
        })?;
        again.or_else(|| begun(Arc::new(lost_answers(session, &id))))
    };
    Ok(found.map(|(outbox, turn)| {
        session.core.reaper.keep_alive(&outbox);
        Body::events(Reader::Session(Arc::clone(session)), outbox, turn, false)
    }))
}

/// A stream that belongs to no request was read from another process before: it goes on here.
fn take_over(session: &Arc<Session>, id: &EventId) -> Result<Body, Refusal> {
    let body = open(session)?;
    session.take_over(id);
    Ok(body)
}
