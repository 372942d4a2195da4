//! JSON-RPC 2.0 envelopes, read once and classified once; knows no method.
//!
//! A message is a request, a notice (the specification's *notification*), a response or a batch of these.
//! `params`, `result` and `error.data` stay raw JSON until somebody knows their type.

mod depth;
mod id;
mod message;
mod usual;
pub mod write;

pub use id::{ById, Id, IdHasher};
pub use message::{ErrorObject, Limits, Message, Rejected, parse};
