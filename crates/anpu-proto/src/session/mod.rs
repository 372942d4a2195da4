//! The engine that remembers its peer: one session as a value; knows no clock, no socket, no store and no tool.
//!
//! Inputs go in as method calls on [`Server`], effects come out of [`Server::poll`], and [`Server::deadline`] says
//! when to [`tick`](Server::tick). Texts are written by the caller, outside of whatever lock guards the value; the
//! engine decides whether, where and in which order they are sent.

mod ask;
mod pending;
mod phase;
mod server;
mod snapshot;

pub use ask::Unanswered;
pub use phase::{Peer, Phase};
pub use server::Server;
pub use snapshot::Snapshot;

use crate::jsonrpc::Id;
use crate::model::{Call, LoggingLevel, Notice};

/// A point in time, in milliseconds since whatever moment the caller counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

/// What a text belongs to; a transport decides which stream that is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// The request with this id.
    Request(Id),
    /// The session as a whole.
    Session,
}

/// What the engine wants done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect {
    /// Run this request, then call [`Server::finished`] or [`Server::dropped`].
    Run(Id),
    /// Stop this request: its client cancelled it or is gone. Nothing will be answered. It keeps its place and its id
    /// until [`Server::dropped`] (or [`Server::finished`], whose text goes nowhere), whether it ran or still waited.
    Stop(Id),
    /// Send this text, the answer to this request, and nothing for it after that.
    Answer(Id, Vec<u8>),
    /// Send this text, which answers nothing.
    Send(Route, Vec<u8>),
    /// The client said something that somebody may want to hear.
    Heard(Notice),
    /// The question with this id has its answer, or will never get one.
    Answered(Box<str>, Result<Box<serde_json::value::RawValue>, Unanswered>),
    /// Something durable changed.
    Remember(Change),
    /// The session is over.
    Close,
}

/// A durable change, smaller than the whole [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The handshake is done: dialect and peer are known.
    Opened,
    /// The client set its log level.
    Level(LoggingLevel),
    /// The client watches this resource.
    Watched(String),
    /// The client no longer watches this resource.
    Unwatched(String),
}

/// How much one session may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Requests that run at the same time. Default: 64.
    pub running: usize,
    /// Requests that wait for one of these places. Default: 256.
    pub queued: usize,
    /// Open questions to the client. Default: 64.
    pub questions: usize,
    /// Watched resources. Default: 1,024.
    pub watches: usize,
    /// Bytes of the URI of a watched resource. Default: 8 KiB.
    pub uri: usize,
}

impl Change {
    /// What a call changes if it is answered well; most change nothing.
    pub fn of(call: &Call) -> Option<Self> {
        match call {
            Call::SetLevel(params) => Some(Self::Level(params.level)),
            Call::Subscribe(params) => Some(Self::Watched(params.uri.clone())),
            Call::Unsubscribe(params) => Some(Self::Unwatched(params.uri.clone())),
            _ => None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { running: 64, queued: 256, questions: 64, watches: 1024, uri: 8 * 1024 }
    }
}
