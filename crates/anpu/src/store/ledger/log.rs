//! Logs of events: a head that knows what was dropped, and a row for each event.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use bytes::Bytes;

use super::keys::{self, Kind};
use super::record::Record;
use super::records::{erase, expires, found, kept, write};
use super::{Millis, Rows, RowsMut};
use crate::error::{Error, ErrorKind, Result};
use crate::store::limits::MAX_PAGE;
use crate::store::record::{Bound, Event, Position, Replay};

/// Of how many streams the head of a log remembers what was dropped; of older ones it knows less, see [`Head::forgotten`].
const STREAMS: usize = 256;

/// The head of a log.
#[derive(Default)]
struct Head {
    /// The place of its first event: those before it are of an earlier log of this name.
    began: u64,
    entries: u64,
    bytes: u64,
    /// The highest position dropped in any stream that is not in `dropped`: for all such streams it counts as theirs.
    forgotten: u64,
    /// The highest position dropped, by stream.
    dropped: BTreeMap<u64, u64>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::Store, "the head of a log in the store is damaged");
        let (numbers, []) = bytes.as_chunks::<8>() else { return Err(damaged()) };
        let mut numbers = numbers.iter().map(|number| u64::from_be_bytes(*number));
        let mut next = || numbers.next().ok_or_else(damaged);
        let mut head =
            Self { began: next()?, entries: next()?, bytes: next()?, forgotten: next()?, dropped: BTreeMap::new() };
        while let (Some(stream), Some(position)) = (numbers.next(), numbers.next()) {
            head.dropped.insert(stream, position);
        }
        Ok(head)
    }

    fn write(&self) -> Bytes {
        let pairs = self.dropped.iter().flat_map(|(stream, position)| [*stream, *position]);
        let numbers = [self.began, self.entries, self.bytes, self.forgotten].into_iter().chain(pairs);
        numbers.flat_map(u64::to_be_bytes).collect()
    }

    /// An event is no longer there.
    fn note(&mut self, event: &Entry) {
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(event.size);
        let dropped = self.dropped.entry(event.stream).or_default();
        *dropped = event.position.max(*dropped);
        if self.dropped.len() > STREAMS {
            let oldest = self.dropped.iter().min_by_key(|(_, position)| **position).map(|(stream, _)| *stream);
            let position = oldest.and_then(|stream| self.dropped.remove(&stream));
            self.forgotten = self.forgotten.max(position.unwrap_or(0));
        }
    }

    /// Whether something behind this position was dropped, in this stream or in any.
    fn lacks(&self, stream: Option<u64>, after: Position) -> bool {
        if after != Position::START && after.0 < self.began {
            return true;
        }
        let dropped = match stream {
            Some(stream) => self.dropped.get(&stream).copied().unwrap_or(self.forgotten),
            None => self.dropped.values().copied().max().unwrap_or(0).max(self.forgotten),
        };
        dropped > after.0
    }
}

/// An event's row without its bytes.
struct Entry {
    key: Vec<u8>,
    position: u64,
    stream: u64,
    size: u64,
}

/// Adds an event and drops the oldest until the log fits its bound.
pub(in crate::store) fn append(
    rows: &mut dyn RowsMut,
    now: Millis,
    log: &str,
    stream: u64,
    event: &Bytes,
    bound: Bound,
) -> Result<Position> {
    let log = log.as_bytes();
    let position = rows.number();
    let kept = kept(rows, Kind::Log, log)?;
    let mut head = match kept.as_ref().filter(|record| record.expires > now) {
        Some(record) => Head::read(&record.bytes)?,
        None => {
            // What an expired log left behind until it is swept is not of this one.
            drop_events(rows, log)?;
            Head { began: position, ..Head::default() }
        }
    };
    rows.put(&keys::event(log, position), &[&stream.to_be_bytes()[..], event].concat())?;
    head.entries += 1;
    head.bytes += event.len() as u64;
    shrink(rows, log, &mut head, position, bound)?;
    let record = Record {
        tombstone: false,
        revision: position,
        touched: now,
        expires: expires(now, Some(bound.ttl)),
        order: 0,
        owner: Bytes::new(),
        bytes: head.write(),
    };
    write(rows, Kind::Log, log, kept.as_ref(), &record)?;
    Ok(Position(position))
}

/// Drops the oldest events until the rest fits; the newest stays.
fn shrink(rows: &mut dyn RowsMut, log: &[u8], head: &mut Head, newest: u64, bound: Bound) -> Result {
    let over = |head: &Head| head.entries > bound.entries as u64 || head.bytes > bound.bytes as u64;
    if !over(head) {
        return Ok(());
    }
    let mut gone = Vec::new();
    scan(rows, log, 0, newest, &mut |entry, _| {
        head.note(&entry);
        gone.push(entry.key);
        if over(head) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    gone.iter().try_for_each(|key| rows.remove(key))
}

/// What followed this position.
pub(in crate::store) fn replay(
    rows: &dyn Rows,
    now: Millis,
    log: &str,
    stream: Option<u64>,
    after: Position,
    limit: usize,
) -> Result<Replay> {
    let log = log.as_bytes();
    let Some(record) = found(rows, Kind::Log, log, now)? else {
        let nothing = Replay::Events(Vec::new());
        return Ok(if after == Position::START { nothing } else { Replay::Gone });
    };
    // A position behind the last one was not given by this log.
    if after.0 > record.revision || Head::read(&record.bytes)?.lacks(stream, after) {
        return Ok(Replay::Gone);
    }
    let limit = limit.min(MAX_PAGE);
    let mut events = Vec::new();
    let from = after.0.saturating_add(1);
    scan(rows, log, from, u64::MAX, &mut |entry, bytes| {
        if events.len() == limit {
            return ControlFlow::Break(());
        }
        if stream.is_none_or(|stream| stream == entry.stream) {
            let bytes = Bytes::copy_from_slice(bytes);
            events.push(Event { position: Position(entry.position), stream: entry.stream, bytes });
        }
        ControlFlow::Continue(())
    })?;
    Ok(Replay::Events(events))
}

/// Drops the events of this stream up to this position.
pub(in crate::store) fn trim(rows: &mut dyn RowsMut, now: Millis, log: &str, stream: u64, upto: Position) -> Result {
    let log = log.as_bytes();
    let Some(kept) = found(rows, Kind::Log, log, now)? else { return Ok(()) };
    let mut head = Head::read(&kept.bytes)?;
    let mut gone = Vec::new();
    scan(rows, log, 0, upto.0.saturating_add(1), &mut |entry, _| {
        if entry.stream == stream {
            head.note(&entry);
            gone.push(entry.key);
        }
        ControlFlow::Continue(())
    })?;
    if gone.is_empty() {
        return Ok(());
    }
    gone.iter().try_for_each(|key| rows.remove(key))?;
    let record = Record { bytes: head.write(), ..kept.clone() };
    write(rows, Kind::Log, log, Some(&kept), &record)
}

/// Drops the log.
pub(in crate::store) fn forget(rows: &mut dyn RowsMut, log: &str) -> Result {
    let log = log.as_bytes();
    if let Some(kept) = kept(rows, Kind::Log, log)? {
        drop_events(rows, log)?;
        erase(rows, Kind::Log, log, &kept)?;
    }
    Ok(())
}

/// Drops the events of a log, but not its head.
pub(super) fn drop_events(rows: &mut dyn RowsMut, log: &[u8]) -> Result {
    let mut gone = Vec::new();
    scan(rows, log, 0, u64::MAX, &mut |entry, _| {
        gone.push(entry.key);
        ControlFlow::Continue(())
    })?;
    gone.iter().try_for_each(|key| rows.remove(key))
}

/// Shows the events from one position on and before another.
fn scan(
    rows: &dyn Rows,
    log: &[u8],
    from: u64,
    to: u64,
    visit: &mut dyn FnMut(Entry, &[u8]) -> ControlFlow<()>,
) -> Result {
    let damaged = || Error::new(ErrorKind::Store, "an event in the store is damaged");
    rows.scan(&keys::event(log, from), &keys::event(log, to), &mut |key, value| {
        let (stream, bytes) = value.split_at_checked(8).ok_or_else(damaged)?;
        let (Some(stream), Some(position)) = (keys::number(stream), keys::position(key)) else { return Err(damaged()) };
        Ok(visit(Entry { key: key.to_vec(), position, stream, size: bytes.len() as u64 }, bytes))
    })
}
