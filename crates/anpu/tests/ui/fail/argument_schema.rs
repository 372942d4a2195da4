//! A type without a schema as an argument.

use anpu::prelude::*;

#[derive(serde::Deserialize)]
struct Place {
    name: String,
}

#[tool]
async fn travel(to: Place) -> String {
    to.name
}

#[derive(Args)]
struct Trip {
    to: Place,
}

#[tool]
async fn plan(trip: Args<Trip>) -> String {
    trip.0.to.name
}

fn main() {
    let _ = components![travel, plan];
}
