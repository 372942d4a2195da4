//! A shop whose tools keep carts and preferences.

use std::collections::BTreeMap;

use anpu::prelude::*;
use anpu::{FromExtensions, Keys};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cart {
    pub(crate) items: BTreeMap<String, u32>,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Prefs {
    pub(crate) color: String,
}

/// Put items into the cart.
#[tool]
async fn add(item: String, #[arg(default = 1)] count: u32, cart: Session<Cart>) -> Result<u32> {
    cart.update(|cart| {
        if item == "poison" {
            cart.items.clear();
            return Err(refused("not sold here"));
        }
        let there = cart.items.entry(item.clone()).or_default();
        *there += count;
        Ok(*there)
    })
    .await
}

/// What is in the cart.
#[tool]
async fn view(cart: Session<Cart>) -> Result<String> {
    Ok(serde_json::to_string(&cart.read().await?.items)?)
}

/// Empty the cart.
#[tool]
async fn empty(cart: Session<Cart>) -> Result {
    cart.clear().await
}

/// Choose a color.
#[tool]
async fn paint(color: String, prefs: Session<Prefs>) -> Result {
    prefs.replace(Prefs { color }).await
}

/// The color.
#[tool]
async fn color(prefs: Session<Prefs>) -> Result<String> {
    Ok(prefs.read().await?.color)
}

/// Remember a name of the one who asks.
#[tool]
async fn remember(name: String, prefs: User<Prefs>) -> Result {
    prefs
        .update(|prefs| {
            prefs.color.clone_from(&name);
            Ok(())
        })
        .await
}

/// What was remembered.
#[tool]
async fn recall(prefs: User<Prefs>) -> Result<String> {
    Ok(prefs.read().await?.color)
}

/// Put an item into the cart, and then ask whether that was meant.
#[tool]
async fn careful(item: String, cart: Session<Cart>, cx: Cx) -> Result<String> {
    let put = cart.clone();
    let name = item.clone();
    let count: u32 = cx
        .once("put", async move {
            put.update(|cart| {
                let there = cart.items.entry(name.clone()).or_default();
                *there += 1;
                Ok(*there)
            })
            .await
        })
        .await?;
    let meant = cx.ask("meant", Confirm::new("Was that meant?")).await?.accepted();
    let seen = cart.read().await?.items.get(&item).copied();
    Ok(format!("{count} {seen:?} {meant}"))
}

/// The cart as a resource.
#[resource("cart://now")]
async fn cart(cart: Session<Cart>) -> Result<String> {
    Ok(serde_json::to_string(&cart.read().await?.items)?)
}

pub(crate) fn server() -> Server {
    Server::new("shop", "1.0.0")
        .keys(Keys::read(&"ab".repeat(32)).unwrap())
        .auth(FromExtensions)
        .with(components![add, view, empty, paint, color, remember, recall, careful, cart])
}
