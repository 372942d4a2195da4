//! Ids that are not ours.

use anpu::store::Memory;
use http::{Method, StatusCode};

use crate::common::server;
use crate::endpoint::Endpoint;

#[tokio::test(start_paused = true)]
async fn what_was_changed_anywhere_is_no_session_and_leaves_nothing_behind() {
    let before = Endpoint::new(server());
    let session = before.open().await;
    let after = Endpoint::new(server().store(Memory::new()));
    let mut forged = Vec::new();
    for at in 0..session.len() {
        let mut bytes = session.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(bytes).unwrap());
        forged.push(session[..at].to_owned());
    }
    forged.extend([format!("{session}A"), "x".repeat(200), "0".repeat(32), "-".to_owned(), "A".repeat(4096)]);
    for id in forged.iter().filter(|id| !id.is_empty()) {
        let status = after.ping(id).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(after.send(method, Some(id), "").await.status(), StatusCode::NOT_FOUND, "{id}");
        }
    }
    assert_eq!(after.handle.sessions().len(), 0);
    assert_eq!(after.ping(&session).await, StatusCode::OK, "the true one still opens");
}
