//! Questions to the client over the memory transport, in virtual time: what goes out, what comes back, and what becomes of
//! a question that nobody answers.
#![allow(clippy::unwrap_used, reason = "the client that is played by hand is test code, too")]
#![allow(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod answers;
mod client;
mod forms;
mod places;
mod visits;
mod withdrawn;
