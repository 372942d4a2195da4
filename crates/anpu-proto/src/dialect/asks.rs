//! The questions to a client, each with the reader of its answer. Knows no version: a page lists those it has.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::params::result;
use crate::fault::Fault;
use crate::model::{Answer, Ask, ElicitRequestParams, Meta, Task, TaskResult};

/// A question to a client.
#[derive(Clone, Copy, Debug)]
pub struct AskWord {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether this question of that name can be said.
    pub says: fn(&Ask) -> bool,
    /// Reads the result that answers it.
    pub answer: fn(&RawValue) -> Result<Answer, Fault>,
}

pub(super) const PING: AskWord = AskWord { name: "ping", says: any, answer: |raw| Ok(Answer::Empty(result(raw)?)) };
pub(super) const LIST_ROOTS: AskWord =
    AskWord { name: "roots/list", says: any, answer: |raw| Ok(Answer::ListRoots(result(raw)?)) };
pub(super) const CREATE_MESSAGE: AskWord =
    AskWord { name: "sampling/createMessage", says: any, answer: |raw| Ok(Answer::CreateMessage(result(raw)?)) };
pub(super) const ELICIT: AskWord =
    AskWord { name: "elicitation/create", says: any, answer: |raw| Ok(Answer::Elicit(result(raw)?)) };
/// Elicitation before it could open URLs.
pub(super) const ELICIT_FORM: AskWord =
    AskWord { says: |ask| !matches!(ask, Ask::Elicit(ElicitRequestParams::Url(_))), ..ELICIT };
/// [`CREATE_MESSAGE`] where the client may answer with a task of its own.
pub(super) const CREATE_MESSAGE_OR_TASK: AskWord =
    AskWord { answer: |raw| created(raw).unwrap_or_else(|| (CREATE_MESSAGE.answer)(raw)), ..CREATE_MESSAGE };
/// [`ELICIT`] where the client may answer with a task of its own.
pub(super) const ELICIT_OR_TASK: AskWord =
    AskWord { answer: |raw| created(raw).unwrap_or_else(|| (ELICIT.answer)(raw)), ..ELICIT };
pub(super) const GET_TASK: AskWord =
    AskWord { name: "tasks/get", says: any, answer: |raw| Ok(Answer::GetTask(Box::new(result(raw)?))) };
pub(super) const GET_TASK_PAYLOAD: AskWord =
    AskWord { name: "tasks/result", says: any, answer: |raw| Ok(Answer::TaskPayload(result(raw)?)) };
pub(super) const CANCEL_TASK: AskWord =
    AskWord { name: "tasks/cancel", says: any, answer: |raw| Ok(Answer::CancelTask(Box::new(result(raw)?))) };
pub(super) const LIST_TASKS: AskWord =
    AskWord { name: "tasks/list", says: any, answer: |raw| Ok(Answer::ListTasks(result(raw)?)) };

fn any(_: &Ask) -> bool {
    true
}

/// A result with a member `task` is no answer but the task that will have it; no answer has a member of that name.
fn created(raw: &RawValue) -> Option<Result<Answer, Fault>> {
    #[derive(Deserialize)]
    struct Created<'a> {
        #[serde(borrow)]
        task: Option<&'a RawValue>,
        #[serde(rename = "_meta", default)]
        meta: Meta,
    }

    let Created { task, meta } = serde_json::from_str(raw.get()).ok()?;
    Some(result::<Task>(task?).map(|task| {
        let mut created = TaskResult::created(task);
        created.meta = meta;
        Answer::CreateTask(Box::new(created))
    }))
}
