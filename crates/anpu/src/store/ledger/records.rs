//! Records of any kind: find, write, erase, and what values and tasks are asked for.

use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;

use super::keys::{self, Kind};
use super::record::Record;
use super::{Millis, NEVER, Rows, RowsMut, lists, log};
use crate::error::Result;
use crate::store::record::{Expected, Revision, Stored, Swapped};

/// When something with this time to live expires. A part of a millisecond counts as a whole one.
pub(super) fn expires(now: Millis, ttl: Option<Duration>) -> Millis {
    let Some(ttl) = ttl else { return NEVER };
    let millis = ttl.as_nanos().div_ceil(1_000_000);
    now.saturating_add(u64::try_from(millis).unwrap_or(NEVER)).min(NEVER - 1)
}

/// What is there, expired or not.
pub(super) fn kept(rows: &dyn Rows, kind: Kind, id: &[u8]) -> Result<Option<Record>> {
    rows.get(&keys::record(kind, id))?.as_ref().map(Record::read).transpose()
}

/// What is there and has not expired.
pub(super) fn found(rows: &dyn Rows, kind: Kind, id: &[u8], now: Millis) -> Result<Option<Record>> {
    Ok(kept(rows, kind, id)?.filter(|record| record.expires > now))
}

/// Writes this in the place of what was kept.
pub(super) fn write(rows: &mut dyn RowsMut, kind: Kind, id: &[u8], kept: Option<&Record>, record: &Record) -> Result {
    if let Some(kept) = kept {
        unlist(rows, kind, id, kept)?;
    }
    rows.put(&keys::record(kind, id), &record.write())?;
    if record.expires != NEVER {
        rows.put(&keys::expiry(record.expires, kind, id), &[])?;
    }
    lists::enter(rows, kind, id, record)
}

/// Takes away what was kept.
pub(super) fn erase(rows: &mut dyn RowsMut, kind: Kind, id: &[u8], kept: &Record) -> Result {
    unlist(rows, kind, id, kept)?;
    rows.remove(&keys::record(kind, id))
}

fn unlist(rows: &mut dyn RowsMut, kind: Kind, id: &[u8], kept: &Record) -> Result {
    if kept.expires != NEVER {
        rows.remove(&keys::expiry(kept.expires, kind, id))?;
    }
    lists::leave(rows, kind, id, kept)
}

/// The value or task.
pub(in crate::store) fn get(rows: &dyn Rows, now: Millis, kind: Kind, id: &str) -> Result<Option<Stored>> {
    Ok(found(rows, kind, id.as_bytes(), now)?.map(|record| record.stored()))
}

/// Writes the value or task if what is there is what is expected. A task that is there keeps its owner and place.
pub(in crate::store) fn swap(
    rows: &mut dyn RowsMut,
    now: Millis,
    (kind, id): (Kind, &str),
    expected: Expected,
    owner: Option<&str>,
    bytes: &Bytes,
    ttl: Option<Duration>,
) -> Result<Swapped> {
    let kept = kept(rows, kind, id.as_bytes())?;
    let there = kept.as_ref().filter(|record| record.expires > now);
    if !expected.meets(there.map(Record::revision)) {
        return Ok(Swapped::Conflict);
    }
    let revision = rows.number();
    let owner = Bytes::copy_from_slice(owner.unwrap_or_default().as_bytes());
    let record = Record {
        tombstone: false,
        revision,
        touched: now,
        expires: expires(now, ttl),
        order: there.map_or(revision, |record| record.order),
        owner: there.map_or(owner, |record| record.owner.clone()),
        bytes: bytes.clone(),
    };
    write(rows, kind, id.as_bytes(), kept.as_ref(), &record)?;
    Ok(Swapped::Done(Revision(revision)))
}

/// Deletes the value or task if what is there is what is expected: whether something was there, if that is so.
pub(in crate::store) fn delete(
    rows: &mut dyn RowsMut,
    now: Millis,
    kind: Kind,
    id: &str,
    expected: Expected,
) -> Result<Option<bool>> {
    let kept = kept(rows, kind, id.as_bytes())?;
    let there = kept.as_ref().filter(|record| record.expires > now);
    if !expected.meets(there.map(Record::revision)) {
        return Ok(None);
    }
    if let Some(kept) = &kept {
        erase(rows, kind, id.as_bytes(), kept)?;
    }
    Ok(Some(there.is_some()))
}

/// Lets the record live for this long from now on; says whether there is one.
pub(in crate::store) fn touch(
    rows: &mut dyn RowsMut,
    now: Millis,
    kind: Kind,
    id: &str,
    ttl: Option<Duration>,
) -> Result<bool> {
    let Some(kept) = found(rows, kind, id.as_bytes(), now)?.filter(|record| !record.tombstone) else {
        return Ok(false);
    };
    let expires = expires(now, ttl);
    let order = if kind == Kind::Session { expires } else { kept.order };
    let record = Record { touched: now, expires, order, ..kept.clone() };
    write(rows, kind, id.as_bytes(), Some(&kept), &record)?;
    Ok(true)
}

/// Takes away up to `limit` of what has expired, and says how much it was.
pub(in crate::store) fn sweep(rows: &mut dyn RowsMut, now: Millis, limit: usize) -> Result<usize> {
    let mut due = Vec::new();
    let range = keys::expired(now);
    rows.scan(&range.start, &range.end, &mut |key, _| {
        due.push(key.to_vec());
        Ok(if due.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    for key in &due {
        rows.remove(key)?;
        let Some((kind, id)) = keys::expiring(key) else { continue };
        let kept = kept(rows, kind, id)?.filter(|record| record.expires <= now);
        if let Some(kept) = kept {
            if kind == Kind::Log {
                log::drop_events(rows, id)?;
            }
            erase(rows, kind, id, &kept)?;
        }
    }
    Ok(due.len())
}
