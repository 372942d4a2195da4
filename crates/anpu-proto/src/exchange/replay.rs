//! One run of a handler that may ask, over what is known from the runs before.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::value::RawValue;

use super::names::Names;
use super::state::{Question, State};
use super::{Asked, Limits, Millis, Once, Outcome, Round, fingerprint};
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::model::{Ask, InputRequest, InputRequests, InputResponses};

/// One run of a handler that may ask, and what is known from the runs before.
///
/// What a handler does wrong (a bad key, another question under a known one, too much of something) is a
/// [`Fault::Internal`] whose text is for whoever wrote it; what a client does wrong is a [`Fault::InvalidParams`].
#[derive(Clone, Debug)]
pub struct Replay {
    dialect: &'static Dialect,
    limits: Limits,
    state: State,
    asks: Names,
    onces: Names,
    /// What this run waits for, in the order it asked: the place of the question in the state, and its words.
    asked: Vec<(usize, Ask)>,
    /// Effects that were begun in this process and are not done.
    doing: BTreeSet<Box<str>>,
    /// Answers that came before their questions were asked.
    offered: InputResponses,
}

impl Replay {
    /// The first round of a chain; `chain` is random bits of the caller.
    pub fn fresh(chain: u128, dialect: &'static Dialect, limits: &Limits) -> Self {
        Self::of(State::empty(chain, dialect), dialect, limits)
    }

    /// A later round: the state that [`close`](Self::close) gave, opened, and the answers of the retry.
    ///
    /// Answers to open questions are taken over. Those to questions that are over, or were never asked, are ignored; a
    /// question without one stays open. What came after a question's time is too late.
    ///
    /// # Errors
    ///
    /// [`Fault::InvalidParams`]: an answer is none to its question, and the text names it by its path; or the state is
    /// of a format or a protocol version that is not ours, and the text says to start again.
    pub fn resumed(
        opened: &[u8],
        responses: &InputResponses,
        dialect: &'static Dialect,
        now: Millis,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let mut state = State::read(opened, dialect, limits)?;
        for question in &mut state.questions {
            question.expire(now);
            if question.outcome.is_none()
                && let Some(response) = responses.get(&*question.name)
            {
                question.take(response, dialect)?;
            }
        }
        Ok(Self::of(state, dialect, limits))
    }

    /// The answers that came with a first round: a client that knows what it will be asked may answer at once. Those to
    /// questions that are never asked are ignored.
    #[must_use]
    pub fn offered(mut self, responses: InputResponses) -> Self {
        self.offered = responses;
        self
    }

    fn of(state: State, dialect: &'static Dialect, limits: &Limits) -> Self {
        let (asks, onces) = (Names::default(), Names::default());
        Self {
            dialect,
            limits: *limits,
            state,
            asks,
            onces,
            asked: Vec::new(),
            doing: BTreeSet::new(),
            offered: InputResponses::new(),
        }
    }

    /// What marks this chain of rounds.
    pub fn chain(&self) -> u128 {
        self.state.chain
    }

    /// The handler runs again in the same process: it is told what it was told, and its keys are counted anew.
    pub fn restart(&mut self) {
        self.asks.clear();
        self.onces.clear();
        self.asked.clear();
    }

    /// The handler asks. `patience` counts from the first time it does, over all rounds.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`]: the key is empty or too long, another question was asked under it before, there are too
    /// many questions, or the dialect cannot say this one.
    pub fn ask(&mut self, key: &str, ask: &Ask, now: Millis, patience: Option<Duration>) -> Result<Asked, Fault> {
        let (method, fingerprint) = fingerprint::of(ask, self.dialect)?;
        let name = self.asks.next("a question", key, self.limits.key)?;
        let at = match self.state.position(&name) {
            Some(at) if self.state.questions[at].fingerprint == fingerprint => at,
            Some(_) => return Err(changed(&name)),
            None if self.state.questions.len() >= self.limits.questions => {
                return Err(self.full("questions", self.limits.questions));
            }
            None => {
                let expires = patience.map(|patience| after(now, patience));
                let mut question =
                    Question { name: name.clone(), method: method.into(), fingerprint, expires, outcome: None };
                if let Some(response) = self.offered.get(&*name) {
                    question.take(response, self.dialect)?;
                }
                self.state.questions.push(question);
                self.state.questions.len() - 1
            }
        };
        let question = &mut self.state.questions[at];
        question.expire(now);
        if let Some(outcome) = &question.outcome {
            return Ok(Asked::Over(outcome.clone()));
        }
        self.asked.push((at, ask.clone()));
        Ok(Asked::Open(name))
    }

    /// A question of this chain ended in place. True if it was open; otherwise what was recorded first stays.
    pub fn answer(&mut self, name: &str, outcome: Outcome) -> bool {
        let question = self.state.position(name).map(|at| &mut self.state.questions[at]);
        let Some(question) = question.filter(|question| question.outcome.is_none()) else { return false };
        question.outcome = Some(outcome);
        true
    }

    /// The handler no longer waits for this question: it does not go out with this round. It stays known: asked again
    /// in a later round, it is the same question, and its time goes on.
    pub fn withdraw(&mut self, name: &str) {
        self.asked.retain(|(at, _)| *self.state.questions[*at].name != *name);
    }

    /// The handler wants an effect to happen once in this chain.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`]: the key is empty or too long, or there are too many values.
    pub fn once(&mut self, key: &str) -> Result<Once, Fault> {
        let name = self.onces.next("`once`", key, self.limits.key)?;
        if let Some(value) = self.state.values.get(&name) {
            return Ok(Once::Done(value.clone()));
        }
        if !self.doing.contains(&name) && self.state.values.len() + self.doing.len() >= self.limits.values {
            return Err(self.full("`once` values", self.limits.values));
        }
        self.doing.insert(name.clone());
        Ok(Once::Do(name))
    }

    /// The effect of this name, one of [`Once::Do`], has happened, and this came of it. What was recorded first stays.
    pub fn done(&mut self, name: &str, value: Box<RawValue>) {
        if self.doing.remove(name) {
            self.state.values.entry(name.into()).or_insert(value);
        }
    }

    /// What came of the effect of this name, in this run or an earlier one. It counts as no use of a key: the name is that of
    /// [`Once::Do`], which for the first use of a key without `#` is the key.
    pub fn recorded(&self, name: &str) -> Option<&RawValue> {
        self.state.values.get(name).map(|value| &**value)
    }

    /// Whether this run waits for an answer.
    pub fn has_open(&self) -> bool {
        self.open().next().is_some()
    }

    /// What this run waits for, by name, in the order it was asked.
    pub fn open(&self) -> impl Iterator<Item = (&str, &Ask)> {
        let known = self.asked.iter().map(|(at, ask)| (&self.state.questions[*at], ask));
        known.filter(|(question, _)| question.outcome.is_none()).map(|(question, ask)| (&*question.name, ask))
    }

    /// The round ends: the open questions, and the state that the retry brings back.
    ///
    /// It changes nothing, and it comes before the handler is dropped: what drops a question
    /// [withdraws](Self::withdraw) it.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`]: the state is too large, and the text names its largest part; or a question cannot travel in
    /// a result.
    pub fn close(&self) -> Result<Round, Fault> {
        let mut requests = InputRequests::new();
        for (name, ask) in self.open() {
            let cannot = |ask: Ask| Fault::Internal(format!("`{}` cannot be asked in a result", ask.method()));
            requests.insert(name.to_owned(), InputRequest::try_from(ask.clone()).map_err(cannot)?);
        }
        Ok(Round { requests, state: self.state.write(&self.limits)? })
    }

    /// What the next round starts from, for whoever keeps it himself. Unlike [`close`](Self::close) it may be asked for at any
    /// time, also while nothing is open.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`]: the state is too large, and the text names its largest part.
    pub fn state(&self) -> Result<Vec<u8>, Fault> {
        self.state.write(&self.limits)
    }

    fn full(&self, what: &str, most: usize) -> Fault {
        Fault::Internal(format!("the handler has {most} {what} in one request, and more are not allowed"))
    }
}

fn after(now: Millis, patience: Duration) -> Millis {
    Millis(now.0.saturating_add(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)))
}

fn changed(name: &str) -> Fault {
    Fault::Internal(format!(
        "the question `{}` is another one than in the round before: the handler changed it, or the server was updated \
         meanwhile; ask the same question under the same key, and use `once` for values that change between runs",
        name.escape_debug()
    ))
}
