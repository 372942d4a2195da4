//! The engine that forgets its peer: one run of a handler over what earlier runs were told; knows no clock, no chance,
//! no seal and no store.
//!
//! A handler that asks is run from its start in every round. [`Replay`] gives it the answers and the
//! [`once`](Replay::once) values of the rounds before, collects what it asks anew, and [closes](Replay::close) the
//! round: the questions for the client, and a state that the caller seals and gets back with the answers.
//!
//! See [the specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr).
//!
//! # Names
//!
//! The n-th use of a key in one run is `key`, `key#2`, `key#3`, …: these are the names under which questions travel and
//! values are kept. A `#` of a key itself is doubled, so that no key can be taken for the second use of another.
//! Questions and values do not share their names. Branches of one handler that run at the same time need keys of their
//! own: which of two comes first may be another one in the next run.
//!
//! # Example
//!
//! ```
//! use std::collections::BTreeMap;
//! use anpu_proto::dialect;
//! use anpu_proto::exchange::{Asked, Limits, Millis, Outcome, Replay};
//! use anpu_proto::model::{Ask, ElicitRequestParams, ElicitResult, InputResponse, RequestedSchema};
//!
//! let (dialect, limits) = (dialect::ALL[0], Limits::default());
//! let ask = Ask::Elicit(ElicitRequestParams::form("Really?", RequestedSchema::new()));
//!
//! let mut first = Replay::fresh(7, dialect, &limits);
//! assert!(matches!(first.ask("sure", &ask, Millis(0), None)?, Asked::Open(name) if &*name == "sure"));
//! let round = first.close()?;
//! assert_eq!(round.requests.len(), 1);
//!
//! let answer = InputResponse::new(&ElicitResult::decline()).expect("an answer is JSON");
//! let answers = BTreeMap::from([("sure".to_owned(), answer)]);
//! let mut second = Replay::resumed(&round.state, &answers, dialect, Millis(5_000), &limits)?;
//! let told = second.ask("sure", &ask, Millis(5_000), None)?;
//! assert!(matches!(told, Asked::Over(Outcome::Answered(raw)) if raw.get() == r#"{"action":"decline"}"#));
//! # Ok::<(), anpu_proto::fault::Fault>(())
//! ```

mod fingerprint;
mod names;
mod replay;
mod state;

pub use replay::Replay;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::InputRequests;

/// A point in time, in milliseconds since the Unix epoch: other processes and other nodes compare it with theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

/// What a handler that asks gets.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The question is over.
    Over(Outcome),
    /// The question waits for its answer under this name.
    Open(Box<str>),
}

/// How a question ended. What was recorded first stays.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// With this result, unread.
    Answered(Box<RawValue>),
    /// With an error. Only where questions are requests: among the answers of a retry there are no errors.
    Refused {
        /// The number the client gave.
        code: i64,
        /// The text the client gave.
        message: String,
    },
    /// Its time passed before an answer came.
    TimedOut,
}

/// What a handler that wants an effect to happen once gets.
#[derive(Clone, Debug)]
pub enum Once {
    /// It has happened, and this came of it.
    Done(Box<RawValue>),
    /// Do it now, then call [`Replay::done`] with this name.
    Do(Box<str>),
}

/// What the end of a round has for the client.
#[derive(Clone, Debug)]
pub struct Round {
    /// The open questions.
    pub requests: InputRequests,
    /// What the next round starts from, to be sealed.
    pub state: Vec<u8>,
}

/// How much one chain of rounds may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Questions, answered or not. Default: 64.
    pub questions: usize,
    /// Values of [`Replay::once`]. Default: 256.
    pub values: usize,
    /// Bytes of a key. Default: 128.
    pub key: usize,
    /// Bytes of a state before it is sealed. Default: 24,000, which leaves a sealed one in Base64 below 32 KiB.
    pub state: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { questions: 64, values: 256, key: 128, state: 24_000 }
    }
}
