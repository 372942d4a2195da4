//! The members of a `_meta`: kept as they were written until somebody asks for one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Meta;
use super::object::{Name, Seen};

/// The members that are looked for in every request: where they are absent, nothing need be read to know it.
const WATCHED: [&str; 7] = [
    Meta::PROTOCOL_VERSION,
    Meta::CLIENT_INFO,
    Meta::CLIENT_CAPABILITIES,
    Meta::LOG_LEVEL,
    Meta::RELATED_TASK,
    Meta::PROGRESS_TOKEN,
    Meta::TRACEPARENT,
];

/// Bytes of a text that is remembered.
const MOST_REMEMBERED: usize = 1024;
/// Texts that each thread remembers.
const REMEMBERED: usize = 8;

thread_local! {
    /// What was met lately: a client says the same with each request, so it is read once. Of each thread its own, so that
    /// none waits for another.
    static LATELY: RefCell<VecDeque<Arc<Members>>> = const { RefCell::new(VecDeque::new()) };
}

/// Members that were read, or the text of them, which is known to be readable.
#[derive(Clone)]
pub(super) struct Members {
    /// None once a member was changed, and where there never was a text.
    text: Option<Box<RawValue>>,
    /// Which of the watched ones the text has.
    has: [bool; WATCHED.len()],
    read: OnceLock<Map<String, Value>>,
}

impl Members {
    /// Checks the text of an object, and keeps it.
    pub(super) fn of(text: &RawValue) -> Result<Self, serde_json::Error> {
        let Watched(has) = serde_json::from_str(text.get())?;
        Ok(Self { text: Some(text.to_owned()), has, read: OnceLock::new() })
    }

    /// Those with whose text `rest` begins, if this thread met them lately. No object is the beginning of another.
    pub(super) fn met(rest: &str) -> Option<Arc<Self>> {
        let begins = |members: &&Arc<Self>| members.text().is_some_and(|text| rest.starts_with(text));
        LATELY.with_borrow(|lately| lately.iter().find(begins).cloned())
    }

    /// Keeps them to be [met](Self::met) again. With a token or a trace it is another text each time.
    pub(super) fn remember(self: &Arc<Self>) {
        let changes = !self.lacks(Meta::PROGRESS_TOKEN) || !self.lacks(Meta::TRACEPARENT);
        if changes || self.text().is_none_or(|text| text.len() > MOST_REMEMBERED) {
            return;
        }
        LATELY.with_borrow_mut(|lately| {
            lately.truncate(REMEMBERED - 1);
            lately.push_front(Arc::clone(self));
        });
    }

    /// The member of this name.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        if self.lacks(key) { None } else { self.map().get(key) }
    }

    /// Whether it is known without reading that there is no such member.
    pub(super) fn lacks(&self, key: &str) -> bool {
        let watched = WATCHED.iter().zip(self.has).find(|(watched, _)| **watched == key);
        self.text.is_some() && watched.is_some_and(|(_, has)| !has)
    }

    /// The text, as long as nothing was changed.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref().map(RawValue::get)
    }

    pub(super) fn map(&self) -> &Map<String, Value> {
        // What is kept as a text was checked, so it can be read.
        let read = || self.text().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        self.read.get_or_init(read)
    }

    pub(super) fn map_mut(&mut self) -> &mut Map<String, Value> {
        self.map();
        self.text = None;
        self.read.get_mut().expect("it was read just now")
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::from(Map::new())
    }
}

impl From<Map<String, Value>> for Members {
    fn from(members: Map<String, Value>) -> Self {
        Self { text: None, has: Default::default(), read: OnceLock::from(members) }
    }
}

/// Which of the watched members an object has, all of whose members could be read and none of which comes twice.
struct Watched([bool; WATCHED.len()]);

impl<'de> Deserialize<'de> for Watched {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Watched;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Watched, A::Error> {
                let (mut has, mut seen) = ([false; WATCHED.len()], Seen::default());
                while let Some(Name(name)) = members.next_key()? {
                    if !seen.first(name.clone()) {
                        return Err(A::Error::custom(format_args!("duplicate member `{name}` in _meta")));
                    }
                    if let Some(at) = WATCHED.iter().position(|watched| *watched == name) {
                        has[at] = true;
                    }
                    members.next_value::<Readable>()?;
                }
                Ok(Watched(has))
            }
        }

        from.deserialize_any(Object)
    }
}

/// Any value that could be read. Unlike what is merely ignored, its texts and numbers are looked at.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while let Some(Name(_)) = members.next_key()? {
            members.next_value::<Self>()?;
        }
        Ok(self)
    }
}
