//! Streamable HTTP as bytes on real sockets: what goes in is written out here, what comes out is read off the wire.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod callers;
mod disconnects;
mod door;
mod ending;
mod layers;
mod listening;
mod messages;
mod odd;
mod principals;
mod sessions;
mod slow;
mod streams;
mod support;
mod wire;
