//! Every message a server writes, by the name of its definition in the official schemas, with every optional member.

use anpu_proto::model::*;
use serde_json::json;

use super::parts::*;

pub(crate) fn input_requests() -> InputRequests {
    let mut roots = RequestParams::default();
    roots.meta = meta();
    InputRequests::from([
        ("form".to_owned(), InputRequest::from(elicit_form())),
        ("url".to_owned(), InputRequest::from(elicit_url())),
        ("model".to_owned(), InputRequest::from(create_message())),
        ("roots".to_owned(), InputRequest::ListRoots(roots)),
    ])
}

/// A task in each status, with what belongs to it.
pub(crate) fn tasks() -> Vec<DetailedTask> {
    let with = |status: TaskStatus| {
        let mut task = DetailedTask::from(task());
        task.task.status = status;
        task
    };
    let mut waiting = with(TaskStatus::InputRequired);
    waiting.input_requests = Some(input_requests());
    let mut done = with(TaskStatus::Completed);
    done.result = Some(object(json!({ "resultType": "complete", "content": [] })));
    let mut failed = with(TaskStatus::Failed);
    let mut error = TaskError::new(-32603, "no luck");
    error.data = Some(json!({ "why": 1 }));
    failed.error = Some(error);
    let mut bare = DetailedTask::from(Task::new("t-2", "2025-01-12T15:00:58Z"));
    bare.task.status = TaskStatus::Cancelled;
    vec![with(TaskStatus::Working), waiting, done, failed, with(TaskStatus::Cancelled), bare]
}

pub(crate) fn replies() -> Vec<(&'static str, Reply)> {
    let mut replies = vec![
        ("EmptyResult", Reply::Empty(EmptyResult::default())),
        ("UpdateTaskResult", Reply::UpdateTask(EmptyResult::default())),
        ("InitializeResult", Reply::Initialize(Box::new(initialize()))),
        ("DiscoverResult", Reply::Discover(Box::new(discover()))),
        ("ListToolsResult", Reply::ListTools(list_tools())),
        ("CallToolResult", Reply::CallTool(call_tool())),
        ("CallToolResult", Reply::CallTool(CallToolResult::structured(json!([1, 2])))),
        ("CallToolResult", Reply::CallTool(only_structured())),
        ("ListResourcesResult", Reply::ListResources(with_cursor!(ListResourcesResult, vec![resource()]))),
        (
            "ListResourceTemplatesResult",
            Reply::ListResourceTemplates(with_cursor!(ListResourceTemplatesResult, vec![template()])),
        ),
        ("ReadResourceResult", Reply::ReadResource(ReadResourceResult::new(contents()))),
        ("ListPromptsResult", Reply::ListPrompts(with_cursor!(ListPromptsResult, vec![prompt()]))),
        ("GetPromptResult", Reply::GetPrompt(get_prompt())),
        ("CompleteResult", Reply::Complete(CompleteResult::new(Completion::new(vec!["python".into()])))),
        ("SubscriptionsListenResult", Reply::Listen(SubscriptionsListenResult::new(&"listen-1".into()))),
        ("InputRequiredResult", Reply::InputRequired(input_required())),
        ("CreateTaskResult", Reply::CreateTask(Box::new(TaskResult::created(task())))),
        ("GetTaskPayloadResult", Reply::TaskPayload(serde_json::to_value(call_tool()).unwrap())),
        ("CancelTaskResult", Reply::CancelTask(Box::new(TaskResult::new(Some(task()))))),
        ("ListTasksResult", Reply::ListTasks(list_tasks())),
    ];
    replies.extend(tasks().into_iter().map(|task| ("GetTaskResult", Reply::GetTask(Box::new(TaskResult::new(task))))));
    for (_, reply) in &mut replies {
        if let Some(meta) = reply.meta_mut() {
            let own: Vec<(String, _)> = meta.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect();
            *meta = own.into_iter().fold(result_meta(), |meta, (key, value)| meta.with(key, value));
        }
    }
    replies
}

macro_rules! with_cursor {
    ($name:ident, $items:expr) => {
        $name::new($items).next_cursor(Some("next".into())).cached(60_000, CacheScope::Public)
    };
}
use with_cursor;

fn initialize() -> InitializeResult {
    InitializeResult::new("2025-06-18", server_capabilities(), implementation()).instructions("Be nice.")
}

fn discover() -> DiscoverResult {
    let mut discover = DiscoverResult::new(["2026-07-28"], server_capabilities());
    discover.instructions = Some("Be nice.".into());
    discover
}

fn list_tools() -> ListToolsResult {
    let array = tool().output_schema(schema(json!({ "type": "array", "items": { "type": "number" } })));
    with_cursor!(ListToolsResult, vec![tool(), array, Tool::new("bare")])
}

pub(crate) fn call_tool() -> CallToolResult {
    let mut result = CallToolResult::new(content());
    (result.structured_content, result.is_error) = (Some(json!({ "sum": 3, "of": { "a": [1] } })), Some(false));
    result
}

/// A tool that forgot the text: its value must not be lost where only text is understood.
fn only_structured() -> CallToolResult {
    let mut result = CallToolResult::new(Vec::new());
    result.structured_content = Some(json!(42));
    result
}

fn get_prompt() -> GetPromptResult {
    let mut messages: Vec<PromptMessage> = content().into_iter().map(PromptMessage::user).collect();
    messages.push(PromptMessage::assistant("Sure."));
    GetPromptResult::new(messages).description("A review.")
}

fn input_required() -> InputRequiredResult {
    InputRequiredResult::new(input_requests()).request_state("sealed")
}

fn list_tasks() -> ListTasksResult {
    let mut tasks = ListTasksResult::new(vec![task(), Task::new("t-2", "2025-01-12T15:00:58Z")]);
    tasks.next_cursor = Some("next".into());
    tasks
}

pub(crate) fn notices() -> Vec<(&'static str, Notice)> {
    let filter =
        SubscriptionFilter::new().tools_list_changed().prompts_list_changed().resources_list_changed().resource("a:b");
    let acknowledged = SubscriptionsAcknowledgedNotificationParams::new(&"listen-1".into(), filter);
    let mut notices = vec![
        ("InitializedNotification", Notice::Initialized(Meta::absent())),
        ("RootsListChangedNotification", Notice::RootsListChanged(Meta::absent())),
        (
            "CancelledNotification",
            Notice::Cancelled(CancelledNotificationParams::new("123").reason("The user said so.")),
        ),
        (
            "ProgressNotification",
            Notice::Progress(ProgressNotificationParams::new("p".into(), 50.0).total(100.0).message("half way")),
        ),
        (
            "LoggingMessageNotification",
            Notice::Message(
                LoggingMessageNotificationParams::new(LoggingLevel::Error, json!({ "a": [1] })).logger("db"),
            ),
        ),
        ("ResourceUpdatedNotification", Notice::ResourceUpdated(ResourceUpdatedNotificationParams::new("file:///a"))),
        ("ResourceListChangedNotification", Notice::ResourceListChanged(Meta::absent())),
        ("ToolListChangedNotification", Notice::ToolListChanged(Meta::absent())),
        ("PromptListChangedNotification", Notice::PromptListChanged(Meta::absent())),
        (
            "ElicitationCompleteNotification",
            Notice::ElicitationComplete(ElicitationCompleteNotificationParams::new("e-1")),
        ),
        ("SubscriptionsAcknowledgedNotification", Notice::SubscriptionsAcknowledged(acknowledged)),
    ];
    notices.extend(
        tasks().into_iter().map(|task| {
            ("TaskStatusNotification", Notice::TaskStatus(Box::new(TaskStatusNotificationParams::new(task))))
        }),
    );
    for (_, notice) in &mut notices {
        if let (false, Some(meta)) = (matches!(notice, Notice::ElicitationComplete(_)), notice.meta_mut()) {
            *meta = notice_meta();
        }
    }
    notices
}

pub(crate) fn asks() -> Vec<(&'static str, Ask)> {
    let token = meta().with(Meta::PROGRESS_TOKEN, "p");
    let mut page = PaginatedRequestParams::at("next");
    page.meta = token.clone();
    vec![
        ("PingRequest", Ask::Ping(token.clone())),
        ("PingRequest", Ask::Ping(Meta::absent())),
        ("CreateMessageRequest", Ask::CreateMessage(create_message())),
        ("ListRootsRequest", Ask::ListRoots(RequestParams::from(token))),
        ("ListRootsRequest", Ask::ListRoots(RequestParams::default())),
        ("ElicitRequest", Ask::Elicit(elicit_form())),
        ("ElicitRequestURLParams", Ask::Elicit(elicit_url())),
        ("GetTaskRequest", Ask::GetTask(TaskRequestParams::new("t-1"))),
        ("GetTaskPayloadRequest", Ask::GetTaskPayload(TaskRequestParams::new("t-1"))),
        ("CancelTaskRequest", Ask::CancelTask(TaskRequestParams::new("t-1"))),
        ("ListTasksRequest", Ask::ListTasks(page)),
    ]
}
