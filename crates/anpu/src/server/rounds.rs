//! A handler that asks and is let go: its questions go out together, and with the answers it runs again from its start.
//!
//! What was answered and done so far travels with the client, sealed, and comes back with the next round.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use anpu_proto::dialect::Dialect;
use anpu_proto::exchange::{self, Millis, Once, Outcome, Replay};
use anpu_proto::fault::Fault;
use anpu_proto::model::{Answer, Ask, Call, InputRequiredResult, InputResponses, Reply};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::alone::Asked;
use super::asking;
use super::core::Core;
use super::exchange::Exchange;
use super::journal;
use super::noting::Noting;
use super::request_state::{self, Bound};
use crate::auth::Principal;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Effect;

/// How often it is looked at whether a question and an effect wait for each other.
const STUCK: Duration = Duration::from_secs(10);

pub(crate) struct Rounds {
    dialect: &'static Dialect,
    /// What the state of this request is bound to; none where the questions are asked in place.
    bound: Option<Bound>,
    /// Whether what was done in this round is looked for again: because the client may send it again (the first of a chain it
    /// cannot: sent again, it begins another chain), or because another process may run it again.
    repeatable: bool,
    /// What is noted in the store for a process that takes the place of this one.
    noting: Option<Arc<Noting>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nothing until a question is asked or something is done once.
    replay: Option<Replay>,
    /// Answers that came with the request.
    offered: InputResponses,
    /// For how long a question that is asked in place stays open.
    patience: HashMap<Box<str>, Duration>,
    /// How often the handler was let go.
    turn: u64,
    /// The request is over: nobody would answer any more.
    over: bool,
    /// Effects at work: they are not torn apart.
    busy: usize,
    /// Effects that were begun.
    begun: u64,
    /// Where the handler was polled last.
    task: Option<tokio::task::Id>,
    /// Those that asked from tasks of their own.
    left: Vec<Waker>,
}

impl Rounds {
    /// Those of a call, with what earlier ones left; none for calls that cannot ask.
    ///
    /// # Errors
    ///
    /// What the client sent back is not what this server gave it for this request.
    pub(super) fn of(
        core: &Core,
        asked: &Asked<'_>,
        call: &mut Call,
        principal: Option<&Principal>,
    ) -> Result<Option<Self>, Fault> {
        let (method, state, responses) = match call {
            Call::CallTool(params) => ("tools/call", params.request_state.take(), params.input_responses.take()),
            Call::ReadResource(params) => {
                ("resources/read", params.request_state.take(), params.input_responses.take())
            }
            Call::GetPrompt(params) => ("prompts/get", params.request_state.take(), params.input_responses.take()),
            _ => return Ok(None),
        };
        let dialect = asked.dialect;
        let bound = Bound::new(method, asked.kept_params(), principal);
        let mut offered = responses.unwrap_or_default();
        let replay = match state {
            Some(sealed) => {
                let opened = request_state::open(core, &bound, &sealed)?;
                let responses = std::mem::take(&mut offered);
                Some(Replay::resumed(&opened, &responses, dialect, Millis(core.unix_time()), &limits())?)
            }
            None => None,
        };
        let repeatable = replay.is_some();
        let state = State { replay, offered, ..State::default() };
        Ok(Some(Self { dialect, bound: Some(bound), repeatable, noting: None, state: Mutex::new(state) }))
    }

    /// Those of a handler whose questions are asked in place: to prove that it can be run again, or because it may have to.
    pub(super) fn in_place(dialect: &'static Dialect, noting: Option<Arc<Noting>>) -> Self {
        Self { dialect, bound: None, repeatable: noting.is_some(), noting, state: Mutex::default() }
    }

    /// Those of a handler that runs again in another process.
    pub(super) fn again(dialect: &'static Dialect, replay: Replay, noting: Arc<Noting>) -> Self {
        let state = State { replay: Some(replay), ..State::default() };
        Self { dialect, bound: None, repeatable: true, noting: Some(noting), state: Mutex::new(state) }
    }

    /// What is noted in the store for a process that takes the place of this one.
    pub(super) fn noting(&self) -> Option<&Arc<Noting>> {
        self.noting.as_ref()
    }

    /// What another process would have to know.
    pub(super) fn kept(&self) -> Result<Vec<u8>, Fault> {
        let mut state = self.lock();
        self.replay(&mut state)?.state()
    }

    /// A question of this name was answered, which nobody waits for now.
    pub(super) fn told(&self, name: &str, outcome: Outcome) {
        if let Some(replay) = &mut self.lock().replay {
            replay.answer(name, outcome);
        }
    }

    /// What came of an effect in this round or an earlier one.
    pub(super) fn recorded<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let state = self.lock();
        serde_json::from_str(state.replay.as_ref()?.recorded(name)?.get()).ok()
    }

    /// Whether the handler, which waits, is to be let go: a question is open and nothing is torn apart.
    pub(super) fn is_due(&self) -> bool {
        let mut state = self.lock();
        state.task = tokio::task::try_id();
        state.busy == 0 && state.replay.as_ref().is_some_and(Replay::has_open)
    }

    /// The handler is let go: whoever still waits for an answer gets none.
    pub(super) fn let_go(&self) {
        self.leave(false);
    }

    /// Ends the request for tasks of its handler when what is returned is dropped.
    pub(super) fn while_running(&self) -> Running<'_> {
        Running(self)
    }

    fn leave(&self, over: bool) {
        let mut state = self.lock();
        state.turn += 1;
        state.over |= over;
        let left = std::mem::take(&mut state.left);
        drop(state);
        left.into_iter().for_each(Waker::wake);
    }

    /// What the client gets instead of a result; none if the questions are to be asked in place.
    pub(super) fn close(&self, core: &Core) -> Option<Result<Reply, Fault>> {
        let bound = self.bound.as_ref()?;
        let round = self.lock().replay.as_ref()?.close();
        Some(round.and_then(|round| {
            let sealed = request_state::seal(core, bound, &round.state)?;
            Ok(Reply::InputRequired(InputRequiredResult::new(round.requests).request_state(sealed)))
        }))
    }

    /// The open questions, to be asked in place, each with how long it stays open.
    pub(super) fn open(&self) -> Vec<(String, Ask, Duration)> {
        let state = self.lock();
        let open = state.replay.iter().flat_map(Replay::open);
        open.map(|(name, ask)| {
            (name.to_owned(), ask.clone(), state.patience.get(name).copied().unwrap_or(Duration::MAX))
        })
        .collect()
    }

    /// Takes what came of the questions that were asked in place; the handler runs again.
    pub(super) fn restart(&self, outcomes: Vec<(String, Outcome)>) {
        if let Some(replay) = &mut self.lock().replay {
            for (name, outcome) in outcomes {
                replay.answer(&name, outcome);
            }
            replay.restart();
        }
    }

    /// The handler asks; what it gets, and in which of its runs it asked.
    fn ask(&self, now: Millis, key: &str, ask: &Ask, patience: Duration) -> Result<(exchange::Asked, u64), Fault> {
        let mut state = self.lock();
        if state.over {
            return Err(Fault::Cancelled);
        }
        let bounded = (patience != Duration::MAX).then_some(patience);
        let asked = self.replay(&mut state)?.ask(key, ask, now, bounded)?;
        if let exchange::Asked::Open(name) = &asked {
            state.patience.insert(name.clone(), patience);
        }
        Ok((asked, state.turn))
    }

    fn replay<'a>(&self, state: &'a mut State) -> Result<&'a mut Replay, Fault> {
        if state.replay.is_none() {
            let fresh = Replay::fresh(chain()?, self.dialect, &limits());
            state.replay = Some(fresh.offered(std::mem::take(&mut state.offered)));
        }
        Ok(state.replay.as_mut().expect("it was put there just now"))
    }

    /// Ends when the handler that asked in this run was let go.
    async fn over(&self, turn: u64) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.turn != turn {
                return Poll::Ready(());
            }
            state.left.retain(|waker| !waker.will_wake(cx.waker()));
            state.left.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Ends when a task of its own has asked, and one effect is at work for long meanwhile: it may wait for that task, and
    /// then no round would ever close. What the handler itself asks beside an effect is asked when that is done.
    async fn stuck(&self) {
        let mut before = None;
        loop {
            tokio::time::sleep(STUCK).await;
            let now = {
                let state = self.lock();
                (state.busy > 0 && state.task != tokio::task::try_id()).then_some(state.begun)
            };
            if now.is_some() && now == before {
                return;
            }
            before = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before the lock is let go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that runs.
pub(super) struct Running<'a>(&'a Rounds);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.leave(true);
    }
}

pub(super) fn limits() -> exchange::Limits {
    let mut limits = exchange::Limits::default();
    limits.state = request_state::MOST_OPENED;
    limits
}

fn chain() -> Result<u128, Fault> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| Fault::Internal(format!("the system gives no random bits: {error}")))?;
    Ok(u128::from_le_bytes(bits))
}

/// Asks; an answer that is known already comes at once, otherwise the handler is let go.
pub(super) async fn ask(exchange: Arc<Exchange>, key: String, ask: Ask, patience: Duration) -> Result<Answer> {
    let Some(rounds) = exchange.rounds() else { return Err(asking::impossible()) };
    outside_of_once(&key)?;
    let (dialect, method) = (exchange.dialect(), ask.method());
    if dialect.write_ask(ask.clone()).is_none() {
        return Err(asking::unspeakable(method));
    }
    let now = Millis(exchange.core().unix_time());
    match rounds.ask(now, &key, &ask, patience)? {
        (exchange::Asked::Over(Outcome::Answered(raw)), _) => asking::read(dialect, method, &raw),
        (exchange::Asked::Over(Outcome::Refused { code, message }), _) => Err(asking::refused(code, message)),
        (exchange::Asked::Over(_), _) => Err(asking::late()),
        (exchange::Asked::Open(name), turn) => {
            let waits = Waits { rounds, name, turn };
            exchange.nudge();
            let (mut over, mut stuck) = (pin!(rounds.over(waits.turn)), pin!(rounds.stuck()));
            let is_stuck = poll_fn(|cx| match over.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(false),
                Poll::Pending => stuck.as_mut().poll(cx).map(|()| true),
            });
            if is_stuck.await {
                return Err(inside(&key));
            }
            let text =
                "the request waits for its client and starts again from its beginning; this task is not part of it";
            Err(Error::new(ErrorKind::Suspended, text))
        }
    }
}

/// A question that its handler waits for. Dropped before the round is over, it is not asked.
struct Waits<'a> {
    rounds: &'a Rounds,
    name: Box<str>,
    turn: u64,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut state = self.rounds.lock();
        if state.turn == self.turn
            && let Some(replay) = &mut state.replay
        {
            replay.withdraw(&self.name);
        }
    }
}

thread_local! {
    /// Whether an effect is being polled on this thread.
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// What was so before; it is so again when this is dropped, even by a panic.
struct Within(bool);

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(self.0);
    }
}

/// An effect at work, in which nothing may be asked: the answer would come to a handler that runs anew.
async fn within(mut effect: Effect) -> Result<Box<RawValue>> {
    poll_fn(|cx| {
        let _within = Within(WITHIN.replace(true));
        effect.as_mut().poll(cx)
    })
    .await
}

/// Whether a question is asked where one may be: the same wherever it could be answered in place.
pub(super) fn outside_of_once(key: &str) -> Result<()> {
    if WITHIN.get() {
        return Err(inside(key));
    }
    Ok(())
}

fn inside(key: &str) -> Error {
    let text = format!("`{key}` was asked inside of `once`: ask first, then do it once");
    Error::new(ErrorKind::Config, text)
}

/// Does something once in all rounds of a request.
pub(super) async fn once(exchange: Arc<Exchange>, key: String, effect: Effect) -> Result<Box<RawValue>> {
    let Some(rounds) = exchange.rounds() else { return within(effect).await };
    let (name, chain) = {
        let mut state = rounds.lock();
        let replay = rounds.replay(&mut state)?;
        let chain = replay.chain();
        match replay.once(&key)? {
            Once::Done(value) => return Ok(value),
            Once::Do(name) => {
                state.busy += 1;
                state.begun += 1;
                (name, chain)
            }
        }
    };
    let _busy = Busy(&exchange, rounds);
    let value = match rounds.repeatable {
        true => journal::once(exchange.core(), chain, &name, within(effect)).await?,
        false => within(effect).await?,
    };
    // Where the request may run again elsewhere, the journal has it already.
    rounds.replay(&mut rounds.lock())?.done(&name, value.clone());
    Ok(value)
}

/// An effect at work.
struct Busy<'a>(&'a Exchange, &'a Rounds);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.1.lock().busy -= 1;
        self.0.nudge();
    }
}
