//! Questions to the client that have no answer yet.

use std::collections::HashMap;

use super::{Moment, Route};
use crate::jsonrpc::ErrorObject;

/// Why a question will never get an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Unanswered {
    /// The client answered with an error.
    Error(ErrorObject),
    /// The deadline passed.
    TimedOut,
    /// The request it belongs to, or the session, is over.
    Gone,
    /// Too many questions are open.
    TooMany,
}

/// One open question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) route: Route,
    pub(super) deadline: Option<Moment>,
}

/// All of them, by the id they went out under.
#[derive(Debug, Default)]
pub(super) struct Questions(HashMap<Box<str>, Question>);

impl Questions {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn insert(&mut self, id: Box<str>, question: Question) {
        self.0.insert(id, question);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Question> {
        self.0.remove(id)
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.0.values().filter_map(|question| question.deadline).min()
    }

    /// Takes out every question that `over` says is over, in the order of their ids.
    pub(super) fn take(&mut self, over: impl Fn(&Question) -> bool) -> Vec<(Box<str>, Question)> {
        let mut taken: Vec<_> = self.0.extract_if(|_, question| over(question)).collect();
        taken.sort_by(|(a, _), (b, _)| a.cmp(b));
        taken
    }
}
