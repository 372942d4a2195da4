//! What cannot be an argument object.

use anpu::prelude::*;

#[derive(Args)]
enum Unit {
    Metric,
    Imperial,
}

#[derive(Args)]
struct Pair(f64, f64);

#[tool]
async fn mixed(all: Args<Pair>, limit: u32) -> u32 {
    let _ = all;
    limit
}

fn main() {
    let _ = (Unit::Metric, Unit::Imperial, components![mixed]);
}
