//! What a resource may return, and how it becomes the contents of its URI.

use std::borrow::Cow;
use std::fmt::Display;

use anpu_proto::model::{ReadResourceResult, ResourceContents};
use bytes::Bytes;
use serde::Serialize;

use super::media::blob;
use super::outcome::{Json, error_of, unserializable};
use crate::error::{Error, Result};

/// Something a resource may return.
///
/// It is told the URI that was read and the media type of the resource, if it has one; without one, text is
/// `text/plain`, bytes are `application/octet-stream` and [`Json`] is `application/json`.
///
/// What becomes of an error: a kind of `NotFound` (also `None`) is the protocol's error for a resource that does not
/// exist, `Invalid` names what is wrong with the URI, `Refused` and `Declined` send their text. **Any other error is
/// logged and not sent**: the client is told that the resource could not be read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the contents of a resource",
    label = "not something a resource may return",
    note = "a resource returns `String`, `&'static str`, `Vec<u8>`, `Bytes`, `Json<T>`, `ResourceContents` or a `Vec` of them, `ReadResourceResult`, or an `Option` or a `Result` of these"
)]
pub trait IntoContents: Sized {
    /// The contents of this URI.
    ///
    /// # Errors
    ///
    /// As the handler failed.
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error>;
}

impl IntoContents for ReadResourceResult {
    fn into_contents(self, _uri: &str, _mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        Ok(self)
    }
}

impl IntoContents for ResourceContents {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        vec![self].into_contents(uri, mime)
    }
}

impl IntoContents for Vec<ResourceContents> {
    fn into_contents(self, _uri: &str, _mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        Ok(ReadResourceResult::new(self))
    }
}

impl IntoContents for String {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        let text = ResourceContents::text(uri, self);
        one(text, mime.unwrap_or("text/plain"))
    }
}

impl IntoContents for &'static str {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        self.to_owned().into_contents(uri, mime)
    }
}

impl IntoContents for Cow<'static, str> {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        self.into_owned().into_contents(uri, mime)
    }
}

macro_rules! bytes {
    ($($of:ty),*) => {$(
        impl IntoContents for $of {
            fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
                one(blob(uri, &self), mime.unwrap_or("application/octet-stream"))
            }
        }
    )*};
}

bytes!(Vec<u8>, Bytes, &'static [u8]);

impl<T: Serialize> IntoContents for Json<T> {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        let text = serde_json::to_string(&self.0).map_err(unserializable)?;
        text.into_contents(uri, mime.or(Some("application/json")))
    }
}

impl<T: IntoContents> IntoContents for Option<T> {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        self.ok_or_else(|| crate::error::not_found("not found"))?.into_contents(uri, mime)
    }
}

impl<T: IntoContents, E: Display + 'static> IntoContents for Result<T, E> {
    fn into_contents(self, uri: &str, mime: Option<&str>) -> Result<ReadResourceResult, Error> {
        self.map_err(error_of)?.into_contents(uri, mime)
    }
}

fn one(contents: ResourceContents, mime: &str) -> Result<ReadResourceResult, Error> {
    Ok(ReadResourceResult::new(vec![contents.mime_type(mime)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use serde_json::{Value, json};

    fn contents(of: impl IntoContents, mime: Option<&str>) -> Value {
        serde_json::to_value(of.into_contents("a:b", mime).unwrap()).unwrap()["contents"].clone()
    }

    #[test]
    fn the_media_type_is_the_resources_or_fits_the_value() {
        assert_eq!(contents("t", None), json!([{ "uri": "a:b", "mimeType": "text/plain", "text": "t" }]));
        assert_eq!(contents("t", Some("text/x")), json!([{ "uri": "a:b", "mimeType": "text/x", "text": "t" }]));
        assert_eq!(
            contents(vec![0_u8], None),
            json!([{ "uri": "a:b", "mimeType": "application/octet-stream", "blob": "AA==" }])
        );
        assert_eq!(contents(Json([1]), None), json!([{ "uri": "a:b", "mimeType": "application/json", "text": "[1]" }]));
    }

    #[test]
    fn none_is_not_found() {
        let error = None::<String>.into_contents("a:b", None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
