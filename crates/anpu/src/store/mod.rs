//! Where things live: five small contracts and the backends that keep them. Knows bytes and keys, nothing of the protocol.
//!
//! A [`Store`] is [`Sessions`], [`Values`], [`Tasks`], [`Events`] and a [`Bus`]. What each promises is written at its
//! methods, and proven for every backend by one suite (`anpu::testing::store_contract`).

#[expect(dead_code, reason = "the contract has tasks, which no server keeps yet")]
mod any;
mod contract;
mod kept;
mod layout;
mod ledger;
mod limits;
mod local_bus;
mod memory;
mod record;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "redis")]
mod redis;
mod subscription;

pub use self::memory::Memory;
#[cfg(feature = "redb")]
pub use self::redb::{Durability, Opening, Redb};
#[cfg(feature = "redis")]
pub use self::redis::{Connecting, Redis};
pub(crate) use any::AnyStore;
pub use contract::{Bus, Events, Sessions, Store, Tasks, Values};
pub use layout::session_values;
pub(crate) use layout::{handle_values, user_values};
pub use limits::{MAX_KEY, MAX_PAGE, MAX_VALUE, check_key, check_value};
pub use record::{
    Bound, Cursor, Event, Expected, Listed, Loaded, Page, Position, Replay, Revision, Saved, Stored, Swapped,
};
pub use subscription::{Delivery, Feed, Message, Subscription};
