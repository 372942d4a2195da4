//! The lists of sessions and tasks: by owner and of all, in an order that the kind decides.

use std::ops::ControlFlow;
use std::time::Duration;

use super::keys::{self, Kind};
use super::record::Record;
use super::records::found;
use super::{Millis, Rows, RowsMut};
use crate::error::{Error, ErrorKind, Result};
use crate::store::limits::MAX_PAGE;
use crate::store::record::{Cursor, Listed, Page};

/// The lists that a record stands in.
fn lists_of(kind: Kind, record: &Record) -> Vec<&[u8]> {
    let listed = matches!(kind, Kind::Session | Kind::Task) && !record.tombstone;
    match (listed, record.owner.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => vec![&[]],
        (true, false) => vec![&[], &record.owner],
    }
}

pub(super) fn enter(rows: &mut dyn RowsMut, kind: Kind, id: &[u8], record: &Record) -> Result {
    for owner in lists_of(kind, record) {
        rows.put(&keys::listed(&keys::list(kind, owner), record.order, id), &[])?;
        add(rows, kind, owner, 1)?;
    }
    Ok(())
}

pub(super) fn leave(rows: &mut dyn RowsMut, kind: Kind, id: &[u8], record: &Record) -> Result {
    for owner in lists_of(kind, record) {
        rows.remove(&keys::listed(&keys::list(kind, owner), record.order, id))?;
        add(rows, kind, owner, -1)?;
    }
    Ok(())
}

fn add(rows: &mut dyn RowsMut, kind: Kind, owner: &[u8], change: i64) -> Result {
    let key = keys::count(kind, owner);
    match counted(rows, &key)?.saturating_add_signed(change) {
        0 => rows.remove(&key),
        count => rows.put(&key, &count.to_be_bytes()),
    }
}

fn counted(rows: &dyn Rows, key: &[u8]) -> Result<u64> {
    Ok(rows.get(key)?.and_then(|bytes| keys::number(&bytes)).unwrap_or(0))
}

/// How many sessions this owner has: those in the list without those that have expired and were not swept yet.
pub(in crate::store) fn count(rows: &dyn Rows, now: Millis, owner: Option<&str>) -> Result<usize> {
    let owner = owner.unwrap_or_default().as_bytes();
    let list = keys::list(Kind::Session, owner);
    let mut expired = 0;
    rows.scan(&keys::listed(&list, 0, &[]), &keys::listed(&list, now.saturating_add(1), &[]), &mut |_, _| {
        expired += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    let all = counted(rows, &keys::count(Kind::Session, owner))?;
    Ok(usize::try_from(all.saturating_sub(expired)).unwrap_or(usize::MAX))
}

/// A page of a list.
pub(in crate::store) fn list(
    rows: &dyn Rows,
    now: Millis,
    kind: Kind,
    owner: Option<&str>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page> {
    let limit = limit.min(MAX_PAGE);
    let list = keys::list(kind, owner.unwrap_or_default().as_bytes());
    // Sessions stand in the order of their expiry: those that have expired are in front.
    let first = if kind == Kind::Session { now.saturating_add(1) } else { 0 };
    let mut range = keys::listed_from(&list, first);
    if let Some(after) = after {
        range.start = range.start.max(behind(&list, after)?);
    }
    let mut page = Page { records: Vec::new(), next: None };
    if limit == 0 || range.start >= range.end {
        return Ok(page);
    }
    let mut last = String::new();
    rows.scan(&range.start, &range.end, &mut |key, _| {
        let Some((order, id)) = keys::place(&list, key) else { return Ok(ControlFlow::Continue(())) };
        let Some(record) = found(rows, kind, id, now)? else { return Ok(ControlFlow::Continue(())) };
        if page.records.len() == limit {
            page.next = Some(Cursor::new(std::mem::take(&mut last)));
            return Ok(ControlFlow::Break(()));
        }
        let id = text(id)?;
        last = format!("{order:x}:{id}");
        page.records.push(listed(id, &record, now)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(page)
}

fn listed(id: String, record: &Record, now: Millis) -> Result<Listed> {
    let owner = if record.owner.is_empty() { None } else { Some(text(&record.owner)?) };
    Ok(Listed {
        id,
        owner,
        stored: record.stored(),
        idle: Duration::from_millis(now.saturating_sub(record.touched)),
        left: Duration::from_millis(record.expires.saturating_sub(now)),
    })
}

/// The first key behind the record that this cursor names.
fn behind(list: &[u8], cursor: &Cursor) -> Result<Vec<u8>> {
    let place = cursor.as_str().split_once(':');
    let place = place.and_then(|(order, id)| Some((u64::from_str_radix(order, 16).ok()?, id)));
    let (order, id) = place.ok_or_else(|| Error::new(ErrorKind::Invalid, "this cursor is not one of this store"))?;
    let mut key = keys::listed(list, order, id.as_bytes());
    key.push(0);
    Ok(key)
}

fn text(bytes: &[u8]) -> Result<String> {
    let damaged = |_| Error::new(ErrorKind::Store, "a name in the store is damaged");
    std::str::from_utf8(bytes).map(str::to_owned).map_err(damaged)
}
