//! Handlers that ask, run in every way a server has: in place, let go and run again, round by round, each round twice,
//! on one node or two. What comes of them is the same, and what they do once happens once.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clients;
mod journal;
mod laws;
mod program;
mod states;
