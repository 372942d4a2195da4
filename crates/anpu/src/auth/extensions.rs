//! Principals that somebody in front found out.

/// A layer in front of the endpoint knows who asks, and leaves a [`Principal`](crate::Principal) in the extensions of the
/// HTTP request: for [`Server::auth`](crate::Server::auth). A request without one is nobody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromExtensions;
