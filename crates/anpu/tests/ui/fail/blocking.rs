//! `async` and `blocking`.

use anpu::prelude::*;

#[tool(blocking)]
async fn read(path: String) -> String {
    path
}

fn main() {
    let _ = components![read];
}
