//! A call whose process died runs again: for the client that takes up its stream, or that answers what it asked.

use std::sync::Arc;
use std::time::Duration;

use anpu_proto::dialect::Dialect;
use anpu_proto::exchange::{Millis, Outcome, Replay};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{ErrorObject, Id};
use anpu_proto::model::{Call, InputResponses};
use anpu_proto::session::Route;
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::asking;
use super::core::{Core, Origin};
use super::entry::EntryKind;
use super::event_id::EventId;
use super::exchange::{Exchange, Home};
use super::nodes::{self, Told};
use super::noting::{Note, Noting, is_marked};
use super::outbox::Outbox;
use super::rounds::{self, Rounds};
use super::run::{error_text, run};
use super::session::Session;
use crate::error::Result;
use crate::store::{Expected, Swapped};

/// How often a call is run again. One that ends every process that runs it is given up then.
const MOST_RUNS: u32 = 3;
/// How often it is looked again when others are at it, too.
const TRIES: usize = 20;
/// How long the others get until it is looked again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it takes until a process that answers no longer is known to be dead, and how often it is looked.
const DEAD: (Duration, usize) = (Duration::from_millis(2500), 3);

/// Where a call runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// Here.
    Here,
    /// In another process, which lives.
    Elsewhere(u64),
    /// Nowhere: it is answered, or nothing is known of it.
    Nowhere,
}

/// The answer to a question.
type Answer = Result<Box<RawValue>, ErrorObject>;

/// Finds the call whose answer is this stream. If its process is dead, it runs here from now on, and is told this answer if
/// there is one, by the id of its question.
pub(crate) async fn take(session: &Arc<Session>, stream: u64, answer: Option<(&str, &Answer)>) -> Result<Whereabouts> {
    let core = &session.core;
    for _ in 0..TRIES {
        if running(session, stream).is_some() {
            return Ok(Whereabouts::Here);
        }
        let Some((mut note, revision)) = Note::load(core, session.id, stream).await? else {
            return Ok(Whereabouts::Nowhere);
        };
        if note.node == core.node {
            // Somebody here is just beginning.
            sleep(PAUSE).await;
            continue;
        }
        if core.keeping.is_shared() && nodes::lives(core, note.node).await? {
            return Ok(Whereabouts::Elsewhere(note.node));
        }
        let Some(again) = Again::of(session, &mut note, answer) else { return Ok(Whereabouts::Nowhere) };
        let expected = Expected::Revision(revision);
        if let Swapped::Done(revision) = note.save(core, (session.id, stream), expected).await? {
            tracing::info!(session = ?session.id, "a call whose process died runs again");
            metrics::counter!("mcp.server.calls.replayed").increment(1);
            again.start(session, Noting::taken(session.id, stream, note, revision));
            return Ok(Whereabouts::Here);
        }
    }
    Ok(Whereabouts::Nowhere)
}

/// A call that is about to run again.
struct Again {
    request: Id,
    call: Call,
    dialect: &'static Dialect,
    replay: Replay,
}

impl Again {
    /// None if it cannot run here. The note is that of the next run then.
    fn of(session: &Session, note: &mut Note, answer: Option<(&str, &Answer)>) -> Option<Self> {
        let (core, dialect) = (&session.core, session.dialect());
        let call = dialect.read_call("tools/call", Some(&note.params), &|_| false).ok()?;
        let marked = matches!(&call, Call::CallTool(called) if is_marked(session, &called.name));
        if !marked || note.runs >= MOST_RUNS {
            return None;
        }
        let now = Millis(core.unix_time());
        let (state, none) = (note.state.get().as_bytes(), InputResponses::new());
        let replay = Replay::resumed(state, &none, dialect, now, &rounds::limits());
        let unusable = |fault: &Fault| tracing::warn!(%fault, "a call cannot run again");
        let mut replay = replay.inspect_err(unusable).ok()?;
        if let Some((question, answer)) = answer
            && let Some((_, name)) = note.asked.iter().find(|(id, _)| **id == *question)
        {
            replay.answer(name, outcome(answer));
            let state = String::from_utf8(replay.state().ok()?).ok()?;
            note.state = RawValue::from_string(state).ok()?;
        }
        note.node = core.node;
        note.runs += 1;
        Some(Self { request: note.request.clone(), call, dialect, replay })
    }

    fn start(self, session: &Arc<Session>, noting: Arc<Noting>) {
        let core = &session.core;
        let outbox = Outbox::new(noting.stream, &core.limits, &core.budget, true, Some(1));
        outbox.go_on(noting.base());
        outbox.answers(core.node, vec![self.request.clone()]);
        outbox.set_noting(&noting);
        let outbox = Arc::new(outbox);
        let origin = Origin { principal: session.principal.clone(), ..Origin::default() };
        let facts = core.facts(session, Some((&self.request, self.call.meta(), origin)));
        let (home, route) = (Home::Session(Arc::clone(session)), Route::Request(self.request.clone()));
        let rounds = Rounds::again(self.dialect, self.replay, noting);
        let exchange = Exchange::new(home, route, Some(Arc::clone(&outbox)), facts, Some(rounds));
        if let Err(fault) = session.request(&self.request, &self.call, &exchange) {
            outbox.push(error_text(session.dialect(), Ok(&self.request), &fault), EntryKind::Reply);
            session.keep(&outbox);
            session.log(&outbox);
            tokio::spawn(over(Arc::clone(core), outbox));
            return;
        }
        session.log(&outbox);
        let session = Arc::clone(session);
        tokio::spawn(async move {
            run(exchange, self.request, self.call).await;
            // Perhaps its client comes only now.
            session.keep(&outbox);
        });
    }
}

async fn over(core: Arc<Core>, outbox: Arc<Outbox>) {
    if let Some(noting) = outbox.noting() {
        noting.over(&core).await;
    }
}

/// The call that runs here and whose answer is this stream.
fn running(session: &Session, stream: u64) -> Option<Arc<Exchange>> {
    let live = session.lock();
    let is_it = |exchange: &&Arc<Exchange>| exchange.outbox.as_ref().is_some_and(|outbox| outbox.stream == stream);
    live.running.values().find(is_it).cloned()
}

/// The stream of a call whose process died, with the turn of a new reader, from the beginning of its last run; none if
/// nothing is known of it. This is for a store that no other process works on.
///
/// # Errors
///
/// Those of the store.
pub(crate) async fn take_up(session: &Arc<Session>, id: &EventId) -> Result<Option<(Arc<Outbox>, u64)>> {
    if session.core.keeping.is_durable() && answered_here(session, id.stream).is_none() {
        take(session, id.stream, None).await?;
    }
    let outbox = answered_here(session, id.stream);
    Ok(outbox.and_then(|outbox| {
        let base = outbox.noting().map_or(0, |noting| noting.base());
        let turn = outbox.attach(Some(base.max(id.seen)))?;
        Some((outbox, turn))
    }))
}

/// The stream of a call that runs here or ran here.
fn answered_here(session: &Session, stream: u64) -> Option<Arc<Outbox>> {
    let running = running(session, stream).and_then(|exchange| exchange.outbox.clone());
    running.or_else(|| session.lock().answered.iter().find(|outbox| outbox.stream == stream).cloned())
}

/// An answer to a question that nobody here waits for, of the call whose answer is this stream.
pub(super) async fn answered(session: Arc<Session>, stream: u64, question: Box<str>, answer: Answer) {
    for _ in 0..=DEAD.1 {
        if deliver(&session, stream, &question, &answer) || asking::is_ours(&session.core, &question) {
            return;
        }
        match take(&session, stream, Some((&question, &answer))).await {
            // It may have begun without it.
            Ok(Whereabouts::Here) => {
                deliver(&session, stream, &question, &answer);
                return;
            }
            Ok(Whereabouts::Nowhere) => return,
            Ok(Whereabouts::Elsewhere(_)) => {
                let (result, error) = match &answer {
                    Ok(raw) => (Some(raw.clone()), None),
                    Err(error) => (None, Some((error.code, error.message.clone()))),
                };
                let session_id = session.id.0;
                let question = question.clone();
                session.core.nodes.tell(Told::Answer { session: session_id, question, result, error });
            }
            Err(error) => tracing::warn!(%error, "the store does not say whose question was answered"),
        }
        // Who it was told to may have died a moment ago.
        sleep(DEAD.0).await;
    }
}

/// Tells a call that runs here what its client answered. False if no such call runs here.
pub(super) fn deliver(session: &Arc<Session>, stream: u64, question: &str, answer: &Answer) -> bool {
    let Some(exchange) = running(session, stream) else { return false };
    let noting = exchange.outbox.as_ref().and_then(|outbox| outbox.noting());
    let Some((name, latest)) = noting.and_then(|noting| noting.named(question)) else { return true };
    // The guard is let go before the session is told.
    let is_open = session.lock().questions.contains_key(&latest);
    if is_open {
        session.answered(Some(&Id::Text(latest)), answer.as_deref().map_err(Clone::clone));
    } else if let Some(rounds) = exchange.rounds() {
        rounds.told(&name, outcome(answer));
    }
    true
}

fn outcome(answer: &Answer) -> Outcome {
    match answer {
        Ok(raw) => Outcome::Answered(raw.clone()),
        Err(error) => Outcome::Refused { code: error.code, message: error.message.clone() },
    }
}
