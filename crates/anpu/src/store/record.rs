//! What the store contracts are asked for and answer with: plain values, no I/O.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// Which state of a record this is. It changes with every write, and no key sees the same one twice, not even after its
/// record was deleted and made again. Revisions of different keys say nothing about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// What a write expects to find; if it finds something else, it changes nothing and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// Nothing is there.
    Absent,
    /// The record is there, in this state.
    Revision(Revision),
    /// Whatever is there, or nothing.
    Anything,
}

impl Expected {
    /// Whether what was found is what is expected.
    pub fn meets(self, found: Option<Revision>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Revision(revision) => found == Some(revision),
            Self::Anything => true,
        }
    }
}

/// Bytes with the state they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The state.
    pub revision: Revision,
    /// The bytes as they were written.
    pub bytes: Bytes,
}

/// What became of a compare-and-swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was written"]
pub enum Swapped {
    /// It is written, and in this state now.
    Done(Revision),
    /// Something else was found than expected; nothing was written.
    Conflict,
}

/// What became of a session record to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "unless it says `Done`, nothing was written"]
pub enum Saved {
    /// It is written, and in this state now.
    Done(Revision),
    /// Something else was found than expected; nothing was written.
    Conflict,
    /// The session was ended and its tombstone still stands; nothing was written.
    Ended,
}

/// What was found under the id of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// Neither a record nor a tombstone.
    Absent,
    /// The record is in the state that the caller knows already.
    Unchanged,
    /// The record.
    Record(Stored),
    /// A tombstone: the session was ended.
    Ended,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Whose it is, if anybody's.
    pub owner: Option<String>,
    /// The record.
    pub stored: Stored,
    /// How long ago it was written or touched.
    pub idle: Duration,
    /// How long it has left until it expires.
    pub left: Duration,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records.
    pub records: Vec<Listed>,
    /// Where the list goes on; nothing if this was the end.
    pub next: Option<Cursor>,
}

/// A place in a list: text that only the store that wrote it can read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a log of events. Positions grow with every event of a log and are never used twice for it, not even after
/// the log was forgotten or has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// The place before the first event of any log.
    pub const START: Self = Self(0);
}

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log.
    pub position: Position,
    /// The stream of the log that it belongs to.
    pub stream: u64,
    /// Its bytes.
    pub bytes: Bytes,
}

/// How much a log may hold. When an event does not fit, the oldest events of the log go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How many events; at least one is kept.
    pub entries: usize,
    /// How many bytes all events have together; the newest event is kept in any case.
    pub bytes: usize,
    /// How long the log lives after its last event.
    pub ttl: Duration,
}

/// What followed a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// These events, in order, and none is missing between the position and the last of them.
    Events(Vec<Event>),
    /// Something that followed is gone (dropped by the bound, trimmed, forgotten or expired): what is left would not be
    /// complete, so none of it is given.
    Gone,
}
