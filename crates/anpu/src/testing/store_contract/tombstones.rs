//! Cases of `Sessions`: how one ends.

use std::time::Duration;

use super::case::{Case, LONG, SHORT, saved};
use crate::error::Result;
use crate::store::{Expected, Loaded, Saved, Sessions, Store};

pub(super) async fn an_ended_session_stays_ended<S: Store>(case: &Case<S>) -> Result {
    let (id, owner, never) = (case.name("s"), case.name("owner"), case.name("never-saved"));
    let revision = saved(case.store.save(&id, Expected::Absent, Some(&owner), "one".into(), LONG).await?);
    assert!(case.store.end(&id, LONG).await?, "there was a record");
    assert!(!case.store.end(&never, LONG).await?, "there was none");
    for id in [&id, &never] {
        for known in [None, Some(revision)] {
            assert_eq!(case.twin.load(id, known).await?, Loaded::Ended);
        }
        for expected in [Expected::Absent, Expected::Anything, Expected::Revision(revision)] {
            assert_eq!(case.twin.save(id, expected, Some(&owner), "x".into(), LONG).await?, Saved::Ended);
        }
        assert!(!Sessions::touch(&*case.twin, id, LONG).await?, "a tombstone is no record");
        assert!(!case.twin.end(id, LONG).await?, "nor is it one that can be ended");
        assert!(!case.twin.end(id, Duration::ZERO).await?);
        assert_eq!(case.store.load(id, None).await?, Loaded::Ended, "it stands until its time");
    }
    assert_eq!(case.store.count(Some(&owner)).await?, 0);
    assert_eq!(Sessions::list(&*case.store, Some(&owner), None, 10).await?.records, []);
    Ok(())
}

pub(super) async fn a_tombstone_expires<S: Store>(case: &Case<S>) -> Result {
    let (id, longer) = (case.name("s"), case.name("longer"));
    let first = saved(case.store.save(&id, Expected::Absent, None, "one".into(), LONG).await?);
    assert!(case.store.end(&id, SHORT).await?);
    let gone = async || Ok(case.store.load(&id, None).await? == Loaded::Absent);
    case.until("a tombstone of 150 ms expires", gone).await?;
    let second = saved(case.store.save(&id, Expected::Absent, None, "two".into(), LONG).await?);
    assert_ne!(first, second);
    case.store.end(&longer, LONG).await?;
    case.store.end(&longer, SHORT).await?;
    case.outlive(SHORT).await?;
    assert_eq!(case.store.load(&longer, None).await?, Loaded::Ended, "a shorter one does not replace a longer one");
    Ok(())
}

pub(super) async fn a_session_ends_without_a_tombstone<S: Store>(case: &Case<S>) -> Result {
    let id = case.name("s");
    saved(case.store.save(&id, Expected::Absent, None, "one".into(), LONG).await?);
    assert!(case.store.end(&id, Duration::ZERO).await?);
    assert_eq!(case.store.load(&id, None).await?, Loaded::Absent);
    assert!(!case.store.end(&id, Duration::ZERO).await?);
    saved(case.store.save(&id, Expected::Absent, None, "two".into(), LONG).await?);
    Ok(())
}
