//! Four contracts, and the bus, for every backend that keeps a ledger and is one process's own.

use super::ledger::{Millis, Rows, RowsMut};
use super::local_bus::LocalBus;
use crate::error::Result;

/// A backend that keeps a [`ledger`](super::ledger).
pub(super) trait Keeper: Send + Sync {
    fn max_value(&self) -> usize;

    fn bus(&self) -> &LocalBus;

    /// Runs this on what was acknowledged so far.
    fn read<T, F>(&self, op: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&dyn Rows, Millis) -> Result<T> + Send + 'static;

    /// Runs this, all of it or nothing, and returns when it is as durable as the backend makes it. It may run more than
    /// once, each time from the same start; the last run counts.
    fn write<T, F>(&self, op: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnMut(&mut dyn RowsMut, Millis) -> Result<T> + Send + 'static;
}

/// Checks an owner, if there is one.
pub(super) fn check_owner(owner: Option<&str>) -> Result {
    owner.map_or(Ok(()), |owner| super::limits::check_key("owner", owner))
}

/// Implements the contracts for a [`Keeper`].
macro_rules! keeps_contracts {
    ($backend:ty) => {
        const _: () = {
            use std::time::Duration;

            use bytes::Bytes;

            use $crate::error::Result;
            use $crate::store::contract::{Bus, Events, Sessions, Tasks, Values};
            use $crate::store::kept::{Keeper, check_owner};
            use $crate::store::ledger::{self, Kind};
            use $crate::store::limits::{check_key, check_value};
            use $crate::store::record::*;
            use $crate::store::subscription::Subscription;

            impl Sessions for $backend {
                async fn load(&self, id: &str, known: Option<Revision>) -> Result<Loaded> {
                    check_key("session id", id)?;
                    let id = id.to_owned();
                    self.read(move |rows, now| ledger::load(rows, now, &id, known)).await
                }

                async fn save(
                    &self,
                    id: &str,
                    expected: Expected,
                    owner: Option<&str>,
                    record: Bytes,
                    ttl: Duration,
                ) -> Result<Saved> {
                    check_key("session id", id)?;
                    check_owner(owner)?;
                    check_value("session record", &record, self.max_value())?;
                    let (id, owner) = (id.to_owned(), owner.map(str::to_owned));
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        ledger::save(rows, now, &id, expected, owner.as_deref(), &record, ttl)
                    };
                    self.write(op).await
                }

                async fn touch(&self, id: &str, ttl: Duration) -> Result<bool> {
                    check_key("session id", id)?;
                    let id = id.to_owned();
                    self.write(move |rows, now| ledger::touch(rows, now, Kind::Session, &id, Some(ttl))).await
                }

                async fn end(&self, id: &str, tombstone: Duration) -> Result<bool> {
                    check_key("session id", id)?;
                    let id = id.to_owned();
                    self.write(move |rows, now| ledger::end(rows, now, &id, tombstone)).await
                }

                async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
                    check_owner(owner)?;
                    let (owner, after) = (owner.map(str::to_owned), after.cloned());
                    let kind = Kind::Session;
                    self.read(move |rows, now| ledger::list(rows, now, kind, owner.as_deref(), after.as_ref(), limit))
                        .await
                }

                async fn count(&self, owner: Option<&str>) -> Result<usize> {
                    check_owner(owner)?;
                    let owner = owner.map(str::to_owned);
                    self.read(move |rows, now| ledger::count(rows, now, owner.as_deref())).await
                }
            }

            impl Values for $backend {
                async fn get(&self, key: &str) -> Result<Option<Stored>> {
                    check_key("key", key)?;
                    let key = key.to_owned();
                    self.read(move |rows, now| ledger::get(rows, now, Kind::Value, &key)).await
                }

                async fn swap(
                    &self,
                    key: &str,
                    expected: Expected,
                    value: Bytes,
                    ttl: Option<Duration>,
                ) -> Result<Swapped> {
                    check_key("key", key)?;
                    check_value("value", &value, self.max_value())?;
                    let key = key.to_owned();
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        ledger::swap(rows, now, (Kind::Value, &key), expected, None, &value, ttl)
                    };
                    self.write(op).await
                }

                async fn delete(&self, key: &str, expected: Expected) -> Result<bool> {
                    check_key("key", key)?;
                    let key = key.to_owned();
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        Ok(ledger::delete(rows, now, Kind::Value, &key, expected)?.is_some())
                    };
                    self.write(op).await
                }

                async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool> {
                    check_key("key", key)?;
                    let key = key.to_owned();
                    self.write(move |rows, now| ledger::touch(rows, now, Kind::Value, &key, ttl)).await
                }
            }

            impl Tasks for $backend {
                async fn put(&self, id: &str, owner: Option<&str>, task: Bytes, ttl: Duration) -> Result<Swapped> {
                    check_key("task id", id)?;
                    check_owner(owner)?;
                    check_value("task", &task, self.max_value())?;
                    let (id, owner) = (id.to_owned(), owner.map(str::to_owned));
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        let at = (Kind::Task, id.as_str());
                        ledger::swap(rows, now, at, Expected::Absent, owner.as_deref(), &task, Some(ttl))
                    };
                    self.write(op).await
                }

                async fn get(&self, id: &str) -> Result<Option<Stored>> {
                    check_key("task id", id)?;
                    let id = id.to_owned();
                    self.read(move |rows, now| ledger::get(rows, now, Kind::Task, &id)).await
                }

                async fn swap(&self, id: &str, expected: Revision, task: Bytes, ttl: Duration) -> Result<Swapped> {
                    check_key("task id", id)?;
                    check_value("task", &task, self.max_value())?;
                    let (id, expected) = (id.to_owned(), Expected::Revision(expected));
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        ledger::swap(rows, now, (Kind::Task, &id), expected, None, &task, Some(ttl))
                    };
                    self.write(op).await
                }

                async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
                    check_owner(owner)?;
                    let (owner, after) = (owner.map(str::to_owned), after.cloned());
                    let kind = Kind::Task;
                    self.read(move |rows, now| ledger::list(rows, now, kind, owner.as_deref(), after.as_ref(), limit))
                        .await
                }

                async fn delete(&self, id: &str) -> Result<bool> {
                    check_key("task id", id)?;
                    let id = id.to_owned();
                    let op = move |rows: &mut dyn ledger::RowsMut, now| {
                        Ok(ledger::delete(rows, now, Kind::Task, &id, Expected::Anything)? == Some(true))
                    };
                    self.write(op).await
                }
            }

            impl Events for $backend {
                async fn append(&self, log: &str, stream: u64, event: Bytes, bound: Bound) -> Result<Position> {
                    check_key("log", log)?;
                    check_value("event", &event, self.max_value())?;
                    let log = log.to_owned();
                    self.write(move |rows, now| ledger::append(rows, now, &log, stream, &event, bound)).await
                }

                async fn replay(
                    &self,
                    log: &str,
                    stream: Option<u64>,
                    after: Position,
                    limit: usize,
                ) -> Result<Replay> {
                    check_key("log", log)?;
                    let log = log.to_owned();
                    self.read(move |rows, now| ledger::replay(rows, now, &log, stream, after, limit)).await
                }

                async fn trim(&self, log: &str, stream: u64, upto: Position) -> Result<()> {
                    check_key("log", log)?;
                    let log = log.to_owned();
                    self.write(move |rows, now| ledger::trim(rows, now, &log, stream, upto)).await
                }

                async fn forget(&self, log: &str) -> Result<()> {
                    check_key("log", log)?;
                    let log = log.to_owned();
                    self.write(move |rows, _| ledger::forget(rows, &log)).await
                }
            }

            impl Bus for $backend {
                async fn publish(&self, topic: &str, message: Bytes) -> Result<()> {
                    check_key("topic", topic)?;
                    check_value("message", &message, self.max_value())?;
                    self.bus().publish(topic, &message);
                    Ok(())
                }

                async fn subscribe(&self, topics: &[&str]) -> Result<Subscription> {
                    topics.iter().try_for_each(|topic| check_key("topic", topic))?;
                    Ok(self.bus().subscribe(topics))
                }
            }
        };
    };
}

pub(super) use keeps_contracts;
