//! The first program of the design.
#![deny(warnings)]

use anpu::prelude::*;

/// Add two numbers.
#[tool]
async fn add(
    /// the first addend
    a: f64,
    /// the second addend
    b: f64,
) -> f64 {
    a + b
}

#[tokio::main]
async fn main() {
    assert_eq!(add(1.0, 2.0).await, 3.0);
    assert_eq!(<add as anpu::Described>::component().to_string(), "tool `add`");
    let _ = Server::new("calculator", "1.0.0").with(components![add]);
}
