//! The `State` of another crate.

use anpu::prelude::*;

mod axum {
    pub struct State<T>(pub T);
}

#[tool]
async fn total(state: axum::State<u32>) -> u32 {
    state.0
}

fn main() {
    let _ = components![total];
}
