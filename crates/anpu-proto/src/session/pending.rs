//! The requests of one session that are not over yet: running, waiting for a place, or stopped and not gone yet.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Limits, Peer};
use crate::fault::Fault;
use crate::jsonrpc::{ById, Id};
use crate::model::{Call, LoggingLevel};

/// What the engine does when a request was answered with a result.
#[derive(Debug)]
pub(super) enum Then {
    Nothing,
    Open(Arc<Peer>),
    Level(LoggingLevel),
    Watch(String),
    Unwatch(String),
}

impl Then {
    pub(super) fn of(call: &Call) -> Self {
        match call {
            Call::Initialize(params) => {
                Self::Open(Arc::new(Peer::new(params.client_info.clone(), params.capabilities.clone())))
            }
            Call::SetLevel(params) => Self::Level(params.level),
            Call::Subscribe(params) => Self::Watch(params.uri.clone()),
            Call::Unsubscribe(params) => Self::Unwatch(params.uri.clone()),
            _ => Self::Nothing,
        }
    }
}

/// One request that is not over yet.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) then: Then,
    /// The last progress sent; the next one must be larger.
    pub(super) progress: f64,
    /// Whether it holds a place among those that run.
    placed: bool,
    /// Its client no longer wants it. It keeps its id and its place until whoever runs it lets go, so that an id that
    /// is used again cannot get an old answer, and cancelling makes no room for more than may run.
    stopped: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_id: ById<Running>,
    waiting: VecDeque<Id>,
    /// How many hold a place.
    placed: usize,
}

impl Pending {
    /// Takes a request in. True if it may run at once.
    pub(super) fn begin(&mut self, id: Id, then: Then, limits: &Limits) -> Result<bool, Fault> {
        if self.by_id.contains_key(&id) {
            return Err(Fault::InvalidRequest(format!("a request with the id `{id}` is still running")));
        }
        let placed = self.placed < limits.running;
        if !placed && self.by_id.len() - self.placed >= limits.queued {
            let text =
                format!("this session already has {} requests running and {} waiting", limits.running, limits.queued);
            return Err(Fault::Overloaded(text));
        }
        if placed {
            self.placed += 1;
        } else {
            self.waiting.push_back(id.clone());
        }
        self.by_id.insert(id, Running { then, progress: f64::NEG_INFINITY, placed, stopped: false });
        Ok(placed)
    }

    /// A request that is neither over nor stopped.
    pub(super) fn get_mut(&mut self, id: &Id) -> Option<&mut Running> {
        self.by_id.get_mut(id).filter(|running| !running.stopped)
    }

    /// Whether there is such a request, neither over nor stopped.
    pub(super) fn contains(&self, id: &Id) -> bool {
        self.by_id.get(id).is_some_and(|running| !running.stopped)
    }

    /// How many subscriptions are on their way.
    pub(super) fn watching(&self) -> usize {
        self.by_id.values().filter(|running| !running.stopped && matches!(running.then, Then::Watch(_))).count()
    }

    /// Nothing will be heard of this request any more; if it waits, it never runs.
    pub(super) fn stop(&mut self, id: &Id) {
        let Some(running) = self.by_id.get_mut(id) else { return };
        running.stopped = true;
        if !running.placed {
            self.waiting.retain(|other| other != id);
        }
    }

    /// Lets a request go: what to do if it was answered, none if it was stopped; and which one takes its place.
    pub(super) fn end(&mut self, id: &Id) -> Option<(Option<Then>, Option<Id>)> {
        let ended = self.by_id.remove(id)?;
        let then = (!ended.stopped).then_some(ended.then);
        if !ended.placed {
            self.waiting.retain(|other| other != id);
            return Some((then, None));
        }
        let next = self.waiting.pop_front();
        match next.as_ref().and_then(|id| self.by_id.get_mut(id)) {
            Some(running) => running.placed = true,
            None => self.placed -= 1,
        }
        Some((then, next))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Lets all of them go, and names those that were not stopped yet, in the order of their ids.
    pub(super) fn drain(&mut self) -> Vec<Id> {
        let all = std::mem::take(self).by_id;
        let mut ids: Vec<Id> = all.into_iter().filter(|(_, running)| !running.stopped).map(|(id, _)| id).collect();
        ids.sort();
        ids
    }
}
