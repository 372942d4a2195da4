//! Effects that happen once in a chain of rounds, noted in the store: a round that is sent again, also to another node,
//! finds what came of them.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Expected, Revision, Swapped};

/// How long a claim stands without a sign of life. Less than requests usually have, so that one that waits for the effect
/// of a process that died does it itself before its own time is up.
const LEASE: Duration = Duration::from_secs(30);
/// How often an effect at work gives a sign of life; after one that failed, the next comes in half the time.
const RENEWAL: Duration = Duration::from_secs(8);
/// How long one that waits for another's effect waits between two looks: first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(1));
/// How often it is tried to note what came of an effect.
const TRIES: usize = 5;

/// What is noted of an effect, as bytes: the number of the format, what it is, and its content.
const BEGUN: &str = "1 begun ";
const DONE: &str = "1 done ";

/// Lets an effect happen that no round of this chain has completed, or gives what came of it.
///
/// # Errors
///
/// Those of the effect; of kind [`Store`](ErrorKind::Store) if the store fails before the effect begins.
pub(super) async fn once(
    core: &Core,
    chain: u128,
    name: &str,
    effect: impl Future<Output = Result<Box<RawValue>>>,
) -> Result<Box<RawValue>> {
    let entry = Entry { core, key: format!("once:{chain:032x}:{name}"), mark: mark()? };
    let claim = match entry.claim().await? {
        Claim::Over(value) => return Ok(value),
        Claim::Ours(revision) => AtomicU64::new(revision.0),
    };
    let outcome = entry.hold(&claim, effect).await;
    let claim = Revision(claim.into_inner());
    match outcome {
        Ok(value) => Ok(entry.settle(claim, value).await),
        Err(error) => {
            entry.release(claim).await;
            Err(error)
        }
    }
}

/// One effect in the journal.
struct Entry<'a> {
    core: &'a Core,
    key: String,
    /// What tells our claim from those of others.
    mark: String,
}

enum Claim {
    Over(Box<RawValue>),
    Ours(Revision),
}

/// What the journal says.
enum Noted {
    Begun { ours: bool, revision: Revision },
    Done(Box<RawValue>),
}

impl Entry<'_> {
    /// Claims the effect. While somebody else is at it, this waits: for what comes of it, or until the claim expires.
    async fn claim(&self) -> Result<Claim> {
        let mut pause = PAUSES.0;
        loop {
            if let Swapped::Done(revision) = self.swap(Expected::Absent, self.begun(), LEASE).await? {
                return Ok(Claim::Ours(revision));
            }
            while let Some(noted) = self.look().await? {
                if let Noted::Done(value) = noted {
                    return Ok(Claim::Over(value));
                }
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }

    /// Drives the effect, and meanwhile says that it is at work.
    async fn hold<T>(&self, claim: &AtomicU64, effect: impl Future<Output = T>) -> T {
        let (mut effect, mut renewing) = (pin!(effect), pin!(self.renew(claim)));
        poll_fn(|cx| match effect.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => renewing.as_mut().poll(cx).map(|never| match never {}),
        })
        .await
    }

    async fn renew(&self, claim: &AtomicU64) -> Infallible {
        let mut pause = RENEWAL;
        loop {
            sleep(pause).await;
            pause = match self.renew_now(claim).await {
                Ok(()) => RENEWAL,
                Err(error) => {
                    tracing::warn!(%error, key = self.key, "a sign of life failed: the effect may happen twice");
                    RENEWAL / 2
                }
            };
        }
    }

    async fn renew_now(&self, claim: &AtomicU64) -> Result {
        let mut held = Expected::Revision(Revision(claim.load(Ordering::Relaxed)));
        if let Swapped::Conflict = self.claim_as(held, claim).await? {
            // It may still be ours: the answer to an earlier sign of life may have been lost.
            held = match self.look().await? {
                Some(Noted::Begun { ours: true, revision }) => Expected::Revision(revision),
                None => Expected::Absent,
                Some(_) => return Err(Error::new(ErrorKind::Store, "somebody else has it")),
            };
            let _ = self.claim_as(held, claim).await?;
        }
        Ok(())
    }

    async fn claim_as(&self, held: Expected, claim: &AtomicU64) -> Result<Swapped> {
        let swapped = self.swap(held, self.begun(), LEASE).await?;
        if let Swapped::Done(revision) = swapped {
            claim.store(revision.0, Ordering::Relaxed);
        }
        Ok(swapped)
    }

    /// Notes what came of the effect. What somebody noted before counts, so that all rounds go on with the same.
    async fn settle(&self, claim: Revision, value: Box<RawValue>) -> Box<RawValue> {
        let done = Bytes::from(format!("{DONE}{value}"));
        let (mut expected, mut pause) = (Expected::Revision(claim), PAUSES.0);
        for _ in 0..TRIES {
            match self.note(expected, &done).await {
                Ok(Settled::Ours) => return value,
                Ok(Settled::Before(before)) => return before,
                Ok(Settled::Other(found)) => expected = found,
                Err(error) if matches!(error.kind(), ErrorKind::Store | ErrorKind::Overloaded) => {
                    tracing::debug!(%error, key = self.key, "what came of an effect could not be noted yet");
                    sleep(pause).await;
                    pause *= 4;
                }
                Err(error) => {
                    tracing::debug!(%error, key = self.key, "what came of an effect cannot be noted");
                    break;
                }
            }
        }
        // It still travels in the request state.
        tracing::warn!(key = self.key, "what came of an effect was not noted: a round sent again does it again");
        metrics::counter!("mcp.server.once.unnoted").increment(1);
        value
    }

    async fn note(&self, expected: Expected, done: &Bytes) -> Result<Settled> {
        if let Swapped::Done(_) = self.swap(expected, done.clone(), self.core.times.request_state).await? {
            return Ok(Settled::Ours);
        }
        Ok(match self.look().await? {
            Some(Noted::Done(before)) => Settled::Before(before),
            Some(Noted::Begun { revision, .. }) => Settled::Other(Expected::Revision(revision)),
            None => Settled::Other(Expected::Absent),
        })
    }

    /// Whoever comes next may try at once.
    async fn release(&self, claim: Revision) {
        let released = self.core.keeping.ask(|store| store.delete_value(&self.key, Expected::Revision(claim))).await;
        if let Err(error) = released {
            tracing::debug!(%error, key = self.key, "the claim of an effect that failed stands until it expires");
        }
    }

    async fn look(&self) -> Result<Option<Noted>> {
        let Some(stored) = self.core.keeping.ask(|store| store.get_value(&self.key)).await? else { return Ok(None) };
        let unreadable = || Error::new(ErrorKind::Store, format!("the journal entry `{}` cannot be read", self.key));
        let text = std::str::from_utf8(&stored.bytes).map_err(|_| unreadable())?;
        if let Some(mark) = text.strip_prefix(BEGUN) {
            return Ok(Some(Noted::Begun { ours: mark == self.mark, revision: stored.revision }));
        }
        let value = text.strip_prefix(DONE).ok_or_else(unreadable)?;
        let value = RawValue::from_string(value.to_owned()).map_err(|_| unreadable())?;
        Ok(Some(Noted::Done(value)))
    }

    async fn swap(&self, expected: Expected, noted: Bytes, ttl: Duration) -> Result<Swapped> {
        self.core.keeping.ask(|store| store.swap_value(&self.key, expected, noted, Some(ttl))).await
    }

    fn begun(&self) -> Bytes {
        format!("{BEGUN}{}", self.mark).into()
    }
}

/// What became of the attempt to note what came of an effect.
enum Settled {
    Ours,
    /// Somebody noted this before.
    Before(Box<RawValue>),
    /// Something else is there now.
    Other(Expected),
}

fn mark() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random bits: {error}")))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bits)))
}
