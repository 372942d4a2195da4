//! One text becomes one message, or a fault that says what is wrong with it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::usual::usual;
use super::{Id, depth};

/// What a text may cost before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Arrays and objects inside each other, in one message. Default: 100.
    pub depth: usize,
    /// Messages of one batch. Default: 100.
    pub batch: usize,
    /// Bytes of a string id. Default: 1,024.
    pub id: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 100, batch: 100, id: 1024 }
    }
}

/// One message, borrowed from the text it came in.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// A call that wants an answer.
    Request {
        /// Echoed by the answer.
        id: Id,
        /// What is called.
        method: Cow<'a, str>,
        /// Its parameters, unread.
        params: Option<&'a RawValue>,
    },
    /// A call that wants none (the specification's *notification*).
    Notice {
        /// What happened.
        method: Cow<'a, str>,
        /// Its parameters, unread.
        params: Option<&'a RawValue>,
    },
    /// The answer to a request of ours.
    Response {
        /// The id of our request; absent where the peer could not read it.
        id: Option<Id>,
        /// The unread result, or the error.
        outcome: Result<&'a RawValue, ErrorObject>,
    },
    /// Several messages at once, each read for itself. Never empty, never nested.
    Batch(Vec<Result<Message<'a>, Rejected>>),
}

/// The error of a response.
#[derive(Clone, Debug, Deserialize)]
pub struct ErrorObject {
    /// The number; an integral float is that integer.
    #[serde(deserialize_with = "integer")]
    pub code: i64,
    /// The text for people; empty if the peer left it out.
    #[serde(default)]
    pub message: String,
    /// More, unread.
    #[serde(default)]
    pub data: Option<Box<RawValue>>,
}

/// A text that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Whether it was no JSON at all (−32700) or JSON that is no message (−32600).
    pub parse: bool,
    /// What was wrong, where.
    pub reason: String,
    /// The id of the request, where it could be read in spite of all. A broken response has none: its id is one of
    /// ours, and an error under it would look like the answer to a request of the peer.
    pub id: Option<Id>,
}

impl Rejected {
    fn json(reason: impl fmt::Display) -> Self {
        Self { parse: true, reason: reason.to_string(), id: None }
    }

    fn message(reason: impl Into<String>, id: Option<Id>) -> Self {
        Self { parse: false, reason: reason.into(), id }
    }
}

/// Reads one text: a message or, if it is an array, a batch.
///
/// # Errors
///
/// [`Rejected`], with the reason and, where it could be read, the id of the request.
pub fn parse<'a>(text: &'a [u8], limits: &Limits) -> Result<Message<'a>, Rejected> {
    let text = std::str::from_utf8(text)
        .map_err(|e| Rejected::json(format_args!("the text is not UTF-8 from byte {} on", e.valid_up_to())))?;
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => one(text, limits),
        Some(b'[') => batch(text, limits),
        Some(_) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Err(Rejected::message("a message is a JSON object", None)),
            Err(e) => Err(Rejected::json(e)),
        },
        None => Err(Rejected::json("the text is empty")),
    }
}

fn one<'a>(text: &'a str, limits: &Limits) -> Result<Message<'a>, Rejected> {
    if !is_deep(text, limits)
        && let Some(message) = usual(text)
    {
        return Ok(message);
    }
    slowly(text, limits)
}

/// Whether a text is nested too deep, be it JSON or not.
fn is_deep(text: &str, limits: &Limits) -> bool {
    // Each level is closed again, or it is no JSON at all: a short text is never too deep.
    text.len() / 2 > limits.depth && depth::exceeds(text.as_bytes(), limits.depth)
}

pub(super) fn slowly<'a>(text: &'a str, limits: &Limits) -> Result<Message<'a>, Rejected> {
    // The envelope is read without recursion, so that too deep a message still tells its id.
    let envelope: Envelope<'a> = serde_json::from_str(text).map_err(Rejected::json)?;
    if is_deep(text, limits) {
        let reason = format!("the message is nested deeper than {} levels", limits.depth);
        return Err(Rejected::message(reason, envelope.request_id(limits)));
    }
    envelope.classify(limits)
}

fn batch<'a>(text: &'a str, limits: &Limits) -> Result<Message<'a>, Rejected> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let (parts, count) = deserializer.deserialize_seq(Parts(limits.batch)).map_err(Rejected::json)?;
    deserializer.end().map_err(Rejected::json)?;
    if count == 0 {
        return Err(Rejected::message("a batch holds at least one message", None));
    }
    if count > limits.batch {
        let reason = format!("a batch holds at most {} messages, this one {count}", limits.batch);
        return Err(Rejected::message(reason, None));
    }
    let read = |part: &&'a RawValue| match part.get().as_bytes().first() {
        Some(b'{') => one(part.get(), limits),
        _ => Err(Rejected::message("each message of a batch is a JSON object", None)),
    };
    Ok(Message::Batch(parts.iter().map(read).collect()))
}

/// Keeps so many messages of a batch and counts them all, so that a long batch costs no memory.
struct Parts(usize);

impl<'de> Visitor<'de> for Parts {
    type Value = (Vec<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while parts.len() < self.0
            && let Some(part) = seq.next_element()?
        {
            parts.push(part);
        }
        let mut count = parts.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok((parts, count))
    }
}

fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    match Id::deserialize(from)? {
        Id::Number(number) => Ok(number),
        Id::Text(_) => Err(de::Error::custom("expected an integer")),
    }
}

/// The members of one object, each still raw, so that one bad member does not hide the id.
#[derive(Default)]
struct Envelope<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    twice: Option<&'static str>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON-RPC message")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(Name(name)) = map.next_key()? {
                    let (slot, name) = match &*name {
                        "jsonrpc" => (&mut envelope.jsonrpc, "jsonrpc"),
                        "id" => (&mut envelope.id, "id"),
                        "method" => (&mut envelope.method, "method"),
                        "params" => (&mut envelope.params, "params"),
                        "result" => (&mut envelope.result, "result"),
                        "error" => (&mut envelope.error, "error"),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    // Which of two ids is meant nobody knows, so that outweighs whatever else is there twice.
                    if slot.replace(map.next_value()?).is_some() && envelope.twice != Some("id") {
                        envelope.twice = Some(name);
                    }
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name, borrowed unless it was written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<'a> Envelope<'a> {
    fn classify(self, limits: &Limits) -> Result<Message<'a>, Rejected> {
        let id = self.id(limits);
        let wrong = |reason: String| Rejected::message(reason, self.request_id(limits));
        if let Some(name) = self.twice {
            return Err(wrong(format!("`{name}` is given twice")));
        }
        match self.jsonrpc.map(RawValue::get) {
            Some(r#""2.0""#) => {}
            Some(escaped) if serde_json::from_str::<Name<'_>>(escaped).is_ok_and(|Name(name)| name == "2.0") => {}
            Some(other) => return Err(wrong(format!("`jsonrpc` must be \"2.0\", not {}", cut(other)))),
            None => return Err(wrong("`jsonrpc` is missing; it must be \"2.0\"".to_owned())),
        }
        match (self.method, self.result, self.error) {
            (Some(method), None, None) => {
                let Some(method) = string(method) else {
                    return Err(wrong(format!("`method` must be a string, not {}", cut(method.get()))));
                };
                let params = self.params().map_err(&wrong)?;
                match (self.id, id?) {
                    (None, _) => Ok(Message::Notice { method, params }),
                    (Some(_), Some(id)) => Ok(Message::Request { id, method, params }),
                    (Some(_), None) => Err(Rejected::message("the `id` of a request must not be null", None)),
                }
            }
            (None, Some(result), None) => match id? {
                Some(id) => Ok(Message::Response { id: Some(id), outcome: Ok(result) }),
                None => Err(Rejected::message("a response needs the `id` of its request", None)),
            },
            (None, None, Some(error)) => {
                let error = serde_json::from_str(error.get()).map_err(|_| {
                    let found = cut(error.get());
                    wrong(format!(
                        "`error` must be an object with an integer `code` and a string `message`, not {found}"
                    ))
                })?;
                Ok(Message::Response { id: id?, outcome: Err(error) })
            }
            (None, None, None) => Err(wrong("a message needs one of `method`, `result` and `error`".to_owned())),
            _ => Err(wrong("only one of `method`, `result` and `error` may be given".to_owned())),
        }
    }

    /// The id to answer under: none if it cannot be told, or if this is an answer itself.
    fn request_id(&self, limits: &Limits) -> Option<Id> {
        let answer = self.method.is_none() && (self.result.is_some() || self.error.is_some());
        if answer || self.twice == Some("id") { None } else { self.id(limits).ok().flatten() }
    }

    /// The id, none if it is absent or null.
    fn id(&self, limits: &Limits) -> Result<Option<Id>, Rejected> {
        let Some(raw) = self.id else { return Ok(None) };
        if raw.get() == "null" {
            return Ok(None);
        }
        if let Some(number) = digits(raw.get()) {
            return Ok(Some(Id::Number(number)));
        }
        match serde_json::from_str::<Id>(raw.get()) {
            Ok(id) if id.weight() > limits.id => {
                Err(Rejected::message(format!("`id` is longer than {} bytes", limits.id), None))
            }
            Ok(id) => Ok(Some(id)),
            Err(_) => {
                let reason = format!("`id` must be a string or an integer, not {}", cut(raw.get()));
                Err(Rejected::message(reason, None))
            }
        }
    }

    fn params(&self) -> Result<Option<&'a RawValue>, String> {
        match self.params {
            Some(raw) if raw.get().starts_with('{') => Ok(Some(raw)),
            // JSON-RPC does not allow null here, but some clients write it where they have no parameters.
            Some(raw) if raw.get() != "null" => Err(format!("`params` must be an object, not {}", cut(raw.get()))),
            _ => Ok(None),
        }
    }
}

/// The text of a string, borrowed unless it was written with escapes.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') {
        return serde_json::from_str(raw.get()).ok().map(|Name(text)| text);
    }
    Some(Cow::Borrowed(inside))
}

/// The number of an id as nearly every client writes it, in a few digits.
fn digits(text: &str) -> Option<i64> {
    let plain = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Foreign text in a message of ours: short, so that nobody can make us echo megabytes.
fn cut(text: &str) -> Cow<'_, str> {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
