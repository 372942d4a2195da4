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
use crate::server::{Core, Session, Wire, error_text};

/// The session that the headers name, if it is this principal's.
pub(super) fn session(
    core: &Core,
    headers: &HeaderMap,
    principal: Option<&Principal>,
) -> Result<Option<Arc<Session>>, Missing> {
    let Some(id) = headers::session_id(headers)? else { return Ok(None) };
    core.session(id, Wire::Streams, principal).map(Some).ok_or(Missing::Unknown)
}

/// Why a request has no session.
pub(super) enum Missing {
    /// Its header cannot be read.
    Refused(Refusal),
    /// There is no such session, or it is somebody else's; nobody is told which.
    Unknown,
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
            Self::Unknown => fault(core.oldest_handshake(), id, &Fault::SessionNotFound),
            Self::Fault(wrong) => fault(core.oldest_handshake(), id, &wrong),
        }
    }
}

/// Refuses a version of the protocol that the server does not speak.
pub(super) fn check_version(core: &Core, headers: &HeaderMap) -> Result<(), Missing> {
    let Some(version) = headers::protocol_version(headers)? else { return Ok(()) };
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

/// Gives a response the status and the headers that HTTP has for this fault.
pub(super) fn mark(response: &mut Response<Body>, fault: &Fault) {
    *response.status_mut() = status(fault);
    if matches!(fault, Fault::Overloaded(_)) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
}

/// The status of a fault that is the whole response.
fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::SessionNotFound => StatusCode::NOT_FOUND,
        Fault::Overloaded(_) => StatusCode::TOO_MANY_REQUESTS,
        Fault::Parse(_) | Fault::InvalidRequest(_) | Fault::NotInitialized | Fault::UnsupportedVersion { .. } => {
            StatusCode::BAD_REQUEST
        }
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
