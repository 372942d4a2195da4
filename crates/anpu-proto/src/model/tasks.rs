//! Tasks: work whose result is fetched later. The words are those of the tasks extension, and with them the ones
//! that only the older, built-in tasks have.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::input_required::{InputRequests, InputResponses};
use super::meta::{Meta, ResultType};
use super::reading::{self, JsonObject};

/// The id of the tasks extension.
pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A task, as it stands. It is read in the older spelling too (`ttl`, `pollInterval`) and written in the newer one.
///
/// See [the extension](https://modelcontextprotocol.io/extensions/tasks/overview).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Task {
    /// Its id.
    pub task_id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// How it stands, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// When it was made, in ISO 8601.
    pub created_at: String,
    /// When it last changed, in ISO 8601.
    pub last_updated_at: String,
    /// For how many milliseconds from its making it is kept; none (null on the wire): for ever.
    #[serde(alias = "ttl", deserialize_with = "reading::optional_unsigned")]
    pub ttl_ms: Option<u64>,
    /// How many milliseconds to wait between looks at it.
    #[serde(
        alias = "pollInterval",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "reading::optional_unsigned"
    )]
    pub poll_interval_ms: Option<u64>,
}

impl Task {
    /// A task that is being worked on, made at this time (ISO 8601).
    pub fn new(task_id: impl Into<String>, created_at: impl Into<String>) -> Self {
        let created_at = created_at.into();
        Self {
            task_id: task_id.into(),
            status: TaskStatus::Working,
            status_message: None,
            last_updated_at: created_at.clone(),
            created_at,
            ttl_ms: None,
            poll_interval_ms: None,
        }
    }
}

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It is being worked on.
    Working,
    /// It waits for answers.
    InputRequired,
    /// It has a result.
    Completed,
    /// It has an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl TaskStatus {
    /// Whether it can change no more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// A task with what belongs to its status.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DetailedTask {
    /// The task.
    pub task: Task,
    /// What it waits for, while [`TaskStatus::InputRequired`].
    pub input_requests: Option<InputRequests>,
    /// Its result, once [`TaskStatus::Completed`].
    pub result: Option<JsonObject>,
    /// Its error, once [`TaskStatus::Failed`].
    pub error: Option<TaskError>,
}

impl From<Task> for DetailedTask {
    fn from(task: Task) -> Self {
        Self { task, input_requests: None, result: None, error: None }
    }
}

impl Serialize for DetailedTask {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for DetailedTask {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&JsonObject::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// The error of a failed task: a JSON-RPC error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskError {
    /// Its number.
    pub code: i32,
    /// What went wrong.
    pub message: String,
    /// More of it, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::present")]
    pub data: Option<Value>,
}

impl TaskError {
    /// An error without data.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

/// What the older versions put into `params.task` to have a request run as a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskMetadata {
    /// For how many milliseconds from its making the task is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_unsigned")]
    pub ttl: Option<u64>,
}

/// The result of a request that goes on as a task.
pub type CreateTaskResult = TaskResult<Task>;

/// The result of `tasks/get`.
pub type GetTaskResult = TaskResult<DetailedTask>;

/// The result of `tasks/cancel`: empty, or, in the older version, the task.
pub type CancelTaskResult = TaskResult<Option<Task>>;

/// A result whose members are those of a task.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TaskResult<T> {
    /// The task.
    pub task: T,
    /// What kind of result this is.
    pub result_type: Option<ResultType>,
    /// `_meta`.
    pub meta: Meta,
}

impl TaskResult<Task> {
    /// The request goes on as this task.
    pub fn created(task: Task) -> Self {
        Self { task, result_type: Some(ResultType::Task), meta: Meta::absent() }
    }
}

impl<T> TaskResult<T> {
    /// How the task stands.
    pub fn new(task: T) -> Self {
        Self { task, result_type: Some(ResultType::Complete), meta: Meta::absent() }
    }
}

impl<T: TaskMembers> Serialize for TaskResult<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        self.task.write(&mut map)?;
        entry(&mut map, "resultType", self.result_type.as_ref())?;
        entry(&mut map, "_meta", Some(&self.meta).filter(|meta| !meta.is_absent()))?;
        map.end()
    }
}

impl<'de, T: TaskMembers> Deserialize<'de> for TaskResult<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let members = JsonObject::deserialize(from)?;
        let task = T::read(&members).map_err(D::Error::custom)?;
        let Envelope { result_type, meta } = Envelope::deserialize(&members).map_err(D::Error::custom)?;
        Ok(Self { task, result_type, meta })
    }
}

/// The params of the notification that tells how a task stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TaskStatusNotificationParams {
    /// The task.
    pub task: DetailedTask,
    /// `_meta`.
    pub meta: Meta,
}

impl TaskStatusNotificationParams {
    /// This is how the task stands.
    pub fn new(task: impl Into<DetailedTask>) -> Self {
        Self { task: task.into(), meta: Meta::absent() }
    }
}

impl Serialize for TaskStatusNotificationParams {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        self.task.write(&mut map)?;
        entry(&mut map, "_meta", Some(&self.meta).filter(|meta| !meta.is_absent()))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for TaskStatusNotificationParams {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        TaskResult::deserialize(from).map(|TaskResult { task, meta, .. }| Self { task, meta })
    }
}

/// The params of `tasks/get`, `tasks/result` and `tasks/cancel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskRequestParams {
    /// The task's id.
    pub task_id: String,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl TaskRequestParams {
    /// The task of this id.
    pub fn new(task_id: impl Into<String>) -> Self {
        Self { task_id: task_id.into(), meta: Meta::absent() }
    }
}

/// The params of `tasks/get`.
pub type GetTaskRequestParams = TaskRequestParams;

/// The params of `tasks/result`.
pub type GetTaskPayloadRequestParams = TaskRequestParams;

/// The params of `tasks/cancel`.
pub type CancelTaskRequestParams = TaskRequestParams;

/// The params of `tasks/update`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpdateTaskRequestParams {
    /// The task's id.
    pub task_id: String,
    /// Answers to what the task waits for.
    pub input_responses: InputResponses,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl UpdateTaskRequestParams {
    /// These answers for the task of this id.
    pub fn new(task_id: impl Into<String>, input_responses: InputResponses) -> Self {
        Self { task_id: task_id.into(), input_responses, meta: Meta::absent() }
    }
}

/// The result of `tasks/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListTasksResult {
    /// What is on this page.
    pub tasks: Vec<Task>,
    /// Where the next page starts, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ListTasksResult {
    /// This page, with none after it.
    pub fn new(tasks: Vec<Task>) -> Self {
        Self { tasks, next_cursor: None, result_type: Some(ResultType::Complete), meta: Meta::absent() }
    }
}

/// What stands flat among the members of a message.
trait TaskMembers: Sized {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
    fn read(members: &JsonObject) -> Result<Self, serde_json::Error>;
}

impl TaskMembers for Task {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("taskId", &self.task_id)?;
        map.serialize_entry("status", &self.status)?;
        entry(map, "statusMessage", self.status_message.as_ref())?;
        map.serialize_entry("createdAt", &self.created_at)?;
        map.serialize_entry("lastUpdatedAt", &self.last_updated_at)?;
        map.serialize_entry("ttlMs", &self.ttl_ms)?;
        entry(map, "pollIntervalMs", self.poll_interval_ms.as_ref())
    }

    fn read(members: &JsonObject) -> Result<Self, serde_json::Error> {
        Self::deserialize(members)
    }
}

impl TaskMembers for Option<Task> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.as_ref().map_or(Ok(()), |task| task.write(map))
    }

    fn read(members: &JsonObject) -> Result<Self, serde_json::Error> {
        if members.contains_key("taskId") { Task::read(members).map(Some) } else { Ok(None) }
    }
}

impl TaskMembers for DetailedTask {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.task.write(map)?;
        entry(map, "inputRequests", self.input_requests.as_ref())?;
        entry(map, "result", self.result.as_ref())?;
        entry(map, "error", self.error.as_ref())
    }

    fn read(members: &JsonObject) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Detail {
            input_requests: Option<InputRequests>,
            result: Option<JsonObject>,
            error: Option<TaskError>,
        }

        let task = Task::read(members)?;
        let Detail { input_requests, result, error } = Detail::deserialize(members)?;
        Ok(Self { task, input_requests, result, error })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    result_type: Option<ResultType>,
    #[serde(rename = "_meta", default)]
    meta: Meta,
}

fn entry<M: SerializeMap, T: Serialize>(map: &mut M, name: &'static str, value: Option<&T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn members() -> Value {
        json!({ "taskId": "t", "status": "working", "createdAt": "a", "lastUpdatedAt": "b", "ttlMs": null })
    }

    #[test]
    fn a_task_stands_flat_in_its_result() {
        let mut wire = members();
        wire["resultType"] = json!("task");
        wire["_meta"] = json!({ "a": 1 });
        let read: CreateTaskResult = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!((read.task.task_id.as_str(), read.task.ttl_ms), ("t", None));
        assert_eq!(serde_json::to_value(&read).unwrap(), wire);
    }

    #[test]
    fn what_belongs_to_the_status_comes_with_it() {
        let mut wire = members();
        wire["status"] = json!("failed");
        wire["error"] = json!({ "code": -32603, "message": "m" });
        let read: TaskStatusNotificationParams = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(read.task.error, Some(TaskError::new(-32603, "m")));
        assert_eq!(serde_json::to_value(&read).unwrap(), wire);
    }

    #[test]
    fn a_cancelled_task_may_be_told_or_not() {
        let empty: CancelTaskResult = serde_json::from_value(json!({ "resultType": "complete" })).unwrap();
        assert_eq!(empty, CancelTaskResult::new(None));
        let task: CancelTaskResult = serde_json::from_value(members()).unwrap();
        assert_eq!(task.task.map(|task| task.task_id).as_deref(), Some("t"));
    }

    #[test]
    fn the_lifetime_must_be_said_even_if_it_is_null() {
        let mut wire = members();
        wire.as_object_mut().unwrap().remove("ttlMs");
        assert!(serde_json::from_value::<Task>(wire).unwrap_err().to_string().contains("ttlMs"));
    }
}
