//! What is refused when a server is built, because it would lose state or mix it up later.

use anpu::prelude::*;
use anpu::{Handle, Kept, Tool};
use serde::{Deserialize, Serialize};

mod one {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub(super) struct Cart(pub(super) u8);
}

#[derive(Default, Serialize, Deserialize)]
struct Cart(u8);

#[tool]
async fn first(cart: Session<one::Cart>) -> Result<u8> {
    Ok(cart.read().await?.0)
}

#[tool]
async fn second(cart: Session<Cart>) -> Result<u8> {
    Ok(cart.read().await?.0)
}

/// Take the argument that the server would add.
#[tool]
async fn clash(session: String, cart: Session<Cart>) -> Result<String> {
    Ok(format!("{session}{}", cart.read().await?.0))
}

fn server() -> Server {
    Server::new("shop", "1.0.0")
}

#[track_caller]
fn refused_for(built: Result<Handle>, why: &str) {
    let error = built.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn two_types_under_one_key() {
    refused_for(server().with(components![first, second]).build(), "are both kept under the key `Cart`");
    server().with(components![first, second]).keep(Kept::<Cart>::new().key("their cart")).build().unwrap();
    let handle = server().with(components![first]).build().unwrap();
    assert!(handle.insert(components![second]).is_err(), "nor while it runs");
}

#[test]
fn a_type_that_is_kept_in_two_ways() {
    let kept = |key: &str| Kept::<Cart>::new().key(key);
    refused_for(server().keep(kept("a")).keep(kept("b")).build(), "kept in two ways");
}

#[test]
fn an_argument_of_the_name_that_the_server_adds() {
    refused_for(server().with(components![clash]).build(), "gets an argument `session`");
    #[derive(Deserialize, schemars::JsonSchema)]
    struct Own {
        session: String,
    }
    let by_hand = |tool: Tool| tool.input::<Own>().handler(|own: Own, _| async move { own.session });
    refused_for(
        server().with(by_hand(Tool::new("t").requires::<Session<Cart>>())).build(),
        "gets an argument `session`",
    );
    server().with(by_hand(Tool::new("t"))).build().unwrap();
}
