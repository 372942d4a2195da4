//! The whole of a first server: one tool, over stdio.

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
async fn main() -> anpu::Result {
    Server::new("calculator", "1.0.0").with(components![add]).serve_stdio().await
}
