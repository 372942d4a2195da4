//! A store in one file, for one process at a time: changes share transactions, and are on disk when they are acknowledged.

mod file;
mod opening;
mod rows;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ::redb::{Database, ReadableDatabase};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

pub use opening::{Durability, Opening};

use super::contract::Store;
use super::kept::{Keeper, keeps_contracts};
use super::ledger::{Millis, Rows, RowsMut};
use super::local_bus::LocalBus;
use crate::error::{Error, ErrorKind, Result};
use writer::Writer;

/// How many threads read at a time.
const READERS: u32 = 16;

/// A store in one file: pure Rust, no server beside it, what was acknowledged survives a crash.
///
/// Clones are handles of the same store. One process has the file at a time, guarded by a lock on it; to share a store
/// between processes, use one that [is shared](Store::is_shared).
///
/// Changes are made by a thread of their own. Those that wait while the disk is busy share the next transaction, so a
/// crowd of writers costs one `fsync` and not one each. Reads run on tokio's blocking threads, 16 at a time: a page that is
/// not in the cache is a read of the disk, and a disk that hangs must not hold up the threads that serve requests.
///
/// After an error of the disk the file takes no more changes until it is opened anew; reads and other stores go on.
///
/// ```
/// use anpu::store::{Expected, Redb, Values};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anpu::Result {
/// # let path = std::env::temp_dir().join(format!("anpu-doc-{}", std::process::id())).join("shop.redb");
/// let store = Redb::open(&path).await?;
/// let _ = store.swap("greeting", Expected::Absent, "hello".into(), None).await?;
/// store.close().await?;
///
/// let store = Redb::open(&path).await?;
/// assert_eq!(store.get("greeting").await?.unwrap().bytes, "hello");
/// # std::fs::remove_dir_all(path.parent().unwrap())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Redb(Arc<Shared>);

struct Shared {
    path: PathBuf,
    max_value: usize,
    /// Nothing once it is closed.
    database: Mutex<Option<Arc<Database>>>,
    readers: Arc<Semaphore>,
    writer: Writer,
    bus: LocalBus,
}

impl Redb {
    /// Opens this file when awaited; makes it, readable by its owner only, and its folder if they are not there.
    ///
    /// # Errors
    ///
    /// [`Store`](ErrorKind::Store), and the text names the file: another process has it open, it is no store, it is damaged,
    /// or it was written by a newer version of this crate.
    pub fn open(path: impl Into<PathBuf>) -> Opening {
        Opening::new(path.into())
    }

    /// Ends all handles of this store: waits for what is running, syncs the file and gives it free.
    ///
    /// Without it, the same happens in the background after the last handle was dropped.
    ///
    /// # Errors
    ///
    /// [`Store`](ErrorKind::Store) if the last sync failed.
    pub async fn close(self) -> Result {
        let flushed = self.0.writer.flush().await;
        self.0.database().take();
        // Closed before the wait, so that nobody gets in line any more.
        let running = Arc::clone(&self.0.readers).acquire_many_owned(READERS).await;
        self.0.readers.close();
        drop(running);
        self.0.writer.end().await;
        flushed
    }
}

impl Shared {
    fn database(&self) -> MutexGuard<'_, Option<Arc<Database>>> {
        // It is only ever taken out whole.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> Error {
        Error::new(ErrorKind::Store, format!("the store {} is closed", self.path.display()))
    }
}

impl fmt::Debug for Redb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redb").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Store for Redb {
    fn is_shared(&self) -> bool {
        false
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("redb file {}", self.0.path.display())
    }

    async fn flush(&self) -> Result {
        self.0.writer.flush().await
    }
}

keeps_contracts!(Redb);

impl Keeper for Redb {
    fn max_value(&self) -> usize {
        self.0.max_value
    }

    fn bus(&self) -> &LocalBus {
        &self.0.bus
    }

    async fn read<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Rows, Millis) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.0.readers).acquire_owned().await.map_err(|_| self.0.closed())?;
        let database = self.0.database().clone().ok_or_else(|| self.0.closed())?;
        let reading = spawn_blocking(move || {
            let answer = read(&database, op);
            drop(database);
            // Last of all: who has all permits knows that nobody holds the file.
            drop(permit);
            answer
        });
        // The pool gives up a reader only if it panicked or the runtime ends.
        reading.await.unwrap_or_else(|error| Err(failed("the store could not be read", error)))
    }

    async fn write<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn RowsMut, Millis) -> Result<T> + Send + 'static,
    {
        self.0.writer.write(op).await
    }
}

fn read<T>(database: &Database, op: impl FnOnce(&dyn Rows, Millis) -> Result<T>) -> Result<T> {
    let transaction = database.begin_read().map_err(|error| failed("the store could not be read", error))?;
    let table = transaction.open_table(rows::ROWS).map_err(|error| failed("the store could not be read", error))?;
    op(&rows::Read(&table), now())
}

/// Milliseconds since 1970: what is written must expire in a later process too.
fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What the database says, as an error of the store.
fn failed(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Store, what).because(error)
}
