//! What comes back: read from the bytes of a connection, and compared with what it must be.

use std::cmp::Ordering;
use std::ops::Range;

use memchr::memmem;
use serde_json::Value;

use crate::Trouble;
use crate::call::{Id, TEXT};

/// How much of a wrong answer is shown.
const SHOWN: usize = 300;

/// The head of an answer, and where its body stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) session: Option<String>,
    pub(crate) body: Range<usize>,
}

impl Answer {
    /// The answer that these bytes are; none if some of it is still to come. A stream is not taken: a call that says
    /// nothing before its reply must get one text.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Trouble> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let wrong = || format!("an answer that is not understood: {}", shown(bytes));
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| wrong())?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).and_then(|line| line.get(..3));
        let status = status.and_then(|status| status.parse().ok()).ok_or_else(wrong)?;
        let mut length = matches!(status, 202 | 204).then_some(0);
        let mut session = None;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse::<usize>().ok();
            } else if name.eq_ignore_ascii_case("mcp-session-id") {
                session = Some(value.trim().to_owned());
            }
        }
        let body = end + 4..end + 4 + length.ok_or_else(wrong)?;
        match body.end.cmp(&bytes.len()) {
            Ordering::Greater => Ok(None),
            Ordering::Equal => Ok(Some(Self { status, session, body })),
            Ordering::Less => Err(format!("more was answered than asked: {}", shown(&bytes[body.end..]))),
        }
    }
}

/// An answer as a sentence, for when it is wrong.
pub(crate) fn told(status: u16, body: &[u8]) -> Trouble {
    format!("{status} {}", shown(body))
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).replace(char::is_control, " ")
}

/// The last reply that was read in full and found right. One that differs from it in the id alone is right too; any
/// other is read.
#[derive(Debug, Default)]
pub(crate) struct Right {
    body: Vec<u8>,
    /// Where its id stands.
    at: usize,
}

impl Right {
    /// Whether this answers the call with that id; a server that does not read the call cannot know it.
    pub(crate) fn check(&mut self, status: u16, body: &[u8], id: Option<&Id>) -> Result<(), Trouble> {
        if status == 200 && self.same(body, id) {
            return Ok(());
        }
        if status != 200 || !is_right(body, id) {
            return Err(told(status, body));
        }
        let at = id.and_then(|id| memmem::find(body, id)).unwrap_or_default();
        *self = Self { body: body.to_vec(), at };
        Ok(())
    }

    fn same(&self, body: &[u8], id: Option<&Id>) -> bool {
        let Some(id) = id else { return self.body == body && !body.is_empty() };
        let end = self.at + id.len();
        self.body.len() == body.len()
            && end <= body.len()
            && body[self.at..end] == *id
            && body[..self.at] == self.body[..self.at]
            && body[end..] == self.body[end..]
    }
}

fn is_right(body: &[u8], id: Option<&Id>) -> bool {
    let Ok(reply) = serde_json::from_slice::<Value>(body) else { return false };
    let of_call = id.is_none_or(|id| reply["id"].to_string().as_bytes() == id);
    let result = &reply["result"];
    of_call && result["content"][0]["text"] == TEXT && result["isError"] != true
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Id = *b"1000000001";

    fn of(text: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":1000000001,"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#)
    }

    fn check(right: &mut Right, status: u16, body: &str, id: Option<&Id>) -> bool {
        right.check(status, body.as_bytes(), id).is_ok()
    }

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\nMcp-Session-Id: a b\r\ncontent-length: 2\r\n\r\n{}";
        let body = bytes.len() - 2..bytes.len();
        let answer = Answer { status: 200, session: Some("a b".to_owned()), body };
        assert_eq!(Answer::read(bytes), Ok(Some(answer)));
        for until in 0..bytes.len() {
            assert_eq!(Answer::read(&bytes[..until]), Ok(None), "{until}");
        }
        let accepted = Answer::read(b"HTTP/1.1 202 Accepted\r\ndate: now\r\n\r\n").unwrap().unwrap();
        assert_eq!((accepted.status, accepted.body.len()), (202, 0));
        for wrong in
            ["200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "200 OK\r\ncontent-length: 1\r\n\r\n{}", "OK\r\n\r\n"]
        {
            assert!(Answer::read(format!("HTTP/1.1 {wrong}").as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_reply_is_seen_first_and_later() {
        let mut right = Right::default();
        for _ in 0..2 {
            assert!(!check(&mut right, 400, &of("hello"), Some(&ID)), "status");
            assert!(!check(&mut right, 200, &of("hellO"), Some(&ID)), "text");
            assert!(!check(&mut right, 200, &of("hello"), Some(b"1000000002")), "id");
            assert!(!check(&mut right, 200, &of("hello")[1..], Some(&ID)), "not JSON");
            assert!(!check(&mut right, 200, &of("hello").replace("]", r#"],"isError":true"#), Some(&ID)), "error");
            assert!(!check(&mut right, 200, &of("hello").replace("result", "error"), Some(&ID)), "no result");
            assert!(!check(&mut right, 200, "", Some(&ID)) && !check(&mut right, 200, "", None), "nothing");
            assert!(check(&mut right, 200, &of("hello"), Some(&ID)));
        }
        let next = of("hello").replace("1000000001", "1000000002");
        assert!(right.same(next.as_bytes(), Some(b"1000000002")));
        assert!(check(&mut right, 200, &of("hello").replace("\"jsonrpc\":\"2.0\",", ""), Some(&ID)), "another shape");
    }

    #[test]
    fn a_fixed_reply_has_any_id() {
        let mut right = Right::default();
        assert!(check(&mut right, 200, &of("hello"), None) && right.same(of("hello").as_bytes(), None));
        assert!(!check(&mut right, 200, &of("other"), None));
    }
}
