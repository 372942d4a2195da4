//! The store in memory: the contract, its bounds, its clock.

use std::sync::LazyLock;
use std::time::Duration;

use anpu::ErrorKind;
use anpu::store::{
    Bound, Bus, Delivery, Events, Expected, Loaded, MAX_PAGE, Memory, Replay, Saved, Sessions, Store, Swapped, Values,
};

const HOUR: Duration = Duration::from_secs(3600);

static STORE: LazyLock<Memory> = LazyLock::new(Memory::new);

pub(crate) async fn open() -> anpu::Result<Memory> {
    Ok(STORE.clone())
}

anpu::store_contract!(contract, super::open);

#[test]
fn it_says_what_it_is() {
    let store = Memory::new();
    assert!(!store.is_shared() && !store.is_durable());
    assert_eq!(store.describe(), "memory of this process");
}

async fn save(store: &Memory, id: &str, size: usize, ttl: Duration) -> anpu::Result<Saved> {
    store.save(id, Expected::Anything, Some("o"), vec![0; size].into(), ttl).await
}

#[tokio::test(start_paused = true)]
async fn a_full_store_refuses_and_keeps_what_it_has() -> anpu::Result {
    let store = Memory::new().max_entries(3);
    for id in ["a", "b", "c"] {
        assert!(matches!(save(&store, id, 10, HOUR).await?, Saved::Done(_)));
    }
    let full = save(&store, "d", 10, HOUR).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Overloaded);
    assert!(full.to_string().contains("3 of 3 entries"), "{full}");
    assert_eq!(store.load("d", None).await?, Loaded::Absent, "nothing of it was written");
    assert_eq!(store.count(None).await?, 3);
    let event = store.append("log", 1, "x".into(), Bound { entries: 9, bytes: 99, ttl: HOUR }).await;
    assert_eq!(event.unwrap_err().kind(), ErrorKind::Overloaded, "an event is refused, too");
    assert!(matches!(save(&store, "a", 20, HOUR).await?, Saved::Done(_)), "what is there may change");
    assert!(Sessions::touch(&store, "b", HOUR).await?);
    assert!(store.end("c", HOUR).await?, "a tombstone takes the place of its record");
    assert_eq!(save(&store, "d", 1, HOUR).await.unwrap_err().kind(), ErrorKind::Overloaded);
    store.end("b", Duration::ZERO).await?;
    assert!(matches!(save(&store, "d", 10, HOUR).await?, Saved::Done(_)), "one has gone");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_expired_make_room() -> anpu::Result {
    let store = Memory::new().max_entries(100);
    for at in 0..100 {
        let ttl = if at < 50 { Duration::from_secs(60) } else { HOUR };
        let _ = save(&store, &format!("s{at}"), 10, ttl).await?;
    }
    assert_eq!(save(&store, "new", 10, HOUR).await.unwrap_err().kind(), ErrorKind::Overloaded);
    tokio::time::advance(Duration::from_secs(61)).await;
    for at in 0..50 {
        let _ = save(&store, &format!("new{at}"), 10, HOUR).await?;
    }
    assert_eq!(store.count(Some("o")).await?, 100);
    // One write that needs more room than it takes away in passing.
    let store = Memory::new().max_bytes(100_000);
    for at in 0..60 {
        let _ = save(&store, &format!("s{at}"), 1000, Duration::from_secs(60)).await?;
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(matches!(save(&store, "large", 90_000, HOUR).await?, Saved::Done(_)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_has_not_expired_is_not_dropped() -> anpu::Result {
    let store = Memory::new().max_entries(100);
    for at in 0..100 {
        let ttl = if at < 50 { Duration::from_secs(60) } else { HOUR };
        let _ = save(&store, &format!("s{at}"), 10, ttl).await?;
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    for at in 0..50 {
        let _ = save(&store, &format!("new{at}"), 10, HOUR).await?;
    }
    assert_eq!(save(&store, "more", 10, HOUR).await.unwrap_err().kind(), ErrorKind::Overloaded);
    for at in 50..100 {
        assert!(matches!(store.load(&format!("s{at}"), None).await?, Loaded::Record(_)), "s{at} had not expired");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_expired_do_not_count_before_they_are_swept() -> anpu::Result {
    let store = Memory::new();
    for at in 0..100 {
        let _ = save(&store, &format!("s{at}"), 10, Duration::from_secs(60 + at)).await?;
    }
    tokio::time::advance(Duration::from_secs(90)).await;
    assert_eq!((store.count(Some("o")).await?, store.count(None).await?), (69, 69));
    let page = Sessions::list(&store, Some("o"), None, 1).await?;
    assert_eq!(page.records[0].id, "s31", "the first of those that are left");
    assert_eq!((page.records[0].left, page.records[0].idle), (Duration::from_secs(1), Duration::from_secs(90)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded_and_given_back() -> anpu::Result {
    let store = Memory::new().max_bytes(100_000);
    let mut taken = 0;
    while save(&store, &format!("s{taken}"), 10_000, HOUR).await.is_ok() {
        taken += 1;
    }
    assert_eq!(taken, 9, "ten thousand each, and something for the index");
    for round in 0..100 {
        assert!(matches!(save(&store, "s0", 9_000 + round, HOUR).await?, Saved::Done(_)));
    }
    for at in 0..taken {
        store.end(&format!("s{at}"), Duration::ZERO).await?;
    }
    assert!(format!("{store:?}").contains("entries: 0, bytes: 0"), "{store:?}");
    let too_large = store.swap("v", Expected::Absent, vec![0; 100_001].into(), None).await;
    assert_eq!(too_large.unwrap_err().kind(), ErrorKind::Overloaded);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_gives_its_memory_back() -> anpu::Result {
    let store = Memory::new();
    let bound = Bound { entries: 100, bytes: 10_000, ttl: Duration::from_secs(60) };
    for at in 0..50 {
        store.append(&format!("log{at}"), 1, "one".into(), bound).await?;
        store.append(&format!("log{at}"), 2, "two".into(), bound).await?;
        store.end(&format!("ended{at}"), Duration::from_secs(60)).await?;
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    for _ in 0..20 {
        // Each write takes a few of the expired away.
        let _ = store.swap("v", Expected::Anything, "x".into(), None).await?;
    }
    assert!(format!("{store:?}").contains("entries: 1,"), "{store:?}");
    Ok(())
}

#[tokio::test]
async fn a_position_from_an_earlier_life_is_gone() -> anpu::Result {
    let bound = Bound { entries: 100, bytes: 10_000, ttl: HOUR };
    let before = Memory::new();
    let mut kept = before.append("log", 1, "one".into(), bound).await?;
    for _ in 0..10 {
        kept = before.append("log", 1, "more".into(), bound).await?;
    }
    let after = Memory::new();
    for _ in 0..20 {
        after.append("log", 1, "new".into(), bound).await?;
    }
    assert_eq!(after.replay("log", Some(1), kept, 100).await?, Replay::Gone);
    Ok(())
}

#[tokio::test]
async fn large_messages_for_a_slow_subscriber_are_bounded() -> anpu::Result {
    let store = Memory::new();
    let mut slow = store.subscribe(&["topic"]).await?;
    for _ in 0..10 {
        store.publish("topic", vec![0; 1024 * 1024].into()).await?;
    }
    let patience = Duration::from_secs(20);
    let mut waiting = 0;
    while let Some(Delivery::Message(_)) = tokio::time::timeout(patience, slow.next()).await? {
        waiting += 1;
    }
    assert_eq!(waiting, 4, "4 MiB, and then it is told that it lagged");
    store.publish("topic", "small".into()).await?;
    assert!(matches!(slow.next().await, Some(Delivery::Message(_))));
    drop(store);
    assert_eq!(slow.next().await, None, "the store is gone");
    Ok(())
}

#[tokio::test]
async fn a_page_has_its_limit() -> anpu::Result {
    let store = Memory::new();
    for at in 0..MAX_PAGE + 1 {
        let _ = save(&store, &format!("s{at:04}"), 1, HOUR).await?;
    }
    let page = Sessions::list(&store, None, None, usize::MAX).await?;
    assert_eq!(page.records.len(), MAX_PAGE);
    let rest = Sessions::list(&store, None, page.next.as_ref(), usize::MAX).await?;
    assert_eq!((rest.records.len(), rest.next), (1, None));
    Ok(())
}

#[tokio::test]
async fn a_handle_takes_values_up_to_its_limit() -> anpu::Result {
    let store = Memory::new().max_value(10);
    assert!(matches!(store.swap("v", Expected::Absent, vec![0; 10].into(), None).await?, Swapped::Done(_)));
    let error = store.swap("w", Expected::Absent, vec![0; 11].into(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.to_string(), "the value has 11 bytes; this store takes 10 (its max_value)");
    Ok(())
}
