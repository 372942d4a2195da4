//! How values of one type are kept: under which key, in which version, and how older ones are read.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::to_raw_value;

use super::document::{Document, Entry};
use crate::error::{Error, ErrorKind, Result};

/// What [`Session<T>`](crate::Session) and [`User<T>`](crate::User) keep: anything that serde writes and reads, and
/// that has a default. Nobody implements it by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept",
    label = "not a type that can be written, read back and begun with",
    note = "put `#[derive(Default, serde::Serialize, serde::Deserialize)]` on it"
)]
pub trait Durable: Serialize + DeserializeOwned + Default + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Default + Send + 'static> Durable for T {}

/// How values of type `T` are kept, for [`Server::keep`](crate::Server::keep). Without it: under the type's own name,
/// without its modules (`Cart`), in version 1.
///
/// A server knows a value by its key. Whoever renames the type keeps the values by keeping the key; whoever changes it
/// so that old values cannot be read any more counts the version up and says how they are read. Values are written
/// anew, in the new version, when they are next changed.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::Kept;
/// use serde::{Deserialize, Serialize};
/// use serde_json::Value;
///
/// /// It was called `Cart`, and was a list of products.
/// #[derive(Default, Serialize, Deserialize)]
/// struct Basket { items: std::collections::BTreeMap<String, u32> }
///
/// fn migrate(version: u32, old: Value) -> Result<Basket> {
///     match version {
///         1 => {
///             let items: Vec<String> = serde_json::from_value(old)?;
///             Ok(Basket { items: items.into_iter().map(|item| (item, 1)).collect() })
///         }
///         other => Err(refused(format!("there was no version {other}"))),
///     }
/// }
///
/// let server = Server::new("shop", "2.0.0").keep(Kept::<Basket>::new().key("Cart").version(2).migrate(migrate));
/// ```
#[must_use = "give it to the server: `.keep(..)`"]
pub struct Kept<T> {
    pub(super) key: Box<str>,
    version: u32,
    migrate: Option<Migrate<T>>,
}

type Migrate<T> = Arc<dyn Fn(u32, Value) -> Result<T> + Send + Sync>;

impl<T: Durable> Kept<T> {
    /// Under the type's own name, in version 1.
    pub fn new() -> Self {
        Self { key: short(type_name::<T>()).into(), version: 1, migrate: None }
    }

    /// Under this key; no two types of a server have the same. Default: the type's name without its modules.
    pub fn key(mut self, key: impl Into<Box<str>>) -> Self {
        self.key = key.into();
        self
    }

    /// The version that this build writes. Default: 1.
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// How a value of an older version is read: the version, and the value as it was kept. An error leaves what is kept
    /// as it is.
    pub fn migrate(mut self, migrate: impl Fn(u32, Value) -> Result<T> + Send + Sync + 'static) -> Self {
        self.migrate = Some(Arc::new(migrate));
        self
    }

    /// The value of a document; the default if it has none.
    pub(super) fn of(&self, document: &Document) -> Result<T> {
        let Some(Entry { version, value }) = document.values.get(&*self.key) else { return Ok(T::default()) };
        if *version > self.version {
            let known = self.version;
            let text = format!("it was kept in version {version}, and this build knows up to {known}");
            return Err(self.unreadable(&text));
        }
        let broken = |error: serde_json::Error| self.unreadable(&error.to_string());
        if *version == self.version {
            return serde_json::from_str(value.get()).map_err(broken);
        }
        let Some(migrate) = &self.migrate else {
            let text = format!("it was kept in version {version}, and nothing says how that is read");
            return Err(self.unreadable(&text));
        };
        migrate(*version, serde_json::from_str(value.get()).map_err(broken)?)
    }

    /// Puts a value into a document.
    pub(super) fn put(&self, document: &mut Document, value: &T) -> Result {
        document.values.insert(self.key.to_string(), self.write(value)?);
        Ok(())
    }

    /// A value as it is kept.
    pub(super) fn write(&self, value: &T) -> Result<Entry> {
        Ok(Entry { version: self.version, value: to_raw_value(value)? })
    }

    fn unreadable(&self, why: &str) -> Error {
        let key = &self.key;
        tracing::error!(%key, why, "a kept value cannot be read");
        let text = format!("what is kept as `{key}` cannot be read, and stays as it is: {why}");
        Error::new(ErrorKind::Other, text)
    }
}

impl<T: Durable> Default for Kept<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), version: self.version, migrate: self.migrate.clone() }
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("key", &self.key).field("version", &self.version).finish_non_exhaustive()
    }
}

/// The name of a type without the modules of any part of it: `Vec<Item>` of `alloc::vec::Vec<shop::Item>`.
fn short(name: &str) -> String {
    let mut short = String::new();
    for letter in name.chars() {
        short.push(letter);
        if short.ends_with("::") {
            let module = short.trim_end_matches("::").rfind(|c: char| !(c.is_alphanumeric() || c == '_'));
            short.truncate(module.map_or(0, |at| at + 1));
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_type_has_no_modules() {
        assert_eq!(short("Cart"), "Cart");
        assert_eq!(short("shop::cart_2::Cart"), "Cart");
        assert_eq!(short("alloc::vec::Vec<(shop::Item, core::option::Option<u8>)>"), "Vec<(Item, Option<u8>)>");
    }
}
