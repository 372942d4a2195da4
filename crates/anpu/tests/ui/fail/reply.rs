//! Functions that return what is no reply.

use anpu::prelude::*;

struct Place;

#[tool]
async fn place() -> Place {
    Place
}

#[tool]
async fn places() -> Result<Vec<Place>> {
    Ok(vec![Place])
}

#[resource("place:///here")]
async fn here() -> u32 {
    7
}

#[prompt]
async fn ask() -> Option<String> {
    None
}

fn main() {
    let _ = components![place, places, here, ask];
}
