//! Media types as HTTP headers write them: what an `Accept` header admits, and the fields such headers are made of.

use http::HeaderMap;
use http::header::ACCEPT;

/// Which of our two kinds of reply the client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepts {
    /// `application/json`: one message as the whole body.
    pub(crate) json: bool,
    /// `text/event-stream`: messages as server-sent events.
    pub(crate) event_stream: bool,
}

impl Accepts {
    const BOTH: Self = Self { json: true, event_stream: true };
}

/// What every official client sends; worth one comparison before the grammar.
const USUAL: &[u8] = b"application/json, text/event-stream";

/// Reads every `Accept` line as one list. The most specific range that matches decides, `q=0` excludes, parameters
/// are ignored. A client that sends no list, though the specification says it must, takes everything.
pub(crate) fn accepts(headers: &HeaderMap) -> Accepts {
    let mut values = headers.get_all(ACCEPT).iter();
    match (values.next(), values.next()) {
        (None, _) => return Accepts::BOTH,
        (Some(only), None) if only.as_bytes() == USUAL => return Accepts::BOTH,
        _ => {}
    }
    let (mut json, mut event_stream) = (Verdict::default(), Verdict::default());
    let mut empty = true;
    for value in headers.get_all(ACCEPT) {
        for range in fields(value.as_bytes(), b',').filter(|range| !range.is_empty()) {
            empty = false;
            let media = fields(range, b';').next().unwrap_or_default();
            let admitted = !is_zero(parameter(range, b"q").unwrap_or(b"1"));
            json.hear(specificity(media, b"application/json"), admitted);
            event_stream.hear(specificity(media, b"text/event-stream"), admitted);
        }
    }
    if empty { Accepts::BOTH } else { Accepts { json: json.admitted, event_stream: event_stream.admitted } }
}

/// What the most specific range so far said of one media type.
#[derive(Default)]
struct Verdict {
    specificity: u8,
    admitted: bool,
}

impl Verdict {
    fn hear(&mut self, specificity: u8, admitted: bool) {
        if specificity > self.specificity {
            *self = Self { specificity, admitted };
        } else if specificity == self.specificity && specificity > 0 {
            self.admitted |= admitted;
        }
    }
}

/// 0: does not match; 1: `*/*`; 2: `type/*`; 3: the type itself.
fn specificity(range: &[u8], media: &[u8]) -> u8 {
    if range.eq_ignore_ascii_case(media) {
        return 3;
    }
    match range.strip_suffix(b"/*") {
        Some(b"*") => 1,
        Some(kind) if media.split(|&byte| byte == b'/').next().is_some_and(|ours| ours.eq_ignore_ascii_case(kind)) => 2,
        _ => 0,
    }
}

/// Only zero means anything here: a weight that cannot be read is a weight.
fn is_zero(weight: &[u8]) -> bool {
    match weight.strip_prefix(b"0") {
        Some(rest) => {
            rest.is_empty() || rest.strip_prefix(b".").is_some_and(|rest| rest.iter().all(|&digit| digit == b'0'))
        }
        None => false,
    }
}

/// The value of a parameter of a media type, without quotes around it.
pub(super) fn parameter<'a>(media: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    fields(media, b';').skip(1).find_map(|field| {
        let at = field.iter().position(|&byte| byte == b'=')?;
        let value = field[at + 1..].trim_ascii();
        let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        field[..at].trim_ascii().eq_ignore_ascii_case(name).then_some(bare)
    })
}

/// The parts between separators that are not inside a quoted string, trimmed.
pub(super) fn fields(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return byte == separator && !quoted,
        }
        false
    });
    parts.map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// `j`, `s`, `js` or nothing.
    fn taken(lines: &[&str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        match accepts(&headers) {
            Accepts { json: true, event_stream: true } => "js",
            Accepts { json: true, .. } => "j",
            Accepts { event_stream: true, .. } => "s",
            _ => "",
        }
    }

    #[test]
    fn both_are_taken_as_the_specification_asks() {
        assert_eq!(taken(&["application/json, text/event-stream"]), "js");
        assert_eq!(taken(&["text/event-stream , APPLICATION/JSON;charset=utf-8"]), "js");
        assert_eq!(taken(&["application/json", "text/event-stream"]), "js");
    }

    #[test]
    fn no_list_and_wildcards_take_what_they_cover() {
        assert_eq!(taken(&[]), "js");
        assert_eq!(taken(&["", " , "]), "js");
        assert_eq!(taken(&["*/*"]), "js");
        assert_eq!(taken(&["text/*"]), "s");
        assert_eq!(taken(&["Application/*;q=0.1"]), "j");
        assert_eq!(taken(&["text/html,application/xhtml+xml,*/*;q=0.8"]), "js");
        assert_eq!(taken(&["*"]), "");
        assert_eq!(taken(&["*/json, app/*"]), "");
    }

    #[test]
    fn a_weight_of_zero_excludes_and_the_most_specific_range_decides() {
        assert_eq!(taken(&["application/json;q=0, text/event-stream"]), "s");
        assert_eq!(taken(&["text/event-stream; Q = 0.000, */*"]), "j");
        assert_eq!(taken(&["*/*;q=0, application/json;q=0.001"]), "j");
        assert_eq!(taken(&["*/*, text/*;q=0"]), "j");
        assert_eq!(taken(&["*/*;q=0"]), "");
        assert_eq!(taken(&["application/json;q=\"0\""]), "");
        assert_eq!(taken(&["application/json;v=1;q=0, application/json"]), "j");
    }

    #[test]
    fn a_weight_that_cannot_be_read_is_not_zero() {
        assert_eq!(taken(&["application/json;q=, text/event-stream;q=0x"]), "js");
    }

    #[test]
    fn separators_in_quoted_strings_do_not_separate() {
        assert_eq!(taken(&["text/html;a=\"x, application/json\""]), "");
        assert_eq!(taken(&["text/html;a=\"\\\", application/json, \""]), "");
        assert_eq!(taken(&["application/json;a=\";q=0\", text/html"]), "j");
        assert_eq!(taken(&["application/json;a=\"unclosed"]), "j");
    }

    #[test]
    fn other_types_are_not_ours() {
        assert_eq!(taken(&["text/html"]), "");
        assert_eq!(taken(&["application/jsonx, application/json-seq, text/event-streams"]), "");
        assert_eq!(taken(&["\u{ff}\u{fe}"]), "");
    }
}
