//! What is done once in a later round, when the round is sent again: to another node, at the same time, to a store in
//! trouble, after a process that died over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anpu::prelude::*;
use anpu::store::Memory;
use anpu::testing::FaultyStore;
use anpu::{Keys, Tool};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::clients::{Carried, Client, Round};

const SECOND: Duration = Duration::from_secs(1);

/// Where things are paid, outside of the server.
#[derive(Debug, Default)]
struct Till {
    begun: AtomicUsize,
    paid: AtomicUsize,
    /// How long it takes.
    takes: Duration,
    /// How many of the first attempts fail.
    fails: usize,
}

impl Till {
    async fn pay(self: Arc<Self>) -> Result<usize> {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst);
        sleep(self.takes).await;
        if begun < self.fails {
            return Err(refused("the till is stuck"));
        }
        Ok(self.paid.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn counts(&self) -> (usize, usize) {
        (self.begun.load(Ordering::SeqCst), self.paid.load(Ordering::SeqCst))
    }
}

/// The nodes of a service that asks, pays, and asks again.
struct Service {
    till: Arc<Till>,
    store: FaultyStore<Memory>,
    keys: Keys,
}

impl Service {
    fn of(till: Till) -> Self {
        Self { till: Arc::new(till), store: FaultyStore::new(Memory::new()), keys: Keys::random().unwrap() }
    }

    fn node(&self) -> Client {
        let till = Arc::clone(&self.till);
        let tool = Tool::new("program").handler(move |cx: Cx| {
            let till = Arc::clone(&till);
            async move {
                cx.ask("sure", Confirm::new("Sure?")).await?;
                let number: usize = cx.once("pay", till.pay()).await?;
                let last = cx.ask("last", Confirm::new(format!("Number {number}?"))).await?;
                Ok::<_, Error>(format!("number {number}, {last:?}"))
            }
        });
        let server = Server::new("till", "0").request_timeout(None).with(tool);
        Client::of(&server.store(self.store.clone()).keys(self.keys.clone()).build().unwrap())
    }
}

/// What the client brings to the second round, in which something is paid.
async fn second(node: &Client) -> Carried {
    node.round(1, &Carried::default()).await.answered(0, |_| false)
}

/// What the second round asks.
fn asked(round: &Round) -> &str {
    let Round::Asks { questions, .. } = round else { panic!("{round:?} asks nothing") };
    questions["last"]["params"]["message"].as_str().unwrap()
}

fn failed(round: &Round) -> &Value {
    let Round::Over(came) = round else { panic!("{round:?} asks") };
    came
}

async fn heard(client: &Client) -> Round {
    Round::of(&client.next().await)
}

#[tokio::test(start_paused = true)]
async fn another_node_finds_what_was_done() {
    let service = Service::of(Till::default());
    let (one, two) = (service.node(), service.node());
    let carried = second(&one).await;
    for node in [&one, &two, &two, &one] {
        assert_eq!(asked(&node.round(2, &carried).await), "Number 1?");
    }
    assert_eq!(service.till.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_while_it_is_done_elsewhere_waits_however_long_that_takes() {
    for takes in [1, 20, 45, 500] {
        let service = Service::of(Till { takes: takes * SECOND, ..Till::default() });
        let (one, two) = (service.node(), service.node());
        let carried = second(&one).await;
        one.send(&carried.request(2));
        sleep((takes - 1) * SECOND).await;
        two.send(&carried.request(2));
        let (one, two) = tokio::join!(heard(&one), heard(&two));
        assert_eq!((asked(&one), asked(&two)), ("Number 1?", "Number 1?"));
        assert_eq!(service.till.counts(), (1, 1), "after {takes} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_died_half_done_is_done_by_the_next() {
    let service = Service::of(Till { takes: 20 * SECOND, ..Till::default() });
    let (one, two) = (service.node(), service.node());
    let carried = second(&one).await;
    one.send(&carried.request(2));
    sleep(SECOND).await;
    drop(one);
    sleep(SECOND).await;
    assert_eq!(service.till.counts(), (1, 0), "it was torn apart");
    assert_eq!(asked(&two.round(2, &carried).await), "Number 1?");
    assert_eq!(service.till.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_done_by_the_next_at_once() {
    let service = Service::of(Till { fails: 1, ..Till::default() });
    let (one, two) = (service.node(), service.node());
    let carried = second(&one).await;
    assert_eq!(failed(&one.round(2, &carried).await)["content"][0]["text"], "the till is stuck");
    let begun = Instant::now();
    assert_eq!(asked(&two.round(2, &carried).await), "Number 1?");
    assert!(begun.elapsed() < SECOND, "nobody waits for a claim that was given up: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_that_cannot_be_noted() {
    let service = Service::of(Till::default());
    let node = service.node();
    let carried = second(&node).await;
    service.store.faults().fail();
    let error = node.round(2, &carried).await;
    assert!(failed(&error)["message"].as_str().unwrap().contains("try again"), "{error:?}");
    service.store.faults().hang();
    assert!(failed(&node.round(3, &carried).await)["message"].as_str().unwrap().contains("try again"));
    assert_eq!(service.till.counts(), (0, 0));
    service.store.faults().heal();
    // One of the two may have claimed it before its answer was lost.
    assert_eq!(asked(&node.round(4, &carried).await), "Number 1?");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_noted_afterwards_travels_with_the_client() {
    let service = Service::of(Till { takes: 2 * SECOND, ..Till::default() });
    let (one, two) = (service.node(), service.node());
    let carried = second(&one).await;
    one.send(&carried.request(2));
    sleep(SECOND).await;
    service.store.faults().fail();
    let round = heard(&one).await;
    assert_eq!(asked(&round), "Number 1?");
    service.store.faults().heal();
    let Round::Over(came) = two.round(3, &round.answered(0, |_| false)).await else { panic!("it is over") };
    assert!(came["content"][0]["text"].as_str().unwrap().starts_with("number 1, "), "{came}");
    assert_eq!(service.till.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_well_again_soon_notes_it_after_all() {
    for loses in [false, true] {
        let service = Service::of(Till { takes: 2 * SECOND, ..Till::default() });
        let (one, two) = (service.node(), service.node());
        let carried = second(&one).await;
        one.send(&carried.request(2));
        sleep(SECOND).await;
        if loses {
            service.store.faults().lose_answers();
        } else {
            service.store.faults().fail();
        }
        sleep(SECOND + SECOND / 20).await;
        service.store.faults().heal();
        assert_eq!(asked(&heard(&one).await), "Number 1?");
        assert_eq!(asked(&two.round(2, &carried).await), "Number 1?");
        assert_eq!(service.till.counts(), (1, 1), "answers lost: {loses}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_outlives_a_store_in_trouble() {
    for loses in [false, true] {
        let service = Service::of(Till { takes: 100 * SECOND, ..Till::default() });
        let (one, two) = (service.node(), service.node());
        let carried = second(&one).await;
        one.send(&carried.request(2));
        sleep(5 * SECOND).await;
        if loses {
            service.store.faults().lose_answers();
        } else {
            service.store.faults().fail();
        }
        sleep(20 * SECOND).await;
        service.store.faults().heal();
        two.send(&carried.request(2));
        assert!(timeout(50 * SECOND, two.next()).await.is_err(), "it waits for the other");
        let (one, two) = tokio::join!(heard(&one), heard(&two));
        assert_eq!((asked(&one), asked(&two)), ("Number 1?", "Number 1?"), "answers lost: {loses}");
        assert_eq!(service.till.counts(), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_of_it_may_be_nothing() {
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let tool = Tool::new("program").handler(move |cx: Cx| {
        let done = Arc::clone(&counted);
        async move {
            cx.ask("sure", Confirm::new("Sure?")).await?;
            let count = async move {
                done.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Error>(())
            };
            cx.once("nothing", count).await?;
            Ok::<_, Error>("done")
        }
    });
    let server = Server::new("nothing", "0").with(tool).build().unwrap();
    let client = Client::of(&server);
    let carried = second(&client).await;
    assert_eq!(client.round(2, &carried).await, client.round(3, &carried).await);
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

/// What is done in the first round needs no store: it travels in the state, and nobody can send that round again.
#[tokio::test(start_paused = true)]
async fn a_handler_that_is_not_run_again_costs_the_store_nothing() {
    let store = FaultyStore::new(Memory::new());
    let tool = Tool::new("program").handler(|cx: Cx| async move {
        let number = cx.once("number", async { Ok::<_, Error>(7) }).await?;
        cx.ask("sure", Confirm::new("Sure?")).await?;
        let again = cx.once("again", async { Ok::<_, Error>(8) }).await?;
        Ok::<_, Error>(format!("{number} {again}"))
    });
    let server = Server::new("cheap", "0").with(tool).store(store.clone()).build().unwrap();
    let client = Client::of(&server);
    let faults = store.faults();
    faults.take_commands();
    let carried = second(&client).await;
    assert_eq!(faults.take_commands(), [""; 0]);
    client.round(2, &carried).await;
    assert_eq!(faults.take_commands(), ["values.swap", "values.swap"], "claimed and noted");
    client.round(3, &carried).await;
    assert_eq!(faults.take_commands(), ["values.swap", "values.get"], "found");
}
