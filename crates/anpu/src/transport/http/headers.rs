//! The request headers MCP gives a meaning to, each read strictly: at most once, in visible ASCII, in the right form.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::accept::{fields, parameter};
use super::refusal::{Refusal, shown};

/// The session, given by the server's answer to `initialize`.
pub(crate) static MCP_SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// The version of the specification the message is written in.
pub(crate) static MCP_PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The message's method, mirrored for intermediaries.
pub(crate) static MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
/// The tool, prompt or resource of the message, mirrored for intermediaries.
pub(crate) static MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The event after which a stream goes on.
pub(crate) static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const MAX_EVENT_ID: usize = 1024;

/// The value of a header that may be given once; the text of a refusal names the header, never its value.
///
/// For `Mcp-Param-*` too: call it for each parameter the tool's schema recognises.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(repeated(name));
    }
    text(name, value).map(Some)
}

/// The value as text.
fn text<'a>(name: &HeaderName, value: &'a HeaderValue) -> Result<&'a str, Refusal> {
    value.to_str().map_err(|_| Refusal::bad_header(format!("header {} must be visible ASCII", spelled(name))))
}

/// What HTTP itself gives a meaning to, found in one pass over all headers, of which none that decides is repeated.
pub(crate) struct General<'a> {
    all: &'a HeaderMap,
    host: Option<&'a HeaderValue>,
    origin: Option<&'a HeaderValue>,
    content_type: Option<&'a HeaderValue>,
    content_length: Option<&'a HeaderValue>,
    /// Whether there is any `Content-Encoding`.
    encoded: bool,
}

impl<'a> General<'a> {
    pub(crate) fn of(all: &'a HeaderMap) -> Result<Self, Refusal> {
        refuse_repeated(all)?;
        let (host, origin, content_type, content_length) = (None, None, None, None);
        let mut found = Self { all, host, origin, content_type, content_length, encoded: false };
        for (name, value) in all {
            match name {
                _ if *name == HOST => found.host = Some(value),
                _ if *name == ORIGIN => found.origin = Some(value),
                _ if *name == CONTENT_TYPE => found.content_type = Some(value),
                _ if *name == CONTENT_LENGTH => found.content_length = Some(value),
                _ if *name == CONTENT_ENCODING => found.encoded = true,
                _ => {}
            }
        }
        Ok(found)
    }

    pub(crate) fn host(&self) -> Result<Option<&'a str>, Refusal> {
        self.host.map(|value| text(&HOST, value)).transpose()
    }

    pub(crate) fn origin(&self) -> Result<Option<&'a str>, Refusal> {
        self.origin.map(|value| text(&ORIGIN, value)).transpose()
    }
}

/// Refuses a request with two of a header that decides something: two readers of it could decide differently.
pub(crate) fn refuse_repeated(headers: &HeaderMap) -> Result<(), Refusal> {
    // As many values as names: nothing at all is repeated. So it is for every honest client.
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    let ours = [&MCP_SESSION_ID, &MCP_PROTOCOL_VERSION, &MCP_METHOD, &MCP_NAME, &LAST_EVENT_ID];
    let general = [&HOST, &ORIGIN, &AUTHORIZATION, &CONTENT_TYPE, &CONTENT_LENGTH];
    match general.into_iter().chain(ours).find(|name| headers.get_all(*name).iter().nth(1).is_some()) {
        Some(name) => Err(repeated(name)),
        None => Ok(()),
    }
}

/// The session id the client sent. One that is not well-formed is to be answered like any other unknown
/// one: 404, never 400, which some clients do not survive.
pub(crate) fn session_id(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    single(headers, &MCP_SESSION_ID)
}

/// The version header, as sent.
pub(crate) fn protocol_version(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    single(headers, &MCP_PROTOCOL_VERSION)
}

/// The event id to go on after; an empty one is none, as in an `EventSource`.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    match single(headers, &LAST_EVENT_ID)? {
        Some(id) if id.len() > MAX_EVENT_ID => {
            Err(Refusal::bad_header(format!("header Last-Event-ID is longer than {MAX_EVENT_ID} characters")))
        }
        id => Ok(id.filter(|id| !id.is_empty())),
    }
}

/// Refuses a body that is not said to be JSON in UTF-8. (`text/plain` would also need no preflight in a browser.)
pub(crate) fn require_json(headers: &General<'_>) -> Result<(), Refusal> {
    let refused = |text: String| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", text));
    let Some(value) = headers.content_type else {
        return refused("header Content-Type is missing; send Content-Type: application/json".to_owned());
    };
    if value == "application/json" {
        return Ok(());
    }
    let value = text(&CONTENT_TYPE, value)?.as_bytes();
    let media = fields(value, b';').next().unwrap_or_default();
    if !media.eq_ignore_ascii_case(b"application/json") {
        return refused(format!("Content-Type `{}` is not taken; send application/json", shown(media)));
    }
    match parameter(value, b"charset") {
        Some(charset) if !charset.eq_ignore_ascii_case(b"utf-8") && !charset.eq_ignore_ascii_case(b"utf8") => {
            refused(format!("charset `{}` is not taken; send JSON in UTF-8", shown(charset)))
        }
        _ => Ok(()),
    }
}

/// Refuses a body that was compressed.
pub(crate) fn require_identity(headers: &General<'_>) -> Result<(), Refusal> {
    if !headers.encoded {
        return Ok(());
    }
    for value in headers.all.get_all(CONTENT_ENCODING) {
        let other = |coding: &&[u8]| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity");
        if let Some(coding) = fields(value.as_bytes(), b',').find(other) {
            let text = format!("Content-Encoding `{}` is not taken; send the body as it is", shown(coding));
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", text));
        }
    }
    Ok(())
}

/// Refuses a body that is announced to be longer than `max_body`; without an announcement, whoever reads it counts.
pub(crate) fn require_length(headers: &General<'_>, max_body: u64) -> Result<(), Refusal> {
    let Some(value) = headers.content_length else { return Ok(()) };
    let value = text(&CONTENT_LENGTH, value)?;
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::bad_header(format!("Content-Length `{}` is not a number", shown(value.as_bytes()))));
    }
    // Digits that do not fit the type are a length past any limit.
    if value.parse().is_ok_and(|length: u64| length <= max_body) { Ok(()) } else { Err(Refusal::too_large(max_body)) }
}

fn repeated(name: &HeaderName) -> Refusal {
    let text = format!("header {} is given more than once", spelled(name));
    Refusal::new(StatusCode::BAD_REQUEST, "repeated_header", text)
}

/// The name as people write it; the library keeps names in lower case.
fn spelled(name: &HeaderName) -> String {
    match name.as_str() {
        "mcp-protocol-version" => return "MCP-Protocol-Version".to_owned(),
        "last-event-id" => return "Last-Event-ID".to_owned(),
        _ => {}
    }
    let words = shown(name.as_str().as_bytes());
    let capitals = words.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    capitals.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let mut map = HeaderMap::new();
        for (name, value) in lines.iter().map(line) {
            map.append(name, value);
        }
        map
    }

    fn said<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (u16, String) {
        let refusal = result.unwrap_err();
        (refusal.status.as_u16(), refusal.text)
    }

    #[test]
    fn a_header_that_decides_is_given_once() {
        let names = [
            ("host", "Host"),
            ("origin", "Origin"),
            ("authorization", "Authorization"),
            ("content-type", "Content-Type"),
            ("mcp-session-id", "Mcp-Session-Id"),
            ("mcp-protocol-version", "MCP-Protocol-Version"),
            ("mcp-method", "Mcp-Method"),
            ("mcp-name", "Mcp-Name"),
            ("last-event-id", "Last-Event-ID"),
        ];
        for (name, spelled) in names {
            let twice = headers(&[("x-other", "1"), (name, "secret"), (name, "secret")]);
            let expected = (400, format!("header {spelled} is given more than once"));
            assert_eq!(said(refuse_repeated(&twice)), expected);
            assert_eq!(said(single(&twice, &HeaderName::from_static(name))), expected);
        }
        assert_eq!(refuse_repeated(&headers(&[("accept", "a"), ("accept", "b"), ("host", "a")])), Ok(()));
    }

    #[test]
    fn a_parameter_header_is_read_the_same_way() {
        let region = HeaderName::from_static("mcp-param-region");
        let twice = headers(&[("mcp-param-region", "a"), ("mcp-param-region", "a")]);
        assert_eq!(refuse_repeated(&twice), Ok(()), "the door does not know which parameters are recognised");
        assert_eq!(said(single(&twice, &region)).1, "header Mcp-Param-Region is given more than once");
        assert_eq!(single(&headers(&[("mcp-param-region", "eu")]), &region), Ok(Some("eu")));
        assert_eq!(single(&headers(&[]), &region), Ok(None));
    }

    #[test]
    fn a_value_outside_visible_ascii_is_refused_without_showing_it() {
        let text = "header Mcp-Name must be visible ASCII".to_owned();
        assert_eq!(said(single(&headers(&[("mcp-name", "caf\u{e9}")]), &MCP_NAME)), (400, text));
    }

    #[test]
    fn a_session_id_is_taken_as_it_came() {
        assert_eq!(session_id(&headers(&[("mcp-session-id", "a b")])), Ok(Some("a b")));
    }

    #[test]
    fn an_empty_last_event_id_is_none_and_a_long_one_is_refused() {
        assert_eq!(last_event_id(&headers(&[("last-event-id", "")])), Ok(None));
        assert_eq!(last_event_id(&headers(&[("last-event-id", "e1")])), Ok(Some("e1")));
        assert_eq!(said(last_event_id(&headers(&[("last-event-id", &"x".repeat(1025))]))).0, 400);
    }

    #[test]
    fn the_body_is_json_in_utf8() {
        for value in ["application/json", "Application/JSON ; Charset=\"UTF-8\"", "application/json;charset=utf8;x=1"] {
            assert_eq!(require_json(&General::of(&headers(&[("content-type", value)])).unwrap()), Ok(()), "{value}");
        }
        for value in
            ["text/plain", "application/json2", "", "application/x-www-form-urlencoded", "text/plain;application/json"]
        {
            assert_eq!(
                said(require_json(&General::of(&headers(&[("content-type", value)])).unwrap())).0,
                415,
                "{value}"
            );
        }
        let latin = headers(&[("content-type", "application/json; charset=latin1")]);
        assert_eq!(
            said(require_json(&General::of(&latin).unwrap())),
            (415, "charset `latin1` is not taken; send JSON in UTF-8".to_owned())
        );
        assert_eq!(said(require_json(&General::of(&headers(&[])).unwrap())).0, 415);
    }

    #[test]
    fn the_body_is_not_compressed() {
        for value in ["identity", "", "Identity, identity"] {
            assert_eq!(require_identity(&General::of(&headers(&[("content-encoding", value)])).unwrap()), Ok(()));
        }
        let hidden = headers(&[("content-encoding", "identity"), ("content-encoding", "identity, gzip")]);
        let text = "Content-Encoding `gzip` is not taken; send the body as it is".to_owned();
        assert_eq!(said(require_identity(&General::of(&hidden).unwrap())), (415, text));
    }

    #[test]
    fn an_announced_length_is_a_number_within_the_limit() {
        let length = |value| require_length(&General::of(&headers(&[("content-length", value)])).unwrap(), 10);
        assert_eq!((length("10"), length("0")), (Ok(()), Ok(())));
        assert_eq!((said(length("11")).0, said(length("99999999999999999999999")).0), (413, 413));
        assert_eq!((said(length("-1")).0, said(length("")).0, said(length("+5")).0), (400, 400, 400));
    }
}
