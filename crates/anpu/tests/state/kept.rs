//! What is kept, as bytes: read by later builds, migrated by them, and left alone where it cannot be read.

use std::collections::BTreeMap;

use anpu::prelude::*;
use anpu::store::{Expected, Memory, Sessions as _, Swapped, Values as _};
use anpu::{Kept, Server};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::shop::server;

/// What version 1 of the shop keeps. Later builds must read these bytes.
const GOLDEN: &str = r#"{"format":1,"values":{"Cart":{"version":1,"value":{"items":{"tea":2}}},"Prefs":{"version":1,"value":{"color":"red"}}}}"#;

/// The cart of version 2: it was called `Cart` and counted each product; now it is a list with prices.
#[derive(Default, Serialize, Deserialize)]
struct Basket {
    lines: Vec<(String, u32, f64)>,
}

#[tool(name = "add")]
async fn add_line(item: String, basket: Session<Basket>) -> Result<usize> {
    basket
        .update(|basket| {
            basket.lines.push((item.clone(), 1, 9.5));
            Ok(basket.lines.len())
        })
        .await
}

#[tool]
async fn lines(basket: Session<Basket>) -> Result<String> {
    Ok(serde_json::to_string(&basket.read().await?.lines)?)
}

fn migrate(version: u32, old: Value) -> Result<Basket> {
    let Value::Object(mut old) = old else { return Err(refused("no cart")) };
    assert_eq!(version, 1);
    let items: BTreeMap<String, u32> = serde_json::from_value(old.remove("items").unwrap_or_default())?;
    Ok(Basket { lines: items.into_iter().map(|(item, count)| (item, count, 0.0)).collect() })
}

/// The next version of the shop, which keeps baskets this way.
fn next(kept: Kept<Basket>) -> Server {
    let keys = anpu::Keys::read(&"ab".repeat(32)).unwrap();
    Server::new("shop", "2.0.0").keys(keys).keep(kept).with(components![add_line, lines])
}

/// A session of version 1 with tea in its cart, and the key of what it keeps.
async fn golden(store: &Memory) -> (String, String) {
    let endpoint = Endpoint::on(store.clone(), server());
    let session = endpoint.open().await;
    endpoint.call(&session, "paint", json!({ "color": "red" })).await;
    endpoint.call(&session, "add", json!({ "item": "tea", "count": 2 })).await;
    let record = store.list(None, None, 1).await.unwrap().records.remove(0).id;
    (session, anpu::store::session_values(&record))
}

async fn bytes(store: &Memory, key: &str) -> String {
    String::from_utf8(store.get(key).await.unwrap().unwrap().bytes.to_vec()).unwrap()
}

async fn put(store: &Memory, key: &str, text: &str) {
    let swapped = store.swap(key, Expected::Anything, text.to_owned().into(), None).await.unwrap();
    assert!(matches!(swapped, Swapped::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn these_are_the_bytes() {
    let store = Memory::new();
    let (_, key) = golden(&store).await;
    assert_eq!(bytes(&store, &key).await, GOLDEN);
}

#[tokio::test(start_paused = true)]
async fn an_older_version_is_migrated_and_written_when_it_is_changed() {
    let store = Memory::new();
    let (session, key) = golden(&store).await;
    put(&store, &key, GOLDEN).await;
    let kept = || Kept::new().key("Cart").version(2).migrate(migrate);
    let endpoint = Endpoint::on(store.clone(), next(kept()));
    assert_eq!(endpoint.call(&session, "lines", json!({})).await.text(), r#"[["tea",2,0.0]]"#);
    assert_eq!(bytes(&store, &key).await, GOLDEN, "reading writes nothing");
    assert_eq!(endpoint.call(&session, "add", json!({ "item": "cake" })).await.text(), "2");
    let expected = r#"{"format":1,"values":{"Cart":{"version":2,"value":{"lines":[["tea",2,0.0],["cake",1,9.5]]}},"Prefs":{"version":1,"value":{"color":"red"}}}}"#;
    assert_eq!(bytes(&store, &key).await, expected, "what this build does not know stays");

    let before = Endpoint::on(store.clone(), server());
    let newer = before.call(&session, "view", json!({})).await;
    assert!(newer.wrong().contains("was kept in version 2, and this build knows up to 1"), "{newer:?}");
    assert!(before.call(&session, "add", json!({ "item": "tea" })).await.wrong().contains("stays as it is"));
    assert_eq!(before.call(&session, "color", json!({})).await.text(), "red");
    assert_eq!(bytes(&store, &key).await, expected, "the older build lost nothing");
}

#[tokio::test(start_paused = true)]
async fn an_older_version_that_nothing_migrates_is_told_and_stays() {
    let store = Memory::new();
    let (session, key) = golden(&store).await;
    let endpoint = Endpoint::on(store.clone(), next(Kept::new().key("Cart").version(2)));
    let told = endpoint.call(&session, "add", json!({ "item": "cake" })).await;
    assert!(told.wrong().contains("kept in version 1, and nothing says how that is read"), "{told:?}");
    assert_eq!(bytes(&store, &key).await, GOLDEN);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_and_stays_until_it_is_replaced() {
    let store = Memory::new();
    let (session, key) = golden(&store).await;
    let endpoint = Endpoint::on(store.clone(), server());
    let one = r#"{"format":1,"values":{"Cart":{"version":1,"value":{"items":7}},"Prefs":{"version":1,"value":{"color":"red"}}}}"#;
    let newer = GOLDEN.replace(r#""format":1"#, r#""format":2"#);
    for damaged in [one, &GOLDEN[..40], "", "\u{0}", &newer] {
        put(&store, &key, damaged).await;
        for (tool, arguments) in [("view", json!({})), ("add", json!({ "item": "tea" }))] {
            let told = endpoint.call(&session, tool, arguments).await;
            assert!(told.wrong().contains("cannot be read, and stays as it is"), "{told:?}");
        }
        assert_eq!(bytes(&store, &key).await, damaged, "nothing was lost");
    }
    put(&store, &key, one).await;
    assert_eq!(endpoint.call(&session, "color", json!({})).await.text(), "red", "only that value is damaged");
    endpoint.call(&session, "empty", json!({})).await;
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), "{}", "whoever says so gets rid of it");
}
