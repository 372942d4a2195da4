//! Several processes on one store: here several servers that share one in memory, which says that it is shared.

use std::time::Duration;

use anpu::store::Memory;
use anpu::testing::FaultyStore;
use anpu::{Cx, Server, Tool};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;

use crate::common::{answer, call, elicitation, hears_info, server, set_level};
use crate::endpoint::{Endpoint, Messages};

/// Servers on one store, each a process of its own as far as they know.
fn nodes<const N: usize>(serve: impl Fn() -> Server) -> [Endpoint; N] {
    let store = FaultyStore::new(Memory::new()).shared(true);
    std::array::from_fn(|_| Endpoint::new(serve().store(store.clone())))
}

/// Waits, in virtual time, for what comes over the bus.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

#[tokio::test(start_paused = true)]
async fn any_node_serves_any_request_of_a_session() {
    let nodes: [Endpoint; 3] = nodes(server);
    let session = nodes[0].open().await;
    for node in &nodes {
        assert_eq!(node.ping(&session).await, StatusCode::OK);
    }
    set_level(&nodes[1], &session, "error").await;
    for node in &nodes {
        assert!(!hears_info(node, &session).await, "the level set on one node holds on all");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_on_one_node_is_gone_on_all() {
    for recorded in [true, false] {
        let nodes: [Endpoint; 3] = nodes(server);
        let session = nodes[0].open().await;
        if recorded {
            set_level(&nodes[0], &session, "error").await;
        }
        for node in &nodes {
            assert_eq!(node.ping(&session).await, StatusCode::OK);
        }
        settle().await;
        assert_eq!(nodes[2].send(Method::DELETE, Some(&session), "").await.status(), StatusCode::NO_CONTENT);
        if !recorded {
            settle().await;
        }
        for node in &nodes {
            assert_eq!(node.ping(&session).await, StatusCode::NOT_FOUND, "recorded: {recorded}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_to_another_node_finds_its_question() {
    let nodes: [Endpoint; 2] = nodes(server);
    let session = nodes[0].open_as(None, &elicitation()).await;
    assert_eq!(nodes[1].ping(&session).await, StatusCode::OK);
    settle().await;
    let mut stream = Messages::of(call(&nodes[0], &session, "ask").await);
    let question = stream.next().await.unwrap();
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    let taken = nodes[1].send(Method::POST, Some(&session), &reply.to_string()).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let answered = stream.next().await.unwrap();
    assert_eq!(answered["result"]["content"][0]["text"], "accepted: false", "{answered}");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_cancelled_from_another_node() {
    let stuck = || {
        server().with(Tool::new("stuck").handler(|cx: Cx| async move {
            cx.info("working").await;
            cx.cancelled().await;
            "cancelled"
        }))
    };
    let nodes: [Endpoint; 2] = nodes(stuck);
    let session = nodes[0].open().await;
    assert_eq!(nodes[1].ping(&session).await, StatusCode::OK);
    settle().await;
    let mut stream = Messages::of(call(&nodes[0], &session, "stuck").await);
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/message");
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
    assert_eq!(nodes[1].send(Method::POST, Some(&session), cancel).await.status(), StatusCode::ACCEPTED);
    let rest = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.unwrap();
    assert_eq!(rest, None, "nothing is answered, and the stream ends");
}

#[tokio::test(start_paused = true)]
async fn a_change_on_one_node_is_told_once_to_each_session_and_listener_on_all() {
    let nodes: [Endpoint; 3] = nodes(server);
    let sessions = [nodes[0].open().await, nodes[1].open().await];
    for node in &nodes {
        for session in &sessions {
            assert_eq!(node.ping(session).await, StatusCode::OK);
        }
    }
    let mut streams = [
        Messages::of(nodes[1].send(Method::GET, Some(&sessions[0]), "").await),
        Messages::of(nodes[2].send(Method::GET, Some(&sessions[1]), "").await),
    ];
    settle().await;
    nodes[0].handle.tools_changed();
    nodes[0].handle.prompts_changed();
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/prompts/list_changed", "each once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_watched_on_one_node_is_told_on_another() {
    let nodes: [Endpoint; 3] = nodes(|| server().with(anpu::Resource::new("note:///1").handler(|_| async { "" })));
    let session = nodes[0].open().await;
    let mut stream = Messages::of(nodes[1].send(Method::GET, Some(&session), "").await);
    let watch = json!({ "jsonrpc": "2.0", "id": 4, "method": "resources/subscribe", "params": { "uri": "note:///1" } });
    assert_eq!(nodes[2].send(Method::POST, Some(&session), &watch.to_string()).await.status(), StatusCode::OK);
    settle().await;
    nodes[0].handle.resource_updated("note:///1");
    assert_eq!(stream.next().await.unwrap()["params"]["uri"], "note:///1");
}

/// A tool that says three things and then ends, each when it is let.
fn steps(gate: &std::sync::Arc<tokio::sync::Semaphore>) -> Server {
    let gate = gate.clone();
    server().with(Tool::new("steps").handler(move |cx: Cx| {
        let gate = gate.clone();
        async move {
            for step in 1..=3 {
                cx.info(format!("step {step}")).await;
                gate.acquire().await.unwrap().forget();
            }
            "done"
        }
    }))
}

async fn event(body: &mut anpu::Body) -> (String, String) {
    loop {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let text = String::from_utf8(frame.to_vec()).unwrap();
        let id = text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().map(str::to_owned);
        if text.contains("\"jsonrpc\"") {
            return (id.unwrap(), text);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_at_another_node_while_its_request_runs() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let nodes: [Endpoint; 2] = nodes(|| steps(&gate));
    let session = nodes[0].open().await;
    let mut body = call(&nodes[0], &session, "steps").await.into_body();
    let (id, text) = event(&mut body).await;
    assert!(text.contains("step 1"), "{text}");
    drop(body);
    gate.add_permits(1);
    settle().await;
    let mut rest = Messages::of(nodes[1].resume(&session, &id).await);
    assert_eq!(rest.next().await.unwrap()["params"]["data"], "step 2", "what was said meanwhile");
    gate.add_permits(2);
    assert_eq!(rest.next().await.unwrap()["params"]["data"], "step 3");
    assert_eq!(rest.next().await.unwrap()["result"]["content"][0]["text"], "done");
    assert_eq!(rest.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_request_of_a_node_that_vanished_gets_an_error_within_five_seconds() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let store = FaultyStore::new(Memory::new()).shared(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    // A process of its own: all its tasks end with it.
    let (session, id) = {
        let (store, gate) = (store.clone(), gate.clone());
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let node = Endpoint::new(steps(&gate).store(store));
                let session = node.open().await;
                let mut body = call(&node, &session, "steps").await.into_body();
                let (id, _) = event(&mut body).await;
                (session, id)
            })
        })
        .join()
        .unwrap()
    };
    let node = Endpoint::new(steps(&gate).store(store));
    let begun = tokio::time::Instant::now();
    let mut rest = Messages::of(node.resume(&session, &id).await);
    let lost = tokio::time::timeout(Duration::from_secs(60), rest.next()).await.unwrap().unwrap();
    assert_eq!(lost["id"], 7, "{lost}");
    assert!(lost["error"]["message"].as_str().unwrap().contains("may be retried"), "{lost}");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(rest.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_belongs_to_no_request_moves_without_losing_anything() {
    let nodes: [Endpoint; 2] = nodes(server);
    let session = nodes[0].open().await;
    let mut body = nodes[0].send(Method::GET, Some(&session), "").await.into_body();
    settle().await;
    nodes[1].handle.tools_changed();
    let (id, text) = event(&mut body).await;
    assert!(text.contains("tools/list_changed"), "{text}");
    nodes[1].handle.prompts_changed();
    settle().await;
    // The client lost its connection before it got the second one; the node does not know it yet.
    let mut moved = Messages::of(nodes[1].resume(&session, &id).await);
    assert_eq!(moved.next().await.unwrap()["method"], "notifications/prompts/list_changed");
    settle().await;
    nodes[0].handle.resources_changed();
    assert_eq!(moved.next().await.unwrap()["method"], "notifications/resources/list_changed");
    drop(body);
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_costs_a_shared_store_one_command_and_another_one_none() {
    for (shared, expected) in [(true, 1), (false, 0)] {
        let store = FaultyStore::new(Memory::new()).shared(shared);
        let faults = store.faults();
        let endpoint = Endpoint::new(server().store(store));
        let session = endpoint.open().await;
        set_level(&endpoint, &session, "error").await;
        settle().await;
        let beat = |commands: &[&str]| commands.iter().filter(|command| !command.starts_with("values.")).count();
        let before = beat(&faults.commands());
        for _ in 0..10 {
            answer(call(&endpoint, &session, "about").await).await;
        }
        let commands = faults.commands();
        println!("shared: {shared}: {} commands for 10 calls", beat(&commands) - before);
        assert_eq!(beat(&commands) - before, 10 * expected, "{:?}", &commands[before..]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_in_trouble_is_told_with_a_hint_to_try_again_and_loses_nothing() {
    let store = FaultyStore::new(Memory::new()).shared(true);
    let faults = store.faults();
    let endpoint = Endpoint::new(server().store(store));
    let session = endpoint.open().await;
    set_level(&endpoint, &session, "error").await;
    let troubles: [fn(&anpu::testing::Faults); 2] = [anpu::testing::Faults::fail, anpu::testing::Faults::hang];
    for trouble in troubles {
        trouble(&faults);
        let begun = tokio::time::Instant::now();
        for (method, body) in
            [(Method::POST, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), (Method::GET, ""), (Method::DELETE, "")]
        {
            let response = endpoint.send(method.clone(), Some(&session), body).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{method}");
            assert_eq!(response.headers()["retry-after"], "1", "{method}");
        }
        assert!(begun.elapsed() <= Duration::from_secs(7), "2 s each at most: {:?}", begun.elapsed());
        faults.heal();
        assert!(!hears_info(&endpoint, &session).await, "the session is what it was");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_nothing_is_not_passed_on_for_ever() {
    let store = FaultyStore::new(Memory::new()).shared(true);
    let faults = store.faults();
    let nodes: [Endpoint; 3] = std::array::from_fn(|_| Endpoint::new(server().store(store.clone())));
    let session = nodes[0].open().await;
    for node in &nodes {
        assert_eq!(node.ping(&session).await, StatusCode::OK);
    }
    settle().await;
    let published = || faults.commands().iter().filter(|command| **command == "bus.publish").count();
    let before = published();
    let stray = r#"{"jsonrpc":"2.0","id":"ask-0000000000000000-x","result":{}}"#;
    assert_eq!(nodes[0].send(Method::POST, Some(&session), stray).await.status(), StatusCode::ACCEPTED);
    settle().await;
    settle().await;
    assert_eq!(published() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_cancelled_ends_its_stream_on_every_node() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let nodes: [Endpoint; 2] = nodes(|| steps(&gate));
    let session = nodes[0].open().await;
    let mut body = call(&nodes[0], &session, "steps").await.into_body();
    let (id, _) = event(&mut body).await;
    drop(body);
    let mut rest = Messages::of(nodes[1].resume(&session, &id).await);
    settle().await;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
    assert_eq!(nodes[0].send(Method::POST, Some(&session), cancel).await.status(), StatusCode::ACCEPTED);
    let end = tokio::time::timeout(Duration::from_secs(10), rest.next()).await;
    assert_eq!(end.expect("the stream ends"), None);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_closes_is_gone_on_all_nodes() {
    let nodes: [Endpoint; 2] = nodes(server);
    for recorded in [false, true] {
        let session = nodes[0].open().await;
        if recorded {
            set_level(&nodes[0], &session, "error").await;
        }
        assert_eq!(nodes[1].ping(&session).await, StatusCode::OK);
        settle().await;
        nodes[0].handle.session(&session).unwrap().close();
        assert_eq!(nodes[0].ping(&session).await, StatusCode::NOT_FOUND);
        settle().await;
        assert_eq!(nodes[1].ping(&session).await, StatusCode::NOT_FOUND, "recorded: {recorded}");
    }
}

#[tokio::test(start_paused = true)]
async fn changes_made_on_two_nodes_at_once_are_both_there() {
    let watched =
        || server().with(anpu::ResourceTemplate::new("note:///{id}").handler(|_: anpu::Vars, _| async { "" }));
    let nodes: [Endpoint; 2] = nodes(watched);
    let session = nodes[0].open().await;
    assert_eq!(nodes[1].ping(&session).await, StatusCode::OK);
    let watch = |uri: &str| {
        json!({ "jsonrpc": "2.0", "id": uri, "method": "resources/subscribe", "params": { "uri": uri } }).to_string()
    };
    for n in 0..20 {
        let (one, other) = (watch(&format!("note:///a{n}")), watch(&format!("note:///b{n}")));
        let both = tokio::join!(
            nodes[0].send(Method::POST, Some(&session), &one),
            nodes[1].send(Method::POST, Some(&session), &other)
        );
        assert_eq!((both.0.status(), both.1.status()), (StatusCode::OK, StatusCode::OK));
    }
    let mut stream = Messages::of(nodes[1].send(Method::GET, Some(&session), "").await);
    settle().await;
    for n in 0..20 {
        for uri in [format!("note:///a{n}"), format!("note:///b{n}")] {
            nodes[0].handle.resource_updated(&uri);
            assert_eq!(stream.next().await.unwrap()["params"]["uri"], uri);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_told_again_because_its_answer_was_lost_is_heard_once() {
    let store = FaultyStore::new(Memory::new()).shared(true);
    let faults = store.faults();
    let nodes: [Endpoint; 2] = std::array::from_fn(|_| Endpoint::new(server().store(store.clone())));
    let session = nodes[0].open().await;
    let mut stream = Messages::of(nodes[0].send(Method::GET, Some(&session), "").await);
    assert_eq!(nodes[1].ping(&session).await, StatusCode::OK);
    settle().await;
    faults.lose_answers();
    nodes[1].handle.tools_changed();
    tokio::time::sleep(Duration::from_millis(120)).await;
    faults.heal();
    settle().await;
    settle().await;
    nodes[1].handle.prompts_changed();
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/prompts/list_changed", "the first only once");
}
