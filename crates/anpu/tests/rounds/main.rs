//! Handlers that ask where requests carry their client: let go at a question, run again with the answer; what they do
//! meanwhile, how long a question stays open, and which states are taken back.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod effects;
mod questions;
mod states;
mod tasks;
mod times;
