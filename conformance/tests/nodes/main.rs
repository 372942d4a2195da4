//! Many nodes, one store, no sticky routing: three processes and a Redis behind a proxy that sends each request to the next
//! node. The official suite goes the same way: `cargo xtask conformance --nodes`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails says so, and what it measured")]

mod client;
mod lost;
mod rolling;
mod sessions;
mod streams;
mod subscriptions;

use std::path::Path;

use anpu_conformance::service::{Plan, Service};

use crate::client::Client;

/// A service, and a client that talks to its proxy.
fn service() -> (Service, Client) {
    let service = Service::start(&plan()).unwrap_or_else(|why| {
        panic!("{why}\nneeded here: apt-get install -y redis-server nginx haproxy");
    });
    let client = Client::new(service.address());
    (service, client)
}

fn plan() -> Plan<'static> {
    Plan::new(Path::new(env!("CARGO_BIN_EXE_everything-server")))
}
