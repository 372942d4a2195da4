//! The server behind its door, in virtual time: what clients see of its clocks, its places, its hooks and its lists.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod announced;
mod bounds;
mod catalog;
mod client;
mod endpoint;
mod ends;
mod hooks;
mod idle;
mod lists;
mod mirrored;
mod notices;
mod own;
mod providers;
mod support;
mod time;
mod told;
mod words;
