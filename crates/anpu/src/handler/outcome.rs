//! What a tool may return, and how it becomes a result.

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Display;

use anpu_proto::fault::Fault;
use anpu_proto::model::{CallToolResult, Content};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::media::{Audio, Embedded, Image, ResourceLink};
use crate::error::{Error, ErrorKind, Result};

/// Something a tool may return.
///
/// A failing tool is a *tool error*: a result with `isError`, whose text is for the model, so that it can do better.
/// That is what becomes of every `Err` of a handler, **with the whole text of the error and of its causes**
/// (`{error:#}`): what must not be seen by the model must not be in the error. Only an [`Error`] that stands for a
/// protocol error ([`Error::fault`], or the kinds `Unsupported`, `Cancelled`, `Overloaded` and `Protocol`) stays one;
/// the text of a `Config` error goes to the server's log and not to the client.
///
/// ```
/// use anpu::model::{CallToolResult, Content};
/// use anpu::{Error, IntoReply};
///
/// struct Celsius(f64);
///
/// impl IntoReply for Celsius {
///     fn into_reply(self) -> anpu::Result<CallToolResult, Error> { format!("{} °C", self.0).into_reply() }
/// }
///
/// assert_eq!(Celsius(21.5).into_reply()?.content, [Content::text("21.5 °C")]);
/// # Ok::<(), anpu::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tool",
    label = "not something a tool may return",
    note = "a tool returns text, a number, a `bool`, `()`, `Image`, `Audio`, `ResourceLink`, `Embedded`, `Vec<Content>`, `CallToolResult`, or a `Result` or an `Option` of these",
    note = "for a type of your own return `anpu::Json<{Self}>`, which needs `serde::Serialize` and `schemars::JsonSchema`, or implement `anpu::IntoReply`"
)]
pub trait IntoReply: Sized {
    /// The result.
    ///
    /// # Errors
    ///
    /// As the handler failed.
    fn into_reply(self) -> Result<CallToolResult, Error>;

    /// The schema of the structured content, if there is any, as schemars writes it.
    fn output_schema() -> Option<Value> {
        None
    }
}

/// A value that is sent as structured content, and as its JSON text for clients that read only that.
///
/// As the result of a tool its schema becomes the tool's `outputSchema`, which has to describe an object. As the
/// contents of a resource it is the JSON text.
///
/// ```
/// use anpu::{IntoReply, Json};
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Sum { total: u32 }
///
/// let reply = Json(Sum { total: 3 }).into_reply()?;
/// assert_eq!(reply.structured_content.unwrap()["total"], 3);
/// # Ok::<(), anpu::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema> IntoReply for Json<T> {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        let value = serde_json::to_value(self.0).map_err(unserializable)?;
        let mut reply = CallToolResult::new(vec![Content::text(value.to_string())]);
        reply.structured_content = Some(value);
        Ok(reply)
    }

    fn output_schema() -> Option<Value> {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        Some(generator.into_root_schema_for::<T>().to_value())
    }
}

pub(super) fn unserializable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Other, "the result could not be written as JSON").because(error)
}

impl IntoReply for CallToolResult {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        Ok(self)
    }
}

impl IntoReply for Vec<Content> {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        Ok(CallToolResult::new(self))
    }
}

/// No content at all.
impl IntoReply for () {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        Ok(CallToolResult::new(Vec::new()))
    }
}

macro_rules! one_content {
    ($($of:ty),*) => {$(
        impl IntoReply for $of {
            fn into_reply(self) -> Result<CallToolResult, Error> {
                Ok(CallToolResult::new(vec![self.into()]))
            }
        }
    )*};
}

one_content!(Content, Image, Audio, ResourceLink, Embedded);

macro_rules! as_text {
    ($($of:ty),*) => {$(
        impl IntoReply for $of {
            fn into_reply(self) -> Result<CallToolResult, Error> {
                Ok(CallToolResult::new(vec![Content::text(self.to_string())]))
            }
        }
    )*};
}

as_text!(&'static str, Cow<'static, str>, Box<str>, char, bool);
as_text!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);

impl IntoReply for String {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        Ok(CallToolResult::new(vec![Content::text(self)]))
    }
}

/// `None` is a result without content. It has no output schema, because there is nothing structured to show then.
impl<T: IntoReply> IntoReply for Option<T> {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        self.map_or_else(|| ().into_reply(), T::into_reply)
    }
}

impl<T: IntoReply, E: Display + 'static> IntoReply for Result<T, E> {
    fn into_reply(self) -> Result<CallToolResult, Error> {
        self.map_err(error_of)?.into_reply()
    }

    fn output_schema() -> Option<Value> {
        T::output_schema()
    }
}

/// The error of a handler as ours: an [`Error`] is taken as it is, a [`Fault`] as the protocol error it is, and
/// anything else is its own text.
pub(crate) fn error_of<E: Display + 'static>(error: E) -> Error {
    let mut slot = Some(error);
    let any: &mut dyn Any = &mut slot;
    if let Some(ours) = any.downcast_mut::<Option<Error>>().and_then(Option::take) {
        return ours;
    }
    if let Some(fault) = any.downcast_mut::<Option<Fault>>().and_then(Option::take) {
        return fault.into();
    }
    Error::new(ErrorKind::Other, slot.map(|error| format!("{error:#}")).unwrap_or_default())
}

/// Says that something that was looked up does not exist.
///
/// ```
/// use anpu::{ErrorKind, OrNotFound};
///
/// let notes = std::collections::HashMap::from([("milk", 2)]);
/// assert_eq!(notes.get("milk").or_not_found()?, &2);
/// assert_eq!(notes.get("eggs").or_not_found().unwrap_err().kind(), ErrorKind::NotFound);
/// # Ok::<(), anpu::Error>(())
/// ```
pub trait OrNotFound {
    /// What was looked up.
    type Found;

    /// What was found, or an error of the kind [`NotFound`](ErrorKind::NotFound).
    ///
    /// # Errors
    ///
    /// If there is nothing; a failed look-up stays its own error.
    fn or_not_found(self) -> Result<Self::Found, Error>;
}

impl<T> OrNotFound for Option<T> {
    type Found = T;

    fn or_not_found(self) -> Result<T, Error> {
        self.ok_or_else(|| crate::error::not_found("not found"))
    }
}

impl<T, E> OrNotFound for Result<Option<T>, E>
where
    Error: From<E>,
{
    type Found = T;

    fn or_not_found(self) -> Result<T, Error> {
        self?.or_not_found()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::refused;

    #[test]
    fn plain_values_are_text() {
        assert_eq!(7_u8.into_reply().unwrap().content, [Content::text("7")]);
        assert_eq!(1.5_f64.into_reply().unwrap().content, [Content::text("1.5")]);
        assert_eq!(true.into_reply().unwrap().content, [Content::text("true")]);
        assert_eq!("hi".into_reply().unwrap().content, [Content::text("hi")]);
        assert_eq!(().into_reply().unwrap().content, []);
        assert_eq!(None::<u8>.into_reply().unwrap().content, []);
        assert_eq!(Some(3).into_reply().unwrap().content, [Content::text("3")]);
    }

    #[test]
    fn json_is_structured_and_text_and_has_a_schema() {
        let reply = Json(vec![1, 2]).into_reply().unwrap();
        assert_eq!(reply.structured_content, Some(serde_json::json!([1, 2])));
        assert_eq!(reply.content, [Content::text("[1,2]")]);
        let schema = <Result<Json<Vec<u8>>, Error> as IntoReply>::output_schema().unwrap();
        assert_eq!(schema["type"], "array");
        assert!(<Option<Json<u8>> as IntoReply>::output_schema().is_none());
    }

    #[test]
    fn an_error_keeps_its_kind_and_its_text() {
        let ours = Err::<(), _>(refused("no")).into_reply().unwrap_err();
        assert_eq!((ours.kind(), ours.to_string().as_str()), (ErrorKind::Refused, "no"));
        let text = Err::<(), _>("because").into_reply().unwrap_err();
        assert_eq!((text.kind(), text.to_string().as_str()), (ErrorKind::Other, "because"));
        let fault = Err::<(), _>(Fault::InvalidCursor).into_reply().unwrap_err();
        assert_eq!(fault.fault(), Some(&Fault::InvalidCursor));
    }

    #[test]
    fn nothing_found_is_said_and_a_failed_look_up_stays_itself() {
        let nothing: Result<Option<u8>, std::fmt::Error> = Ok(None);
        assert_eq!(nothing.or_not_found().unwrap_err().kind(), ErrorKind::NotFound);
        let failed: Result<Option<u8>, std::fmt::Error> = Err(std::fmt::Error);
        assert_eq!(failed.or_not_found().unwrap_err().kind(), ErrorKind::Other);
    }
}
