//! Cases that concern all contracts: what is taken as a name and as a value.

use std::time::Duration;

use bytes::Bytes;

use super::case::{Case, LONG, done, record, saved};
use super::events::{WIDE, complete};
use crate::error::{ErrorKind, Result};
use crate::store::{Cursor, Delivery, Expected, Loaded, MAX_KEY, MAX_VALUE, Position, Sessions, Store, Tasks, Values};

/// Names of any characters.
fn odd_names<S: Store>(case: &Case<S>) -> Vec<String> {
    let odd = ["ünï / κόσμε/🦊", "a:b{c}*?[d]\\", "\u{0}\u{1}\n\r\t", "'\"; DROP", " ", "%s%00", "\u{10FFFF}\u{7F}"];
    let mut names: Vec<String> = odd.into_iter().map(|odd| case.name(odd)).collect();
    let longest = case.name("");
    names.push(format!("{longest}{}", "k".repeat(MAX_KEY - longest.len())));
    names.push(names[0].to_uppercase());
    // One name that begins another is a name of its own.
    names.push(format!("{}0", names[0]));
    names
}

pub(super) async fn names_and_values_are_any_text_and_bytes<S: Store>(case: &Case<S>) -> Result {
    let names = odd_names(case);
    let value = |at: usize| -> Bytes { (0..=255u8).chain([at as u8]).collect() };
    let mut subscriptions = Vec::new();
    for (at, name) in names.iter().enumerate() {
        saved(case.store.save(name, Expected::Absent, Some(name), value(at), LONG).await?);
        done(Values::swap(&*case.store, name, Expected::Absent, value(at), None).await?);
        done(Tasks::put(&*case.store, name, Some(name), value(at), LONG).await?);
        case.store.append(name, 1, value(at), WIDE).await?;
        subscriptions.push(case.store.subscribe(&[name]).await?);
        case.twin.publish(name, value(at)).await?;
    }
    for (at, (name, subscription)) in names.iter().zip(&mut subscriptions).enumerate() {
        assert_eq!(record(case.twin.load(name, None).await?).bytes, value(at), "{name:?}");
        assert_eq!(Values::get(&*case.twin, name).await?.map(|stored| stored.bytes), Some(value(at)), "{name:?}");
        assert_eq!(Tasks::get(&*case.twin, name).await?.map(|stored| stored.bytes), Some(value(at)), "{name:?}");
        let events = complete(case.twin.replay(name, None, Position::START, 10).await?);
        assert_eq!(events.into_iter().map(|event| event.bytes).collect::<Vec<_>>(), [value(at)], "{name:?}");
        let heard = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await?;
        let Some(Delivery::Message(message)) = heard else { panic!("{heard:?} under {name:?}") };
        assert_eq!((&*message.topic, message.bytes), (name.as_str(), value(at)));
        for page in [
            Sessions::list(&*case.store, Some(name), None, 10).await?,
            Tasks::list(&*case.store, Some(name), None, 10).await?,
        ] {
            let listed: Vec<_> = page.records.iter().map(|listed| (&listed.id, listed.owner.as_ref())).collect();
            assert_eq!(listed, [(name, Some(name))]);
        }
        assert_eq!(case.store.count(Some(name)).await?, 1);
    }
    let empty = case.name("empty");
    saved(case.store.save(&empty, Expected::Absent, None, Bytes::new(), LONG).await?);
    assert_eq!(record(case.twin.load(&empty, None).await?).bytes, "", "an empty record is a record");
    Ok(())
}

/// That this was refused as invalid.
#[track_caller]
fn invalid<T: std::fmt::Debug>(what: &str, answer: Result<T>) {
    match answer {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{what}: {error:#}"),
        Ok(answer) => panic!("{what} was taken: {answer:?}"),
    }
}

pub(super) async fn names_that_are_empty_or_too_long_are_refused<S: Store>(case: &Case<S>) -> Result {
    let (store, fine) = (&*case.store, case.name("fine"));
    for name in ["", &"k".repeat(MAX_KEY + 1), &"ü".repeat(MAX_KEY / 2 + 1)] {
        invalid("load", store.load(name, None).await);
        invalid("save", store.save(name, Expected::Absent, None, "x".into(), LONG).await);
        invalid("save for", store.save(&fine, Expected::Absent, Some(name), "x".into(), LONG).await);
        invalid("touch", Sessions::touch(store, name, LONG).await);
        invalid("end", store.end(name, LONG).await);
        invalid("list", Sessions::list(store, Some(name), None, 10).await);
        invalid("count", store.count(Some(name)).await);
        invalid("get", Values::get(store, name).await);
        invalid("swap", Values::swap(store, name, Expected::Absent, "x".into(), None).await);
        invalid("delete", Values::delete(store, name, Expected::Anything).await);
        invalid("touch", Values::touch(store, name, None).await);
        invalid("put", Tasks::put(store, name, None, "x".into(), LONG).await);
        invalid("put for", Tasks::put(store, &fine, Some(name), "x".into(), LONG).await);
        invalid("get", Tasks::get(store, name).await);
        invalid("list", Tasks::list(store, Some(name), None, 10).await);
        invalid("delete", Tasks::delete(store, name).await);
        invalid("append", store.append(name, 1, "x".into(), WIDE).await);
        invalid("replay", store.replay(name, None, Position::START, 10).await);
        invalid("trim", store.trim(name, 1, Position(1)).await);
        invalid("forget", store.forget(name).await);
        invalid("publish", store.publish(name, "x".into()).await);
        invalid("subscribe", store.subscribe(&[&fine, name]).await);
    }
    assert_eq!(store.load(&fine, None).await?, Loaded::Absent);
    Ok(())
}

pub(super) async fn values_that_are_too_large_are_refused<S: Store>(case: &Case<S>) -> Result {
    let (store, name) = (&*case.store, case.name("large"));
    let (largest, larger) = (Bytes::from(vec![1; MAX_VALUE]), Bytes::from(vec![1; MAX_VALUE + 1]));
    invalid("save", store.save(&name, Expected::Absent, None, larger.clone(), LONG).await);
    invalid("swap", Values::swap(store, &name, Expected::Absent, larger.clone(), None).await);
    invalid("put", Tasks::put(store, &name, None, larger.clone(), LONG).await);
    invalid("append", store.append(&name, 1, larger.clone(), WIDE).await);
    invalid("publish", store.publish(&name, larger.clone()).await);
    saved(store.save(&name, Expected::Absent, None, largest.clone(), LONG).await?);
    done(Values::swap(store, &name, Expected::Absent, largest.clone(), None).await?);
    let revision = done(Tasks::put(store, &name, None, largest.clone(), LONG).await?);
    invalid("swap", Tasks::swap(store, &name, revision, larger, LONG).await);
    store.append(&name, 1, largest.clone(), WIDE).await?;
    assert_eq!(record(case.twin.load(&name, None).await?).bytes, largest);
    assert_eq!(Tasks::get(&*case.twin, &name).await?.map(|stored| stored.bytes), Some(largest));
    Ok(())
}

pub(super) async fn contracts_do_not_share_names<S: Store>(case: &Case<S>) -> Result {
    let (store, name) = (&*case.store, case.name("n"));
    saved(store.save(&name, Expected::Absent, Some(&name), "session".into(), LONG).await?);
    done(Values::swap(store, &name, Expected::Absent, "value".into(), None).await?);
    done(Tasks::put(store, &name, Some(&name), "task".into(), LONG).await?);
    store.append(&name, 1, "event".into(), WIDE).await?;
    store.end(&name, LONG).await?;
    assert_eq!(Values::get(store, &name).await?.map(|stored| stored.bytes), Some("value".into()));
    assert!(Values::delete(store, &name, Expected::Anything).await?);
    assert_eq!(Tasks::get(store, &name).await?.map(|stored| stored.bytes), Some("task".into()));
    assert!(Tasks::delete(store, &name).await?);
    assert_eq!(complete(store.replay(&name, None, Position::START, 10).await?).len(), 1);
    store.forget(&name).await?;
    assert_eq!(store.load(&name, None).await?, Loaded::Ended);
    Ok(())
}

pub(super) async fn a_strange_cursor_is_refused<S: Store>(case: &Case<S>) -> Result {
    let owner = case.name("owner");
    for text in ["", "nonsense", "zz:id"] {
        let cursor = Cursor::new(text);
        invalid("a cursor of sessions", Sessions::list(&*case.store, Some(&owner), Some(&cursor), 10).await);
        invalid("a cursor of tasks", Tasks::list(&*case.store, Some(&owner), Some(&cursor), 10).await);
    }
    Ok(())
}

/// A limit of nothing gives nothing, and no way on.
pub(super) async fn no_place_is_no_record<S: Store>(case: &Case<S>) -> Result {
    let owner = case.name("owner");
    saved(case.store.save(&case.name("s"), Expected::Absent, Some(&owner), "x".into(), LONG).await?);
    let page = Sessions::list(&*case.store, Some(&owner), None, 0).await?;
    assert_eq!((page.records, page.next), (vec![], None));
    let page = Sessions::list(&*case.store, Some(&owner), None, 1).await?;
    assert_eq!((page.records.len(), page.next), (1, None), "a full last page says that it is the last");
    let all = Sessions::list(&*case.store, Some(&owner), None, usize::MAX).await?;
    assert_eq!(all.records.len(), 1);
    Ok(())
}
