//! The formats of strings that are enforced: those of answers and those of arguments are the same.

pub(super) use crate::handler::format::{Format, named};
