//! The boxed twin of [`Store`], which a server holds without knowing the backend's type.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use super::contract::{Bus, Events, Sessions, Store, Tasks, Values};
use super::record::{Bound, Cursor, Expected, Loaded, Page, Position, Replay, Revision, Saved, Stored, Swapped};
use super::subscription::Subscription;
use crate::error::Result;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Writes the twin and its implementation for every store: each method forwards to the contract it names.
macro_rules! twin {
    ($($contract:ident :: $method:ident as $name:ident ( $($arg:ident : $ty:ty),* ) -> $answer:ty;)*) => {
        /// A store of any type; what its methods promise is said at the contract each forwards to.
        pub(crate) trait AnyStore: Send + Sync + 'static {
            $(fn $name<'a>(&'a self, $($arg: $ty),*) -> Boxed<'a, $answer>;)*
            fn is_shared(&self) -> bool;
            fn is_durable(&self) -> bool;
            fn describe(&self) -> String;
        }

        impl<S: Store> AnyStore for S {
            $(fn $name<'a>(&'a self, $($arg: $ty),*) -> Boxed<'a, $answer> {
                Box::pin($contract::$method(self, $($arg),*))
            })*

            fn is_shared(&self) -> bool {
                Store::is_shared(self)
            }

            fn is_durable(&self) -> bool {
                Store::is_durable(self)
            }

            fn describe(&self) -> String {
                Store::describe(self)
            }
        }
    };
}

twin! {
    Sessions::load as load_session(id: &'a str, known: Option<Revision>) -> Loaded;
    Sessions::save as save_session(id: &'a str, expected: Expected, owner: Option<&'a str>, record: Bytes, ttl: Duration) -> Saved;
    Sessions::touch as touch_session(id: &'a str, ttl: Duration) -> bool;
    Sessions::end as end_session(id: &'a str, tombstone: Duration) -> bool;
    Sessions::list as list_sessions(owner: Option<&'a str>, after: Option<&'a Cursor>, limit: usize) -> Page;
    Sessions::count as count_sessions(owner: Option<&'a str>) -> usize;
    Values::get as get_value(key: &'a str) -> Option<Stored>;
    Values::swap as swap_value(key: &'a str, expected: Expected, value: Bytes, ttl: Option<Duration>) -> Swapped;
    Values::delete as delete_value(key: &'a str, expected: Expected) -> bool;
    Values::touch as touch_value(key: &'a str, ttl: Option<Duration>) -> bool;
    Tasks::put as put_task(id: &'a str, owner: Option<&'a str>, task: Bytes, ttl: Duration) -> Swapped;
    Tasks::get as get_task(id: &'a str) -> Option<Stored>;
    Tasks::swap as swap_task(id: &'a str, expected: Revision, task: Bytes, ttl: Duration) -> Swapped;
    Tasks::list as list_tasks(owner: Option<&'a str>, after: Option<&'a Cursor>, limit: usize) -> Page;
    Tasks::delete as delete_task(id: &'a str) -> bool;
    Events::append as append_event(log: &'a str, stream: u64, event: Bytes, bound: Bound) -> Position;
    Events::replay as replay_events(log: &'a str, stream: Option<u64>, after: Position, limit: usize) -> Replay;
    Events::trim as trim_events(log: &'a str, stream: u64, upto: Position) -> ();
    Events::forget as forget_events(log: &'a str) -> ();
    Bus::publish as publish(topic: &'a str, message: Bytes) -> ();
    Bus::subscribe as subscribe(topics: &'a [&'a str]) -> Subscription;
    Store::flush as flush() -> ();
}
