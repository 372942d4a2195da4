//! A tool of many shapes.

use std::fmt::Display;

use anpu::prelude::*;

#[tool]
async fn show<T: Display>(value: T) -> String {
    value.to_string()
}

#[tool]
async fn show_any(value: impl Display) -> String {
    value.to_string()
}

#[derive(Args)]
struct Value<T> {
    value: T,
}

fn main() {
    let _ = components![show, show_any];
}
