//! The session era, whole: the same handlers in each of its four dialects, and the hard cases of streams and sessions.
//!
//! `scripts/` has a file a handler and a section a version, with every message that goes over the wire: `>` is the
//! client's, `<` the server's. Before a section that does not begin with `initialize` there is a handshake in which the
//! client says that it can do all that its version has. Random ids are written as `ask-1` and `visit-1`.
//! `UPDATE=1 cargo test -p anpu --test eras` writes what the server says now into the scripts.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and may say that it did not run")]

mod conversations;
mod crowd;
mod differences;
mod endpoint;
mod handlers;
mod judge;
mod layout;
mod script;
#[path = "../../../anpu-proto/tests/support/spec.rs"]
#[allow(dead_code, reason = "another crate's tests use the rest")]
mod spec;
mod streams;
