//! Processes that share a store: what one learns the others hear, and each shows that it lives.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use anpu_proto::jsonrpc::{ErrorObject, Id};
use anpu_proto::model::{CancelledNotificationParams, Notice, ResourceUpdatedNotificationParams};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::asking;
use super::core::Core;
use super::hooks::Ended;
use super::line::request_id;
use super::record::{self, Known};
use super::replayed;
use super::session_id::SessionId;
use crate::component::Touched;
use crate::error::Result;
use crate::store::{Delivery, Expected, Subscription};

/// How often a process shows that it lives, and how long that counts.
const BEAT: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_secs(3);
/// After the store was away, others had no chance to show that they live until so long after it is back.
const BACK: Duration = Duration::from_secs(3);
/// Nodes whose letters are numbered at once; they come and go.
const MOST_NODES: usize = 4096;
/// Messages that wait to be published.
const MOST_WAITING: usize = 4096;

/// What one process tells the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Told {
    /// Lists changed.
    Lists { tools: bool, prompts: bool, resources: bool },
    /// A resource changed. Whoever tells it to all hears it in its turn, too: behind what others told before, such as that
    /// somebody watches the resource.
    Resource { uri: String, all: bool },
    /// A session has another record now.
    Record { session: u128 },
    /// A session was ended by its client.
    Ended { session: u128 },
    /// A client answered a question that was asked elsewhere.
    Answer { session: u128, question: Box<str>, result: Option<Box<RawValue>>, error: Option<(i64, String)> },
    /// A client cancelled a request that runs elsewhere.
    Cancel { session: u128, request: Id },
    /// The client reads this stream elsewhere now.
    Moved { session: u128, stream: u64 },
    /// Something for a session, for whoever has a stream of it.
    Say { session: u128, method: String, params: Option<Box<RawValue>> },
}

#[derive(Serialize, Deserialize)]
struct Letter {
    from: u64,
    /// Grows with each letter of a node: one that is sent again, because nobody knew that it had arrived, is read once.
    #[serde(default)]
    number: u64,
    told: Box<RawValue>,
}

/// What is to be told, and whoever waits until it is.
type Telling = (Told, Option<oneshot::Sender<()>>);

/// The connection to the other processes.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    started: AtomicBool,
    sender: OnceLock<mpsc::Sender<Telling>>,
    /// Whether what others tell is heard.
    listens: watch::Sender<bool>,
    /// When the store took a sign of life last, and when it did not.
    beats: Mutex<(Option<Instant>, Option<Instant>)>,
}

impl Nodes {
    /// Begins to tell and to hear, once, if there may be others.
    pub(crate) fn start(&self, core: &Arc<Core>) {
        if !core.keeping.is_shared() || self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        // Once: whoever swapped the flag.
        let _ = self.sender.set(sender);
        tokio::spawn(beat(Arc::downgrade(core)));
        tokio::spawn(tell(Arc::downgrade(core), receiver));
        tokio::spawn(hear(Arc::downgrade(core)));
    }

    /// Tells all other processes, in the order of the calls; nothing happens if there are none.
    pub(crate) fn tell(&self, told: Told) {
        self.put((told, None));
    }

    /// As [`tell`](Self::tell), ready when whatever anybody tells from now on is heard later.
    pub(crate) async fn tell_first(&self, told: Told) {
        let (done, waits) = oneshot::channel();
        self.put((told, Some(done)));
        // What cannot be told is not waited for.
        let _ = waits.await;
    }

    /// Tells all processes that a resource changed; false if this one will not hear it.
    pub(crate) fn tell_resource(&self, uri: &str) -> bool {
        let all = *self.listens.borrow();
        self.put((Told::Resource { uri: uri.to_owned(), all }, None)) && all
    }

    /// Ready when what others tell from now on is heard here, or cannot be heard now.
    pub(crate) async fn hears(&self, core: &Arc<Core>) {
        self.start(core);
        if core.keeping.is_shared() {
            let mut listens = self.listens.subscribe();
            // Without the bus a stream is better than none.
            let _ = timeout(core.times.store, listens.wait_for(|listens| *listens)).await;
        }
    }

    fn put(&self, telling: Telling) -> bool {
        let Some(sender) = self.sender.get() else { return false };
        let put = sender.try_send(telling).is_ok();
        if !put {
            metrics::counter!("mcp.server.bus.dropped").increment(1);
            tracing::warn!("the store's bus is too slow; a message to other nodes was dropped");
        }
        put
    }

    /// Notes whether the store took a sign of life.
    fn note(&self, taken: bool) {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let (took, failed) = &mut *beats;
        *(if taken { took } else { failed }) = Some(Instant::now());
    }

    /// Whether others had the chance to show that they live.
    fn can_tell(&self) -> bool {
        let within = |at: Option<Instant>, time| at.is_some_and(|at| at.elapsed() < time);
        let (took, failed) = *self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        within(took, BEAT * 2) && !within(failed, BACK)
    }
}

/// Whether this process lived a moment ago, as far as anybody can tell.
pub(crate) async fn lives(core: &Core, node: u64) -> Result<bool> {
    let key = life(core, node);
    let shown = core.keeping.ask(|store| store.get_value(&key)).await?.is_some();
    Ok(shown || !core.nodes.can_tell())
}

fn life(core: &Core, node: u64) -> String {
    format!("node:{}:{node:016x}", core.realm)
}

fn topic(core: &Core) -> String {
    format!("nodes:{}", core.realm)
}

async fn beat(core: Weak<Core>) {
    loop {
        {
            let Some(core) = core.upgrade() else { return };
            let key = life(&core, core.node);
            let beaten =
                core.keeping.ask(|store| store.swap_value(&key, Expected::Anything, "".into(), Some(LIFE))).await;
            core.nodes.note(beaten.is_ok());
            if let Err(error) = beaten {
                tracing::debug!(%error, "the store did not take a sign of life");
            }
        }
        tokio::time::sleep(BEAT).await;
    }
}

async fn tell(core: Weak<Core>, mut waiting: mpsc::Receiver<Telling>) {
    let mut number = 0;
    while let Some((message, waits)) = waiting.recv().await {
        number += 1;
        let Some(core) = core.upgrade() else { return };
        let Ok(told) = serde_json::value::to_raw_value(&message) else { continue };
        let Ok(letter) = serde_json::to_vec(&Letter { from: core.node, number, told }) else { continue };
        let (topic, letter, mut published) = (topic(&core), bytes::Bytes::from(letter), false);
        // What is told must arrive in its order; a store that is away for a while is waited for.
        for pause in [0, 50, 100, 200, 400, 800, 1600] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            match core.keeping.ask(|store| store.publish(&topic, letter.clone())).await {
                Ok(()) => {
                    published = true;
                    break;
                }
                Err(error) => tracing::debug!(%error, "the store's bus did not take a message"),
            }
        }
        if !published && matches!(message, Told::Resource { all: true, .. }) {
            heard(&core, message).await;
        }
        // Whoever waits for it may be gone.
        let _ = waits.map(|waits| waits.send(()));
    }
}

async fn hear(core: Weak<Core>) {
    loop {
        let Some(subscription) = subscribe(&core).await else { return };
        listen(&core, subscription).await;
        set_listening(&core, false);
        if core.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn subscribe(core: &Weak<Core>) -> Option<Subscription> {
    loop {
        {
            let core = core.upgrade()?;
            let topic = topic(&core);
            match core.keeping.ask(|store| Box::pin(async { store.subscribe(&[&topic]).await })).await {
                Ok(subscription) => return Some(subscription),
                Err(error) => tracing::debug!(%error, "the store's bus cannot be listened to"),
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn listen(core: &Weak<Core>, mut subscription: Subscription) {
    set_listening(core, true);
    let mut read = Read::default();
    while let Some(delivery) = subscription.next().await {
        let Some(core) = core.upgrade() else { return };
        match delivery {
            Delivery::Message(message) => match serde_json::from_slice::<Letter>(&message.bytes) {
                Ok(letter) if !read.is_new(letter.from, letter.number) => {}
                Ok(letter) => match serde_json::from_str(letter.told.get()) {
                    Ok(told) if letter.from != core.node || matches!(told, Told::Resource { all: true, .. }) => {
                        heard(&core, told).await;
                    }
                    Ok(_) => {}
                    // A newer build may have words that this one does not know.
                    Err(error) => tracing::debug!(%error, "another node said something unknown"),
                },
                Err(error) => tracing::debug!(%error, "something on the store's bus is no message of a node"),
            },
            Delivery::Lagged => {
                // What was missed may have been anything: whoever looks again misses nothing.
                tracing::warn!("messages of other nodes were missed");
                core.hear_lists(Touched { tools: true, prompts: true, resources: true });
            }
        }
    }
}

/// The last letter of each node.
#[derive(Default)]
struct Read(HashMap<u64, u64>);

impl Read {
    /// Whether this letter was not read before: those of one node come in the order of their numbers.
    fn is_new(&mut self, from: u64, number: u64) -> bool {
        // Builds that did not number their letters say zero.
        if number == 0 {
            return true;
        }
        if self.0.len() >= MOST_NODES {
            self.0.clear();
        }
        let last = self.0.entry(from).or_default();
        let new = number > *last;
        *last = number.max(*last);
        new
    }
}

fn set_listening(core: &Weak<Core>, listens: bool) {
    if let Some(core) = core.upgrade() {
        core.nodes.listens.send_replace(listens);
    }
}

async fn heard(core: &Arc<Core>, told: Told) {
    let live = |session| core.directory.find_id(SessionId(session));
    match told {
        Told::Lists { tools, prompts, resources } => core.hear_lists(Touched { tools, prompts, resources }),
        Told::Resource { uri, .. } => {
            core.hear(&Notice::ResourceUpdated(ResourceUpdatedNotificationParams::new(uri)));
        }
        Told::Record { session } => {
            let Some(session) = live(session) else { return };
            let known = session.revision();
            if let Ok(Known::Found(found)) = record::load(core, session.id, known).await {
                session.catch_up(known, &found);
            }
        }
        Told::Ended { session } => {
            core.returns.bury(SessionId(session));
            live(session).iter().for_each(|session| session.close(Ended::Deleted));
        }
        // It is for the one that asked; whoever else passed it on would pass it on for ever.
        Told::Answer { session, question, result, error } if asking::is_of_another(core, &question) => {
            let (Some(session), Some(stream)) = (live(session), asking::stream_of(&question)) else { return };
            // The one that asked is dead, and its request may run here now.
            let error = error.map(|(code, message)| ErrorObject { code, message, data: None });
            if let Some(answer) = result.map(Ok).or(error.map(Err)) {
                replayed::deliver(&session, stream, &question, &answer);
            }
        }
        Told::Answer { session, question, result, error } => {
            let Some(session) = live(session) else { return };
            let id = Id::Text(question);
            match (&result, error) {
                (Some(result), _) => session.answered(Some(&id), Ok(&**result)),
                (None, Some((code, message))) => {
                    session.answered(Some(&id), Err(ErrorObject { code, message, data: None }));
                }
                (None, None) => {}
            }
        }
        Told::Cancel { session, request } => {
            let Some(session) = live(session).filter(|session| session.runs(&request)) else { return };
            session.notice(Notice::Cancelled(CancelledNotificationParams::new(request_id(&request))));
        }
        Told::Moved { session, stream } => live(session).iter().for_each(|session| session.leave_stream(stream)),
        Told::Say { session, method, params } => {
            let Some(session) = live(session) else { return };
            if session.has_reader() {
                session.say_here(&Notice::Other { method, params });
            }
        }
    }
}
