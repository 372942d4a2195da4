//! What a case has at hand: two handles of the store, and names that nobody else uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Result;
use crate::store::{Expected, Listed, Loaded, Revision, Saved, Store, Stored, Swapped, Values};

/// Longer than any case runs.
pub(super) const LONG: Duration = Duration::from_secs(3600);
/// So short that a case can wait for its end.
pub(super) const SHORT: Duration = Duration::from_millis(150);
/// So long that a case surely does something before its end, and can still wait for it.
pub(super) const WHILE: Duration = Duration::from_secs(3);

const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: usize = 2000;

static CASES: AtomicU64 = AtomicU64::new(0);

/// One case at work.
pub(super) struct Case<S> {
    pub(super) store: Arc<S>,
    /// Another handle of the same store.
    pub(super) twin: Arc<S>,
    name: String,
}

impl<S: Store> Case<S> {
    pub(super) fn new(store: S, twin: S) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:x}-{:x}-{case:x}", std::process::id(), since.as_micros());
        Self { store: Arc::new(store), twin: Arc::new(twin), name }
    }

    /// A name of this case's own.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// Waits until this is so.
    pub(super) async fn until(&self, what: &str, so: impl AsyncFn() -> Result<bool>) -> Result {
        for _ in 0..PATIENCE {
            if so().await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("waited for this, in vain: {what}");
    }

    /// Waits until something that was written after all else, for this time, has expired.
    pub(super) async fn outlive(&self, ttl: Duration) -> Result {
        let witness = self.name("witness");
        let _ = Values::swap(&*self.store, &witness, Expected::Anything, "w".into(), Some(ttl)).await?;
        let gone = async || Ok(Values::get(&*self.store, &witness).await?.is_none());
        self.until("a value expires", gone).await
    }
}

/// The revision that a swap must have come to.
#[track_caller]
pub(super) fn done(swapped: Swapped) -> Revision {
    match swapped {
        Swapped::Done(revision) => revision,
        Swapped::Conflict => panic!("a conflict, where what was expected is there"),
    }
}

/// The revision that a save must have come to.
#[track_caller]
pub(super) fn saved(saved: Saved) -> Revision {
    match saved {
        Saved::Done(revision) => revision,
        other => panic!("{other:?}, where what was expected is there"),
    }
}

/// The record that must have been loaded.
#[track_caller]
pub(super) fn record(loaded: Loaded) -> Stored {
    match loaded {
        Loaded::Record(stored) => stored,
        other => panic!("{other:?}, where a record is"),
    }
}

/// The ids of a list, without the case's name.
pub(super) fn ids(records: &[Listed]) -> Vec<&str> {
    records.iter().map(|listed| listed.id.rsplit('/').next().unwrap_or_default()).collect()
}
