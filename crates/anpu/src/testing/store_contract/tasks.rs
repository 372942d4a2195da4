//! Cases of `Tasks`.

use std::time::Duration;

use super::case::{Case, LONG, SHORT, done, ids};
use crate::error::Result;
use crate::store::{Listed, Store, Swapped, Tasks};

pub(super) async fn a_task_is_put_once_and_swapped<S: Store>(case: &Case<S>) -> Result {
    let (id, owner) = (case.name("t"), case.name("owner"));
    assert_eq!(Tasks::get(&*case.store, &id).await?, None);
    let first = done(Tasks::put(&*case.store, &id, Some(&owner), "one".into(), LONG).await?);
    assert_eq!(Tasks::put(&*case.twin, &id, None, "x".into(), LONG).await?, Swapped::Conflict);
    let stored = Tasks::get(&*case.twin, &id).await?.map(|stored| (stored.revision, stored.bytes));
    assert_eq!(stored, Some((first, "one".into())));
    let second = done(Tasks::swap(&*case.twin, &id, first, "two".into(), LONG).await?);
    assert_ne!(first, second);
    assert_eq!(Tasks::swap(&*case.store, &id, first, "x".into(), LONG).await?, Swapped::Conflict);
    assert_eq!(Tasks::swap(&*case.store, &case.name("missing"), first, "x".into(), LONG).await?, Swapped::Conflict);
    let page = Tasks::list(&*case.store, Some(&owner), None, 10).await?;
    assert_eq!(ids(&page.records), ["t"], "it keeps its owner");
    assert_eq!(page.records[0].stored.bytes, "two");
    assert_eq!(page.records[0].owner.as_deref(), Some(owner.as_str()));
    Ok(())
}

pub(super) async fn a_task_is_deleted_and_expires<S: Store>(case: &Case<S>) -> Result {
    let (deleted, short, swapped) = (case.name("deleted"), case.name("short"), case.name("swapped"));
    let owner = case.name("owner");
    assert!(!Tasks::delete(&*case.store, &deleted).await?);
    let first = done(Tasks::put(&*case.store, &deleted, Some(&owner), "x".into(), LONG).await?);
    assert!(Tasks::delete(&*case.twin, &deleted).await?);
    assert_eq!(Tasks::get(&*case.store, &deleted).await?, None);
    let again = done(Tasks::put(&*case.store, &deleted, Some(&owner), "x".into(), LONG).await?);
    assert_ne!(first, again, "a revision never returns");
    done(Tasks::put(&*case.store, &short, Some(&owner), "x".into(), SHORT).await?);
    let revision = done(Tasks::put(&*case.store, &swapped, Some(&owner), "x".into(), LONG).await?);
    let revision = done(Tasks::swap(&*case.store, &swapped, revision, "y".into(), SHORT).await?);
    for id in [&short, &swapped] {
        case.until("a task of 150 ms expires", async || Ok(Tasks::get(&*case.store, id).await?.is_none())).await?;
    }
    assert_eq!(Tasks::swap(&*case.store, &swapped, revision, "z".into(), LONG).await?, Swapped::Conflict);
    assert!(!Tasks::delete(&*case.store, &short).await?, "deleted, but expired");
    assert_eq!(ids(&Tasks::list(&*case.store, Some(&owner), None, 10).await?.records), ["deleted"]);
    done(Tasks::put(&*case.store, &short, None, "new".into(), LONG).await?);
    assert_eq!(ids(&Tasks::list(&*case.store, Some(&owner), None, 10).await?.records), ["deleted"], "nobody's now");
    Ok(())
}

async fn pages<S: Store>(case: &Case<S>, owner: Option<&str>, size: usize) -> Result<Vec<Listed>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Tasks::list(&*case.store, owner, after.as_ref(), size).await?;
        assert!(page.records.len() <= size);
        assert!(page.next.is_none() || page.next != after, "the list stands still");
        all.extend(page.records);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

pub(super) async fn tasks_are_listed_as_they_were_put<S: Store>(case: &Case<S>) -> Result {
    let owner = case.name("owner");
    let mut revisions = Vec::new();
    for (at, id) in ["g", "b", "f", "a", "e", "c", "d"].into_iter().enumerate() {
        let ttl = LONG - Duration::from_secs(60 * at as u64);
        revisions.push((id, done(Tasks::put(&*case.store, &case.name(id), Some(&owner), "x".into(), ttl).await?)));
    }
    for (id, revision) in revisions.into_iter().filter(|(id, _)| ["b", "e", "g"].contains(id)) {
        done(Tasks::swap(&*case.twin, &case.name(id), revision, "y".into(), 2 * LONG).await?);
    }
    for size in [1, 3, 7, 8] {
        let all = pages(case, Some(&owner), size).await?;
        assert_eq!(ids(&all), ["g", "b", "f", "a", "e", "c", "d"], "pages of {size}");
    }
    assert!(Tasks::delete(&*case.store, &case.name("f")).await?);
    done(Tasks::put(&*case.store, &case.name("nobodys"), None, "x".into(), LONG).await?);
    assert_eq!(ids(&pages(case, Some(&owner), 2).await?), ["g", "b", "a", "e", "c", "d"]);
    let everybodys = pages(case, None, 500).await?;
    for id in ["g", "d", "nobodys"] {
        let times = everybodys.iter().filter(|listed| listed.id == case.name(id)).count();
        assert_eq!(times, 1, "{id} stands once in the list of all");
    }
    Ok(())
}
