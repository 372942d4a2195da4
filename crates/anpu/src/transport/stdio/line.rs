//! Newline-delimited messages cut out of a stream of bytes; knows neither JSON nor where the bytes come from.

use std::io::BufRead as _;

use bytes::{Buf as _, Bytes, BytesMut};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// The line without its end (`\n` or `\r\n`); a view into the chunk it came with, which lives as long as it does.
    Message(Bytes),
    /// A line past the limit; said once, as soon as it is known, and the rest of that line is skipped.
    TooLong,
}

/// The codec: [`feed`](Lines::feed) it what was read, then take lines with `next()` until `None`, then read again.
///
/// Drained that way it never holds more than one line and one chunk. `None` means "nothing yet", not "the end":
/// at the end of the input call [`finish`](Lines::finish).
#[derive(Debug)]
pub(crate) struct Lines {
    pending: BytesMut,
    /// How much of `pending` is known to have no newline, so that a slow long line is searched once, not once a chunk.
    searched: usize,
    max_line: usize,
    skipping: bool,
    at_start: bool,
}

impl Lines {
    /// A codec for lines of at most `max_line` bytes, the line end not counted.
    pub(crate) fn new(max_line: usize) -> Self {
        Self { pending: BytesMut::new(), searched: 0, max_line, skipping: false, at_start: true }
    }

    /// Adds what was read.
    pub(crate) fn feed(&mut self, mut chunk: &[u8]) {
        if self.skipping {
            let Some(end) = newline(chunk) else { return };
            chunk = &chunk[end + 1..];
            self.skipping = false;
        }
        self.pending.extend_from_slice(chunk);
    }

    /// The last line, if the input ended without a newline.
    pub(crate) fn finish(&mut self) -> Option<Line> {
        self.drop_bom();
        self.searched = 0;
        let rest = self.pending.split();
        self.line(rest)
    }

    /// What a line's bytes are, its `\n` already taken off; `None` for a blank one.
    fn line(&self, mut line: BytesMut) -> Option<Line> {
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > self.max_line {
            return Some(Line::TooLong);
        }
        (!line.trim_ascii().is_empty()).then(|| Line::Message(line.freeze()))
    }

    /// Windows programs like to begin with a byte order mark; JSON does not have one.
    fn drop_bom(&mut self) {
        if self.at_start && self.pending.len() >= BOM.len() {
            self.at_start = false;
            if self.pending.starts_with(BOM) {
                self.pending.advance(BOM.len());
                self.searched = 0;
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        self.drop_bom();
        if self.at_start && BOM.starts_with(&self.pending) {
            // Half a mark is not yet part of a line, and not to be counted as one.
            return None;
        }
        while let Some(at) = newline(&self.pending[self.searched..]) {
            let mut line = self.pending.split_to(self.searched + at + 1);
            line.truncate(line.len() - 1);
            self.searched = 0;
            self.at_start = false;
            if let Some(line) = self.line(line) {
                return Some(line);
            }
        }
        self.searched = self.pending.len();
        // One more byte than allowed may still be the `\r` of the line end.
        if self.pending.len() > self.max_line.saturating_add(1) {
            // A new buffer rather than `clear`: the capacity of a line that was refused is given back.
            self.pending = BytesMut::new();
            self.searched = 0;
            self.skipping = true;
            self.at_start = false;
            return Some(Line::TooLong);
        }
        None
    }
}

/// Where the first newline is. `skip_until` is the standard library's public door to its vectorised `memchr`.
fn newline(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let taken = rest.skip_until(b'\n').ok()?;
    (bytes[..taken].last() == Some(&b'\n')).then(|| taken - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds the chunks as a transport does and gives every line as text (`!` for one that is too long).
    fn read(max: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::new(max);
        let mut seen = Vec::new();
        for chunk in chunks {
            lines.feed(chunk);
            seen.extend(lines.by_ref());
        }
        seen.extend(lines.finish());
        seen.extend(lines.finish());
        seen.into_iter().map(text).collect()
    }

    fn text(line: Line) -> String {
        match line {
            Line::Message(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Line::TooLong => "!".to_owned(),
        }
    }

    #[test]
    fn lines_end_with_either_newline_and_blank_ones_are_skipped() {
        assert_eq!(read(10, &[b"a\nb\r\n\n\r\n  \t\n c \nd"]), ["a", "b", " c ", "d"]);
        assert_eq!(read(10, &[b""]), [""; 0]);
        assert_eq!(read(10, &[b" \r"]), [""; 0]);
    }

    #[test]
    fn a_line_may_arrive_in_pieces() {
        assert_eq!(read(10, &[b"{\"a", b"\":1}", b"\r", b"\n{", b"}\n"]), ["{\"a\":1}", "{}"]);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_only_at_the_start() {
        assert_eq!(read(10, &[b"\xEF", b"\xBB", b"\xBFa\n\xEF\xBB\xBFb\n"]), ["a", "\u{feff}b"]);
        assert_eq!(read(1, &[b"\xEF\xBB\xBFa"]), ["a"]);
        assert_eq!(read(0, &[b"\xEF", b"\xBB", b"\xBF"]), [""; 0]);
        assert_eq!(read(0, &[b"aa", b"\n", b"\xEF\xBB\xBF"]), ["!", "!"]);
        assert_eq!(read(9, &[b"\n\xEF\xBB\xBFa"]), ["\u{feff}a"]);
        assert_eq!(read(9, &[b"\n", b"\xEF\xBB\xBFa"]), ["\u{feff}a"]);
    }

    #[test]
    fn the_limit_counts_the_line_without_its_end() {
        assert_eq!(read(3, &[b"abc\nabc\r\nabcd\nabcd\r\nabc"]), ["abc", "abc", "!", "!", "abc"]);
        assert_eq!(read(3, &[b"abc\r", b"\n", b"abcd"]), ["abc", "!"]);
    }

    #[test]
    fn an_overlong_line_is_told_at_once_and_its_rest_is_not_kept() {
        let mut lines = Lines::new(8);
        lines.feed(b"0123456789");
        assert_eq!(lines.next(), Some(Line::TooLong));
        for _ in 0..1000 {
            lines.feed(&[b'x'; 1024]);
            assert_eq!(lines.next(), None);
            assert_eq!(lines.pending.capacity(), 0);
        }
        lines.feed(b"xx\nok\n");
        assert_eq!(lines.next(), Some(Line::Message(Bytes::from_static(b"ok"))));
        assert_eq!(lines.next(), None);
    }

    #[test]
    fn an_overlong_line_cut_off_by_the_end_is_told_once() {
        assert_eq!(read(2, &[b"abcdef", b"gh"]), ["!"]);
    }

    #[test]
    fn pipelined_lines_share_one_buffer() {
        let mut lines = Lines::new(100);
        lines.feed(&b"{\"id\":1}\n".repeat(10_000));
        let all: Vec<_> = lines.by_ref().collect();
        assert_eq!(all.len(), 10_000);
        let (Line::Message(first), Line::Message(second)) = (&all[0], &all[1]) else { panic!("messages") };
        assert_eq!(second.as_ptr() as usize - first.as_ptr() as usize, 9, "cut out, not copied");
    }

    #[test]
    fn a_slow_long_line_is_searched_once() {
        let mut lines = Lines::new(1 << 20);
        for _ in 0..100 {
            lines.feed(b"xxxxxxxxxx");
            assert_eq!(lines.next(), None);
            assert_eq!(lines.searched, lines.pending.len());
        }
    }

    proptest! {
        #[test]
        fn where_the_chunks_are_cut_makes_no_difference(
            input in prop::collection::vec(prop::sample::select(&b"ab \r\n\xEF\xBB\xBF"[..]), 0..60), size in 1usize..7, max in 0usize..6,
        ) {
            let whole = raw(max, &input, input.len().max(1));
            prop_assert_eq!(raw(max, &input, size), whole);
        }
    }

    fn raw(max: usize, input: &[u8], size: usize) -> Vec<Line> {
        let mut lines = Lines::new(max);
        let mut seen = Vec::new();
        for chunk in input.chunks(size) {
            lines.feed(chunk);
            seen.extend(lines.by_ref());
        }
        seen.extend(lines.finish());
        seen
    }
}
