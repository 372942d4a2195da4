//! How a file is to be opened.

use std::future::IntoFuture;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::writer::Writer;
use super::{READERS, Redb, Shared, failed, file};
use crate::error::Result;
use crate::store::limits::MAX_VALUE;
use crate::store::local_bus::LocalBus;

/// How much of its cache the database keeps in memory.
const CACHE: usize = 64 * 1024 * 1024;

/// When a change counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk: it survives the end of the process and a loss of power.
    #[default]
    Immediate,
    /// When it is made; it is on disk at most 200 ms later. The end of the process, however it comes, may take the last
    /// 200 ms with it. Only for what can be lost, in exchange for writes that do not wait for the disk.
    Eventual,
}

/// A [`Redb`] to be opened; awaiting it opens the file.
#[derive(Clone, Debug)]
#[must_use = "nothing is opened until it is awaited"]
pub struct Opening {
    path: PathBuf,
    durability: Durability,
    max_value: usize,
    cache: usize,
    wait: Duration,
}

impl Opening {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, durability: Durability::Immediate, max_value: MAX_VALUE, cache: CACHE, wait: Duration::ZERO }
    }

    /// When a change counts as done: [`Durability::Immediate`] by default.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The largest value, in bytes: 1 MiB by default.
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// How much of the file is kept in memory, in bytes: 64 MiB by default.
    pub fn cache(mut self, bytes: usize) -> Self {
        self.cache = bytes;
        self
    }

    /// How long to wait for another process to close the file: not at all by default. A successor that starts while its
    /// predecessor drains wants this.
    pub fn wait(mut self, patience: Duration) -> Self {
        self.wait = patience;
        self
    }

    async fn open(self) -> Result<Redb> {
        let Self { path, durability, max_value, cache, wait } = self;
        let file = path.clone();
        let opening = spawn_blocking(move || file::open(&file, cache, wait)).await;
        let (database, last_number) = opening.map_err(|error| failed("opening the store was given up", error))??;
        let database = Arc::new(database);
        let writer = Writer::start(Arc::clone(&database), last_number, durability)?;
        Ok(Redb(Arc::new(Shared {
            path,
            max_value,
            database: Mutex::new(Some(database)),
            readers: Arc::new(Semaphore::new(READERS as usize)),
            writer,
            bus: LocalBus::default(),
        })))
    }
}

impl IntoFuture for Opening {
    type Output = Result<Redb>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Redb>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
