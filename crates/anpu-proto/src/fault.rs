//! What can go wrong, named by meaning. Numbers belong to dialects; this module knows only JSON-RPC's own.

use serde_json::{Value, json};

/// Why a request failed, by meaning. A dialect turns it into a code; [`Fault::base_code`] is what remains without one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not JSON.
    #[error("parse error: {0}")]
    Parse(String),
    /// The JSON is not a JSON-RPC message we can take.
    #[error("invalid request: {0}")]
    InvalidRequest(String),
    /// The dialect, or the server, has no such method.
    #[error("method not found: {0}")]
    MethodNotFound(String),
    /// The params do not fit the method; the text names the field.
    #[error("invalid params: {0}")]
    InvalidParams(String),
    /// No tool has this name.
    #[error("unknown tool: {0}")]
    ToolNotFound(String),
    /// No prompt has this name.
    #[error("unknown prompt: {0}")]
    PromptNotFound(String),
    /// No resource has this URI.
    #[error("resource not found: {0}")]
    ResourceNotFound(String),
    /// The cursor was not minted by us, or has expired.
    #[error("invalid cursor: it was not issued by this server or is no longer valid; list again from the start")]
    InvalidCursor,
    /// The peer speaks a version that this server does not.
    #[error("unsupported protocol version: {requested}; supported: {}", .supported.join(", "))]
    UnsupportedVersion {
        /// What the peer asked for.
        requested: String,
        /// What it may ask for instead, newest first.
        supported: Vec<&'static str>,
    },
    /// A header and the body contradict each other, or a header is missing.
    #[error("header mismatch: {0}")]
    HeaderMismatch(String),
    /// The request needs client capabilities that the client did not declare.
    #[error("missing required client capability: {}", member_names(.0))]
    MissingCapability(Value),
    /// The request can go on only after the user has visited the URLs given.
    #[error("{message}")]
    UrlElicitationRequired {
        /// What the client may show.
        message: String,
        /// The URL elicitations, as an array.
        elicitations: Value,
    },
    /// The session has not been opened with `initialize`, or not yet been confirmed.
    #[error("the session is not initialized: send initialize first, then notifications/initialized")]
    NotInitialized,
    /// No session has this id, or it belongs to someone else.
    #[error("session not found: send initialize to open a new one")]
    SessionNotFound,
    /// The request ran out of time; the text says how much it had.
    #[error("the request timed out: {0}")]
    Timeout(String),
    /// The request was cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// The server has no room for the request now.
    #[error("overloaded: {0}")]
    Overloaded(String),
    /// Something that the server needs does not answer now; the same request may be made again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Our own failure.
    #[error("internal error: {0}")]
    Internal(String),
    /// An error that has its own number everywhere.
    #[error("{message}")]
    Other {
        /// The number on the wire.
        code: i32,
        /// The text on the wire.
        message: String,
        /// The data on the wire.
        data: Option<Value>,
    },
}

impl Fault {
    /// The code of JSON-RPC itself, or of its range for implementations where JSON-RPC has none. Dialects may say otherwise.
    pub fn base_code(&self) -> i32 {
        match self {
            Self::Parse(_) => -32700,
            Self::InvalidRequest(_) | Self::NotInitialized | Self::HeaderMismatch(_) => -32600,
            Self::MethodNotFound(_) => -32601,
            Self::InvalidParams(_)
            | Self::ToolNotFound(_)
            | Self::PromptNotFound(_)
            | Self::ResourceNotFound(_)
            | Self::InvalidCursor
            | Self::UnsupportedVersion { .. }
            | Self::MissingCapability(_) => -32602,
            Self::UrlElicitationRequired { .. } | Self::Internal(_) => -32603,
            Self::SessionNotFound => -32001,
            Self::Timeout(_) => -32003,
            Self::Cancelled => -32004,
            Self::Overloaded(_) => -32005,
            Self::Unavailable(_) => -32006,
            Self::Other { code, .. } => *code,
        }
    }

    /// The text for the peer.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// What the peer's program may read: the error's `data`.
    pub fn data(&self) -> Option<Value> {
        match self {
            Self::ResourceNotFound(uri) => Some(json!({ "uri": uri })),
            Self::UnsupportedVersion { requested, supported } => {
                Some(json!({ "supported": supported, "requested": requested }))
            }
            Self::MissingCapability(required) => Some(json!({ "requiredCapabilities": required })),
            Self::UrlElicitationRequired { elicitations, .. } => Some(json!({ "elicitations": elicitations })),
            Self::Other { data, .. } => data.clone(),
            _ => None,
        }
    }
}

fn member_names(object: &Value) -> String {
    let names = object.as_object().map(|members| members.keys().map(String::as_str).collect::<Vec<_>>());
    names.unwrap_or_default().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_capability_is_named_in_text_and_data() {
        let fault = Fault::MissingCapability(json!({ "elicitation": {}, "sampling": {} }));
        assert_eq!(fault.message(), "missing required client capability: elicitation, sampling");
        assert_eq!(fault.data(), Some(json!({ "requiredCapabilities": { "elicitation": {}, "sampling": {} } })));
    }

    #[test]
    fn an_unsupported_version_says_what_is_supported() {
        let fault = Fault::UnsupportedVersion { requested: "new".into(), supported: vec!["b", "a"] };
        assert_eq!(fault.message(), "unsupported protocol version: new; supported: b, a");
        assert_eq!(fault.data(), Some(json!({ "supported": ["b", "a"], "requested": "new" })));
    }
}
