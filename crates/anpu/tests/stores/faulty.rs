//! The store with faults: the contract while it is well, and each of its faults.

use std::sync::LazyLock;
use std::time::Duration;

use anpu::ErrorKind;
use anpu::store::{Bus, Delivery, Expected, Memory, Store, Swapped, Values};
use anpu::testing::FaultyStore;

static STORE: LazyLock<FaultyStore<Memory>> = LazyLock::new(|| FaultyStore::new(Memory::new()));

pub(crate) async fn open() -> anpu::Result<FaultyStore<Memory>> {
    Ok(STORE.clone())
}

anpu::store_contract!(contract, super::open);

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn it_fails_and_is_well_again() -> anpu::Result {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let mut listening = store.subscribe(&["topic"]).await?;
    faults.fail();
    let error = store.swap("key", Expected::Absent, "x".into(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert_eq!(error.to_string(), "values.swap failed, as this test has it");
    assert_eq!(store.publish("topic", "x".into()).await.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(store.flush().await.unwrap_err().kind(), ErrorKind::Store);
    faults.heal();
    assert_eq!(store.get("key").await?, None, "nothing was done");
    store.publish("topic", "y".into()).await?;
    assert!(matches!(listening.next().await, Some(Delivery::Message(message)) if message.bytes == "y"));
    Ok(())
}

#[tokio::test]
async fn it_loses_answers_but_not_writes() -> anpu::Result {
    let store = FaultyStore::new(Memory::new());
    store.faults().lose_answers();
    assert!(store.swap("key", Expected::Absent, "x".into(), None).await.is_err());
    store.faults().heal();
    assert_eq!(store.swap("key", Expected::Absent, "y".into(), None).await?, Swapped::Conflict, "it was done");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_hangs_until_it_is_well_or_fails() -> anpu::Result {
    let store = FaultyStore::new(Memory::new());
    store.faults().hang();
    let twin = store.clone();
    let writing = tokio::spawn(async move { twin.swap("key", Expected::Absent, "x".into(), None).await });
    let reading = tokio::time::timeout(1000 * SECOND, store.get("key")).await;
    assert!(reading.is_err(), "still nothing after 1000 s");
    assert!(!writing.is_finished());
    store.faults().heal();
    assert!(matches!(writing.await??, Swapped::Done(_)));
    store.faults().hang();
    let twin = store.clone();
    let reading = tokio::spawn(async move { twin.get("key").await });
    tokio::task::yield_now().await;
    store.faults().fail();
    assert_eq!(reading.await?.unwrap_err().kind(), ErrorKind::Store);
    Ok(())
}

#[tokio::test]
async fn it_counts_commands_and_says_what_it_is_told_to_be() -> anpu::Result {
    let store = FaultyStore::new(Memory::new());
    store.get("a").await?;
    store.publish("topic", "x".into()).await?;
    assert_eq!(store.faults().take_commands(), ["values.get", "bus.publish"]);
    store.get("a").await?;
    assert_eq!(store.faults().commands(), ["values.get"]);
    assert!(!store.is_shared());
    assert!(store.shared(true).is_shared());
    Ok(())
}
