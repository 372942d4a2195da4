//! The client's end of a socket: bytes out, responses and events in. Timeouts only keep a broken test from hanging.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Long enough for the slowest machine; never waited for in a test that passes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Wire {
    stream: TcpStream,
    /// Read, but not yet taken.
    raw: Vec<u8>,
    /// Of the body that is being read: decoded, but not yet taken.
    body: Vec<u8>,
    chunked: bool,
    born: Instant,
}

/// A response whose body, if it is a stream of events, is still to be read.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let found = all.next().map(|(_, value)| value.as_str());
        assert!(all.next().is_none(), "{name} is sent once");
        found
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.header("content-type") == Some("text/event-stream")
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One event of a stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<u32>,
    /// None: no data line. Null: an empty one.
    pub(crate) data: Option<Value>,
    pub(crate) comment: bool,
}

impl Event {
    fn read(text: &str) -> Self {
        let mut event = Self::default();
        let mut data: Option<String> = None;
        for line in text.lines() {
            match line.split_once(':').unwrap_or((line, "")) {
                ("", _) => event.comment = true,
                ("id", value) => event.id = Some(value.trim_start().to_owned()),
                ("retry", value) => event.retry = Some(value.trim().parse().unwrap()),
                ("event", value) => assert_eq!(value.trim(), "message"),
                ("data", value) => data.get_or_insert_default().push_str(value.trim_start()),
                (other, _) => panic!("no such field: {other}"),
            }
        }
        let parsed = |data: String| if data.is_empty() { Value::Null } else { serde_json::from_str(&data).unwrap() };
        event.data = data.map(parsed);
        event
    }

    pub(crate) fn message(self) -> Value {
        self.data.filter(Value::is_object).unwrap()
    }

    pub(crate) fn is_priming(&self) -> bool {
        self.id.is_some() && self.data == Some(Value::Null)
    }
}

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, raw: Vec::new(), body: Vec::new(), chunked: false, born: Instant::now() }
    }

    /// The client's own address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Says that nothing more will be sent.
    pub(crate) fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The next response; whole, unless it is a stream of events.
    pub(crate) fn response(&mut self) -> Response {
        let head = loop {
            if let Some(end) = find(&self.raw, b"\r\n\r\n") {
                let head: Vec<u8> = self.raw.drain(..end + 4).collect();
                break String::from_utf8(head).unwrap();
            }
            assert!(self.fill(), "the connection ended before a response: {:?}", String::from_utf8_lossy(&self.raw));
        };
        let mut lines = head.trim_end().lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let field = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        let headers = lines.map(|line| field(line).unwrap()).collect();
        let mut response = Response { status, headers, body: String::new() };
        self.chunked = response.header("transfer-encoding") == Some("chunked");
        self.body.clear();
        if response.is_stream() {
            return response;
        }
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        if self.chunked {
            while self.chunk() {}
        } else {
            while self.raw.len() < length {
                assert!(self.fill(), "the connection ended within a body");
            }
            self.body = self.raw.drain(..length).collect();
        }
        response.body = String::from_utf8(std::mem::take(&mut self.body)).unwrap();
        response
    }

    /// The next event of the stream; none when the stream ended as it should.
    pub(crate) fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = find(&self.body, b"\n\n") {
                let text: Vec<u8> = self.body.drain(..end + 2).collect();
                return Some(Event::read(&String::from_utf8(text).unwrap()));
            }
            if !self.chunk() {
                assert!(self.body.is_empty(), "half an event: {:?}", String::from_utf8_lossy(&self.body));
                return None;
            }
        }
    }

    /// The next event that says something.
    pub(crate) fn message(&mut self) -> Option<Event> {
        std::iter::from_fn(|| self.event()).find(|event| event.data.as_ref().is_some_and(Value::is_object))
    }

    /// All messages until the stream ends.
    pub(crate) fn rest(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.message()).collect()
    }

    /// Whether the server ended the connection.
    pub(crate) fn is_over(&mut self) -> bool {
        !self.fill()
    }

    /// Decodes one chunk; false if it was the last.
    fn chunk(&mut self) -> bool {
        assert!(self.chunked, "a stream comes in chunks");
        let line = loop {
            if let Some(end) = find(&self.raw, b"\r\n") {
                break self.raw.drain(..end + 2).collect::<Vec<u8>>();
            }
            assert!(self.fill(), "the connection ended between chunks");
        };
        let length = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim_end(), 16).unwrap();
        while self.raw.len() < length + 2 {
            assert!(self.fill(), "the connection ended within a chunk");
        }
        self.body.extend(self.raw.drain(..length));
        self.raw.drain(..2);
        length > 0
    }

    fn fill(&mut self) -> bool {
        // Signs of life alone are no life.
        assert!(self.born.elapsed() < 2 * PATIENCE, "what was waited for did not come");
        let mut buffer = [0; 64 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.raw.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}; so far: {:?}", String::from_utf8_lossy(&self.raw)),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
