//! Who waits for the answer to a question of ours.

use std::fmt;

use anpu_proto::session::{Moment, Unanswered};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

/// The answer, unread, or why there is none.
pub(crate) type RawAnswer = Result<Box<RawValue>, Unanswered>;

/// Who waits for the answer to a question of ours, and until when.
pub(crate) struct Waiting {
    deadline: Option<Moment>,
    answer: oneshot::Sender<RawAnswer>,
}

impl Waiting {
    /// Waits until `deadline`; the answer comes out of the receiver.
    pub(crate) fn until(deadline: Option<Moment>) -> (Self, oneshot::Receiver<RawAnswer>) {
        let (answer, receiver) = oneshot::channel();
        (Self { deadline, answer }, receiver)
    }

    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    pub(crate) fn answer(self, answer: RawAnswer) {
        // Nobody listens any more if the handler was dropped meanwhile.
        let _ = self.answer.send(answer);
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
