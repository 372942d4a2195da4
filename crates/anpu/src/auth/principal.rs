//! The one on whose behalf a request is made.

use std::sync::Arc;

/// The one on whose behalf a request is made.
///
/// A layer in front of the endpoint may put one into the extensions of the HTTP request. A session belongs to the
/// principal that opened it: to anybody else it does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    subject: Arc<str>,
    shared: bool,
}

impl Principal {
    /// A principal with this subject, which must be unique and stable (the `sub` of a token, an account's id).
    pub fn new(subject: impl Into<Arc<str>>) -> Self {
        Self { subject: subject.into(), shared: false }
    }

    /// A principal that stands for many: a gateway, one API key for all. What belongs to a person
    /// ([`User<T>`](crate::User)) is refused to it.
    pub fn shared(subject: impl Into<Arc<str>>) -> Self {
        Self { subject: subject.into(), shared: true }
    }

    /// Whether it stands for many.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The unique and stable name.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}
