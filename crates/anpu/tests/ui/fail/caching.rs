//! Times for which nothing can be kept.

use anpu::prelude::*;

#[resource("note:///soon", cache = "soon")]
async fn soon() -> &'static str {
    ""
}

#[resource("note:///bare", cache)]
async fn bare() -> &'static str {
    ""
}

#[resource("note:///shared", public)]
async fn shared() -> &'static str {
    ""
}

fn main() {
    let _ = components![soon, bare, shared];
}
