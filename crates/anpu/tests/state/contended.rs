//! Many who change the same value at the same time, here and on two servers.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use anpu::Limits;
use anpu::prelude::*;
use anpu::store::Memory;
use anpu::testing::{Faults, FaultyStore};
use serde_json::json;
use tokio::task::JoinSet;

use crate::endpoint::Endpoint;
use crate::shop::{Cart, server};

/// Lets every one that was begun wait for the store, and then all go on at once, so that all have read the same.
async fn all_at_once(calls: &mut JoinSet<()>, faults: &Faults) {
    let all = calls.len();
    while faults.commands().iter().filter(|command| **command == "values.get").count() < all {
        tokio::task::yield_now().await;
    }
    faults.heal();
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_updates_at_once_are_all_counted() {
    let store = FaultyStore::new(Memory::new()).polite();
    let faults = store.faults();
    let limits = Limits::default().running(100);
    let deadline = Duration::from_secs(3600);
    let server = || server().limits(limits).store_deadline(deadline);
    let nodes = [Endpoint::on(store.clone(), server()), Endpoint::on(store, server())];
    let session = nodes[0].open().await;
    nodes[0].call(&session, "paint", json!({ "color": "red" })).await;
    nodes[1].call(&session, "color", json!({})).await;

    faults.take_commands();
    faults.hang();
    let mut calls = JoinSet::new();
    for number in 0..100 {
        let (node, session) = (nodes[number % 2].clone(), session.clone());
        calls.spawn(async move {
            let added = node.call(&session, "add", json!({ "item": "tea" })).await;
            assert!(added.text().parse::<u32>().is_ok(), "{added:?}");
        });
    }
    all_at_once(&mut calls, &faults).await;
    assert!(
        faults.commands().iter().filter(|command| **command == "values.swap").count() > 100,
        "there were conflicts"
    );
    assert_eq!(nodes[1].call(&session, "view", json!({})).await.text(), r#"{"tea":100}"#);
    assert_eq!(nodes[1].call(&session, "color", json!({})).await.text(), "red", "and nothing else was touched");
}

/// Somebody else puts one in. A place in this process answers at once, so it is done when this returns.
fn overtake(cart: &Session<Cart>) {
    let mut update = pin!(cart.update(|cart| {
        *cart.items.entry("rival".into()).or_default() += 1;
        Ok(())
    }));
    let polled = update.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Ok(()))));
}

#[tokio::test(start_paused = true)]
async fn the_closure_runs_again_on_what_somebody_else_wrote() {
    let cart = Session::test(Cart::default());
    let mut runs = 0;
    let updated = cart.update(|mine| {
        runs += 1;
        if runs <= 2 {
            overtake(&cart);
        }
        mine.items.insert("mine".into(), 1);
        Ok(mine.items.get("rival").copied())
    });
    assert_eq!(updated.await.unwrap(), Some(2));
    assert_eq!(runs, 3);
    assert_eq!(cart.read().await.unwrap().items, [("mine".into(), 1), ("rival".into(), 2)].into());
}

#[tokio::test(start_paused = true)]
async fn who_is_always_overtaken_is_told_and_writes_nothing() {
    let cart = Session::test(Cart::default());
    let mut runs = 0;
    let updated = cart.update(|mine| {
        runs += 1;
        overtake(&cart);
        mine.items.insert("mine".into(), 1);
        Ok(())
    });
    assert_eq!(updated.await.unwrap_err().kind(), ErrorKind::Overloaded);
    assert_eq!(runs, 64);
    assert_eq!(cart.read().await.unwrap().items, [("rival".into(), 64)].into());
}
