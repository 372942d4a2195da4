//! Which era a request belongs to, by its body and its headers.

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Message;
use anpu_proto::model::Meta;
use http::{HeaderMap, StatusCode};

use super::refusal::Refusal;
use super::{headers, place};
use crate::auth::Principal;
use crate::server::{Core, carries, named, unsupported, version};

/// How a POST is served.
pub(super) enum Chosen {
    /// In a session, old or new.
    Session,
    /// By itself, in this dialect; whether a request says the same is not looked at yet.
    Alone(&'static Dialect),
    /// Not at all.
    Wrong(&'static Dialect, Fault),
}

/// Chooses, by the version in the header and the message: a body that names its version carries its client; everything else
/// belongs to a session.
pub(super) fn choose(core: &Core, header: Option<&str>, message: &Message<'_>) -> Chosen {
    let (method, params) = match message {
        Message::Request { method, params, .. } | Message::Notice { method, params } => (&**method, *params),
        Message::Batch(_) | Message::Response { .. } => ("", None),
    };
    let wrong = |fault| Chosen::Wrong(core.newest(), fault);
    let spoken = header.and_then(|header| carries(core, header));
    if let Some(dialect) = spoken
        && matches!(message, Message::Request { method, .. } if method != "initialize")
    {
        return Chosen::Alone(dialect);
    }
    match (version(params).as_deref(), header) {
        (Some(_), None) => wrong(Fault::HeaderMismatch(missing())),
        (Some(body), Some(header)) if body != header => {
            let text = format!("MCP-Protocol-Version differs from {} in the body", Meta::PROTOCOL_VERSION);
            wrong(Fault::HeaderMismatch(text))
        }
        (Some(body), Some(_)) => match named(core, body) {
            Ok(dialect) => Chosen::Alone(dialect),
            Err((dialect, fault)) => Chosen::Wrong(dialect, fault),
        },
        (None, _) if method != "initialize" && spoken.is_some() => spoken.map_or(Chosen::Session, Chosen::Alone),
        _ if core.has_sessions() => Chosen::Session,
        // All that an old client shows its user is the text of this error.
        (None, header) if method == "initialize" => wrong(unsupported(core, header.unwrap_or("of the handshake"))),
        (None, Some(header)) => wrong(unsupported(core, header)),
        (None, None) => wrong(Fault::HeaderMismatch(missing())),
    }
}

/// What a text that is no message is answered in: what its sender speaks, as far as can be known.
pub(super) fn dialect_of_garbage(core: &Core, headers: &HeaderMap, who: Option<&Principal>) -> &'static Dialect {
    if let Ok(Some(header)) = headers::protocol_version(headers)
        && let Some(dialect) = carries(core, header)
    {
        return dialect;
    }
    let known = place::live(core, headers, who);
    known.map_or_else(|| core.oldest_handshake(), |session| session.dialect())
}

/// Refuses a GET or DELETE where there are no streams and no sessions.
pub(super) fn check_method(core: &Core, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = headers::protocol_version(headers)?;
    if core.has_sessions() && header.is_none_or(|header| carries(core, header).is_none()) {
        return Ok(());
    }
    let text = "this version of the protocol has neither streams nor sessions of their own: send a POST";
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", text);
    Err(Refusal { allow: Some("POST"), ..refusal })
}

fn missing() -> String {
    format!("MCP-Protocol-Version is missing: it repeats {} of the body", Meta::PROTOCOL_VERSION)
}
