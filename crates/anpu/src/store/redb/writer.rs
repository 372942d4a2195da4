//! The one thread that changes the file. Whatever waits shares a transaction, and is answered when it is committed.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ::redb::{Database, Durability as Commit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::file::{ABOUT, NUMBER};
use super::opening::Durability;
use super::rows::{ROWS, Write};
use super::{failed, now};
use crate::error::{Error, ErrorKind, Result};
use crate::store::ledger::{self, Millis, RowsMut};

/// How many changes wait for the writer; whoever comes then waits for a place.
const QUEUE: usize = 512;
/// How many changes share a transaction.
const BATCH: usize = 256;
/// How many expired records go with a transaction.
const SWEEP: usize = 64;
/// How often the writer looks for expired records when nothing else happens.
const IDLE: Duration = Duration::from_secs(10);
/// How long a change may wait for the disk with [`Durability::Eventual`].
const EVENTUAL: Duration = Duration::from_millis(200);

const UNWRITTEN: &str = "the store could not be written";

/// The way to the thread.
pub(super) struct Writer {
    orders: Mutex<Option<Sender<Order>>>,
    places: Arc<Semaphore>,
    ended: watch::Receiver<()>,
}

/// Something for the thread to do.
enum Order {
    Change(Box<dyn Change>, OwnedSemaphorePermit),
    /// Sync, and say so.
    Flush(oneshot::Sender<Result>),
}

impl Writer {
    pub(super) fn start(database: Arc<Database>, last_number: u64, durability: Durability) -> Result<Self> {
        let (sender, orders) = channel();
        let (alive, ended) = watch::channel(());
        let mut thread = Thread { database, orders, last_number, durability, unsynced: None, more: true };
        let body = move || {
            thread.run();
            // The file is free before anybody is told.
            drop(thread);
            drop(alive);
        };
        let started = thread::Builder::new().name("anpu-store".to_owned()).spawn(body);
        started.map_err(|error| failed("the store's thread could not be started", error))?;
        Ok(Self { orders: Mutex::new(Some(sender)), places: Arc::new(Semaphore::new(QUEUE)), ended })
    }

    /// Has this done; a caller who goes away before its turn has nothing done.
    pub(super) async fn write<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn RowsMut, Millis) -> Result<T> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| stopped())?;
        let (tell, told) = oneshot::channel();
        self.order(Order::Change(Box::new(Waiting { op, answer: None, tell }), place))?;
        told.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Returns when all that was acknowledged is on disk.
    pub(super) async fn flush(&self) -> Result {
        let (tell, told) = oneshot::channel();
        self.order(Order::Flush(tell))?;
        told.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Lets the thread do what waits, and returns when it has given the file free.
    pub(super) async fn end(&self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut ended = self.ended.clone();
        // It never says anything; an error is the end of the thread.
        while ended.changed().await.is_ok() {}
    }

    fn order(&self, order: Order) -> Result {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = orders.as_ref().ok_or_else(stopped)?;
        orders.send(order).map_err(|_| stopped())
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Store, "the store is closed, or its thread has died of a damaged file")
}

/// A change that waits for its turn and then for the disk.
trait Change: Send {
    /// Whether nobody waits for it any more.
    fn is_void(&self) -> bool;

    fn run(&mut self, rows: &mut dyn RowsMut, now: Millis) -> Result;

    fn answer(self: Box<Self>, committed: Result);
}

struct Waiting<T, F> {
    op: F,
    answer: Option<T>,
    tell: oneshot::Sender<Result<T>>,
}

impl<T, F> Change for Waiting<T, F>
where
    T: Send,
    F: FnMut(&mut dyn RowsMut, Millis) -> Result<T> + Send,
{
    fn is_void(&self) -> bool {
        self.tell.is_closed()
    }

    fn run(&mut self, rows: &mut dyn RowsMut, now: Millis) -> Result {
        self.answer = Some((self.op)(rows, now)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result) {
        let Self { answer, tell, .. } = *self;
        // Nobody listens if the caller has gone meanwhile.
        let _ = tell.send(committed.and_then(|()| answer.ok_or_else(stopped)));
    }
}

struct Thread {
    database: Arc<Database>,
    orders: Receiver<Order>,
    last_number: u64,
    durability: Durability,
    /// Since when there are changes that are not on disk.
    unsynced: Option<Instant>,
    /// Whether there may be more expired records than were taken away.
    more: bool,
}

impl Thread {
    fn run(&mut self) {
        loop {
            let (mut changes, mut flushes) = (Vec::new(), Vec::new());
            match self.orders.recv_timeout(self.patience()) {
                Ok(order) => sort(order, &mut changes, &mut flushes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while changes.len() < BATCH
                && let Ok(order) = self.orders.try_recv()
            {
                sort(order, &mut changes, &mut flushes);
            }
            self.serve(changes, flushes);
        }
        if self.unsynced.is_some()
            && let Err(error) = self.commit(&mut [], true)
        {
            tracing::error!(error = format!("{error:#}"), "the last changes of the store are not on disk");
        }
    }

    fn patience(&self) -> Duration {
        let sync = self.unsynced.map_or(IDLE, |since| EVENTUAL.saturating_sub(since.elapsed()));
        if self.more { Duration::ZERO } else { sync.min(IDLE) }
    }

    fn serve(&mut self, mut changes: Vec<Box<dyn Change>>, flushes: Vec<oneshot::Sender<Result>>) {
        changes.retain(|change| !change.is_void());
        let due = self.unsynced.is_some_and(|since| since.elapsed() >= EVENTUAL);
        let sync = due || !flushes.is_empty() || self.durability == Durability::Immediate;
        let committed = self.commit(&mut changes, sync);
        let failed = committed.as_ref().err().map(|error| format!("{error:#}"));
        match committed {
            Ok(()) => changes.into_iter().for_each(|change| change.answer(Ok(()))),
            Err(error) if changes.len() < 2 => self.refuse(changes, error),
            // One of them cannot be done, and takes the others with it: each alone, then.
            Err(_) => changes.into_iter().for_each(|change| self.serve(vec![change], Vec::new())),
        }
        for flush in flushes {
            let flushed = failed.as_ref().map_or(Ok(()), |text| Err(Error::new(ErrorKind::Store, text.clone())));
            let _ = flush.send(flushed);
        }
    }

    fn refuse(&mut self, changes: Vec<Box<dyn Change>>, error: Error) {
        // Not at once again, if it was the sweep or the sync that failed.
        self.more = false;
        self.unsynced = self.unsynced.map(|_| Instant::now());
        tracing::error!(error = format!("{error:#}"), "a change of the store failed");
        let mut error = Some(error);
        for change in changes {
            change.answer(Err(error.take().unwrap_or_else(stopped)));
        }
    }

    /// Makes these changes in one transaction, or none of them.
    fn commit(&mut self, changes: &mut [Box<dyn Change>], sync: bool) -> Result {
        let mut transaction = self.database.begin_write().map_err(|error| failed(UNWRITTEN, error))?;
        let durability = if sync { Commit::Immediate } else { Commit::None };
        transaction.set_durability(durability).map_err(|error| failed(UNWRITTEN, error))?;
        let table = transaction.open_table(ROWS).map_err(|error| failed(UNWRITTEN, error))?;
        let mut rows = Write { table, last_number: self.last_number, changed: false };
        let now = now();
        for change in changes.iter_mut() {
            change.run(&mut rows, now)?;
        }
        let swept = ledger::sweep(&mut rows, now, SWEEP)?;
        self.last_number = rows.last_number;
        self.more = swept == SWEEP;
        let changed = rows.changed;
        drop(rows);
        if !changed && (!sync || self.unsynced.is_none()) {
            // Conflicts, and questions after what is not there: the disk need not hear of them.
            return transaction.abort().map_err(|error| failed(UNWRITTEN, error));
        }
        let mut about = transaction.open_table(ABOUT).map_err(|error| failed(UNWRITTEN, error))?;
        about.insert(NUMBER, self.last_number).map_err(|error| failed(UNWRITTEN, error))?;
        drop(about);
        transaction.commit().map_err(|error| failed(UNWRITTEN, error))?;
        self.unsynced = if sync { None } else { self.unsynced.or_else(|| Some(Instant::now())) };
        Ok(())
    }
}

/// Puts an order where it belongs; a change gives its place in the queue free.
fn sort(order: Order, changes: &mut Vec<Box<dyn Change>>, flushes: &mut Vec<oneshot::Sender<Result>>) {
    match order {
        Order::Change(change, _place) => changes.push(change),
        Order::Flush(flush) => flushes.push(flush),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says when it is run and when it is answered.
    struct Probe(Arc<Mutex<Vec<&'static str>>>);

    impl Probe {
        fn note(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }
    }

    impl Change for Probe {
        fn is_void(&self) -> bool {
            false
        }

        fn run(&mut self, rows: &mut dyn RowsMut, _: Millis) -> Result {
            self.note("run");
            rows.put(b"key", b"value")
        }

        fn answer(self: Box<Self>, committed: Result) {
            self.note(if committed.is_ok() { "done" } else { "failed" });
        }
    }

    #[test]
    fn changes_that_wait_share_a_transaction() {
        let folder = std::env::temp_dir().join(format!("anpu-writer-{}", std::process::id()));
        let (database, last_number) =
            crate::store::redb::file::open(&folder.join("store.redb"), 1 << 20, IDLE).unwrap();
        let (sender, orders) = channel();
        let (said, places) = (Arc::default(), Arc::new(Semaphore::new(3)));
        for _ in 0..3 {
            let place = Arc::clone(&places).try_acquire_owned().unwrap();
            sender.send(Order::Change(Box::new(Probe(Arc::clone(&said))), place)).unwrap();
        }
        drop(sender);
        let database = Arc::new(database);
        let durability = Durability::Immediate;
        Thread { database, orders, last_number, durability, unsynced: None, more: false }.run();
        assert_eq!(*said.lock().unwrap(), ["run", "run", "run", "done", "done", "done"]);
        assert_eq!(places.available_permits(), 3, "their places are free again");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
