//! The id of a request: a string or an integer, never null.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a request, echoed by its response.
///
/// An integral float such as `7.0` is the integer `7`, as JSON does not tell them apart. `null`, fractions,
/// booleans and integers beyond 64 bits are refused. See
/// [the specification](https://modelcontextprotocol.io/specification/2025-11-25/basic#requests).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// An integer.
    Number(i64),
    /// A string, compared byte by byte.
    Text(Box<str>),
}

impl Id {
    /// Appends the id as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Writing an integer or a string into memory cannot fail.
        let _ = serde_json::to_writer(out, self);
    }

    /// The bytes that keeping this id costs beyond its own size.
    pub fn weight(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Text(text) => text.len(),
        }
    }
}

/// A table of one session by the ids of its requests.
pub type ById<T> = HashMap<Id, T, BuildHasherDefault<IdHasher>>;

/// Hashes ids, a few times for each request: cheap instead of strong. A client that makes its ids collide slows down its own
/// session alone, whose table has as many entries as requests may run and wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        // A product is random in its upper half, and a table looks at the lower one first.
        self.0.rotate_left(32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn write_isize(&mut self, word: isize) {
        self.write_i64(word as i64);
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        let number = i64::try_from(number).map_err(|_| E::custom("an id must fit into 64 bits with a sign"))?;
        Ok(Id::Number(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Id, E> {
        // From 2^53 on a float no longer tells neighbouring integers apart, so two ids could become one.
        let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        if !exact {
            return Err(E::custom(format_args!("an id must be a string or an integer, not {number}")));
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked above: integral and below 2^53")]
        Ok(Id::Number(number as i64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id::Text(text.into()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Id, E> {
        Ok(Id::Text(text.into()))
    }
}
