//! DELETE: the client ends its session.

use std::sync::Arc;

use http::{Response, StatusCode};

use super::place::{self, Missing};
use super::refusal::Refusal;
use super::stream::Body;
use super::{era, headers};
use crate::server::{Core, Origin, end};

/// Answers one DELETE.
pub(super) async fn delete(core: &Arc<Core>, origin: Origin) -> Response<Body> {
    if let Err(refusal) = era::check_method(core, &origin.headers) {
        return refusal.into_response();
    }
    match headers::session_id(&origin.headers) {
        Ok(Some(id)) => match end(core, id, &origin).await {
            Ok(()) => place::empty(StatusCode::NO_CONTENT),
            Err(lost) => Missing::Lost(lost).into_response(core, None),
        },
        Ok(None) => {
            let text = "header Mcp-Session-Id is missing: which session is to end?";
            Refusal::new(StatusCode::BAD_REQUEST, "no_session", text).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
