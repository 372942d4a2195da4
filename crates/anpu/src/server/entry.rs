//! What is put into an outbox, and what its reader gets.

use std::time::Duration;

use anpu_proto::model::Notice;
use bytes::Bytes;

/// How much one outbox may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Entries that wait for the reader.
    pub(crate) entries: usize,
    /// Bytes that wait for the reader, or are kept for another one.
    pub(crate) bytes: usize,
}

/// One thing to send.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) text: Bytes,
    pub(crate) kind: EntryKind,
    /// Where it is in the log of its session; zero if it is in none.
    pub(crate) place: u64,
}

/// What may be done with an entry when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// The answer to a request of the client.
    Reply,
    /// A message that must arrive.
    Message,
    /// A message that says nothing new if the same text already waits.
    Idempotent,
    /// A message that a later one of its kind replaces.
    Replaceable,
    /// A message that a reader can do without.
    Droppable,
}

/// What a reader gets.
#[derive(Clone, Debug)]
pub(crate) enum Taken {
    /// An entry, with its number on this stream.
    Entry(u64, Entry),
    /// Nothing for a while: a sign of life is due.
    Silence,
}

/// How a stream ended for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All was said.
    Done,
    /// Another reader took over, or this one was too slow.
    Lost,
    /// Closed on purpose, so that the client comes back after this time.
    Paused(Duration),
}

/// How a notice may be treated when its reader is slow.
pub(crate) fn kind_of(notice: &Notice) -> EntryKind {
    match notice {
        Notice::Progress(_) => EntryKind::Replaceable,
        Notice::Message(_) => EntryKind::Droppable,
        Notice::ResourceUpdated(_)
        | Notice::ResourceListChanged(_)
        | Notice::ToolListChanged(_)
        | Notice::PromptListChanged(_) => EntryKind::Idempotent,
        _ => EntryKind::Message,
    }
}

/// What [`Outbox::poll_plain`](super::outbox::Outbox::poll_plain) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// All answers, nothing else.
    All,
    /// Something else came: it takes a stream.
    More,
}
