//! The end of a server: probes, what runs and what comes meanwhile, sockets that are handed over, keys that outlive it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "not every test that includes this does")]
#[path = "../server/endpoint.rs"]
mod endpoint;
mod keys;
mod mounted;
mod sockets;
#[allow(dead_code, reason = "not every test that includes this does")]
#[path = "../server/support.rs"]
mod support;
