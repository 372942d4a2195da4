//! Texts by name: the variables of a resource template, the arguments of a prompt.

use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// The variables of a resource template, or the arguments of a prompt: texts by name, percent-decoded.
///
/// ```
/// use anpu::Vars;
///
/// let vars = Vars::from_iter([("id", "7")]);
/// assert_eq!(vars.get::<u32>("id")?, 7);
/// assert_eq!(vars.optional::<String>("tag")?, None);
/// assert!(vars.get::<u32>("tag").is_err());
/// # Ok::<(), anpu::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vars(BTreeMap<String, String>);

impl Vars {
    /// These texts, by name.
    pub(crate) fn new<N: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (N, T)>) -> Self {
        texts.into_iter().collect()
    }

    /// The value of this name, which has to be there.
    ///
    /// # Errors
    ///
    /// Of the kind [`Invalid`](ErrorKind::Invalid), naming the variable, if it is not there or does not parse.
    pub fn get<T>(&self, name: &str) -> Result<T>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name)?.ok_or_else(|| Error::new(ErrorKind::Invalid, format!("`{name}` is missing")))
    }

    /// The value of this name, if it is there.
    ///
    /// # Errors
    ///
    /// Of the kind [`Invalid`](ErrorKind::Invalid), naming the variable, if it does not parse.
    pub fn optional<T>(&self, name: &str) -> Result<Option<T>>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| {
            let of = short(type_name::<T>());
            Error::new(ErrorKind::Invalid, format!("`{name}`: `{text}` is not a valid {of}: {error}"))
        })
    }

    /// The text of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names and texts, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

impl From<BTreeMap<String, String>> for Vars {
    fn from(texts: BTreeMap<String, String>) -> Self {
        Self(texts)
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Vars {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        Self(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    }
}

/// `u32`, not `core::primitive::u32`; a peer does not care where a type lives.
fn short(path: &'static str) -> &'static str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_or_missing_value_is_named() {
        let vars = Vars::from_iter([("n", "x")]);
        let wrong = vars.get::<u8>("n").unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Invalid);
        assert_eq!(wrong.to_string(), "`n`: `x` is not a valid u8: invalid digit found in string");
        assert_eq!(vars.get::<u8>("m").unwrap_err().to_string(), "`m` is missing");
        assert!(vars.optional::<u8>("n").is_err());
        assert_eq!(vars.optional::<u8>("m").unwrap(), None);
    }
}
