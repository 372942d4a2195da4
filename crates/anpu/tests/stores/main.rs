//! Stores: one contract against every backend, and what each backend promises beside it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it has proven")]

mod crash;
mod faulty;
mod memory;
mod redb;
mod redis;

use anpu::testing::store_contract::CASES;

/// Prints the size of what is proven: `cargo test -p anpu --test stores -- --nocapture the_contract`.
#[test]
fn the_contract_is_told() {
    let backends = ["memory", "redb", "redis"];
    println!("{} cases × {} backends: {}", CASES.len(), backends.len(), backends.join(", "));
    let names = std::collections::BTreeSet::from_iter(CASES);
    assert_eq!(names.len(), CASES.len(), "no two cases have one name");
}
