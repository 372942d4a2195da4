//! Server-sent events written into a buffer; knows neither sessions nor what the data means.

use bytes::BufMut;

// The server only writes events; the reading half serves the tests until the HTTP client needs it.
#[cfg(test)]
pub(crate) mod decoder;

/// A message: `data` on as many `data:` lines as it has lines, with `id` if the stream can be resumed.
///
/// A line break inside pretty-printed JSON comes out as `\n` whatever it was; JSON does not mind.
pub(crate) fn event(out: &mut impl BufMut, id: Option<&str>, data: &[u8]) {
    put_id(out, id);
    // The default type, said aloud: both official server SDKs do, and so what clients are tested with.
    out.put_slice(b"event: message\n");
    // `contains` on bytes is a word-wise search, and nearly every message is one line.
    if data.contains(&b'\n') || data.contains(&b'\r') {
        put_lines(out, data);
    } else {
        put_data(out, data);
    }
    out.put_u8(b'\n');
}

/// Where to send messages, for a wire whose streams do not take them.
pub(crate) fn endpoint(out: &mut impl BufMut, uri: &str) {
    out.put_slice(b"event: endpoint\n");
    put_data(out, uri.as_bytes());
    out.put_u8(b'\n');
}

/// The first event of a resumable stream: an id to come back with, no data, and how long to wait before doing so.
pub(crate) fn priming(out: &mut impl BufMut, id: &str, retry_ms: u32) {
    put_id(out, Some(id));
    put_retry(out, retry_ms);
    put_data(out, b"");
    out.put_u8(b'\n');
}

/// How long the client is to wait before it reconnects; not an event of its own.
pub(crate) fn retry(out: &mut impl BufMut, ms: u32) {
    put_retry(out, ms);
    out.put_u8(b'\n');
}

/// A comment, which every client ignores: keeps proxies from closing a quiet stream.
pub(crate) fn comment(out: &mut impl BufMut) {
    out.put_slice(b": \n\n");
}

fn put_id(out: &mut impl BufMut, id: Option<&str>) {
    let Some(id) = id else { return };
    let fits_a_line = !id.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    debug_assert!(fits_a_line, "an event id is one line: {id:?}");
    // Never let an id end its own line: an event without an id is poorer, a forged one is wrong.
    if fits_a_line {
        out.put_slice(b"id: ");
        out.put_slice(id.as_bytes());
        out.put_u8(b'\n');
    }
}

fn put_retry(out: &mut impl BufMut, ms: u32) {
    out.put_slice(b"retry: ");
    out.put_slice(ms.to_string().as_bytes());
    out.put_u8(b'\n');
}

fn put_data(out: &mut impl BufMut, line: &[u8]) {
    out.put_slice(b"data: ");
    out.put_slice(line);
    out.put_u8(b'\n');
}

/// One `data:` line per line; `\n`, `\r` and `\r\n` each end one, as they would for the reader.
fn put_lines(out: &mut impl BufMut, data: &[u8]) {
    let mut rest = data;
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        put_data(out, &rest[..end]);
        let width = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[end + width..];
    }
    put_data(out, rest);
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::decoder::Decoder;
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_its_id_its_type_and_its_data() {
        assert_eq!(written(|out| event(out, Some("7"), b"{}")), "id: 7\nevent: message\ndata: {}\n\n");
        assert_eq!(written(|out| event(out, None, b"{}")), "event: message\ndata: {}\n\n");
    }

    #[test]
    fn every_kind_of_line_break_begins_a_new_data_line() {
        let text = written(|out| event(out, None, b"{\n\r\n1\r}"));
        assert_eq!(text, "event: message\ndata: {\ndata: \ndata: 1\ndata: }\n\n");
        assert_eq!(written(|out| event(out, None, b"1\n")), "event: message\ndata: 1\ndata: \n\n");
    }

    #[test]
    fn priming_retry_comment_and_endpoint() {
        assert_eq!(written(|out| priming(out, "a", 500)), "id: a\nretry: 500\ndata: \n\n");
        assert_eq!(written(|out| retry(out, 1000)), "retry: 1000\n\n");
        assert_eq!(written(comment), ": \n\n");
        assert_eq!(written(|out| endpoint(out, "/m?s=1")), "event: endpoint\ndata: /m?s=1\n\n");
    }

    #[test]
    fn it_writes_into_either_buffer() {
        let mut out = BytesMut::new();
        event(&mut out, None, b"1");
        assert_eq!(&out[..], written(|out| event(out, None, b"1")).as_bytes());
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "an event id is one line"))]
    fn an_id_with_a_line_break_is_a_bug_and_never_written() {
        let text = written(|out| event(out, Some("a\ndata: forged"), b"{}"));
        assert_eq!(text, "event: message\ndata: {}\n\n");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(data in "[a-z{}: \r\n\u{e9}]{0,40}", id in proptest::option::of("[!-~]{1,20}"), size in 1usize..9) {
            let mut out = Vec::new();
            event(&mut out, id.as_deref(), data.as_bytes());
            let mut decoder = Decoder::new(1024);
            let mut seen = Vec::new();
            for chunk in out.chunks(size) {
                decoder.feed(chunk);
                while let Some(event) = decoder.next_event().unwrap() {
                    seen.push(event);
                }
            }
            prop_assert_eq!(seen.len(), 1);
            prop_assert_eq!(&seen[0].data, &data.replace("\r\n", "\n").replace('\r', "\n"));
            prop_assert_eq!(&seen[0].id, &id);
            prop_assert_eq!(&seen[0].event, "message");
        }
    }
}
