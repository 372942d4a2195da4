//! Keys that are not there.

use anpu::prelude::*;

#[tool(titel = "Add", readonly, retries = 3)]
async fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[prompt(read_only)]
async fn hello() -> String {
    String::new()
}

fn main() {
    let _ = components![add, hello];
}
