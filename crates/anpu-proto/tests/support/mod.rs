//! What the tests of the dialects share.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod parts;
pub(crate) mod samples;
pub(crate) mod spec;
