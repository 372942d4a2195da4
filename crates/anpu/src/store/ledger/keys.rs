//! The keys of the rows.

use std::ops::Range;

use super::Millis;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Session,
    Value,
    Task,
    /// The head of a log of events.
    Log,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Session => b's',
            Self::Value => b'v',
            Self::Task => b't',
            Self::Log => b'g',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Session, Self::Value, Self::Task, Self::Log].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// Whether this is the key of a record or an event, not of a row that serves to find them.
pub(in crate::store) fn is_entry(key: &[u8]) -> bool {
    matches!(key.first(), Some(b'r' | b'e'))
}

pub(super) fn record(kind: Kind, id: &[u8]) -> Vec<u8> {
    [&[b'r', kind.byte()], id].concat()
}

pub(super) fn expiry(at: Millis, kind: Kind, id: &[u8]) -> Vec<u8> {
    [b"x", &at.to_be_bytes()[..], &[kind.byte()], id].concat()
}

/// The rows of everything that has expired by now.
pub(super) fn expired(now: Millis) -> Range<Vec<u8>> {
    let start = |at: Millis| [b"x", &at.to_be_bytes()[..]].concat();
    start(0)..start(now.saturating_add(1))
}

/// What a row of [`expired`] is about.
pub(super) fn expiring(key: &[u8]) -> Option<(Kind, &[u8])> {
    let (kind, id) = key.get(9..)?.split_first()?;
    Some((Kind::of(*kind)?, id))
}

/// The start of the keys of one list.
pub(super) fn list(kind: Kind, owner: &[u8]) -> Vec<u8> {
    [&[b'l', kind.byte()], &length(owner)[..], owner].concat()
}

/// A row of a list, behind its start.
pub(super) fn listed(list: &[u8], order: u64, id: &[u8]) -> Vec<u8> {
    [list, &order.to_be_bytes()[..], id].concat()
}

/// The rows of a list from this order on.
pub(super) fn listed_from(list: &[u8], order: u64) -> Range<Vec<u8>> {
    listed(list, order, &[])..after(list)
}

/// The order and the id in a row of a list.
pub(super) fn place<'a>(list: &[u8], key: &'a [u8]) -> Option<(u64, &'a [u8])> {
    let (order, id) = key.get(list.len()..)?.split_at_checked(8)?;
    Some((number(order)?, id))
}

pub(super) fn count(kind: Kind, owner: &[u8]) -> Vec<u8> {
    [&[b'c', kind.byte()], owner].concat()
}

pub(super) fn event(log: &[u8], position: u64) -> Vec<u8> {
    [b"e", &length(log)[..], log, &position.to_be_bytes()[..]].concat()
}

/// The position in the key of an event.
pub(super) fn position(key: &[u8]) -> Option<u64> {
    number(key.last_chunk::<8>()?)
}

/// The number that these eight bytes are.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

/// Two bytes for the length: a key has at most 512.
fn length(key: &[u8]) -> [u8; 2] {
    u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// The first key behind all that start with this. No start consists of 255s alone, because the first byte is a letter.
fn after(start: &[u8]) -> Vec<u8> {
    let mut end = start.to_vec();
    while end.last() == Some(&u8::MAX) {
        end.pop();
    }
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}
