//! HTTP+SSE, the wire of clients from before Streamable HTTP: literal bytes on real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod doors;
mod ends;
mod messages;
mod places;
mod wire;
