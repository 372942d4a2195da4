//! A store that fails or hangs on demand, and counts what it is asked.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::error::{Error, ErrorKind, Result};
use crate::store::{
    Bound, Bus, Cursor, Events, Expected, Loaded, Page, Position, Replay, Revision, Saved, Sessions, Store, Stored,
    Subscription, Swapped, Tasks, Values,
};

/// A store around another one, to see what a server does when its store is in trouble and how often it asks.
///
/// What goes wrong, and what was asked, is seen through its [`Faults`]. Handles of the store that were subscribed before
/// stay subscribed, whatever goes wrong.
///
/// ```
/// use anpu::ErrorKind;
/// use anpu::store::{Memory, Values};
/// use anpu::testing::FaultyStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anpu::Result {
/// let store = FaultyStore::new(Memory::new());
/// let faults = store.faults();
///
/// assert_eq!(store.get("key").await?, None);
/// assert_eq!(faults.commands(), ["values.get"]);
///
/// faults.fail();
/// assert_eq!(store.get("key").await.unwrap_err().kind(), ErrorKind::Store);
/// faults.heal();
/// assert_eq!(store.get("key").await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStore<S> {
    store: S,
    faults: Faults,
    shared: Option<bool>,
    durable: Option<bool>,
}

/// What goes wrong in a [`FaultyStore`], and what it was asked; clones concern the same store.
#[derive(Clone)]
pub struct Faults(Arc<Wrong>);

struct Wrong {
    trouble: watch::Sender<Trouble>,
    commands: Mutex<Vec<&'static str>>,
    /// Whether each command lets other tasks go first.
    polite: AtomicBool,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    /// Commands fail and do nothing.
    Fails,
    /// Commands are done, and then fail.
    LosesAnswers,
    /// Commands are not done until the store is well again.
    Hangs,
}

impl<S: Store> FaultyStore<S> {
    /// A store that is well, for now.
    pub fn new(store: S) -> Self {
        let wrong = Wrong {
            trouble: watch::Sender::new(Trouble::None),
            commands: Mutex::default(),
            polite: AtomicBool::new(false),
        };
        Self { store, faults: Faults(Arc::new(wrong)), shared: None, durable: None }
    }

    /// Makes it say of itself that other processes share it, or that they do not, whatever the store inside says.
    #[must_use]
    pub fn shared(mut self, shared: bool) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Makes it say of itself that what is in it outlives the process, or that it does not, whatever the store inside says.
    #[must_use]
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = Some(durable);
        self
    }

    /// Makes every command let other tasks go first, as one that goes over a network does: those who change the same at the
    /// same time get in each other's way, also on one thread.
    #[must_use]
    pub fn polite(self) -> Self {
        self.faults.0.polite.store(true, Ordering::Relaxed);
        self
    }

    /// The handle on what goes wrong.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }
}

impl Faults {
    /// From now on every command fails with [`ErrorKind::Store`] and does nothing.
    pub fn fail(&self) {
        self.0.trouble.send_replace(Trouble::Fails);
    }

    /// From now on every command is done, and then fails with [`ErrorKind::Store`], as if its answer was lost on the way.
    pub fn lose_answers(&self) {
        self.0.trouble.send_replace(Trouble::LosesAnswers);
    }

    /// From now on commands hang. Once the store is well again they go on; once it fails, they fail.
    pub fn hang(&self) {
        self.0.trouble.send_replace(Trouble::Hangs);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.0.trouble.send_replace(Trouble::None);
    }

    /// What was asked so far, in order: `sessions.load`, `values.swap`, `bus.publish` and so on.
    pub fn commands(&self) -> Vec<&'static str> {
        self.lock().clone()
    }

    /// What was asked since this was called last.
    pub fn take_commands(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static str>> {
        // Names are added and taken whole.
        self.0.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does this, or what goes wrong instead.
    async fn through<T>(&self, command: &'static str, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.lock().push(command);
        let failed = || Error::new(ErrorKind::Store, format!("{command} failed, as this test has it"));
        let mut trouble = self.0.trouble.subscribe();
        // The sender lives as long as `self`.
        let trouble = trouble.wait_for(|trouble| *trouble != Trouble::Hangs).await.map_or(Trouble::None, |now| *now);
        if trouble == Trouble::Fails {
            return Err(failed());
        }
        if self.0.polite.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        let answer = work.await?;
        if trouble == Trouble::LosesAnswers { Err(failed()) } else { Ok(answer) }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commands = self.lock().len();
        f.debug_struct("Faults").field("now", &*self.0.trouble.borrow()).field("commands", &commands).finish()
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn is_shared(&self) -> bool {
        self.shared.unwrap_or_else(|| self.store.is_shared())
    }

    fn is_durable(&self) -> bool {
        self.durable.unwrap_or_else(|| self.store.is_durable())
    }

    fn describe(&self) -> String {
        format!("{}, with faults", self.store.describe())
    }

    async fn flush(&self) -> Result {
        self.faults.through("store.flush", self.store.flush()).await
    }
}

impl<S: Store> Sessions for FaultyStore<S> {
    async fn load(&self, id: &str, known: Option<Revision>) -> Result<Loaded> {
        self.faults.through("sessions.load", self.store.load(id, known)).await
    }

    async fn save(
        &self,
        id: &str,
        expected: Expected,
        owner: Option<&str>,
        record: Bytes,
        ttl: Duration,
    ) -> Result<Saved> {
        self.faults.through("sessions.save", self.store.save(id, expected, owner, record, ttl)).await
    }

    async fn touch(&self, id: &str, ttl: Duration) -> Result<bool> {
        self.faults.through("sessions.touch", Sessions::touch(&self.store, id, ttl)).await
    }

    async fn end(&self, id: &str, tombstone: Duration) -> Result<bool> {
        self.faults.through("sessions.end", self.store.end(id, tombstone)).await
    }

    async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
        self.faults.through("sessions.list", Sessions::list(&self.store, owner, after, limit)).await
    }

    async fn count(&self, owner: Option<&str>) -> Result<usize> {
        self.faults.through("sessions.count", self.store.count(owner)).await
    }
}

impl<S: Store> Values for FaultyStore<S> {
    async fn get(&self, key: &str) -> Result<Option<Stored>> {
        self.faults.through("values.get", Values::get(&self.store, key)).await
    }

    async fn swap(&self, key: &str, expected: Expected, value: Bytes, ttl: Option<Duration>) -> Result<Swapped> {
        self.faults.through("values.swap", Values::swap(&self.store, key, expected, value, ttl)).await
    }

    async fn delete(&self, key: &str, expected: Expected) -> Result<bool> {
        self.faults.through("values.delete", Values::delete(&self.store, key, expected)).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool> {
        self.faults.through("values.touch", Values::touch(&self.store, key, ttl)).await
    }
}

impl<S: Store> Tasks for FaultyStore<S> {
    async fn put(&self, id: &str, owner: Option<&str>, task: Bytes, ttl: Duration) -> Result<Swapped> {
        self.faults.through("tasks.put", self.store.put(id, owner, task, ttl)).await
    }

    async fn get(&self, id: &str) -> Result<Option<Stored>> {
        self.faults.through("tasks.get", Tasks::get(&self.store, id)).await
    }

    async fn swap(&self, id: &str, expected: Revision, task: Bytes, ttl: Duration) -> Result<Swapped> {
        self.faults.through("tasks.swap", Tasks::swap(&self.store, id, expected, task, ttl)).await
    }

    async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
        self.faults.through("tasks.list", Tasks::list(&self.store, owner, after, limit)).await
    }

    async fn delete(&self, id: &str) -> Result<bool> {
        self.faults.through("tasks.delete", Tasks::delete(&self.store, id)).await
    }
}

impl<S: Store> Events for FaultyStore<S> {
    async fn append(&self, log: &str, stream: u64, event: Bytes, bound: Bound) -> Result<Position> {
        self.faults.through("events.append", self.store.append(log, stream, event, bound)).await
    }

    async fn replay(&self, log: &str, stream: Option<u64>, after: Position, limit: usize) -> Result<Replay> {
        self.faults.through("events.replay", self.store.replay(log, stream, after, limit)).await
    }

    async fn trim(&self, log: &str, stream: u64, upto: Position) -> Result<()> {
        self.faults.through("events.trim", self.store.trim(log, stream, upto)).await
    }

    async fn forget(&self, log: &str) -> Result<()> {
        self.faults.through("events.forget", self.store.forget(log)).await
    }
}

impl<S: Store> Bus for FaultyStore<S> {
    async fn publish(&self, topic: &str, message: Bytes) -> Result<()> {
        self.faults.through("bus.publish", self.store.publish(topic, message)).await
    }

    async fn subscribe(&self, topics: &[&str]) -> Result<Subscription> {
        self.faults.through("bus.subscribe", self.store.subscribe(topics)).await
    }
}
