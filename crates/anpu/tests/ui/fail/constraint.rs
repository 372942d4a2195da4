//! Constraints that the argument's type does not have, all told at once.

use anpu::prelude::*;

const LEAST: u32 = 1;

#[tool]
async fn order(
    #[arg(min = 1)] item: String,
    #[arg(min_length = 1)] qty: u32,
    #[arg(min = 5, max = 2)] shelf: u32,
    #[arg(min = LEAST)] row: u32,
    #[arg(max = 300)] level: u8,
    #[arg(pattern = "[a-z")] code: String,
    #[arg(default = "one")] copies: u32,
    #[arg(min_lenght = 3)] note: String,
) -> String {
    format!("{item} {qty} {shelf} {row} {level} {code} {copies} {note}")
}

fn main() {
    let _ = components![order];
}
