//! Which session a request belongs to, and the answer when there is none.

use std::sync::Arc;

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write::Unread};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::headers;
use super::refusal::Refusal;
use super::stream::Body;
use crate::auth::Principal;
use crate::server::{Core, Lost, Origin, Session, Wire, error_text, find};

/// The session that the headers name, live or brought back, if it is this principal's.
pub(super) async fn session(core: &Arc<Core>, origin: &Origin) -> Result<Option<Arc<Session>>, Missing> {
    let Some(id) = headers::session_id(&origin.headers)? else { return Ok(None) };
    find(core, id, origin).await.map(Some).map_err(Missing::Lost)
}

/// The session that the headers name, if it is live and this principal's.
pub(super) fn live(core: &Core, headers: &HeaderMap, principal: Option<&Principal>) -> Option<Arc<Session>> {
    core.session(headers::session_id(headers).ok()??, Wire::Streams, principal)
}

/// Why a request has no session.
pub(super) enum Missing {
    /// Its header cannot be read.
    Refused(Refusal),
    /// There is no such session for this client.
    Lost(Lost),
    /// It cannot be served.
    Fault(Fault),
}

impl From<Refusal> for Missing {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Missing {
    pub(super) fn into_response(self, core: &Core, id: Option<&Id>) -> Response<Body> {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Lost(lost) => {
                let (wrong, status) = lost.into_fault();
                let mut response = fault(core.oldest_handshake(), id, &wrong);
                if let Some(status) = status {
                    *response.status_mut() = status;
                }
                response
            }
            Self::Fault(wrong) => fault(core.oldest_handshake(), id, &wrong),
        }
    }
}

/// Refuses a version of the protocol that the server does not speak.
pub(super) fn check_version(core: &Core, version: Option<&str>) -> Result<(), Missing> {
    let Some(version) = version else { return Ok(()) };
    if core.dialects.iter().any(|dialect| dialect.version == version) {
        return Ok(());
    }
    let supported = core.dialects.iter().map(|dialect| dialect.version).collect();
    Err(Missing::Fault(Fault::UnsupportedVersion { requested: version.to_owned(), supported }))
}

/// A JSON-RPC error as the whole response, with the status that HTTP has for it.
pub(super) fn fault(dialect: &Dialect, id: Option<&Id>, fault: &Fault) -> Response<Body> {
    let unread = if dialect.null_error_id { Unread::Null } else { Unread::Absent };
    let text = error_text(dialect, id.ok_or(unread), fault);
    let mut response = json(text.into());
    mark(&mut response, fault);
    response
}

/// A fault found before anything ran, for a peer without a session. What it got wrong is told by the status, too.
pub(super) fn refused(dialect: &Dialect, id: Option<&Id>, wrong: &Fault) -> Response<Body> {
    let mut response = fault(dialect, id, wrong);
    if matches!(wrong, Fault::MethodNotFound(_)) {
        *response.status_mut() = StatusCode::NOT_FOUND;
    } else if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

/// Gives the response of a request that belongs to no session its status: what went wrong once it ran.
pub(super) fn mark_alone(response: &mut Response<Body>, fault: &Fault) {
    mark(response, fault);
    match fault {
        Fault::MethodNotFound(_) => *response.status_mut() = StatusCode::NOT_FOUND,
        Fault::MissingCapability(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
        _ => {}
    }
}

/// Gives a response the status and the headers that HTTP has for this fault.
pub(super) fn mark(response: &mut Response<Body>, fault: &Fault) {
    *response.status_mut() = status(fault);
    if matches!(fault, Fault::Overloaded(_) | Fault::Unavailable(_)) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
}

/// The status of a fault that is the whole response.
fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::SessionNotFound => StatusCode::NOT_FOUND,
        Fault::Overloaded(_) => StatusCode::TOO_MANY_REQUESTS,
        Fault::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Parse(_)
        | Fault::InvalidRequest(_)
        | Fault::NotInitialized
        | Fault::HeaderMismatch(_)
        | Fault::UnsupportedVersion { .. } => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// One text of JSON.
pub(super) fn json(text: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// No body at all.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}
