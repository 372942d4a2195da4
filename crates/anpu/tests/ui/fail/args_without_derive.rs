//! An argument object that derives nothing.

use anpu::prelude::*;

struct Query {
    words: String,
}

#[tool]
async fn search(query: Args<Query>) -> String {
    query.0.words
}

fn main() {
    let _ = components![search];
}
