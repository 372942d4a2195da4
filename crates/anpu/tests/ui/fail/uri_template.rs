//! URI templates that mean nothing, or not what the function takes.

use anpu::prelude::*;

#[resource("note:///{id")]
async fn unclosed(id: String) -> String {
    id
}

#[resource("note:///{id*}")]
async fn exploded(id: String) -> String {
    id
}

#[resource("note:///{id}/{part}")]
async fn misspelt(id: String, prat: String) -> String {
    id + &prat
}

#[resource("notes:///all{?tag}")]
async fn query(tag: String) -> String {
    tag
}

fn main() {
    let _ = components![unclosed, exploded, misspelt, query];
}
