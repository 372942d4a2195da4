//! Sessions that come back: what can be proven is recovered, the rest is refused. The endpoint without sockets, so that
//! half an hour passes in no time; a second server with the same keys is the same one after a restart.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
#[path = "../server/endpoint.rs"]
mod endpoint;
mod forged;
mod hooks;
mod lost;
mod nodes;
mod replay;
mod returns;
