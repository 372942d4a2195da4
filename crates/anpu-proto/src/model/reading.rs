//! Rules of reading and writing that several chapters share: integral floats, whole numbers written without a fraction,
//! null that is a value, maps without duplicates.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::{Map, Value};

/// A JSON object whose members nobody here interprets.
pub type JsonObject = Map<String, Value>;

/// Up to here, an `f64` holds every integer exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The integer a JSON number stands for, if it stands for one: `2`, `2.0`, `2e0`.
pub(super) fn integral(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Whether a `bool` that defaults to false may be left out.
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

/// A non-negative integer that may be spelled as a float. Negative ones are refused.
pub(super) fn unsigned<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_any(Unsigned)
}

/// [`unsigned`], or nothing.
pub(super) fn optional_unsigned<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<UnsignedNumber>::deserialize(from)?.map(|number| number.0))
}

/// A lifetime in milliseconds: absent is none, and what the specification tells readers to take for zero is zero.
pub(super) fn optional_lifetime<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<f64>::deserialize(from)?;
    Ok(number.map(|number| integral(number.trunc()).and_then(|whole| u64::try_from(whole).ok()).unwrap_or_default()))
}

/// Reads a member that is present, null included, as `Some`.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Writes a number without a fraction as an integer, so that `50` read is `50` written; refuses what JSON cannot say.
pub(super) fn write_number<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    match integral(*number) {
        Some(whole) => to.serialize_i64(whole),
        None if number.is_finite() => to.serialize_f64(*number),
        None => Err(serde::ser::Error::custom("a JSON number must be finite")),
    }
}

/// [`write_number`], or null.
pub(super) fn write_optional_number<S: Serializer>(number: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => write_number(number, to),
        None => to.serialize_none(),
    }
}

/// A map from names to `T` in which a name may occur once only.
pub(super) fn unique<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<BTreeMap<String, T>, D::Error> {
    struct Unique<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some(name) = access.next_key::<String>()? {
                if members.contains_key(&name) {
                    return Err(A::Error::custom(format_args!("duplicate member `{name}`")));
                }
                members.insert(name, access.next_value()?);
            }
            Ok(members)
        }
    }

    from.deserialize_any(Unique(std::marker::PhantomData))
}

struct UnsignedNumber(u64);

impl<'de> Deserialize<'de> for UnsignedNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        unsigned(from).map(Self)
    }
}

struct Unsigned;

impl Visitor<'_> for Unsigned {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a non-negative integer")
    }

    fn visit_u64<E>(self, number: u64) -> Result<u64, E> {
        Ok(number)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<u64, E> {
        let whole = integral(number).and_then(|whole| u64::try_from(whole).ok());
        whole.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(number), &self))
    }
}

/// Defines a value that is a string or an integer on the wire, and nothing else.
macro_rules! text_or_number {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            /// An integer; an integral float is read as that integer.
            Number(i64),
            /// A string.
            Text(Box<str>),
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self::Number(number)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::Text(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::Text(text.into())
            }
        }

        impl From<&$name> for serde_json::Value {
            fn from(from: &$name) -> Self {
                match from {
                    $name::Number(number) => Self::from(*number),
                    $name::Text(text) => Self::from(&**text),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Number(number) => number.fmt(f),
                    Self::Text(text) => text.fmt(f),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Number(number) => to.serialize_i64(*number),
                    Self::Text(text) => to.serialize_str(text),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Read;

                impl serde::de::Visitor<'_> for Read {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_i64<E>(self, number: i64) -> Result<$name, E> {
                        Ok($name::Number(number))
                    }

                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$name, E> {
                        let unexpected = serde::de::Unexpected::Unsigned(number);
                        i64::try_from(number).map($name::Number).map_err(|_| E::invalid_value(unexpected, &self))
                    }

                    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<$name, E> {
                        let whole = $crate::model::reading::integral(number).map($name::Number);
                        whole.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(number), &self))
                    }

                    fn visit_str<E>(self, text: &str) -> Result<$name, E> {
                        Ok($name::Text(text.into()))
                    }

                    fn visit_string<E>(self, text: String) -> Result<$name, E> {
                        Ok($name::Text(text.into()))
                    }
                }

                from.deserialize_any(Read)
            }
        }
    };
}

/// Defines a set of words of which the specification names some and leaves the rest open.
macro_rules! open_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
            /// A word the specification does not name.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$word,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from).map(|text| Self::from(text.as_str()))
            }
        }
    };
}

pub(super) use {open_words, text_or_number};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integral_float_is_that_integer_and_nothing_else_is() {
        let read = |text: &str| unsigned(&mut serde_json::Deserializer::from_str(text)).ok();
        assert_eq!([read("2"), read("2.0"), read("2e0"), read("0.0")], [Some(2), Some(2), Some(2), Some(0)]);
        assert_eq!([read("2.5"), read("-1"), read("-1.0"), read("1e300"), read("\"2\""), read("null")], [None; 6]);
    }
}
