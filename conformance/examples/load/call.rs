//! What is sent: each request is written once, and its id is patched in place.

use std::net::SocketAddr;

/// The newest version with sessions.
const SESSION: &str = "2025-11-25";
/// The version without them.
const REQUEST: &str = "2026-07-28";
/// What the tool is to echo.
pub(crate) const TEXT: &str = "hello";
/// Ids have ten digits from the first to the last.
const FIRST: u64 = 1_000_000_000;
/// The digits of an id.
pub(crate) type Id = [u8; 10];

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A server that answers the same to everything.
    Plain,
    /// A handshake, then its session's id with each request.
    Session,
    /// Each request carries its peer.
    Request,
}

impl Mode {
    pub(crate) fn read(word: &str) -> Option<Self> {
        match word {
            "plain" => Some(Self::Plain),
            "session" => Some(Self::Session),
            "request" => Some(Self::Request),
            _ => None,
        }
    }
}

/// A call of the echo tool, ready to be sent again and again.
#[derive(Debug)]
pub(crate) struct Call {
    bytes: Vec<u8>,
    /// Where the id stands.
    at: usize,
    last: u64,
}

impl Call {
    pub(crate) fn new(mode: Mode, address: SocketAddr, session: Option<&str>) -> Self {
        let headers = match (mode, session) {
            (Mode::Session, Some(session)) => {
                format!("mcp-session-id: {session}\r\nmcp-protocol-version: {SESSION}\r\n")
            }
            (Mode::Request, _) => {
                format!("mcp-protocol-version: {REQUEST}\r\nmcp-method: tools/call\r\nmcp-name: echo\r\n")
            }
            _ => String::new(),
        };
        let params = match mode {
            Mode::Request => format!(
                r#""_meta":{{"io.modelcontextprotocol/protocolVersion":"{REQUEST}","io.modelcontextprotocol/clientInfo":{CLIENT},"io.modelcontextprotocol/clientCapabilities":{{}}}},"#
            ),
            Mode::Plain | Mode::Session => String::new(),
        };
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":{FIRST},"method":"tools/call","params":{{{params}"name":"echo","arguments":{{"text":"{TEXT}"}}}}}}"#
        );
        let bytes = post(address, &headers, &body);
        let at = bytes.len() - body.len() + r#"{"jsonrpc":"2.0","id":"#.len();
        Self { bytes, at, last: FIRST }
    }

    /// The request with an id that it did not have before.
    pub(crate) fn next(&mut self) -> (Id, &[u8]) {
        self.last += 1;
        let mut rest = self.last;
        let mut id = Id::default();
        for digit in id.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).expect("a digit is below ten");
            rest /= 10;
        }
        self.bytes[self.at..self.at + id.len()].copy_from_slice(&id);
        (id, &self.bytes)
    }
}

const CLIENT: &str = r#"{"name":"load","version":"1"}"#;

/// The first request of a session.
pub(crate) fn initialize(address: SocketAddr) -> Vec<u8> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{SESSION}","capabilities":{{}},"clientInfo":{CLIENT}}}}}"#
    );
    post(address, "", &body)
}

/// What makes a session ready.
pub(crate) fn initialized(address: SocketAddr, session: &str) -> Vec<u8> {
    let headers = format!("mcp-session-id: {session}\r\nmcp-protocol-version: {SESSION}\r\n");
    post(address, &headers, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
}

fn post(address: SocketAddr, headers: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn body(request: &[u8]) -> (String, Value) {
        let text = std::str::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        (head.to_owned(), serde_json::from_str(body).unwrap())
    }

    #[test]
    fn ids_are_patched_and_nothing_else() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        for mode in [Mode::Plain, Mode::Session, Mode::Request] {
            let mut call = Call::new(mode, address, Some("s"));
            let (first, request) = call.next();
            let (head, mut before) = body(request);
            assert_eq!((&first, &before["id"]), (b"1000000001", &Value::from(1_000_000_001)));
            call.last += 1_233;
            let (head_after, after) = body(call.next().1);
            before["id"] = Value::from(1_000_001_235);
            assert_eq!((&head, &before), (&head_after, &after));
        }
    }

    #[test]
    fn each_era_carries_what_is_its() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let (head, call) = body(Call::new(Mode::Session, address, Some("abc")).next().1);
        assert!(head.contains("mcp-session-id: abc") && head.contains(SESSION), "{head}");
        assert_eq!(call["params"]["_meta"], Value::Null);
        let (head, call) = body(Call::new(Mode::Request, address, None).next().1);
        for header in ["mcp-protocol-version: 2026-07-28", "mcp-method: tools/call", "mcp-name: echo"] {
            assert!(head.contains(header), "{head}");
        }
        let meta = &call["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], REQUEST);
        assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "load");
        assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
        assert_eq!(call["params"]["arguments"]["text"], TEXT);
    }
}
