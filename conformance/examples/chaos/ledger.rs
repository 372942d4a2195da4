//! What a session was told to keep, and whether it did.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::caller::{Caller, Outcome, told};

/// How often a ledger is asked for after the storm.
const TRIES: usize = 20;
/// How long until a ledger that could not be read is asked for again.
const PAUSE: Duration = Duration::from_millis(500);

/// The updates of one session as its client knows them.
#[derive(Debug, Default)]
struct Known {
    /// With the place in the ledger that the server said, from 1.
    acknowledged: BTreeMap<u64, usize>,
    unknown: Vec<u64>,
}

/// The client's side of a session's ledger.
#[derive(Debug)]
pub(crate) struct Ledger {
    session: String,
    known: Mutex<Known>,
}

impl Ledger {
    pub(crate) fn new(session: String) -> Self {
        Self { session, known: Mutex::default() }
    }

    /// Writes one id after the other. One that a node may have seen is never sent again.
    pub(crate) async fn write(&self, caller: &mut Caller, ids: &AtomicU64, until: Instant) {
        while Instant::now() < until {
            let id = ids.fetch_add(1, Ordering::Relaxed);
            let message = caller.call("write_down", &json!({ "id": id }));
            let outcome = loop {
                match caller.exchange("update", &self.session, &message).await {
                    Outcome::Refused => caller.pause().await,
                    other => break other,
                }
            };
            let place = match outcome {
                Outcome::Answered(_, message) => told(&message).parse().ok(),
                _ => None,
            };
            caller.book.count(if place.is_some() { "updates acknowledged" } else { "updates of unknown outcome" });
            match place {
                Some(place) => _ = self.known().acknowledged.insert(id, place),
                None => {
                    self.known().unknown.push(id);
                    caller.pause().await;
                }
            }
            if caller.chance.percent(10) {
                self.look(caller).await;
            }
            sleep(Duration::from_millis(caller.chance.between(10, 100))).await;
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was acknowledged before somebody looks is there, wherever they look.
    async fn look(&self, caller: &mut Caller) {
        let before = self.known().acknowledged.clone();
        let door = caller.door();
        if let Some(kept) = self.read(caller, door).await {
            caller.book.count("ledgers read under way");
            self.compare(caller, &before, &kept);
        }
    }

    async fn read(&self, caller: &mut Caller, door: usize) -> Option<Vec<u64>> {
        let message = caller.call("read_ledger", &json!({}));
        match caller.exchange_at(door, "read", &self.session, &message).await {
            Outcome::Answered(_, message) => serde_json::from_str(&told(&message)).ok(),
            _ => None,
        }
    }

    fn compare(&self, caller: &Caller, acknowledged: &BTreeMap<u64, usize>, kept: &[u64]) {
        let missing = acknowledged.iter().filter(|&(id, place)| kept.get(place - 1) != Some(id));
        let mut missing = missing.map(|(id, place)| (id, place, kept.iter().position(|other| other == id)));
        if let Some((id, place, at)) = missing.next() {
            let (at, more, all) = (at.map(|at| at + 1), missing.count(), kept.len());
            caller
                .book
                .breach(format!("update {id} was acknowledged at {place} and is at {at:?} of {all}; {more} more"));
        }
        let mut sorted = kept.to_vec();
        sorted.sort_unstable();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            caller.book.breach(format!("update {} was applied twice", pair[0]));
        }
    }

    /// After the storm: each door gives the same ledger, which has what it must have and nothing else.
    pub(crate) async fn check(&self, mut caller: Caller) {
        let acknowledged = self.known().acknowledged.clone();
        let unknown = self.known().unknown.clone();
        let mut first = None;
        for door in 0..caller.doors() {
            let Some(kept) = self.read_surely(&mut caller, door).await else {
                caller.book.breach(format!("a session's ledger cannot be read at {:?}", caller.node(door)));
                continue;
            };
            self.compare(&caller, &acknowledged, &kept);
            for id in kept.iter().filter(|id| !acknowledged.contains_key(id) && !unknown.contains(id)) {
                caller.book.breach(format!("update {id} belongs to somebody else"));
            }
            match &first {
                Some(first) if *first != kept => caller.book.breach("two doors give two ledgers".to_owned()),
                _ => first = Some(kept),
            }
        }
        let kept = first.unwrap_or_default();
        caller.book.count("ledgers checked");
        for id in unknown {
            let applied = kept.contains(&id);
            caller.book.count(if applied { "unknown outcome: applied" } else { "unknown outcome: not applied" });
            println!("update {id}: outcome unknown, {}", if applied { "applied" } else { "not applied" });
        }
    }

    async fn read_surely(&self, caller: &mut Caller, door: usize) -> Option<Vec<u64>> {
        for _ in 0..TRIES {
            if let Some(kept) = self.read(caller, door).await {
                return Some(kept);
            }
            sleep(PAUSE).await;
        }
        None
    }
}
