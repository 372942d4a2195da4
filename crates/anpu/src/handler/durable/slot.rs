//! One value in its place: read, and changed by compare-and-swap.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cell::{Cell, Deleted, LocalCell};
use super::document::{Document, Entry};
use super::{Durable, Kept};
use crate::error::{Error, ErrorKind, Result, refused};
use crate::store::{Expected, Swapped};

/// How often a change is tried while others change the same.
const TRIES: u32 = 64;
/// The longest pause between two tries.
const MOST_PAUSE: Duration = Duration::from_millis(50);

/// One value, and where and how it is kept.
pub(super) struct Slot<T> {
    cell: Arc<dyn Cell>,
    kept: Arc<Kept<T>>,
}

impl<T: Durable> Slot<T> {
    pub(super) fn new(cell: Arc<dyn Cell>, kept: Arc<Kept<T>>) -> Self {
        Self { cell, kept }
    }

    /// A value in a place of its own.
    pub(super) fn test(value: &T) -> Self {
        let (cell, kept) = (LocalCell::new(usize::MAX), Kept::new());
        cell.fill(&kept, value).expect("a test gives a value that can be written");
        Self { cell: Arc::new(cell), kept: Arc::new(kept) }
    }

    pub(super) async fn read(&self) -> Result<T> {
        match self.cell.get().await? {
            Some(stored) => self.kept.of(&Document::read(&stored.bytes)?),
            None => Ok(T::default()),
        }
    }

    pub(super) async fn update<R: Send>(&self, mut change: impl FnMut(&mut T) -> Result<R> + Send) -> Result<R> {
        self.change(|document| {
            let mut value = self.kept.of(document)?;
            let outcome = change(&mut value)?;
            self.kept.put(document, &value)?;
            Ok(outcome)
        })
        .await
    }

    /// Keeps what was [written](Self::write).
    pub(super) async fn replace(&self, entry: Entry) -> Result {
        self.change(|document| {
            document.values.insert(self.kept.key.to_string(), entry.clone());
            Ok(())
        })
        .await
    }

    /// A value as it is kept: apart, so that no reference to it has to wait for the store.
    pub(super) fn write(&self, value: &T) -> Result<Entry> {
        self.kept.write(value)
    }

    pub(super) async fn clear(&self) -> Result {
        self.change(|document| {
            document.values.remove(&*self.kept.key);
            Ok(())
        })
        .await
    }

    /// Changes the document, as often as somebody else was faster.
    async fn change<R: Send>(&self, mut change: impl FnMut(&mut Document) -> Result<R> + Send) -> Result<R> {
        for attempt in 0..TRIES {
            let found = self.cell.get().await?;
            let mut document = match &found {
                Some(stored) => Document::read(&stored.bytes)?,
                None => self.cell.blank(),
            };
            let outcome = change(&mut document)?;
            let bytes = document.write()?;
            let (expected, same) = match &found {
                Some(stored) => (Expected::Revision(stored.revision), stored.bytes == bytes),
                None => (Expected::Absent, document.values.is_empty()),
            };
            if same {
                return Ok(outcome);
            }
            let largest = self.cell.largest();
            if bytes.len() > largest {
                let text = format!("all that is kept here would have {} bytes; the limit is {largest}", bytes.len());
                return Err(refused(text));
            }
            if document.values.is_empty() {
                match self.cell.delete(expected).await? {
                    Deleted::Done => return Ok(outcome),
                    Deleted::Conflict => {
                        pause(attempt).await;
                        continue;
                    }
                    Deleted::Stays => {}
                }
            }
            if let Swapped::Done(_) = self.cell.swap(expected, bytes).await? {
                return Ok(outcome);
            }
            pause(attempt).await;
        }
        let text = format!("others changed `{}` {TRIES} times meanwhile; try again", self.kept.key);
        Err(Error::new(ErrorKind::Overloaded, text))
    }
}

/// Lets others go first: longer with each try, and by chance, so that not all come back at once. The first conflict is
/// nearly always the last, so it costs nothing.
async fn pause(attempt: u32) {
    let Some(most) = 1_u64.checked_shl(attempt).filter(|_| attempt > 0) else { return };
    let most = Duration::from_millis(most).min(MOST_PAUSE);
    // Without random bits the longest pause will do.
    let part = getrandom::u32().unwrap_or(u32::MAX);
    tokio::time::sleep(most.mul_f64(f64::from(part) / f64::from(u32::MAX))).await;
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell), kept: Arc::clone(&self.kept) }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kept.fmt(f)
    }
}
