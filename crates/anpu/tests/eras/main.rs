//! Both eras, whole: the same handlers in each of the five dialects, and the hard cases of streams and sessions.
//!
//! `scripts/` has a file a handler and a section a version, with every message that goes over the wire: `>` is the
//! client's, `<` the server's, and `!` is what happens at the server meanwhile. Before a section of a version with sessions
//! that does not begin with `initialize` there is a handshake in which the client says that it can do all that its version
//! has; where requests carry their client, `"...": "everything"` in their `_meta` stands for the same. What is random is
//! written as `ask-1`, `visit-1` and `state-1`.
//!
//! Each section runs on a full-duplex connection, where handlers wait in place if they can, and again with a server that
//! always lets them go when they ask: what is said must be the same. Requests that carry their client are also sent over
//! HTTP, one POST each. `scripts/http/` has what only HTTP has: headers and statuses.
//! `UPDATE=1 cargo test -p anpu --test eras` writes what the server says now into the scripts.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and may say that it did not run")]

mod askers;
mod conversations;
mod crowd;
mod differences;
mod endpoint;
mod ends;
mod handlers;
mod http;
mod judge;
mod layout;
mod names;
mod script;
#[path = "../../../anpu-proto/tests/support/spec.rs"]
#[allow(dead_code, reason = "another crate's tests use the rest")]
mod spec;
mod streams;
#[path = "../http/support.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;
mod talk;
#[path = "../http/wire.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod wire;

use self::conversations::REQUEST_ERA;
