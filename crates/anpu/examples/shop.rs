//! A shop over HTTP: a tool with constraints, progress and structured results that keeps a cart for each session, a resource
//! by template, a prompt with completion, shared state, hooks.

use std::collections::BTreeMap;

use anpu::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The notes of the shop, by their ids.
struct Notes(BTreeMap<String, String>);

impl Notes {
    fn open() -> anpu::Result<Self> {
        Ok(Self(BTreeMap::from([("opening".into(), "# Opening hours\n\nEvery day from 9 to 5.".into())])))
    }

    fn get(&self, id: &str) -> Option<String> {
        self.0.get(id).cloned()
    }
}

mod cart {
    use super::*;

    /// What a session has in its cart, by product.
    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Cart(BTreeMap<String, u32>);

    /// What is in the cart.
    #[derive(Serialize, JsonSchema)]
    pub(super) struct CartView {
        items: BTreeMap<String, u32>,
        total: u32,
    }

    impl Cart {
        fn is_full(&self) -> bool {
            self.0.len() >= 100
        }

        /// So many of them are in it then, however often this is called.
        fn add(&mut self, item: &str, qty: u32) {
            self.0.insert(item.to_owned(), qty);
        }

        fn view(&self) -> CartView {
            CartView { total: self.0.values().sum(), items: self.0.clone() }
        }
    }

    /// Put an item into the cart.
    #[tool(title = "Add to cart", idempotent)]
    pub(super) async fn add_to_cart(
        /// product id
        item: String,
        /// how many
        #[arg(min = 1, max = 1000, default = 1)]
        qty: u32,
        cart: Session<Cart>,
        cx: Cx,
    ) -> Result<Json<CartView>> {
        cx.progress(0.5, "reserving").await;
        if qty > 100 && !cx.ask("big-order", Confirm::new(format!("Really {qty}?"))).await?.accepted() {
            return Err(declined("the user did not confirm"));
        }
        let view = cart
            .update(|cart| {
                if cart.is_full() {
                    return Err(refused("the cart is full"));
                }
                cart.add(&item, qty);
                Ok(cart.view())
            })
            .await?;
        Ok(Json(view))
    }
}

/// A note by its id.
#[resource("note:///{id}", mime = "text/markdown")]
async fn note(id: String, notes: State<Notes>) -> Result<String> {
    notes.get(&id).or_not_found()
}

async fn languages(_: Completing) -> Vec<&'static str> {
    vec!["elixir", "rust", "typescript"]
}

/// Ask for a review.
#[prompt]
async fn review(code: String, #[complete(languages)] language: Option<String>) -> Vec<Message> {
    let language = language.unwrap_or_else(|| "any language".into());
    vec![Message::user(format!("Review this {language} code:\n\n{code}"))]
}

struct MyHooks;

impl Hooks for MyHooks {
    #[expect(clippy::print_stderr, reason = "an example talks to whoever runs it")]
    async fn notification(&self, cx: &Cx, notice: &anpu::model::Notice) {
        eprintln!("{} says {}", cx.client().name, notice.method());
    }
}

#[tokio::main]
async fn main() -> anpu::Result {
    Server::new("shop", env!("CARGO_PKG_VERSION"))
        .instructions("Look at the notes before you promise anything.")
        .with(components![cart::add_to_cart, note, review])
        .state(Notes::open()?)
        .hooks(MyHooks)
        .serve_http(std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8000".into()))
        .await
}
