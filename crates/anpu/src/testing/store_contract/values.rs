//! Cases of `Values`.

use std::collections::BTreeSet;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;

use super::case::{Case, LONG, SHORT, WHILE, done};
use super::sessions::number;
use crate::error::{Error, Result};
use crate::store::{Expected, Revision, Store, Swapped, Values};

pub(super) async fn a_value_is_written_only_as_expected<S: Store>(case: &Case<S>) -> Result {
    let key = case.name("v");
    assert_eq!(Values::get(&*case.store, &key).await?, None);
    let first = done(Values::swap(&*case.store, &key, Expected::Absent, "one".into(), Some(LONG)).await?);
    let stored = Values::get(&*case.twin, &key).await?.map(|stored| (stored.revision, stored.bytes));
    assert_eq!(stored, Some((first, "one".into())));
    let late = Values::swap(&*case.twin, &key, Expected::Absent, "x".into(), None).await?;
    assert_eq!(late, Swapped::Conflict);
    let second = done(Values::swap(&*case.twin, &key, Expected::Revision(first), "two".into(), None).await?);
    assert_ne!(first, second);
    let late = Values::swap(&*case.store, &key, Expected::Revision(first), "x".into(), None).await?;
    assert_eq!(late, Swapped::Conflict);
    assert_eq!(Values::get(&*case.store, &key).await?.map(|stored| stored.revision), Some(second));
    done(Values::swap(&*case.store, &key, Expected::Anything, "three".into(), None).await?);
    assert_eq!(Values::get(&*case.twin, &key).await?.map(|stored| stored.bytes), Some("three".into()));
    let missing = Values::swap(&*case.store, &case.name("m"), Expected::Revision(first), "x".into(), None).await?;
    assert_eq!(missing, Swapped::Conflict);
    Ok(())
}

pub(super) async fn a_value_is_deleted_only_as_expected<S: Store>(case: &Case<S>) -> Result {
    let key = case.name("v");
    for (expected, met) in [(Expected::Absent, true), (Expected::Anything, true)] {
        assert_eq!(Values::delete(&*case.store, &key, expected).await?, met, "nothing there, {expected:?}");
    }
    let first = done(Values::swap(&*case.store, &key, Expected::Absent, "one".into(), None).await?);
    let second = done(Values::swap(&*case.store, &key, Expected::Anything, "two".into(), None).await?);
    for expected in [Expected::Absent, Expected::Revision(first)] {
        assert!(!Values::delete(&*case.twin, &key, expected).await?, "{expected:?}");
        assert!(Values::get(&*case.store, &key).await?.is_some());
    }
    assert!(Values::delete(&*case.twin, &key, Expected::Revision(second)).await?);
    assert_eq!(Values::get(&*case.store, &key).await?, None);
    assert!(!Values::delete(&*case.store, &key, Expected::Revision(second)).await?);
    done(Values::swap(&*case.store, &key, Expected::Absent, "three".into(), None).await?);
    assert!(Values::delete(&*case.store, &key, Expected::Anything).await?);
    assert_eq!(Values::get(&*case.twin, &key).await?, None);
    Ok(())
}

pub(super) async fn a_value_expires<S: Store>(case: &Case<S>) -> Result {
    let (key, at_once) = (case.name("v"), case.name("at-once"));
    let first = done(Values::swap(&*case.store, &key, Expected::Absent, "one".into(), Some(SHORT)).await?);
    case.until("a value of 150 ms expires", async || Ok(Values::get(&*case.store, &key).await?.is_none())).await?;
    assert!(!Values::touch(&*case.store, &key, None).await?);
    assert!(!Values::delete(&*case.store, &key, Expected::Revision(first)).await?);
    let late = Values::swap(&*case.store, &key, Expected::Revision(first), "x".into(), None).await?;
    assert_eq!(late, Swapped::Conflict);
    done(Values::swap(&*case.store, &key, Expected::Absent, "two".into(), None).await?);
    done(Values::swap(&*case.store, &at_once, Expected::Absent, "x".into(), Some(Duration::ZERO)).await?);
    assert_eq!(Values::get(&*case.store, &at_once).await?, None, "no time to live at all");
    Ok(())
}

pub(super) async fn a_value_without_a_time_to_live_stays<S: Store>(case: &Case<S>) -> Result {
    let (touched, swapped, short) = (case.name("touched"), case.name("swapped"), case.name("short"));
    let revision = done(Values::swap(&*case.store, &touched, Expected::Absent, "a".into(), Some(WHILE)).await?);
    done(Values::swap(&*case.store, &swapped, Expected::Absent, "a".into(), Some(WHILE)).await?);
    done(Values::swap(&*case.store, &short, Expected::Absent, "a".into(), None).await?);
    assert!(Values::touch(&*case.twin, &touched, None).await?);
    done(Values::swap(&*case.twin, &swapped, Expected::Anything, "b".into(), None).await?);
    assert!(Values::touch(&*case.twin, &short, Some(SHORT)).await?, "a touch ends what was for ever");
    case.outlive(WHILE).await?;
    let stored = Values::get(&*case.store, &touched).await?.map(|stored| stored.revision);
    assert_eq!(stored, Some(revision), "a touch makes no new revision");
    assert!(Values::get(&*case.store, &swapped).await?.is_some());
    assert_eq!(Values::get(&*case.store, &short).await?, None);
    assert!(!Values::touch(&*case.store, &case.name("missing"), None).await?);
    Ok(())
}

pub(super) async fn a_revision_of_a_value_never_returns<S: Store>(case: &Case<S>) -> Result {
    let key = case.name("v");
    let mut seen = BTreeSet::new();
    for round in 0..20 {
        let ttl = if round % 4 == 3 { Some(Duration::ZERO) } else { None };
        assert!(seen.insert(done(Values::swap(&*case.store, &key, Expected::Absent, "x".into(), ttl).await?)));
        if ttl.is_none() {
            assert!(seen.insert(done(Values::swap(&*case.twin, &key, Expected::Anything, "x".into(), None).await?)));
            assert!(Values::delete(&*case.store, &key, Expected::Anything).await?);
        }
    }
    Ok(())
}

pub(super) async fn racing_swaps_apply_once_each<S: Store>(case: &Case<S>) -> Result {
    let key = case.name("v");
    let racers = (0..200).map(|racer| {
        let store = if racer % 2 == 0 { case.store.clone() } else { case.twin.clone() };
        let key = key.clone();
        tokio::spawn(async move {
            loop {
                let stored = Values::get(&*store, &key).await?;
                let next = stored.as_ref().map_or(1, |stored| number(&stored.bytes) + 1);
                let expected = stored.map_or(Expected::Absent, |stored| Expected::Revision(stored.revision));
                let next = Bytes::from(next.to_string());
                if let Swapped::Done(revision) = Values::swap(&*store, &key, expected, next, Some(LONG)).await? {
                    return Ok::<Revision, Error>(revision);
                }
            }
        })
    });
    let mut revisions = BTreeSet::new();
    for racer in Vec::from_iter(racers) {
        revisions.insert(racer.await??);
    }
    assert_eq!(revisions.len(), 200, "each has a revision of its own");
    let last = Values::get(&*case.store, &key).await?.map(|stored| number(&stored.bytes));
    assert_eq!(last, Some(200));
    Ok(())
}

/// A write whose caller went away in the middle is done or not done.
pub(super) async fn an_abandoned_write_is_whole<S: Store>(case: &Case<S>) -> Result {
    let value = Bytes::from(vec![7; 100_000]);
    for round in 0..20 {
        let key = case.name(&format!("v{round}"));
        let mut write = Box::pin(Values::swap(&*case.store, &key, Expected::Absent, value.clone(), None));
        for _ in 0..=round % 3 {
            if write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    for round in 0..20 {
        let key = case.name(&format!("v{round}"));
        if let Some(stored) = Values::get(&*case.twin, &key).await? {
            assert_eq!(stored.bytes, value);
        }
        done(Values::swap(&*case.twin, &key, Expected::Anything, "after".into(), None).await?);
        assert_eq!(Values::get(&*case.store, &key).await?.map(|stored| stored.bytes), Some("after".into()));
    }
    Ok(())
}
