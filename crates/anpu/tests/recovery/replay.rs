//! Calls of tools that are marked: their process dies, and they run again for the client that comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anpu::store::{Expected, Memory, Sessions as _, Values};
use anpu::testing::FaultyStore;
use anpu::{Confirm, Cx, Server, Tool};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::common::{call, elicitation, server, set_level};
use crate::endpoint::{Endpoint, Messages};

type Store = FaultyStore<Memory>;

/// One that several processes share, and one that outlives its only process.
fn stores() -> [Store; 2] {
    [FaultyStore::new(Memory::new()).shared(true), FaultyStore::new(Memory::new()).durable(true)]
}

/// Does this in a process of its own: all that it began ends with it.
fn process<T: Send + 'static, F: Future<Output = T>>(work: impl FnOnce() -> F + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    std::thread::spawn(move || runtime.block_on(work())).join().unwrap()
}

/// How often something happened, in all processes.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn up(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// What handlers did, in all processes.
#[derive(Clone, Default)]
struct Seen {
    runs: Count,
    effects: Count,
}

/// A server whose tools do something once and then work or ask; in a process that is about to die, they work for ever.
fn shop(store: &Store, seen: &Seen, dies: bool) -> Server {
    let works = |name: &str, seen: &Seen| {
        let seen = seen.clone();
        let work = move |cx: Cx| {
            let seen = seen.clone();
            async move {
                seen.runs.up();
                let effects = seen.effects.clone();
                let number = cx.once("reserve", async move { Ok::<_, anpu::Error>(effects.up()) }).await?;
                cx.info("working").await;
                // Its answer is a stream by then.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let more = seen.clone();
                let more = cx.once("pay", async move { Ok::<_, anpu::Error>(more.effects.up()) }).await?;
                assert_eq!(number + 1, more);
                if dies {
                    std::future::pending::<()>().await;
                }
                Ok::<_, anpu::Error>(format!("number {number}"))
            }
        };
        (Tool::new(name), work)
    };
    let (marked, work) = works("marked", seen);
    let marked = marked.replay().handler(work);
    let (unmarked, work) = works("unmarked", seen);
    let unmarked = unmarked.handler(work);
    let seen = seen.clone();
    let asks = Tool::new("asks").replay().handler(move |cx: Cx| {
        let seen = seen.clone();
        async move {
            seen.runs.up();
            let first = cx.ask("first", Confirm::new("First?")).await?.accepted();
            let effects = seen.effects.clone();
            let number = cx.once("reserve", async move { Ok::<_, anpu::Error>(effects.up()) }).await?;
            let second = cx.ask("second", Confirm::new("Second?")).await?.accepted();
            Ok::<_, anpu::Error>(format!("{first} {second} {number}"))
        }
    });
    server().store(store.clone()).with(marked).with(unmarked).with(asks)
}

/// The next message of a stream, and the id of its event.
async fn event(body: &mut anpu::Body) -> (String, Value) {
    loop {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let text = String::from_utf8(frame.to_vec()).unwrap();
        let last = |name: &str| text.lines().filter_map(|line| line.strip_prefix(name)).next_back().map(str::to_owned);
        if let Some(message) = last("data: ").filter(|data| data.contains("jsonrpc")) {
            return (last("id: ").unwrap(), serde_json::from_str(&message).unwrap());
        }
    }
}

/// Calls a tool in a process that dies behind the first message on its stream: the session, the id of the last event and
/// that message.
fn dies_at_first(store: &Store, seen: &Seen, tool: &'static str) -> (String, String, Value) {
    let (store, seen) = (store.clone(), seen.clone());
    process(move || async move {
        let node = Endpoint::new(shop(&store, &seen, true));
        let session = node.open_as(None, &elicitation()).await;
        let mut body = call(&node, &session, tool).await.into_body();
        let (id, message) = event(&mut body).await;
        // For what else the handler does.
        tokio::time::sleep(Duration::from_millis(100)).await;
        (session, id, message)
    })
}

async fn answer_to(node: &Endpoint, session: &str, question: &Value, accept: bool) {
    let result = if accept { json!({ "action": "accept", "content": {} }) } else { json!({ "action": "decline" }) };
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
    let taken = node.send(Method::POST, Some(session), &reply.to_string()).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
}

async fn next(stream: &mut Messages) -> Value {
    let next = tokio::time::timeout(Duration::from_secs(60), stream.next()).await;
    next.expect("a message within a minute").expect("a message before the end")
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no result: {answer}"))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_working_runs_again_and_what_it_did_once_stays() {
    for store in stores() {
        let seen = Seen::default();
        let (session, id, _) = dies_at_first(&store, &seen, "marked");
        let node = Endpoint::new(shop(&store, &seen, false));
        let mut stream = Messages::of(node.resume(&session, &id).await);
        assert_eq!(next(&mut stream).await["params"]["data"], "working");
        let answer = next(&mut stream).await;
        assert_eq!((&answer["id"], text(&answer)), (&json!(7), "number 1"));
        assert_eq!(stream.next().await, None);
        assert_eq!((seen.runs.now(), seen.effects.now()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_marked_gets_an_error_and_runs_once() {
    for store in stores() {
        let seen = Seen::default();
        let (session, id, _) = dies_at_first(&store, &seen, "unmarked");
        let node = Endpoint::new(shop(&store, &seen, false));
        let answer = next(&mut Messages::of(node.resume(&session, &id).await)).await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("may be retried"), "{answer}");
        assert_eq!(seen.runs.now(), 1);
        if !anpu::store::Store::is_shared(&store) {
            let commands = store.faults().commands();
            assert!(!commands.contains(&"values.swap"), "nothing is noted of it: {commands:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_question_of_a_dead_process_is_the_answer() {
    for (at, store) in stores().into_iter().enumerate() {
        for answer_comes_first in [true, false] {
            let seen = Seen::default();
            let (session, id, question) = dies_at_first(&store, &seen, "asks");
            let node = Endpoint::new(shop(&store, &seen, false));
            let what = format!("store {at}, the answer comes first: {answer_comes_first}");
            let mut stream = if answer_comes_first {
                answer_to(&node, &session, &question, false).await;
                tokio::time::sleep(Duration::from_secs(20)).await;
                Messages::of(node.resume(&session, &id).await)
            } else {
                let mut stream = Messages::of(node.resume(&session, &id).await);
                let again = next(&mut stream).await;
                assert_eq!(again["params"]["message"], "First?", "{what}");
                assert_ne!(again["id"], question["id"], "ids of questions are used once; {what}");
                answer_to(&node, &session, &question, false).await;
                stream
            };
            let second = next(&mut stream).await;
            assert_eq!(second["params"]["message"], "Second?", "{what}");
            answer_to(&node, &session, &second, false).await;
            assert_eq!(text(&next(&mut stream).await), "false false 1", "{what}");
            assert_eq!(stream.next().await, None, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_asked_again_may_be_answered_under_its_old_id_on_any_node() {
    for store in stores() {
        let seen = Seen::default();
        let (session, id, question) = dies_at_first(&store, &seen, "asks");
        let node = Endpoint::new(shop(&store, &seen, false));
        let mut stream = Messages::of(node.resume(&session, &id).await);
        assert_eq!(next(&mut stream).await["params"]["message"], "First?");
        if anpu::store::Store::is_shared(&store) {
            let third = Endpoint::new(shop(&store, &seen, false));
            answer_to(&third, &session, &question, true).await;
        } else {
            answer_to(&node, &session, &question, true).await;
        }
        let second = next(&mut stream).await;
        assert_eq!(second["params"]["message"], "Second?");
        answer_to(&node, &session, &second, false).await;
        assert_eq!(text(&next(&mut stream).await), "true false 1");
        assert_eq!(seen.runs.now(), 4, "the first run, the one after the crash, and one for each answer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_taken_for_dead_says_nothing_more() {
    // Two ways to one store, of which one can be blocked.
    let memory = Memory::new();
    let (cut, whole) = (FaultyStore::new(memory.clone()).shared(true), FaultyStore::new(memory).shared(true));
    let (seen, gate) = (Seen::default(), Arc::new(tokio::sync::Semaphore::new(0)));
    let serve = |store: &Store, name: &'static str| {
        let (seen, gate) = (seen.clone(), gate.clone());
        let waits = Tool::new("waits").replay().handler(move |cx: Cx| {
            let (seen, gate) = (seen.clone(), gate.clone());
            async move {
                seen.runs.up();
                cx.info("working").await;
                if name == "old" {
                    gate.acquire().await.unwrap().forget();
                } else {
                    tokio::time::sleep(Duration::from_secs(20)).await;
                }
                name
            }
        });
        Endpoint::new(server().store(store.clone()).with(waits))
    };
    let old = serve(&cut, "old");
    let session = old.open().await;
    let mut body = call(&old, &session, "waits").await.into_body();
    let (id, _) = event(&mut body).await;
    drop(body);
    cut.faults().fail();
    let new = serve(&whole, "new");
    let mut stream = Messages::of(new.resume(&session, &id).await);
    assert_eq!(next(&mut stream).await["params"]["data"], "working");
    cut.faults().heal();
    gate.add_permits(1);
    assert_eq!(text(&next(&mut stream).await), "new");
    assert_eq!(stream.next().await, None);
    assert_eq!(seen.runs.now(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_server_could_not_wait_for_runs_again() {
    for store in stores() {
        let seen = Seen::default();
        let (session, id) = {
            let (store, seen) = (store.clone(), seen.clone());
            process(move || async move {
                let node = Endpoint::new(shop(&store, &seen, true));
                let session = node.open().await;
                let mut body = call(&node, &session, "marked").await.into_body();
                let (id, _) = event(&mut body).await;
                node.handle.drain(Duration::from_secs(1)).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                (session, id)
            })
        };
        let node = Endpoint::new(shop(&store, &seen, false));
        let mut stream = Messages::of(node.resume(&session, &id).await);
        assert_eq!(next(&mut stream).await["params"]["data"], "working");
        assert_eq!(text(&next(&mut stream).await), "number 1");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_before_is_not_asked_again() {
    for store in stores() {
        let seen = Seen::default();
        let (session, id) = {
            let (store, seen) = (store.clone(), seen.clone());
            process(move || async move {
                let node = Endpoint::new(shop(&store, &seen, true));
                let session = node.open_as(None, &elicitation()).await;
                let mut body = call(&node, &session, "asks").await.into_body();
                let (_, first) = event(&mut body).await;
                answer_to(&node, &session, &first, true).await;
                let (id, second) = event(&mut body).await;
                assert_eq!(second["params"]["message"], "Second?");
                (session, id)
            })
        };
        let node = Endpoint::new(shop(&store, &seen, false));
        let mut stream = Messages::of(node.resume(&session, &id).await);
        let second = next(&mut stream).await;
        assert_eq!(second["params"]["message"], "Second?");
        answer_to(&node, &session, &second, true).await;
        assert_eq!(text(&next(&mut stream).await), "true true 1");
        assert_eq!(seen.effects.now(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_taken_outlives_the_process_that_took_it() {
    for (store, who) in stores().into_iter().flat_map(|store| [(store.clone(), "it"), (store, "the next")]) {
        let serve = |store: &Store, dies: bool| {
            let tool = Tool::new("sure").replay().handler(move |cx: Cx| async move {
                let sure = cx.ask("sure", Confirm::new("Sure?")).await?.accepted();
                if dies {
                    std::future::pending::<()>().await;
                }
                Ok::<_, anpu::Error>(format!("sure: {sure}"))
            });
            server().store(store.clone()).with(tool)
        };
        let first = store.clone();
        let (session, id, question) = process(move || async move {
            let node = Endpoint::new(serve(&first, true));
            let session = node.open_as(None, &elicitation()).await;
            let mut body = call(&node, &session, "sure").await.into_body();
            let (id, question) = event(&mut body).await;
            if who == "it" {
                answer_to(&node, &session, &question, true).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            (session, id, question)
        });
        let (second, of) = (store.clone(), session.clone());
        process(move || async move {
            let node = Endpoint::new(serve(&second, true));
            if who == "the next" {
                answer_to(&node, &of, &question, true).await;
            }
            tokio::time::sleep(Duration::from_secs(20)).await;
        });
        let node = Endpoint::new(serve(&store, false));
        let mut stream = Messages::of(node.resume(&session, &id).await);
        assert_eq!(text(&next(&mut stream).await), "sure: true", "{who} was answered");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_nodes_that_take_it_over_one_does() {
    let [store, _] = stores();
    let seen = Seen::default();
    let (session, id, _) = dies_at_first(&store, &seen, "marked");
    let store = store.polite();
    let nodes = [Endpoint::new(shop(&store, &seen, false)), Endpoint::new(shop(&store, &seen, false))];
    let mut streams =
        [Messages::of(nodes[0].resume(&session, &id).await), Messages::of(nodes[1].resume(&session, &id).await)];
    for stream in &mut streams {
        assert_eq!(next(stream).await["params"]["data"], "working");
        assert_eq!(text(&next(stream).await), "number 1");
    }
    assert_eq!(seen.runs.now(), 2, "once before and once after");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_each_of_its_processes_is_given_up() {
    for store in stores() {
        let seen = Seen::default();
        let (session, mut id, _) = dies_at_first(&store, &seen, "marked");
        for _ in 0..3 {
            let (store, seen, session) = (store.clone(), seen.clone(), session.clone());
            id = process(move || async move {
                let node = Endpoint::new(shop(&store, &seen, true));
                let mut body = node.resume(&session, &id).await.into_body();
                event(&mut body).await.0
            });
        }
        let node = Endpoint::new(shop(&store, &seen, false));
        let answer = next(&mut Messages::of(node.resume(&session, &id).await)).await;
        assert!(answer["error"]["message"].as_str().unwrap().contains("may be retried"), "{answer}");
        assert_eq!((seen.runs.now(), seen.effects.now()), (4, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_an_error_for_the_client_and_stays() {
    let notes: [fn(&str) -> String; 3] = [
        |note| note.replacen(r#""format":1"#, r#""format":2"#, 1),
        |_| "{".to_owned(),
        |_| r#"{"format":1}"#.to_owned(),
    ];
    for spoiled in notes {
        for store in stores() {
            let seen = Seen::default();
            let (session, id, question) = dies_at_first(&store, &seen, "asks");
            let node = Endpoint::new(shop(&store, &seen, false));
            // So that it has a record, whose id is that of the session.
            set_level(&node, &session, "error").await;
            let page = store.list(None, None, 10).await.unwrap();
            let stream = question["id"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
            let key = format!("replay:{}:{stream}", page.records[0].id);
            let written = Values::get(&store, &key).await.unwrap().expect("this test knows the key").bytes;
            let note = spoiled(std::str::from_utf8(&written).unwrap());
            assert_ne!(note.as_bytes(), written);
            let swapped = Values::swap(&store, &key, Expected::Anything, note.clone().into(), None).await.unwrap();
            assert!(matches!(swapped, anpu::store::Swapped::Done(_)));
            answer_to(&node, &session, &question, true).await;
            let answer = next(&mut Messages::of(node.resume(&session, &id).await)).await;
            assert!(answer["error"]["message"].as_str().unwrap().contains("may be retried"), "{answer}");
            assert_eq!(Values::get(&store, &key).await.unwrap().unwrap().bytes, note);
            assert_eq!(seen.runs.now(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_answered_leaves_nothing_in_the_store() {
    for store in stores() {
        let seen = Seen::default();
        let node = Endpoint::new(shop(&store, &seen, false));
        let session = node.open_as(None, &elicitation()).await;
        set_level(&node, &session, "info").await;
        let mut stream = Messages::of(call(&node, &session, "asks").await);
        let first = next(&mut stream).await;
        let stream_name = first["id"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
        let page = store.list(None, None, 10).await.unwrap();
        let key = format!("replay:{}:{stream_name}", page.records[0].id);
        assert!(Values::get(&store, &key).await.unwrap().is_some(), "it is noted while it runs");
        answer_to(&node, &session, &first, true).await;
        let second = next(&mut stream).await;
        answer_to(&node, &session, &second, true).await;
        assert_eq!(text(&next(&mut stream).await), "true true 1");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(Values::get(&store, &key).await.unwrap().is_none());
    }
}
