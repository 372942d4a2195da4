//! The five contracts of a store, and the store as their sum. What a method promises is proven by
//! `anpu::testing::store_contract`.

use std::time::Duration;

use bytes::Bytes;

use super::record::{Bound, Cursor, Expected, Loaded, Page, Position, Replay, Revision, Saved, Stored, Swapped};
use super::subscription::Subscription;
use crate::error::Result;

/// Records of sessions, and the tombstones of those that were ended.
pub trait Sessions: Send + Sync {
    /// The record of this id, unless it still is in the state `known`: then the answer is [`Loaded::Unchanged`] and no
    /// bytes are fetched. This is the one command that a request costs on a shared store.
    fn load(&self, id: &str, known: Option<Revision>) -> impl Future<Output = Result<Loaded>> + Send;

    /// Writes the record if what is there is what is expected; it expires after `ttl`. The owner of the last save counts.
    ///
    /// A tombstone refuses every save with [`Saved::Ended`], whatever is expected.
    ///
    /// # Errors
    ///
    /// [`Overloaded`](crate::ErrorKind::Overloaded) if the store is full; see [`Store`] for the errors of all methods.
    fn save(
        &self,
        id: &str,
        expected: Expected,
        owner: Option<&str>,
        record: Bytes,
        ttl: Duration,
    ) -> impl Future<Output = Result<Saved>> + Send;

    /// Lets the record live for `ttl` from now on, and says whether there is one. Its revision stays.
    fn touch(&self, id: &str, ttl: Duration) -> impl Future<Output = Result<bool>> + Send;

    /// Deletes the record, leaves a tombstone for the time given, and says whether there was a record. A tombstone of no
    /// time at all is none: the record is only deleted.
    fn end(&self, id: &str, tombstone: Duration) -> impl Future<Output = Result<bool>> + Send;

    /// The records of this owner, or all, those that expire first in front: where all have one time to live, these are the
    /// longest idle.
    ///
    /// `after` is the `next` of the page before. A record that is written or touched while the list is read may come twice;
    /// one that stays as it is comes exactly once. At most `limit` records, and at most [`MAX_PAGE`](super::MAX_PAGE).
    fn list(
        &self,
        owner: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page>> + Send;

    /// How many records this owner has, or how many there are; tombstones do not count.
    fn count(&self, owner: Option<&str>) -> impl Future<Output = Result<usize>> + Send;
}

/// Values by their key: of sessions, handles and users, leases, journals, caches, keys.
pub trait Values: Send + Sync {
    /// The value of this key.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Stored>>> + Send;

    /// Writes the value if what is there is what is expected. It expires after `ttl`, or never.
    ///
    /// # Errors
    ///
    /// [`Overloaded`](crate::ErrorKind::Overloaded) if the store is full; see [`Store`] for the errors of all methods.
    fn swap(
        &self,
        key: &str,
        expected: Expected,
        value: Bytes,
        ttl: Option<Duration>,
    ) -> impl Future<Output = Result<Swapped>> + Send;

    /// Deletes the value if what is there is what is expected, and says whether that was so. That nothing is there meets
    /// [`Expected::Absent`] and [`Expected::Anything`].
    fn delete(&self, key: &str, expected: Expected) -> impl Future<Output = Result<bool>> + Send;

    /// Lets the value live for `ttl` from now on, or for ever, and says whether there is one. Its revision stays.
    fn touch(&self, key: &str, ttl: Option<Duration>) -> impl Future<Output = Result<bool>> + Send;
}

/// Records of tasks.
pub trait Tasks: Send + Sync {
    /// Writes a new task, which expires after `ttl`; a conflict if there is one of this id.
    ///
    /// # Errors
    ///
    /// [`Overloaded`](crate::ErrorKind::Overloaded) if the store is full; see [`Store`] for the errors of all methods.
    fn put(
        &self,
        id: &str,
        owner: Option<&str>,
        task: Bytes,
        ttl: Duration,
    ) -> impl Future<Output = Result<Swapped>> + Send;

    /// The task of this id.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<Stored>>> + Send;

    /// Writes the task anew if it is in this state; it expires after `ttl`. Its owner stays.
    fn swap(
        &self,
        id: &str,
        expected: Revision,
        task: Bytes,
        ttl: Duration,
    ) -> impl Future<Output = Result<Swapped>> + Send;

    /// The tasks of this owner, or all, in the order in which they were put.
    ///
    /// `after` is the `next` of the page before. A task that is there while the list is read comes exactly once. At most
    /// `limit` tasks, and at most [`MAX_PAGE`](super::MAX_PAGE).
    fn list(
        &self,
        owner: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page>> + Send;

    /// Deletes the task and says whether there was one.
    fn delete(&self, id: &str) -> impl Future<Output = Result<bool>> + Send;
}

/// Logs of events. A log (of a session, say) has streams, which share its positions and its bound.
pub trait Events: Send + Sync {
    /// Adds an event at the end of the log, which is made if it is not there. Then the oldest events go until the log fits
    /// its bound.
    fn append(
        &self,
        log: &str,
        stream: u64,
        event: Bytes,
        bound: Bound,
    ) -> impl Future<Output = Result<Position>> + Send;

    /// What followed this position: in one stream, or in the whole log. At most `limit` events, and at most
    /// [`MAX_PAGE`](super::MAX_PAGE); fewer than that only if these are all.
    ///
    /// [`Replay::Gone`] if an event of this stream (or of the log) behind the position was dropped. A store that no longer
    /// knows says so too: it may say `Gone` when nothing is missing, never the other way round. Nothing is known of a log
    /// that was forgotten or has expired, so that every position but [`Position::START`] is gone, also when the log has
    /// begun anew; from the start, a log that is not there has no events. A position larger than the last one that the log
    /// gave is gone as well: it is of another life of the log, before a clock was set back.
    fn replay(
        &self,
        log: &str,
        stream: Option<u64>,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Replay>> + Send;

    /// Drops the events of this stream up to and including this position.
    fn trim(&self, log: &str, stream: u64, upto: Position) -> impl Future<Output = Result<()>> + Send;

    /// Drops the log.
    fn forget(&self, log: &str) -> impl Future<Output = Result<()>> + Send;
}

/// Messages between the processes that share the store (and within one that shares it with nobody).
pub trait Bus: Send + Sync {
    /// Says this to everyone who listens to the topic, in this process and in others. Whoever begins to listen later does
    /// not hear it.
    fn publish(&self, topic: &str, message: Bytes) -> impl Future<Output = Result<()>> + Send;

    /// Listens to these topics until the subscription is dropped. When this returns, the subscription is in force: all that
    /// is published from then on is delivered, or reported as missed. Messages of one publisher on one topic come in order.
    fn subscribe(&self, topics: &[&str]) -> impl Future<Output = Result<Subscription>> + Send;
}

/// Where sessions, values, tasks and events live, and the bus between those who share them.
///
/// # Promises of all methods
///
/// - What was acknowledged is seen by every later call, through every handle, and (if [durable](Store::is_durable)) after a
///   crash.
/// - What has expired is absent. A time to live of zero has expired at once.
/// - A method costs a shared store at most one round trip.
/// - A dropped future leaves the write done or not done, never half done.
///
/// # Errors of all methods
///
/// - [`Store`](crate::ErrorKind::Store): it failed, or did not answer; a write may or may not have been done. Trying again
///   may help. It is never a way to say that something is absent.
/// - [`Invalid`](crate::ErrorKind::Invalid): an id, key, owner, log or topic that is empty or longer than
///   [`MAX_KEY`](super::MAX_KEY) bytes, or a value larger than the store takes (1 MiB by default).
/// - [`Overloaded`](crate::ErrorKind::Overloaded): the store is full. Nothing was written.
///
/// To write one of your own, implement the five contracts (as plain `async fn`s, if you like) and run
/// `anpu::testing::store_contract` against it.
pub trait Store: Sessions + Values + Tasks + Events + Bus + 'static {
    /// Whether other processes work on the same store at the same time.
    fn is_shared(&self) -> bool;

    /// Whether what was acknowledged survives the end of this process.
    fn is_durable(&self) -> bool;

    /// What and where it is, for the log and without secrets: `redb file /var/lib/shop/anpu.redb`.
    fn describe(&self) -> String;

    /// Returns when all that was acknowledged is as durable as the store makes it. A server calls it last of all.
    fn flush(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}
