//! A store on Redis 7 or Valkey, shared by all processes that know its URL: each method is one script or command.
//!
//! Time is the server's, so that processes with wrong clocks agree. The keys are named in `keys.rs`; what is in them, the
//! scripts say.

mod address;
mod bus;
mod connecting;
mod events;
mod keys;
mod link;
mod lists;
mod scripts;
mod sessions;
mod tasks;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(feature = "tls")]
mod tls;
mod values;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use connecting::Connecting;

use super::contract::Store;
use super::record::{Expected, Revision, Swapped};
use crate::error::Result;
use bus::Hub;
use keys::Keys;
use link::Link;

/// A store on Redis 7 or newer, or Valkey: for servers of many processes that serve the same sessions.
///
/// Clones are handles of the same store. Each method is one round trip, and fails with
/// [`Store`](crate::ErrorKind::Store) if it is not answered within the [deadline](Connecting::deadline). A lost connection
/// is made again by itself, with growing pauses of at most a second; calls wait for it as long as their deadline allows.
///
/// What was acknowledged is as durable as the server is told to make it: set `appendonly yes`, and `maxmemory-policy
/// noeviction`, because a server that evicts keys loses sessions. [`Redis::connect`] logs a warning where they are not set.
/// When the server is out of memory, what writes fails with [`Overloaded`](crate::ErrorKind::Overloaded).
///
/// ```no_run
/// use std::time::Duration;
///
/// use anpu::store::{Expected, Redis, Values};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anpu::Result {
/// let store = Redis::connect("redis://:secret@10.0.0.5:6379").prefix("shop:").deadline(Duration::from_secs(1)).await?;
/// let _ = store.swap("greeting", Expected::Absent, "hello".into(), None).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    link: Link,
    keys: Keys,
    max_value: usize,
    hub: Arc<Hub>,
    described: String,
}

impl Redis {
    /// Connects when awaited: to `redis://user:password@host:6379/0`, `rediss://` for TLS (needs the feature `tls`),
    /// `unix:///path`, or the first servers of a cluster, `redis+cluster://host:7000,host:7001`. `valkey` for `redis` is as
    /// good.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config): the URL cannot be read, the password is refused, or the server is too old.
    /// [`Store`](crate::ErrorKind::Store): it cannot be reached, or does not answer. No text has the password in it.
    pub fn connect(url: impl Into<String>) -> Connecting {
        Connecting::new(url.into())
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").field(&self.0.described).finish()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.hub.close();
    }
}

impl Store for Redis {
    fn is_shared(&self) -> bool {
        true
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.0.described.clone()
    }
}

/// The longest time to live in milliseconds, so that the server can add it to the time: about 140,000 years.
const LONGEST: u64 = 1 << 52;

/// A time to live in milliseconds; a part of one counts as a whole one.
fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_nanos().div_ceil(1_000_000)).map_or(LONGEST, |millis| millis.min(LONGEST))
}

/// A time to live, or nothing for ever, as the scripts read it.
fn millis_or_ever(ttl: Option<Duration>) -> String {
    ttl.map_or(String::new(), |ttl| millis(ttl).to_string())
}

/// What is expected, as the scripts read it.
fn expected(expected: Expected) -> String {
    match expected {
        Expected::Anything => "*".to_owned(),
        Expected::Absent => "-".to_owned(),
        Expected::Revision(Revision(revision)) => revision.to_string(),
    }
}

/// What became of a compare-and-swap: a word, and the revision if it is `done`.
type Outcome = (String, Option<u64>);

fn swapped(link: &Link, outcome: &Outcome) -> Result<Swapped> {
    match (outcome.0.as_str(), outcome.1) {
        ("done", Some(revision)) => Ok(Swapped::Done(Revision(revision))),
        ("conflict", _) => Ok(Swapped::Conflict),
        _ => Err(link.damaged()),
    }
}
