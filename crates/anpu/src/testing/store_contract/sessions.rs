//! Cases of `Sessions`: records, revisions, expiry, lists.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use super::case::{Case, LONG, SHORT, WHILE, ids, record, saved};
use crate::error::{Error, Result};
use crate::store::{Cursor, Expected, Listed, Loaded, Revision, Saved, Sessions, Store};

pub(super) async fn a_saved_record_is_loaded<S: Store>(case: &Case<S>) -> Result {
    let id = case.name("s");
    assert_eq!(case.store.load(&id, None).await?, Loaded::Absent);
    let revision = saved(case.store.save(&id, Expected::Absent, None, "one".into(), LONG).await?);
    for store in [&case.store, &case.twin] {
        let stored = record(store.load(&id, None).await?);
        assert_eq!((stored.revision, &stored.bytes[..]), (revision, &b"one"[..]));
        assert_eq!(store.load(&id, Some(revision)).await?, Loaded::Unchanged);
    }
    let next = saved(case.twin.save(&id, Expected::Revision(revision), None, "two".into(), LONG).await?);
    assert_ne!(next, revision);
    let stored = record(case.store.load(&id, Some(revision)).await?);
    assert_eq!((stored.revision, &stored.bytes[..]), (next, &b"two"[..]));
    Ok(())
}

pub(super) async fn a_record_is_written_over_only_as_expected<S: Store>(case: &Case<S>) -> Result {
    let id = case.name("s");
    let first = saved(case.store.save(&id, Expected::Absent, None, "one".into(), LONG).await?);
    assert_eq!(case.twin.save(&id, Expected::Absent, None, "x".into(), LONG).await?, Saved::Conflict);
    let second = saved(case.store.save(&id, Expected::Revision(first), None, "two".into(), LONG).await?);
    assert_eq!(case.twin.save(&id, Expected::Revision(first), None, "x".into(), LONG).await?, Saved::Conflict);
    assert_eq!(record(case.store.load(&id, None).await?).revision, second);
    saved(case.twin.save(&id, Expected::Anything, None, "three".into(), LONG).await?);
    assert_eq!(record(case.store.load(&id, None).await?).bytes, "three");
    let missing = case.name("missing");
    assert_eq!(case.store.save(&missing, Expected::Revision(first), None, "x".into(), LONG).await?, Saved::Conflict);
    assert_eq!(case.store.load(&missing, None).await?, Loaded::Absent);
    Ok(())
}

pub(super) async fn a_record_expires<S: Store>(case: &Case<S>) -> Result {
    let (id, at_once) = (case.name("s"), case.name("at-once"));
    let revision = saved(case.store.save(&id, Expected::Absent, None, "one".into(), SHORT).await?);
    let gone = async || Ok(case.store.load(&id, None).await? == Loaded::Absent);
    case.until("a record of 150 ms expires", gone).await?;
    assert_eq!(case.store.load(&id, Some(revision)).await?, Loaded::Absent, "known, but expired");
    assert_eq!(case.store.save(&id, Expected::Revision(revision), None, "x".into(), LONG).await?, Saved::Conflict);
    assert!(!Sessions::touch(&*case.store, &id, LONG).await?, "touched, but expired");
    assert!(!case.store.end(&id, Duration::ZERO).await?, "ended, but expired");
    saved(case.store.save(&id, Expected::Absent, None, "two".into(), LONG).await?);
    saved(case.store.save(&at_once, Expected::Absent, None, "x".into(), Duration::ZERO).await?);
    assert_eq!(case.store.load(&at_once, None).await?, Loaded::Absent, "no time to live at all");
    Ok(())
}

pub(super) async fn a_touch_prolongs_a_record<S: Store>(case: &Case<S>) -> Result {
    let (id, saved_again) = (case.name("s"), case.name("saved-again"));
    let revision = saved(case.store.save(&id, Expected::Absent, Some("o"), "one".into(), WHILE).await?);
    assert!(Sessions::touch(&*case.twin, &id, LONG).await?);
    saved(case.store.save(&saved_again, Expected::Absent, None, "one".into(), WHILE).await?);
    saved(case.store.save(&saved_again, Expected::Anything, None, "two".into(), LONG).await?);
    case.outlive(WHILE).await?;
    assert_eq!(case.store.load(&id, Some(revision)).await?, Loaded::Unchanged, "a touch makes no new revision");
    assert_eq!(record(case.store.load(&saved_again, None).await?).bytes, "two");
    assert!(Sessions::touch(&*case.store, &id, SHORT).await?, "a touch shortens, too");
    let gone = async || Ok(case.store.load(&id, None).await? == Loaded::Absent);
    case.until("a record touched for 150 ms expires", gone).await?;
    assert!(!Sessions::touch(&*case.store, &case.name("missing"), LONG).await?);
    Ok(())
}

pub(super) async fn a_revision_of_a_session_never_returns<S: Store>(case: &Case<S>) -> Result {
    let id = case.name("s");
    let mut seen = BTreeSet::new();
    for round in 0..20 {
        let ttl = if round % 4 == 3 { Duration::ZERO } else { LONG };
        assert!(seen.insert(saved(case.store.save(&id, Expected::Absent, None, "x".into(), ttl).await?)));
        if round % 4 != 3 {
            assert!(seen.insert(saved(case.twin.save(&id, Expected::Anything, None, "y".into(), LONG).await?)));
            assert!(case.store.end(&id, Duration::ZERO).await?);
        }
    }
    Ok(())
}

pub(super) async fn racing_saves_apply_once_each<S: Store>(case: &Case<S>) -> Result {
    let id = case.name("s");
    saved(case.store.save(&id, Expected::Absent, None, "0".into(), LONG).await?);
    let racers = (0..200).map(|racer| {
        let store = if racer % 2 == 0 { case.store.clone() } else { case.twin.clone() };
        let id = id.clone();
        tokio::spawn(async move {
            loop {
                let stored = record(store.load(&id, None).await?);
                let next = Bytes::from((number(&stored.bytes) + 1).to_string());
                let expected = Expected::Revision(stored.revision);
                if let Saved::Done(revision) = store.save(&id, expected, None, next, LONG).await? {
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
    assert_eq!(number(&record(case.store.load(&id, None).await?).bytes), 200);
    Ok(())
}

pub(super) fn number(bytes: &[u8]) -> u64 {
    String::from_utf8_lossy(bytes).parse().unwrap_or(u64::MAX)
}

/// All pages of so many records each.
async fn pages<S: Store>(case: &Case<S>, owner: Option<&str>, size: usize) -> Result<Vec<Listed>> {
    let (mut all, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let page = Sessions::list(&*case.store, owner, after.as_ref(), size).await?;
        assert!(page.records.len() <= size);
        assert!(page.next.is_none() || page.records.len() == size, "a page that is not the last is full");
        assert!(page.next.is_none() || page.next != after, "the list stands still");
        all.extend(page.records);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

pub(super) async fn sessions_are_listed_by_expiry<S: Store>(case: &Case<S>) -> Result {
    let owner = case.name("owner");
    for (id, minutes) in [("d", 40), ("a", 10), ("c", 30), ("g", 70), ("b", 20), ("f", 60), ("e", 5)] {
        let ttl = Duration::from_secs(minutes * 60);
        saved(case.store.save(&case.name(id), Expected::Absent, Some(&owner), id.into(), ttl).await?);
    }
    assert!(
        Sessions::touch(&*case.store, &case.name("e"), Duration::from_secs(50 * 60)).await?,
        "touched, it moves back"
    );
    for size in [1, 3, 7, 8] {
        let all = pages(case, Some(&owner), size).await?;
        assert_eq!(ids(&all), ["a", "b", "c", "d", "e", "f", "g"], "pages of {size}");
    }
    let all = pages(case, Some(&owner), 100).await?;
    let first = &all[0];
    assert_eq!(first.owner.as_deref(), Some(owner.as_str()));
    assert_eq!(first.stored, record(case.store.load(&first.id, None).await?));
    assert!(first.idle < Duration::from_secs(60), "just written: {:?}", first.idle);
    let left = first.left.as_secs_f64();
    assert!((540.0..=600.5).contains(&left), "ten minutes are left: {left}");
    Ok(())
}

pub(super) async fn sessions_are_listed_and_counted_by_owner<S: Store>(case: &Case<S>) -> Result {
    let (anna, ben) = (case.name("anna"), case.name("ben"));
    for (id, owner) in [("1", Some(&anna)), ("2", Some(&anna)), ("3", Some(&ben)), ("4", None)] {
        let owner = owner.map(String::as_str);
        saved(case.store.save(&case.name(id), Expected::Absent, owner, id.into(), LONG).await?);
    }
    assert_eq!((case.twin.count(Some(&anna)).await?, case.twin.count(Some(&ben)).await?), (2, 1));
    assert!(case.store.count(None).await? >= 4, "all count those of nobody, too");
    saved(case.store.save(&case.name("2"), Expected::Anything, Some(&ben), "2".into(), LONG).await?);
    assert_eq!((case.store.count(Some(&anna)).await?, case.store.count(Some(&ben)).await?), (1, 2));
    assert_eq!(ids(&pages(case, Some(&anna), 10).await?), ["1"]);
    let of_ben: BTreeSet<String> = pages(case, Some(&ben), 10).await?.into_iter().map(|listed| listed.id).collect();
    assert_eq!(of_ben, BTreeSet::from([case.name("2"), case.name("3")]));
    let everybodys = pages(case, None, 1000).await?;
    for id in ["1", "2", "3", "4"] {
        let times = everybodys.iter().filter(|listed| listed.id == case.name(id)).count();
        assert_eq!(times, 1, "{id} stands once in the list of all");
    }
    assert!(case.store.end(&case.name("3"), LONG).await?);
    assert_eq!(case.store.count(Some(&ben)).await?, 1, "an ended session does not count");
    assert!(Sessions::touch(&*case.store, &case.name("2"), SHORT).await?);
    let gone = async || Ok(case.store.count(Some(&ben)).await? == 0);
    case.until("an expired session does not count", gone).await?;
    assert_eq!(pages(case, Some(&ben), 10).await?, []);
    Ok(())
}
