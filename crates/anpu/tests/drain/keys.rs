//! Keys that nobody configured: a durable store keeps them, and all its processes find the same.

use std::path::PathBuf;

use anpu::store::{Expected, Memory, Redb, Values as _};
use anpu::testing::FaultyStore;
use anpu::{ErrorKind, Keys, Recovery};
use http::StatusCode;

use crate::endpoint::Endpoint;
use crate::support::server;

/// A folder that is gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("anpu-drain-{}-{name}", std::process::id())))
    }

    async fn store(&self) -> Redb {
        Redb::open(self.0.join("store.redb")).await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server on this store, as it is after it was started.
async fn started(store: Redb) -> Endpoint {
    Endpoint::new(server().store(store).prepare().await.unwrap())
}

#[tokio::test]
async fn a_restart_on_the_same_store_has_the_same_keys() {
    let folder = Folder::new("restart");
    let store = folder.store().await;
    let session = started(store.clone()).await.open().await;
    store.close().await.unwrap();
    let store = folder.store().await;
    assert_eq!(started(store.clone()).await.ping(&session).await, StatusCode::OK);

    let other = Endpoint::new(server().keys(Keys::random().unwrap()).store(store.clone()).prepare().await.unwrap());
    assert_eq!(other.ping(&session).await, StatusCode::NOT_FOUND, "keys that were given come first");
    let unprepared = Endpoint::new(server().store(store));
    assert_eq!(unprepared.ping(&session).await, StatusCode::NOT_FOUND, "it made its own");
}

#[tokio::test]
async fn all_who_start_at_once_agree() {
    let folder = Folder::new("race");
    let store = folder.store().await;
    let starting: Vec<_> = (0..8).map(|_| tokio::spawn(started(store.clone()))).collect();
    let mut all = Vec::new();
    for one in starting {
        all.push(one.await.unwrap());
    }
    let session = all[0].open().await;
    for endpoint in &all {
        assert_eq!(endpoint.ping(&session).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_store_that_forgets_everything_keeps_no_keys() {
    let store = Memory::new();
    let server = server().store(store.clone()).recovery(Recovery::Proven).prepare().await.unwrap();
    drop(server);
    assert!(store.get("anpu:keys").await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_that_fails_or_has_no_keys_that_can_be_read_is_said_at_the_start() {
    let folder = Folder::new("broken");
    let store = folder.store().await;
    let faulty = FaultyStore::new(store.clone());
    faulty.faults().fail();
    let error = server().store(faulty).prepare().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let _ = store.swap("anpu:keys", Expected::Absent, "2 something".into(), None).await.unwrap();
    let error = server().store(store).prepare().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Store && error.to_string().contains("another version"), "{error}");
}
