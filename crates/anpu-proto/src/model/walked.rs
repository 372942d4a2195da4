//! Params that are known to be JSON, read member by member, so that a `_meta` that was met before is not read again.

use std::fmt::Display;

use memchr::memchr2;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Error;
use serde_json::value::RawValue;

use super::Meta;
use super::object::Seen;

/// Reads params as `T`, and their `_meta` apart from it.
///
/// None if that cannot be done, or not in this way: what is wrong can only be said by a reading of the whole text.
pub(crate) fn read_params<'de, T: Deserialize<'de>>(params: &'de RawValue) -> Option<(T, Meta)> {
    let mut walk = Walk { rest: params.get(), begun: false, seen: Seen::default(), meta: Meta::absent() };
    let read = T::deserialize(Object(&mut walk)).ok()?;
    walk.rest.is_empty().then_some((read, walk.meta))
}

struct Walk<'de> {
    /// What was not read yet.
    rest: &'de str,
    begun: bool,
    seen: Seen<'de>,
    meta: Meta,
}

impl<'de> Walk<'de> {
    /// Goes on behind the spaces, and says what is there.
    fn peek(&mut self) -> Option<u8> {
        if self.rest.as_bytes().first().is_some_and(u8::is_ascii_whitespace) {
            self.rest = self.rest.trim_ascii_start();
        }
        self.rest.as_bytes().first().copied()
    }

    /// Goes on behind this byte, if it comes next.
    fn pass(&mut self, byte: u8) -> bool {
        let comes = self.peek() == Some(byte);
        if comes {
            self.rest = &self.rest[1..];
        }
        comes
    }

    /// The name of the next member, up to its value; none at the end.
    fn name(&mut self) -> Result<Option<&'de str>, Error> {
        let first = !std::mem::replace(&mut self.begun, true);
        let opened = !first || self.pass(b'{');
        if opened && self.pass(b'}') {
            self.peek();
            return Ok(None);
        }
        if !(opened && (first || self.pass(b',')) && self.pass(b'"')) {
            return Err(otherwise("no object"));
        }
        let end = memchr2(b'"', b'\\', self.rest.as_bytes());
        let end = end.filter(|end| self.rest.as_bytes()[*end] == b'"').ok_or_else(|| otherwise("an escape"))?;
        let name = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        if !self.pass(b':') || !self.seen.first(name.into()) {
            return Err(otherwise("a member twice"));
        }
        self.peek();
        Ok(Some(name))
    }

    fn value<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let mut from = serde_json::Deserializer::from_str(self.rest);
        let value = seed.deserialize(&mut from)?;
        self.rest = &self.rest[from.into_iter::<IgnoredAny>().byte_offset()..];
        Ok(value)
    }

    fn meta(&mut self) -> Result<(), Error> {
        if let Some((meta, length)) = Meta::met(self.rest) {
            (self.meta, self.rest) = (meta, &self.rest[length..]);
            return Ok(());
        }
        let raw: &RawValue = self.value(std::marker::PhantomData)?;
        self.meta = Meta::of(raw)?;
        self.meta.remember();
        Ok(())
    }
}

/// An error that nobody will see.
fn otherwise(why: impl Display) -> Error {
    Error::custom(why)
}

impl<'de> MapAccess<'de> for &mut Walk<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        while let Some(name) = self.name()? {
            if name != "_meta" {
                return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
            }
            self.meta()?;
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.value(seed)
    }
}

struct Object<'a, 'de>(&'a mut Walk<'de>);

impl<'de> Deserializer<'de> for Object<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::model::read_beside;

    /// Whether it is read, which must be the same as in one piece.
    fn is_read(text: &str) -> bool {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let Some((read, meta)) = read_params::<BTreeMap<String, Value>>(&raw) else { return false };
        let (whole, aside) = read_beside::<BTreeMap<String, Value>>(text, "_meta").unwrap();
        assert_eq!(read, whole, "{text}");
        assert_eq!(meta, aside.map_or(Ok(Meta::absent()), Meta::of).unwrap(), "{text}");
        true
    }

    #[test]
    fn the_same_is_read_as_in_one_piece() {
        for text in [
            "{}",
            " { } ",
            r#"{"a":1}"#,
            "{ \"a\" :\t[1 ,2] ,\r\n\"b\": {\"_meta\":{\"x\":1}} , \"c\":-1.5e3 }",
            r#"{"_meta":{"x":1},"a":"b\"}"}"#,
            r#"{"a":true,"_meta":{"x":1}}"#,
            r#"{"_meta":{"x":10},"a":null}"#,
            r#"{"_meta":null,"":0}"#,
        ] {
            assert!(is_read(text) && is_read(text), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_left_to_others() {
        for text in [
            "[]",
            "7",
            r#"{"a":1,"a":2}"#,
            r#"{"_meta":{},"_meta":{}}"#,
            r#"{"_meta":{"x":1,"x":1}}"#,
            r#"{"_meta":[]}"#,
            r#"{"\u0061":1}"#,
        ] {
            assert!(!is_read(text) && !is_read(text), "{text}");
        }
    }

    #[test]
    fn what_one_changes_the_next_does_not_see() {
        let raw = RawValue::from_string(r#"{"_meta":{"own":1}}"#.to_owned()).unwrap();
        let read = || read_params::<BTreeMap<String, Value>>(&raw).unwrap().1;
        let (mut changed, before) = (read(), read());
        changed.insert("own", 2);
        assert_eq!((changed.get("own"), before.get("own")), (Some(&2.into()), Some(&1.into())));
        assert_eq!(read(), before);
    }
}
