//! DELETE: the client ends its session.

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};

use super::place;
use super::refusal::Refusal;
use super::stream::Body;
use crate::auth::Principal;
use crate::server::{Core, Ended};

/// Answers one DELETE.
pub(super) fn delete(core: &Arc<Core>, parts: &Parts) -> Response<Body> {
    match place::session(core, &parts.headers, parts.extensions.get::<Principal>()) {
        Ok(Some(session)) => {
            session.close(Ended::Deleted);
            place::empty(StatusCode::NO_CONTENT)
        }
        Ok(None) => {
            let text = "header Mcp-Session-Id is missing: which session is to end?";
            Refusal::new(StatusCode::BAD_REQUEST, "no_session", text).into_response()
        }
        Err(missing) => missing.into_response(core, None),
    }
}
