//! The second program of the design, without sessions and questions.
#![deny(warnings)]

use std::collections::HashMap;

use anpu::prelude::*;

#[derive(Default)]
struct Notes(HashMap<String, String>);

impl Notes {
    fn get(&self, id: &str) -> Option<String> {
        self.0.get(id).cloned()
    }
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct CartView {
    items: Vec<String>,
}

mod cart {
    use super::*;

    /// Put an item into the cart.
    #[tool(title = "Add to cart", idempotent)]
    pub async fn add_to_cart(
        /// product id
        item: String,
        /// how many
        #[arg(min = 1, max = 1000, default = 1)]
        qty: u32,
        cx: Cx,
    ) -> Result<Json<CartView>> {
        cx.progress(0.5, "reserving").await;
        if qty > 100 {
            return Err(refused("the cart is full"));
        }
        Ok(Json(CartView { items: vec![item] }))
    }
}

/// A note by its id.
#[resource("note:///{id}", mime = "text/markdown")]
async fn note(id: String, notes: State<Notes>) -> Result<String> {
    notes.get(&id).or_not_found()
}

/// Ask for a review.
#[prompt]
async fn review(code: String, #[complete(languages)] language: Option<String>) -> String {
    format!("{code} in {}", language.unwrap_or_default())
}

async fn languages(asked: Completing) -> Vec<String> {
    vec![asked.value]
}

#[tokio::main]
async fn main() {
    let view = cart::add_to_cart("tea".into(), 2, Cx::test()).await.unwrap();
    assert_eq!(view.0.items, ["tea"]);
    assert!(note("7".into(), State::from(Notes::default())).await.is_err());
    assert_eq!(review("x".into(), None).await, "x in ");
    let _ = Server::new("shop", env!("CARGO_PKG_VERSION"))
        .instructions("Ask before you order.")
        .with(components![cart::add_to_cart, note, review])
        .state(Notes::default());
}
