//! Server-sent events read from a stream of bytes, by the grammar of the WHATWG; knows nothing of reconnecting.

use std::fmt;

/// One event that was dispatched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id given with this event (the last one given with *any* event is [`Decoder::last_id`]).
    pub(crate) id: Option<String>,
    /// The type, `message` if none was given.
    pub(crate) event: String,
    /// The data lines joined by `\n`; bytes that are not UTF-8 are replaced, as the grammar wants.
    pub(crate) data: String,
    /// The milliseconds to wait before a reconnection, if they came with this event.
    pub(crate) retry: Option<u64>,
}

/// An event, or a single line, is longer than the decoder's limit; the stream cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// The limit in bytes.
    pub(crate) max_event: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a server-sent event is longer than {} bytes", self.max_event)
    }
}

impl std::error::Error for TooLong {}

/// The decoder: [`feed`](Decoder::feed) it what was read, then take events until `None`, then read again.
///
/// An event that the stream ends in the middle of is never dispatched.
#[derive(Debug)]
pub(crate) struct Decoder {
    pending: Vec<u8>,
    taken: usize,
    searched: usize,
    max_event: usize,
    at_start: bool,
    /// The last line ended with `\r`; a `\n` that follows belongs to it.
    after_cr: bool,
    failed: bool,
    block: Block,
    last_id: Option<String>,
    retry: Option<u64>,
}

/// The event being gathered.
#[derive(Debug, Default)]
struct Block {
    id: Option<String>,
    event: String,
    data: Vec<u8>,
    retry: Option<u64>,
    /// What its lines take together, kept or not.
    size: usize,
}

impl Decoder {
    /// A decoder that keeps at most `max_event` bytes of one event.
    pub(crate) fn new(max_event: usize) -> Self {
        Self {
            pending: Vec::new(),
            taken: 0,
            searched: 0,
            max_event,
            at_start: true,
            after_cr: false,
            failed: false,
            block: Block::default(),
            last_id: None,
            retry: None,
        }
    }

    /// Adds what was read.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        if self.failed {
            return;
        }
        self.pending.drain(..self.taken);
        self.searched -= self.taken;
        self.taken = 0;
        self.pending.extend_from_slice(chunk);
    }

    /// The next event, `None` if more bytes are needed first.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, TooLong> {
        while let Some((start, end)) = self.next_line()? {
            if start == end {
                if let Some(event) = self.dispatch() {
                    return Ok(Some(event));
                }
            } else {
                let line = &self.pending[start..end];
                if line[0] != b':' {
                    self.block.size += line.len() + 1;
                    self.block.field(line);
                }
            }
        }
        Ok(None)
    }

    /// The id to reconnect with: the last one given, by any event; none after an empty one.
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The reconnection time last given, in milliseconds.
    pub(crate) fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Where the next line lies in `pending`, its end taken.
    fn next_line(&mut self) -> Result<Option<(usize, usize)>, TooLong> {
        if self.failed || !self.ready() {
            return if self.failed { Err(self.too_long()) } else { Ok(None) };
        }
        let (start, from) = (self.taken, self.searched.max(self.taken));
        let found = self.pending[from..].iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let end = found.map_or(self.pending.len(), |at| from + at);
        if self.block.size + (end - start) > self.max_event {
            self.failed = true;
            self.pending = Vec::new();
            self.block = Block::default();
            return Err(self.too_long());
        }
        self.searched = end;
        if found.is_none() {
            return Ok(None);
        }
        self.after_cr = self.pending[end] == b'\r';
        self.taken = end + 1;
        self.searched = end + 1;
        Ok(Some((start, end)))
    }

    /// Passes over a byte order mark and the second half of `\r\n`; false if it cannot be told yet.
    fn ready(&mut self) -> bool {
        const BOM: &[u8] = b"\xEF\xBB\xBF";
        if self.at_start {
            if self.pending.len() < BOM.len() && BOM.starts_with(&self.pending) {
                return false;
            }
            self.at_start = false;
            self.taken = if self.pending.starts_with(BOM) { BOM.len() } else { 0 };
        }
        if self.after_cr && self.taken < self.pending.len() {
            self.after_cr = false;
            self.taken += usize::from(self.pending[self.taken] == b'\n');
        }
        self.searched = self.searched.max(self.taken);
        self.taken < self.pending.len()
    }

    /// An empty line: the block is an event if it has a data line.
    fn dispatch(&mut self) -> Option<Event> {
        let mut block = std::mem::take(&mut self.block);
        if let Some(id) = &block.id {
            self.last_id = (!id.is_empty()).then(|| id.clone());
        }
        self.retry = block.retry.or(self.retry);
        // Every data line ended with a newline of its own; the last one is not part of the data.
        block.data.pop()?;
        let event = if block.event.is_empty() { "message".to_owned() } else { block.event };
        Some(Event { id: block.id, event, data: lossy(&block.data), retry: block.retry })
    }

    fn too_long(&self) -> TooLong {
        TooLong { max_event: self.max_event }
    }
}

impl Block {
    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|&byte| byte == b':');
        let (name, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => self.event = lossy(value),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"id" if !value.contains(&0) => self.id = Some(lossy(value)),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                self.retry = str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).or(self.retry);
            }
            _ => {}
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `type|id|data` of every event, whatever the size of the chunks.
    fn read(input: &[u8]) -> Vec<String> {
        let whole = chunked(input, input.len().max(1));
        for size in 1..5 {
            assert_eq!(chunked(input, size), whole, "in chunks of {size}");
        }
        whole
    }

    fn chunked(input: &[u8], size: usize) -> Vec<String> {
        let mut decoder = Decoder::new(1000);
        let mut seen = Vec::new();
        for chunk in input.chunks(size) {
            decoder.feed(chunk);
            while let Some(event) = decoder.next_event().unwrap() {
                seen.push(format!("{}|{}|{}", event.event, event.id.as_deref().unwrap_or("-"), event.data));
            }
        }
        seen
    }

    #[test]
    fn lines_end_with_cr_lf_or_both() {
        assert_eq!(read(b"data: a\n\ndata: b\r\rdata: c\r\n\r\n"), ["message|-|a", "message|-|b", "message|-|c"]);
        assert_eq!(read(b"data: a\r\n\ndata: b\n\r\n"), ["message|-|a", "message|-|b"]);
        assert_eq!(read(b"data: a\r\ndata: b\r\n\r\n"), ["message|-|a\nb"]);
    }

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(read(b"data: YHOO\ndata: +2\ndata: 10\n\n"), ["message|-|YHOO\n+2\n10"]);
        let stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        assert_eq!(read(stream), ["message|1|first event", "message||second event", "message|-| third event"]);
        assert_eq!(read(b"data\n\ndata\ndata\n\ndata:"), ["message|-|", "message|-|\n"]);
        assert_eq!(read(b"data:test\n\ndata: test\n\n"), ["message|-|test", "message|-|test"]);
    }

    #[test]
    fn a_byte_order_mark_comments_and_unknown_fields_are_passed_over() {
        assert_eq!(read(b"\xEF\xBB\xBFdata: a\n:\n: x\nfoo: bar\nDATA: no\nevent: x\n\n"), ["x|-|a"]);
        assert_eq!(read(b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n"), [""; 0]);
    }

    #[test]
    fn without_data_there_is_no_event_but_id_and_retry_are_kept() {
        let mut decoder = Decoder::new(100);
        decoder.feed(b"id: 7\nretry: 500\nevent: x\n\nretry: 5s\nretry:\nid: a\0b\ndata: a\n\n");
        let event = decoder.next_event().unwrap().unwrap();
        assert_eq!((event.event.as_str(), event.id, event.retry), ("message", None, None));
        assert_eq!((decoder.last_id(), decoder.retry()), (Some("7"), Some(500)));
        decoder.feed(b"id\n\n");
        assert_eq!(decoder.next_event(), Ok(None));
        assert_eq!(decoder.last_id(), None);
    }

    #[test]
    fn an_unfinished_event_is_not_dispatched() {
        assert_eq!(read(b"data: a\n"), [""; 0]);
        assert_eq!(read(b"data: a\n\ndata: b"), ["message|-|a"]);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(read(b"data: a\xFFb\n\n"), ["message|-|a\u{fffd}b"]);
    }

    #[test]
    fn an_event_past_the_limit_is_an_error_for_good_and_keeps_nothing() {
        for input in [&b"data: 0123456789"[..], b"data: 01\ndata: 23\n", b": 01234567890123456"] {
            let mut decoder = Decoder::new(15);
            let mut result = Ok(None);
            for byte in input {
                decoder.feed(&[*byte]);
                result = decoder.next_event();
            }
            assert_eq!(result, Err(TooLong { max_event: 15 }), "{}", input.escape_ascii());
            decoder.feed(b"\n\ndata: a\n\n");
            assert_eq!(decoder.next_event(), Err(TooLong { max_event: 15 }));
            assert_eq!(decoder.pending.capacity(), 0);
        }
        assert_eq!(TooLong { max_event: 15 }.to_string(), "a server-sent event is longer than 15 bytes");
    }

    #[test]
    fn a_slow_long_line_is_searched_once() {
        let mut decoder = Decoder::new(1000);
        decoder.feed(b"data: a\n\ndata: ");
        assert_eq!(decoder.next_event().unwrap().unwrap().data, "a");
        for _ in 0..50 {
            decoder.feed(b"xxxxxxxxxx");
            assert!(decoder.searched + 16 >= decoder.pending.len(), "what was searched is remembered");
            assert_eq!(decoder.next_event(), Ok(None));
        }
    }

    #[test]
    fn keep_alives_do_not_count_towards_the_limit() {
        let mut decoder = Decoder::new(20);
        for _ in 0..100 {
            decoder.feed(b": \n\n: ping\n");
            assert_eq!(decoder.next_event(), Ok(None));
        }
        decoder.feed(b"data: 1\n\n");
        assert_eq!(decoder.next_event().unwrap().unwrap().data, "1");
    }
}
