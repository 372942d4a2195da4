//! The Model Context Protocol without I/O: no sockets, no clock, no randomness, no tasks.
//!
//! # Layout, lowest floor first
//!
//! - [`fault`]: what went wrong, by meaning; its number is a dialect's business.
//! - [`jsonrpc`]: envelopes, classified once; params stay raw until their method is known.
//! - [`model`]: the vocabulary, one chapter of the specification a file, in its newest spelling.
//! - [`dialect`]: one published version of the specification a file, as a static value.
//! - [`session`]: the engine that remembers its peer: inputs in, effects out.
//! - [`exchange`]: the engine that forgets its peer: a handler that asks is run again over what is known.
//! - [`mod@line`]: the table of one full-duplex connection.
//!
//! Everything here is a value: it is driven by whoever owns the sockets and the clock, and tested without either.

pub mod dialect;
pub mod exchange;
pub mod fault;
pub mod jsonrpc;
pub mod line;
pub mod model;
pub mod session;
