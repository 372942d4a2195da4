//! Arguments that borrow: there is nobody they could borrow from.

use anpu::prelude::*;

#[tool]
async fn greet(name: &str, tags: &[String], title: Option<&'static str>, cx: &Cx) -> String {
    format!("{name} {tags:?} {title:?} {}", cx.is_cancelled())
}

fn main() {
    let _ = components![greet];
}
