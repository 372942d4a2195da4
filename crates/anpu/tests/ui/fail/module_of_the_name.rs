//! A module of the tool's name: write `#[tool(component = Add)]` and `components![Add]`.

use anpu::prelude::*;

mod add {}

#[tool]
async fn add(a: f64, b: f64) -> f64 {
    a + b
}

fn main() {}
