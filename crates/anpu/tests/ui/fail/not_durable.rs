//! State of a type that cannot be kept.

use anpu::prelude::*;

#[derive(Default)]
struct Cart;

#[tool]
async fn view(cart: Session<Cart>) -> String {
    let _ = cart;
    String::new()
}

fn main() {
    let _ = components![view];
}
