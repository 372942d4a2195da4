//! A store in the memory of one process: bounded, and gone with it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound as Edge, ControlFlow};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::contract::Store;
use super::kept::{Keeper, keeps_contracts};
use super::ledger::{self, Millis, Rows, RowsMut, Visit};
use super::limits::MAX_VALUE;
use super::local_bus::LocalBus;
use crate::error::{Error, ErrorKind, Result};

/// How many records and events a store in memory has at most.
const ENTRIES: usize = 1_000_000;
/// How many bytes all rows of a store in memory have together: 256 MiB.
const BYTES: usize = 256 * 1024 * 1024;
/// What a row costs beside its key and value: two pointers with lengths, and its share of a tree node.
const ROW: usize = 64;
/// How many expired records a write takes away in passing.
const SWEEP: usize = 8;

/// A store in the memory of this process: what is in it does not survive the process, and no other process sees it.
///
/// Clones are handles of the same store. It is bounded; when it is full, what has expired goes first, and if that is not
/// enough, writes fail with [`Overloaded`](ErrorKind::Overloaded). What has not expired is never dropped to make room.
/// Time is tokio's, so that tests can pause it.
///
/// ```
/// use anpu::store::{Expected, Memory, Swapped, Values};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anpu::Result {
/// let store = Memory::new();
/// let Swapped::Done(first) = store.swap("greeting", Expected::Absent, "hello".into(), None).await? else { panic!() };
/// let late = store.swap("greeting", Expected::Absent, "hi".into(), None).await?;
/// assert_eq!(late, Swapped::Conflict);
/// assert_eq!(store.get("greeting").await?.unwrap().revision, first);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Memory {
    shared: Arc<Shared>,
    max_value: usize,
}

struct Shared {
    started: Instant,
    table: Mutex<Table>,
    bus: LocalBus,
}

/// The rows, and the room that they may take.
struct Table {
    rows: BTreeMap<Box<[u8]>, Bytes>,
    entries: usize,
    bytes: usize,
    max_entries: usize,
    max_bytes: usize,
    last_number: u64,
}

impl Memory {
    /// An empty store of the default size.
    pub fn new() -> Self {
        let table = Table {
            rows: BTreeMap::new(),
            entries: 0,
            bytes: 0,
            max_entries: ENTRIES,
            max_bytes: BYTES,
            last_number: ledger::first_number(),
        };
        let shared = Shared { started: Instant::now(), table: Mutex::new(table), bus: LocalBus::default() };
        Self { shared: Arc::new(shared), max_value: MAX_VALUE }
    }

    /// How many records, values, tasks, logs and events the store has together: 1,000,000 by default.
    #[must_use]
    pub fn max_entries(self, entries: usize) -> Self {
        self.shared.lock().max_entries = entries;
        self
    }

    /// How many bytes all of them have together: 256 MiB by default. Ids and owners count up to four times, because the
    /// store has an index of what expires when and lists of what belongs to whom, and each row with 64 bytes more.
    #[must_use]
    pub fn max_bytes(self, bytes: usize) -> Self {
        self.shared.lock().max_bytes = bytes;
        self
    }

    /// The largest value this handle takes: 1 MiB by default.
    #[must_use]
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.shared.lock();
        f.debug_struct("Memory").field("entries", &table.entries).field("bytes", &table.bytes).finish_non_exhaustive()
    }
}

impl Store for Memory {
    fn is_shared(&self) -> bool {
        false
    }

    fn is_durable(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        "memory of this process".to_owned()
    }
}

keeps_contracts!(Memory);

impl Keeper for Memory {
    fn max_value(&self) -> usize {
        self.max_value
    }

    fn bus(&self) -> &LocalBus {
        &self.shared.bus
    }

    async fn read<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Rows, Millis) -> Result<T> + Send + 'static,
    {
        op(&*self.shared.lock(), self.shared.now())
    }

    async fn write<T, F>(&self, mut op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn RowsMut, Millis) -> Result<T> + Send + 'static,
    {
        let now = self.shared.now();
        let mut table = self.shared.lock();
        table.sweep(now, SWEEP)?;
        if let Some(answer) = table.change(&mut |rows| op(rows, now))? {
            return Ok(answer);
        }
        if table.sweep(now, usize::MAX)? > 0
            && let Some(answer) = table.change(&mut |rows| op(rows, now))?
        {
            return Ok(answer);
        }
        let Table { entries, bytes, max_entries, max_bytes, .. } = *table;
        let text =
            format!("the store in memory is full: {entries} of {max_entries} entries, {bytes} of {max_bytes} bytes");
        Err(Error::new(ErrorKind::Overloaded, text))
    }
}

impl Shared {
    /// Milliseconds since the store was made; never 0, which is before everything.
    fn now(&self) -> Millis {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A change that panicked has put back what it changed, see `Change`.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Makes this change; if it does not fit or fails, nothing is changed.
    fn change<T>(&mut self, op: &mut dyn FnMut(&mut dyn RowsMut) -> Result<T>) -> Result<Option<T>> {
        let (entries, bytes) = (self.entries, self.bytes);
        let mut change = Change { table: self, undo: Vec::new() };
        let answer = op(&mut change)?;
        let Table { entries: now, bytes: now_bytes, max_entries, max_bytes, .. } = *change.table;
        if (now > entries && now > max_entries) || (now_bytes > bytes && now_bytes > max_bytes) {
            return Ok(None);
        }
        change.undo.clear();
        Ok(Some(answer))
    }

    fn sweep(&mut self, now: Millis, limit: usize) -> Result<usize> {
        Ok(self.change(&mut |rows| ledger::sweep(rows, now, limit))?.unwrap_or(0))
    }

    fn set(&mut self, key: &[u8], value: Option<Bytes>) -> Option<Bytes> {
        let size = |value: &Bytes| key.len() + value.len() + ROW;
        let entry = usize::from(ledger::is_entry(key));
        if let Some(value) = &value {
            self.bytes += size(value);
            self.entries += entry;
        }
        let before = match value {
            Some(value) => self.rows.insert(key.into(), value),
            None => self.rows.remove(key),
        };
        if let Some(before) = &before {
            self.bytes -= size(before);
            self.entries -= entry;
        }
        before
    }
}

impl Rows for Table {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result {
        if from >= to {
            return Ok(());
        }
        for (key, value) in self.rows.range::<[u8], _>((Edge::Included(from), Edge::Excluded(to))) {
            if visit(key, value)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

/// A change of the table that is taken back unless it comes to its end.
struct Change<'a> {
    table: &'a mut Table,
    undo: Vec<(Box<[u8]>, Option<Bytes>)>,
}

impl Rows for Change<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        self.table.get(key)
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result {
        self.table.scan(from, to, visit)
    }
}

impl RowsMut for Change<'_> {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result {
        let before = self.table.set(key, Some(Bytes::copy_from_slice(value)));
        self.undo.push((key.into(), before));
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result {
        let before = self.table.set(key, None);
        self.undo.push((key.into(), before));
        Ok(())
    }

    fn number(&mut self) -> u64 {
        self.table.last_number += 1;
        self.table.last_number
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        for (key, before) in self.undo.drain(..).rev() {
            self.table.set(&key, before);
        }
    }
}
