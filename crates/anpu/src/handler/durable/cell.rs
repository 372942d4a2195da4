//! A place where one document is kept, whoever keeps it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{Document, Durable, Kept};
use crate::error::Result;
use crate::handler::BoxFuture;
use crate::store::{Expected, Revision, Stored, Swapped};

/// Whose state is asked for. What one place has never stands in for what another has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The session's, or the handle's where there are no sessions.
    Session,
    /// The principal's.
    User,
}

/// A place where one document is kept.
pub(crate) trait Cell: Send + Sync {
    /// Bytes that it takes.
    fn largest(&self) -> usize;

    /// What is there while nothing is.
    fn blank(&self) -> Document {
        Document::empty()
    }

    /// What is there now.
    fn get(&self) -> BoxFuture<'_, Result<Option<Stored>>>;

    /// Writes if what is there is what is expected.
    fn swap(&self, expected: Expected, bytes: Bytes) -> BoxFuture<'_, Result<Swapped>>;

    /// Deletes if what is there is what is expected, and says whether it was. A place that is to stay known keeps what
    /// is there, emptied, and says so.
    fn delete(&self, expected: Expected) -> BoxFuture<'_, Result<Deleted>>;
}

/// What became of a document to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    Done,
    /// Something else was found than expected.
    Conflict,
    /// Here documents stay, though they are empty: it is to be written.
    Stays,
}

/// A place in this process.
#[derive(Debug)]
pub(crate) struct LocalCell {
    kept: Mutex<Local>,
    largest: usize,
}

#[derive(Debug, Default)]
struct Local {
    revision: u64,
    bytes: Option<Bytes>,
}

impl LocalCell {
    /// A place that takes so many bytes.
    pub(crate) fn new(largest: usize) -> Self {
        Self { kept: Mutex::default(), largest }
    }

    /// Puts a value in, beside those that are there.
    pub(crate) fn fill<T: Durable>(&self, kept: &Kept<T>, value: &T) -> Result {
        let mut local = self.lock();
        let mut document = local.bytes.as_deref().map_or_else(|| Ok(Document::empty()), Document::read)?;
        kept.put(&mut document, value)?;
        local.revision += 1;
        local.bytes = Some(document.write()?);
        Ok(())
    }

    fn write(&self, expected: Expected, bytes: Option<Bytes>) -> Option<Revision> {
        let mut kept = self.lock();
        if !expected.meets(kept.bytes.as_ref().map(|_| Revision(kept.revision))) {
            return None;
        }
        kept.revision += 1;
        kept.bytes = bytes;
        Some(Revision(kept.revision))
    }

    fn lock(&self) -> MutexGuard<'_, Local> {
        // Every change is complete before the lock is let go.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cell for LocalCell {
    fn largest(&self) -> usize {
        self.largest
    }

    fn get(&self) -> BoxFuture<'_, Result<Option<Stored>>> {
        let kept = self.lock();
        let stored = kept.bytes.clone().map(|bytes| Stored { revision: Revision(kept.revision), bytes });
        drop(kept);
        Box::pin(async { Ok(stored) })
    }

    fn swap(&self, expected: Expected, bytes: Bytes) -> BoxFuture<'_, Result<Swapped>> {
        let swapped = self.write(expected, Some(bytes)).map_or(Swapped::Conflict, Swapped::Done);
        Box::pin(async move { Ok(swapped) })
    }

    fn delete(&self, expected: Expected) -> BoxFuture<'_, Result<Deleted>> {
        let deleted = self.write(expected, None).map_or(Deleted::Conflict, |_| Deleted::Done);
        Box::pin(async move { Ok(deleted) })
    }
}
