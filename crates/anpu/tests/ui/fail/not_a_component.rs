//! A function that has no attribute.

use anpu::prelude::*;

struct Add;

fn main() {
    let _ = components![Add];
}
