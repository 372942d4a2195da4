//! The one on whose behalf a request is made.

use std::sync::Arc;

/// The one on whose behalf a request is made.
///
/// A layer in front of the endpoint may put one into the extensions of the HTTP request. A session belongs to the
/// principal that opened it: to anybody else it does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    subject: Arc<str>,
}

impl Principal {
    /// A principal with this subject, which must be unique and stable (the `sub` of a token, an account's id).
    pub fn new(subject: impl Into<Arc<str>>) -> Self {
        Self { subject: subject.into() }
    }

    /// The unique and stable name.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}
