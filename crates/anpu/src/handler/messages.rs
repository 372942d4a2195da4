//! What a prompt may return, and how it becomes messages.

use std::borrow::Cow;
use std::fmt::Display;

use anpu_proto::model::{Content, GetPromptResult, PromptMessage, Role};

use super::outcome::error_of;
use crate::error::{Error, Result};

/// Something a prompt may return: text is one message of the user.
///
/// What becomes of an error: `Invalid` names what is wrong with the arguments, `Refused`, `Declined` and `NotFound`
/// send their text. **Any other error is logged and not sent**: the client is told that the prompt could not be made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the messages of a prompt",
    label = "not something a prompt may return",
    note = "a prompt returns `String`, `&'static str`, `PromptMessage` or a `Vec` of them, `GetPromptResult`, or a `Result` of these"
)]
pub trait IntoMessages: Sized {
    /// The messages.
    ///
    /// # Errors
    ///
    /// As the handler failed.
    fn into_messages(self) -> Result<GetPromptResult, Error>;
}

impl IntoMessages for GetPromptResult {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        Ok(self)
    }
}

impl IntoMessages for Vec<PromptMessage> {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        Ok(GetPromptResult::new(self))
    }
}

impl<const N: usize> IntoMessages for [PromptMessage; N] {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        Vec::from(self).into_messages()
    }
}

impl IntoMessages for PromptMessage {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        vec![self].into_messages()
    }
}

impl IntoMessages for Content {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        PromptMessage::new(Role::User, self).into_messages()
    }
}

macro_rules! text {
    ($($of:ty),*) => {$(
        impl IntoMessages for $of {
            fn into_messages(self) -> Result<GetPromptResult, Error> {
                Content::text(self).into_messages()
            }
        }
    )*};
}

text!(String, &'static str, Cow<'static, str>);

impl<T: IntoMessages, E: Display + 'static> IntoMessages for Result<T, E> {
    fn into_messages(self) -> Result<GetPromptResult, Error> {
        self.map_err(error_of)?.into_messages()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_message_of_the_user() {
        let messages = String::from("hi").into_messages().unwrap().messages;
        assert_eq!(messages, [PromptMessage::new(Role::User, Content::text("hi"))]);
        let error = Err::<String, _>("no").into_messages().unwrap_err();
        assert_eq!(error.to_string(), "no");
    }
}
