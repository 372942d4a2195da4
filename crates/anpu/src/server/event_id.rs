//! The id of an event: which session, which stream, how much of it was seen, and who was writing it. Sealed, so that a
//! client can go on only where it was.

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Id;

use super::core::Core;
use super::entry::EntryKind;
use super::outbox::Outbox;
use super::run::error_text;
use super::session::Session;
use super::session_id::SessionId;
use crate::error::Result;
use crate::seal::Purpose;

/// A place on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventId {
    pub(crate) session: SessionId,
    pub(crate) stream: u64,
    /// How many events were seen, this one included.
    pub(crate) seen: u64,
    /// Where the last of them is in the log of the session; zero if it is in none.
    pub(crate) place: u64,
    /// The process that wrote the stream.
    pub(crate) node: u64,
    /// The requests that the stream answers, as far as they fit.
    pub(crate) requests: Vec<Id>,
    /// Whether not all of them fit.
    pub(crate) cut: bool,
}

const FORMAT: u8 = 1;
/// Bytes of all request ids.
const MOST_IDS: usize = 128;
/// Characters of an event id.
const LONGEST: usize = 400;

impl EventId {
    /// As the client gets it.
    pub(crate) fn seal(&self, core: &Core) -> Result<String> {
        let mut plain = Vec::with_capacity(64);
        plain.push(FORMAT);
        plain.extend(self.session.0.to_be_bytes());
        for number in [self.stream, self.seen, self.place, self.node] {
            plain.extend(number.to_be_bytes());
        }
        let mut ids: &[Id] = &self.requests;
        let mut written = serde_json::to_vec(ids)?;
        while written.len() > MOST_IDS {
            ids = &ids[..ids.len() - 1];
            written = serde_json::to_vec(ids)?;
        }
        plain.push(u8::from(ids.len() < self.requests.len()));
        plain.extend(written);
        core.seals.seal_alike(Purpose::Event, &[], &plain)
    }

    /// The place that this id means, if it is one of ours.
    pub(crate) fn open(core: &Core, text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let plain = core.seals.open(Purpose::Event, &[], text).ok()?;
        let rest = plain.strip_prefix(&[FORMAT])?;
        let (session, rest) = rest.split_first_chunk()?;
        let (stream, rest) = rest.split_first_chunk()?;
        let (seen, rest) = rest.split_first_chunk()?;
        let (place, rest) = rest.split_first_chunk()?;
        let (node, rest) = rest.split_first_chunk()?;
        let (&cut, requests) = rest.split_first()?;
        Some(Self {
            session: SessionId(u128::from_be_bytes(*session)),
            stream: u64::from_be_bytes(*stream),
            seen: u64::from_be_bytes(*seen),
            place: u64::from_be_bytes(*place),
            node: u64::from_be_bytes(*node),
            cut: cut != 0,
            requests: serde_json::from_slice(requests).ok()?,
        })
    }
}

/// The rest of a stream whose writer is gone: an error for each of its requests, so that nobody waits for ever.
pub(crate) fn lost_answers(session: &Session, id: &EventId) -> Outbox {
    let core = &session.core;
    let count = id.requests.len();
    let outbox = Outbox::new(id.stream, &core.limits, &core.budget, false, Some(count));
    outbox.answers(id.node, id.requests.clone());
    for request in &id.requests {
        outbox.push(error_text(session.dialect(), Ok(request), &lost()), EntryKind::Reply);
    }
    outbox
}

/// What is answered to a request that nobody works on any more.
pub(super) fn lost() -> Fault {
    Fault::Unavailable("the server restarted and the request was lost; it may be retried".to_owned())
}
