//! The one error of this crate: what kind of thing went wrong, and why.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use anpu_proto::fault::Fault;

/// `Result` with this crate's [`Error`]; `anpu::Result` alone is `Result<(), anpu::Error>`.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What went wrong, by kind, with the error that caused it.
///
/// Any [`std::error::Error`] becomes one with `?`, so handlers can use it for everything. For that reason this type
/// does not implement [`std::error::Error`] itself; [`Error::into_boxed`] gives one that does.
///
/// ```
/// use anpu::{Error, ErrorKind, refused};
///
/// fn parse(text: &str) -> anpu::Result<u8> {
///     let number: u8 = text.parse()?;
///     if number > 9 { return Err(refused("one digit, please")) }
///     Ok(number)
/// }
/// assert_eq!(parse("x").unwrap_err().kind(), ErrorKind::Other);
/// assert_eq!(parse("12").unwrap_err().kind(), ErrorKind::Refused);
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: String,
    fault: Option<Fault>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server was put together wrongly; nothing was started.
    Config,
    /// A socket, a file or a stream failed.
    Io,
    /// The handler does not do what it was asked to, for a reason of its own.
    Refused,
    /// The person asked said no.
    Declined,
    /// What was asked for does not exist.
    NotFound,
    /// The arguments are wrong.
    Invalid,
    /// The client lacks a capability that is needed.
    Unsupported,
    /// The client cancelled the request or is gone.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// The handler runs again from its start, and this task is not part of that run.
    Suspended,
    /// A limit was reached.
    Overloaded,
    /// A store failed or did not answer: whether a write was done is not known, and trying again may help.
    Store,
    /// A protocol error that the handler chose.
    Protocol,
    /// Anything else: an error of the handler's own.
    Other,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr { kind, message: message.into(), fault: None, source: None }))
    }

    /// The error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// A server that was put together wrongly.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The protocol error that this stands for, if it is one.
    pub fn fault(&self) -> Option<&Fault> {
        self.0.fault.as_ref()
    }

    /// The error that caused this one.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// This error as a [`std::error::Error`].
    pub fn into_boxed(self) -> Box<dyn StdError + Send + Sync> {
        Box::new(Boxed(self))
    }
}

/// A refusal by the handler: the model gets the text as a tool error.
pub fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Refused, message)
}

/// The person asked said no: the model gets the text as a tool error.
pub fn declined(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Declined, message)
}

/// What was asked for does not exist.
pub fn not_found(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NotFound, message)
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let fault = (&error as &dyn Any).downcast_ref::<Fault>().cloned();
        let kind = fault.as_ref().map_or(ErrorKind::Other, kind_of);
        Self(Box::new(Repr { kind, message: error.to_string(), fault, source: Some(Box::new(error)) }))
    }
}

fn kind_of(fault: &Fault) -> ErrorKind {
    match fault {
        Fault::InvalidParams(_) => ErrorKind::Invalid,
        Fault::ToolNotFound(_) | Fault::PromptNotFound(_) | Fault::ResourceNotFound(_) => ErrorKind::NotFound,
        Fault::MissingCapability(_) => ErrorKind::Unsupported,
        Fault::Cancelled => ErrorKind::Cancelled,
        Fault::Overloaded(_) => ErrorKind::Overloaded,
        _ => ErrorKind::Protocol,
    }
}

impl fmt::Display for Error {
    /// The message; with `{:#}` also what caused it, where that says something new.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if f.alternate() {
            let mut said = self.0.message.clone();
            let mut cause = self.0.source.as_deref().map(|e| e as &dyn StdError);
            while let Some(error) = cause {
                let text = error.to_string();
                if !said.contains(&text) {
                    write!(f, ": {text}")?;
                    said = text;
                }
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// As for people, because `fn main() -> anpu::Result` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#} ({:?})", self.0.kind)
    }
}

struct Boxed(Error);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source().map(|e| e as &(dyn StdError + 'static))
    }
}
