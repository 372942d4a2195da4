//! The folders that the client lets the server work in.

use std::time::Duration;

use anpu_proto::model::{Answer, Ask, ClientCapabilities, ListRootsRequestParams, Root};
use serde_json::{Value, json};

use super::{MACHINE, Question, check};
use crate::error::Result;

/// Asks for the client's roots, every time. [`Cx::roots`](crate::Cx::roots) remembers them while they do not change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roots;

impl Question for Roots {
    type Answer = Vec<Root>;

    const PATIENCE: Duration = MACHINE;

    fn ask(&self) -> Ask {
        Ask::ListRoots(ListRootsRequestParams::default())
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        if client.has_roots() { Ok(()) } else { Err(json!({ "roots": {} })) }
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        match answer {
            Answer::ListRoots(result) => Ok(result.roots),
            _ => Err(check::invalid("it is the answer to another kind of question")),
        }
    }
}
