//! JSON objects none of whose members may come twice, read in one pass.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

/// Reads a JSON object as `T`. No member may come twice, whether `T` knows it or not.
///
/// ```
/// use std::collections::BTreeMap;
/// use anpu_proto::model::read_object;
///
/// assert!(read_object::<BTreeMap<String, u8>>(r#"{"a":1,"b":2}"#).is_ok());
/// assert!(read_object::<BTreeMap<String, u8>>(r#"{"a":1,"\u0061":2}"#).is_err());
/// ```
///
/// # Errors
///
/// Text that is no JSON object, a member that comes twice, or whatever `T` says.
pub fn read_object<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    read(text, &mut Aside { name: None, value: None })
}

/// As [`read_object`], but this member is handed out unread, and `T` does not see it.
pub(crate) fn read_beside<'de, T: Deserialize<'de>>(
    text: &'de str,
    member: &'static str,
) -> Result<(T, Option<&'de RawValue>), serde_json::Error> {
    let mut aside = Aside { name: Some(member), value: None };
    let read = read(text, &mut aside)?;
    Ok((read, aside.value))
}

fn read<'de, T: Deserialize<'de>>(text: &'de str, aside: &mut Aside<'de>) -> Result<T, serde_json::Error> {
    let mut from = serde_json::Deserializer::from_str(text);
    let read = T::deserialize(Object { from: &mut from, aside })?;
    from.end()?;
    Ok(read)
}

/// The member that is not read.
struct Aside<'de> {
    name: Option<&'static str>,
    value: Option<&'de RawValue>,
}

struct Object<'a, 'de, D> {
    from: D,
    aside: &'a mut Aside<'de>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Object<'_, 'de, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.from.deserialize_map(Once { visitor, aside: self.aside })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Once<'a, 'de, V> {
    visitor: V,
    aside: &'a mut Aside<'de>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Once<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Members { members, aside: self.aside, seen: Seen::default() })
    }
}

struct Members<'a, 'de, A> {
    members: A,
    aside: &'a mut Aside<'de>,
    seen: Seen<'de>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            let Some(Name(name)) = self.members.next_key()? else { return Ok(None) };
            if !self.seen.first(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            if self.aside.name != Some(&*name) {
                return seed.deserialize(CowStrDeserializer::new(name)).map(Some);
            }
            self.aside.value = Some(self.members.next_value()?);
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.members.next_value_seed(seed)
    }
}

/// Names that were read so far. Few are compared one by one, and more are sorted: the usual object costs nothing, and a
/// hostile one no quadratic time.
#[derive(Default)]
pub(super) struct Seen<'de> {
    few: [&'de str; 8],
    count: usize,
    many: BTreeSet<Cow<'de, str>>,
}

impl<'de> Seen<'de> {
    /// Whether the name was not seen before.
    pub(super) fn first(&mut self, name: Cow<'de, str>) -> bool {
        if self.few[..self.count].contains(&&*name) || self.many.contains(&name) {
            return false;
        }
        match name {
            Cow::Borrowed(name) if self.count < self.few.len() => {
                self.few[self.count] = name;
                self.count += 1;
            }
            name => {
                self.many.insert(name);
            }
        }
        true
    }
}

/// The name of a member, borrowed from the text where it has no escapes.
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        from.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_comes_once_however_it_is_spelled() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, r#"{"\u0061":1,"a":2}"#, r#"{"\u0061":1,"\u0061":2}"#]
        {
            let error = read_object::<BTreeMap<String, u8>>(text).unwrap_err().to_string();
            assert!(error.starts_with("duplicate field `a`"), "{error}");
        }
        let many = |last: &str| {
            let members: Vec<_> = (0..40).map(|n| format!("\"k{n}\":0")).collect();
            read_object::<BTreeMap<String, u8>>(&format!("{{{},\"{last}\":0}}", members.join(","))).is_ok()
        };
        assert!(many("k40") && !many("k0") && !many("k39"));
    }

    #[test]
    fn one_member_is_handed_out_unread() {
        let (read, aside) = read_beside::<BTreeMap<String, u8>>(r#"{"a":1,"x":[ 2 ],"b":3}"#, "x").unwrap();
        assert_eq!((read.len(), aside.map(RawValue::get)), (2, Some("[ 2 ]")));
        assert_eq!(read_beside::<BTreeMap<String, u8>>("{}", "x").unwrap().1.map(RawValue::get), None);
        assert!(read_beside::<BTreeMap<String, u8>>(r#"{"x":1,"x":2}"#, "x").is_err());
    }
}
