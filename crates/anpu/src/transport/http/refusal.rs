//! The answer of the HTTP door to a request it does not let in: a status, a text that says what to change, no JSON.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

/// A request refused before its body was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status of the response.
    pub(crate) status: StatusCode,
    /// The body: what is wrong and what to do about it, one line of plain text.
    pub(crate) text: String,
    /// The `Allow` header, for 405.
    pub(crate) allow: Option<&'static str>,
    /// The `Retry-After` header in seconds, for 429 and 503.
    pub(crate) retry_after: Option<u32>,
    /// The label under which refusals are counted.
    pub(crate) reason: &'static str,
}

impl Refusal {
    /// A refusal without the optional headers.
    pub(crate) fn new(status: StatusCode, reason: &'static str, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), allow: None, retry_after: None, reason }
    }

    /// 400: a header that cannot be read.
    pub(crate) fn bad_header(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_header", text)
    }

    /// 413: said of a `Content-Length` at the door, and of a body that turns out longer while it is read.
    pub(crate) fn too_large(max_body: u64) -> Self {
        let text = format!(
            "the body is larger than the {max_body} bytes this server takes; raise it with .limits(Limits::default().body(..))"
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
    }

    /// The response, in plain text that no browser takes for anything else.
    pub(crate) fn into_response<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.text + "\n"));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What a client sent, fit to be shown in a text or a log: escaped, and cut at 64 bytes.
pub(crate) fn shown(value: &[u8]) -> String {
    let cut = &value[..value.len().min(64)];
    let mut text = cut.escape_ascii().to_string();
    if cut.len() < value.len() {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_becomes_plain_text_with_its_headers() {
        let mut refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "no");
        (refusal.allow, refusal.retry_after) = (Some("POST"), Some(3));
        let response: Response<String> = refusal.into_response();
        assert_eq!((response.status().as_u16(), response.body().as_str()), (405, "no\n"));
        let header = |name| response.headers()[name].to_str().unwrap();
        assert_eq!((header("allow"), header("retry-after")), ("POST", "3"));
        assert_eq!(header("content-type"), "text/plain; charset=utf-8");
    }

    #[test]
    fn what_the_client_sent_is_escaped_and_cut() {
        assert_eq!(shown(b"a\r\n\x1b[31m\xff"), "a\\r\\n\\x1b[31m\\xff");
        assert_eq!(shown(&[b'x'; 64]), "x".repeat(64));
        assert_eq!(shown(&[b'x'; 65]), "x".repeat(64) + "...");
    }
}
