//! Ten thousand sessions, and a change that every one of them hears once.

use anpu::{Cx, Server, Tool};
use serde_json::{Value, json};

use crate::endpoint::{Endpoint, Stream};

const SESSIONS: usize = 10_000;

/// One client: its session, and its streams.
struct Peer {
    session: String,
    streams: Vec<Stream>,
}

impl Peer {
    /// What came on all of its streams together since it was last asked.
    fn heard(&mut self) -> Vec<Value> {
        self.streams.iter_mut().flat_map(|stream| stream.heard().0).collect()
    }
}

fn changed() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" })
}

/// Every peer heard exactly this.
fn all_heard(peers: &mut [Peer], message: &Value) {
    for (at, peer) in peers.iter_mut().enumerate() {
        assert_eq!(peer.heard(), std::slice::from_ref(message), "the peer {at}, of {} streams", peer.streams.len());
    }
}

/// Most have one stream, every third two; every seventh has none until it hears of the change later.
#[tokio::test(start_paused = true)]
async fn ten_thousand_sessions_hear_of_a_change_once_each() {
    let endpoint = Endpoint::of(Server::new("crowded", "1.0.0").with(tool("first")));
    let mut peers = Vec::with_capacity(SESSIONS);
    for at in 0..SESSIONS {
        let session = endpoint.open().await;
        let mut streams = Vec::new();
        let wanted = if at % 7 == 0 { 0 } else { 1 + usize::from(at % 3 == 0) };
        for _ in 0..wanted {
            streams.push(endpoint.listen(&session).await);
        }
        peers.push(Peer { session, streams });
    }
    assert!(peers.iter_mut().all(|peer| peer.heard().is_empty()), "nothing changed yet");

    endpoint.handle.insert(tool("second")).unwrap();
    for peer in peers.iter_mut().filter(|peer| peer.streams.is_empty()) {
        peer.streams.push(endpoint.listen(&peer.session).await);
    }
    all_heard(&mut peers, &changed());

    endpoint.handle.remove(&["second"]);
    all_heard(&mut peers, &changed());

    // A tenth of them leaves, and the others hear of what comes next.
    for peer in peers.drain(..SESSIONS / 10) {
        assert_eq!(endpoint.delete(&peer.session).await.status(), 204);
        for mut stream in peer.streams {
            assert_eq!(stream.heard(), (vec![], true), "its streams end");
        }
    }
    endpoint.handle.tools_changed();
    all_heard(&mut peers, &changed());
    assert!(peers.iter_mut().all(|peer| peer.heard().is_empty()), "and nothing twice");
    assert_eq!(endpoint.handle.sessions().len(), SESSIONS - SESSIONS / 10);
}

fn tool(name: &str) -> anpu::Component {
    Tool::new(name).handler(|_: Cx| async { "done" })
}
