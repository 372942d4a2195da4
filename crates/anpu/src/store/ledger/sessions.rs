//! Sessions: records with an owner, ended by a tombstone.

use std::time::Duration;

use bytes::Bytes;

use super::keys::Kind;
use super::record::Record;
use super::records::{erase, expires, found, kept, write};
use super::{Millis, Rows, RowsMut};
use crate::error::Result;
use crate::store::record::{Expected, Loaded, Revision, Saved};

/// The record, if its state is not the one known.
pub(in crate::store) fn load(rows: &dyn Rows, now: Millis, id: &str, known: Option<Revision>) -> Result<Loaded> {
    Ok(match found(rows, Kind::Session, id.as_bytes(), now)? {
        None => Loaded::Absent,
        Some(record) if record.tombstone => Loaded::Ended,
        Some(record) if known == Some(record.revision()) => Loaded::Unchanged,
        Some(record) => Loaded::Record(record.stored()),
    })
}

/// Writes the record if what is there is what is expected and no tombstone.
pub(in crate::store) fn save(
    rows: &mut dyn RowsMut,
    now: Millis,
    id: &str,
    expected: Expected,
    owner: Option<&str>,
    bytes: &Bytes,
    ttl: Duration,
) -> Result<Saved> {
    let kept = kept(rows, Kind::Session, id.as_bytes())?;
    let there = kept.as_ref().filter(|record| record.expires > now);
    if there.is_some_and(|record| record.tombstone) {
        return Ok(Saved::Ended);
    }
    if !expected.meets(there.map(Record::revision)) {
        return Ok(Saved::Conflict);
    }
    let revision = rows.number();
    let expires = expires(now, Some(ttl));
    let record = Record {
        tombstone: false,
        revision,
        touched: now,
        expires,
        order: expires,
        owner: Bytes::copy_from_slice(owner.unwrap_or_default().as_bytes()),
        bytes: bytes.clone(),
    };
    write(rows, Kind::Session, id.as_bytes(), kept.as_ref(), &record)?;
    Ok(Saved::Done(Revision(revision)))
}

/// Puts a tombstone in the place of the record; says whether there was one.
pub(in crate::store) fn end(rows: &mut dyn RowsMut, now: Millis, id: &str, tombstone: Duration) -> Result<bool> {
    let id = id.as_bytes();
    let kept = kept(rows, Kind::Session, id)?;
    let there = kept.as_ref().is_some_and(|record| record.expires > now && !record.tombstone);
    if tombstone.is_zero() {
        // An earlier tombstone stands until its time.
        if let Some(kept) = kept.filter(|record| !record.tombstone) {
            erase(rows, Kind::Session, id, &kept)?;
        }
        return Ok(there);
    }
    let standing = kept.as_ref().filter(|record| record.tombstone).map_or(0, |record| record.expires);
    let record = Record {
        tombstone: true,
        revision: rows.number(),
        touched: now,
        expires: expires(now, Some(tombstone)).max(standing),
        order: 0,
        owner: Bytes::new(),
        bytes: Bytes::new(),
    };
    write(rows, Kind::Session, id, kept.as_ref(), &record)?;
    Ok(there)
}
