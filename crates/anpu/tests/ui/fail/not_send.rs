//! A future that cannot move between threads.

use std::rc::Rc;

use anpu::prelude::*;

#[tool]
async fn count(name: String, cx: Cx) -> String {
    let shared = Rc::new(name);
    cx.progress(0.5, "counting").await;
    shared.to_string()
}

fn main() {
    let _ = components![count];
}
