//! A type without anything as an argument.

use anpu::prelude::*;

struct Place {
    name: String,
}

#[tool]
async fn travel(to: Place) -> String {
    to.name
}

fn main() {
    let _ = components![travel];
}
