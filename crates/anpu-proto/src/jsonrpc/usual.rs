//! Requests and notices as nearly everybody writes them, told by their members without a parser for those.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Id, Message};

/// The message, if it has no members but the specification's, written plainly. What is not, need not be wrong.
pub(super) fn usual(text: &str) -> Option<Message<'_>> {
    let (mut version, mut id, mut method, mut params) = (None, None, None, None);
    let mut rest = after(text, '{')?;
    loop {
        let (name, value) = rest.strip_prefix('"')?.split_once('"')?;
        let value = after(value, ':')?;
        let twice;
        (twice, rest) = match name {
            "jsonrpc" => (version.replace(()).is_some(), value.strip_prefix("\"2.0\"")?),
            "id" => {
                let end = value.bytes().position(|byte| !byte.is_ascii_digit())?;
                (id.replace(number(&value[..end])?).is_some(), &value[end..])
            }
            "method" => {
                let (said, rest) = value.strip_prefix('"')?.split_once('"')?;
                let plain = said.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
                (method.replace(plain.then_some(said)?).is_some(), rest)
            }
            "params" if value.starts_with('{') => {
                let mut from = serde_json::Deserializer::from_str(value);
                let raw = <&RawValue>::deserialize(&mut from).ok()?;
                let end = from.into_iter::<IgnoredAny>().byte_offset();
                (params.replace(raw).is_some(), &value[end..])
            }
            _ => return None,
        };
        if twice {
            return None;
        }
        match after(rest, ',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    let ends = after(rest, '}')?.is_empty();
    let method = Cow::Borrowed(method.filter(|_| ends && version.is_some())?);
    Some(match id {
        Some(id) => Message::Request { id: Id::Number(id), method, params },
        None => Message::Notice { method, params },
    })
}

/// What follows behind this sign and the spaces around it.
fn after(text: &str, sign: char) -> Option<&str> {
    text.trim_start_matches(' ').strip_prefix(sign).map(|rest| rest.trim_start_matches(' '))
}

/// A number of a few digits, as JSON has it.
fn number(digits: &str) -> Option<i64> {
    let plain = digits.len() <= 18 && (digits.len() == 1 || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonrpc::message::{Limits, slowly};

    /// Whether it is usual, which says the same as the parser.
    fn is_usual(text: &str) -> bool {
        let slow = slowly(text, &Limits::default());
        let Some(usual) = usual(text) else { return false };
        assert_eq!(format!("{:?}", Ok::<_, crate::jsonrpc::Rejected>(usual)), format!("{slow:?}"), "{text}");
        true
    }

    #[test]
    fn the_order_and_spaces_do_not_matter() {
        for text in [
            r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#,
            r#"{"method":"tools/call","params":{"a":[1,"}"]},"jsonrpc":"2.0","id":12}"#,
            r#" { "jsonrpc" : "2.0" , "id" : 7 , "params" : { "a" : 1 } , "method" : "m" } "#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        ] {
            assert!(is_usual(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_written_so_is_left_to_the_parser() {
        let whole = r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}"#;
        for end in 0..whole.len() {
            assert!(!is_usual(&whole[..end]), "{}", &whole[..end]);
        }
        for text in [
            r#"{"jsonrpc":"2.0","id":01,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1e3,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":-1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"m"}"#,
            r#"{"jsonrpc":"2.0","method":"m","method":"m"}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":{},"params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":{"a":}}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":null}"#,
            r#"{"jsonrpc":"2.0","method":"\u006d"}"#,
            "{\"jsonrpc\":\"2.0\",\"method\":\"m\n\"}",
            r#"{"jsonrpc":"2.1","method":"m"}"#,
            r#"{"id":1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","method":"m","x":1}"#,
            r#"{"jsonrpc":"2.0","method":"m",}"#,
            r#"{"jsonrpc":"2.0","method":"m"}}"#,
            r#"{"jsonrpc":"2.0","id":1234567890123456789,"method":"m"}"#,
        ] {
            assert!(!is_usual(text), "{text}");
        }
    }
}
