//! State that outlives a request: of sessions, of the handles that stand for them, and of principals.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod built;
mod contended;
mod endpoint;
mod handles;
mod kept;
mod sessions;
mod shop;
mod trouble;
mod users;
