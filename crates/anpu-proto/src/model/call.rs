//! The only unions over methods: what is asked, answered and told, each known by its method's name, never guessed.

use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// A request to a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Call {
    /// `initialize`.
    Initialize(Box<InitializeRequestParams>),
    /// `server/discover`.
    Discover(DiscoverParams),
    /// `ping`.
    Ping(Meta),
    /// `tools/list`.
    ListTools(PaginatedRequestParams),
    /// `tools/call`.
    CallTool(CallToolRequestParams),
    /// `resources/list`.
    ListResources(PaginatedRequestParams),
    /// `resources/templates/list`.
    ListResourceTemplates(PaginatedRequestParams),
    /// `resources/read`.
    ReadResource(ReadResourceRequestParams),
    /// `resources/subscribe`.
    Subscribe(SubscribeRequestParams),
    /// `resources/unsubscribe`.
    Unsubscribe(UnsubscribeRequestParams),
    /// `prompts/list`.
    ListPrompts(PaginatedRequestParams),
    /// `prompts/get`.
    GetPrompt(GetPromptRequestParams),
    /// `completion/complete`.
    Complete(CompleteRequestParams),
    /// `logging/setLevel`.
    SetLevel(SetLevelRequestParams),
    /// `subscriptions/listen`.
    Listen(SubscriptionsListenRequestParams),
    /// `tasks/get`.
    GetTask(GetTaskRequestParams),
    /// `tasks/result`.
    GetTaskPayload(GetTaskPayloadRequestParams),
    /// `tasks/cancel`.
    CancelTask(CancelTaskRequestParams),
    /// `tasks/list`.
    ListTasks(PaginatedRequestParams),
    /// `tasks/update`.
    UpdateTask(UpdateTaskRequestParams),
    /// A method that the server registered beside the specification.
    Other {
        /// The method's name.
        method: String,
        /// Its params, unread.
        params: Option<Box<RawValue>>,
    },
}

impl Call {
    /// The method's name.
    pub fn method(&self) -> &str {
        match self {
            Self::Other { method, .. } => method,
            known => known.known_method().unwrap_or_default(),
        }
    }

    fn known_method(&self) -> Option<&'static str> {
        Some(match self {
            Self::Initialize(_) => "initialize",
            Self::Discover(_) => "server/discover",
            Self::Ping(_) => "ping",
            Self::ListTools(_) => "tools/list",
            Self::CallTool(_) => "tools/call",
            Self::ListResources(_) => "resources/list",
            Self::ListResourceTemplates(_) => "resources/templates/list",
            Self::ReadResource(_) => "resources/read",
            Self::Subscribe(_) => "resources/subscribe",
            Self::Unsubscribe(_) => "resources/unsubscribe",
            Self::ListPrompts(_) => "prompts/list",
            Self::GetPrompt(_) => "prompts/get",
            Self::Complete(_) => "completion/complete",
            Self::SetLevel(_) => "logging/setLevel",
            Self::Listen(_) => "subscriptions/listen",
            Self::GetTask(_) => "tasks/get",
            Self::GetTaskPayload(_) => "tasks/result",
            Self::CancelTask(_) => "tasks/cancel",
            Self::ListTasks(_) => "tasks/list",
            Self::UpdateTask(_) => "tasks/update",
            Self::Other { .. } => return None,
        })
    }

    /// The method's name, of a fixed set: what a server registered is `other`. For labels of metrics.
    pub fn label(&self) -> &'static str {
        self.known_method().unwrap_or("other")
    }

    /// `_meta`; absent where the params are unread.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Initialize(params) => &params.meta,
            Self::Discover(params) => &params.meta,
            Self::Ping(meta) => meta,
            Self::ListTools(params)
            | Self::ListResources(params)
            | Self::ListResourceTemplates(params)
            | Self::ListPrompts(params)
            | Self::ListTasks(params) => &params.meta,
            Self::CallTool(params) => &params.meta,
            Self::ReadResource(params) => &params.meta,
            Self::Subscribe(params) | Self::Unsubscribe(params) => &params.meta,
            Self::GetPrompt(params) => &params.meta,
            Self::Complete(params) => &params.meta,
            Self::SetLevel(params) => &params.meta,
            Self::Listen(params) => &params.meta,
            Self::GetTask(params) | Self::GetTaskPayload(params) | Self::CancelTask(params) => &params.meta,
            Self::UpdateTask(params) => &params.meta,
            Self::Other { .. } => &ABSENT,
        }
    }

    /// `_meta`, to be changed; none where the params are unread.
    pub fn meta_mut(&mut self) -> Option<&mut Meta> {
        match self {
            Self::Initialize(params) => Some(&mut params.meta),
            Self::Discover(params) => Some(&mut params.meta),
            Self::Ping(meta) => Some(meta),
            Self::ListTools(params)
            | Self::ListResources(params)
            | Self::ListResourceTemplates(params)
            | Self::ListPrompts(params)
            | Self::ListTasks(params) => Some(&mut params.meta),
            Self::CallTool(params) => Some(&mut params.meta),
            Self::ReadResource(params) => Some(&mut params.meta),
            Self::Subscribe(params) | Self::Unsubscribe(params) => Some(&mut params.meta),
            Self::GetPrompt(params) => Some(&mut params.meta),
            Self::Complete(params) => Some(&mut params.meta),
            Self::SetLevel(params) => Some(&mut params.meta),
            Self::Listen(params) => Some(&mut params.meta),
            Self::GetTask(params) | Self::GetTaskPayload(params) | Self::CancelTask(params) => Some(&mut params.meta),
            Self::UpdateTask(params) => Some(&mut params.meta),
            Self::Other { .. } => None,
        }
    }
}

/// The result of a [`Call`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// A result without members: of `ping`, `logging/setLevel`, `resources/subscribe` and the like.
    Empty(EmptyResult),
    /// Of `initialize`.
    Initialize(Box<InitializeResult>),
    /// Of `server/discover`.
    Discover(Box<DiscoverResult>),
    /// Of `tools/list`.
    ListTools(ListToolsResult),
    /// Of `tools/call`.
    CallTool(CallToolResult),
    /// Of `resources/list`.
    ListResources(ListResourcesResult),
    /// Of `resources/templates/list`.
    ListResourceTemplates(ListResourceTemplatesResult),
    /// Of `resources/read`.
    ReadResource(ReadResourceResult),
    /// Of `prompts/list`.
    ListPrompts(ListPromptsResult),
    /// Of `prompts/get`.
    GetPrompt(GetPromptResult),
    /// Of `completion/complete`.
    Complete(CompleteResult),
    /// Of `subscriptions/listen`, when it ends.
    Listen(SubscriptionsListenResult),
    /// Questions instead of a result.
    InputRequired(InputRequiredResult),
    /// A task instead of a result.
    CreateTask(Box<CreateTaskResult>),
    /// Of `tasks/get`.
    GetTask(Box<GetTaskResult>),
    /// Of `tasks/result`: the result of what runs as the task.
    TaskPayload(Value),
    /// Of `tasks/cancel`.
    CancelTask(Box<CancelTaskResult>),
    /// Of `tasks/list`.
    ListTasks(ListTasksResult),
    /// Of `tasks/update`.
    UpdateTask(EmptyResult),
    /// Of a method outside the specification.
    Other(Value),
    /// Any result, already written in the peer's dialect.
    Written(WrittenResult),
}

impl Reply {
    /// `_meta`, to be changed; none where the result is plain JSON.
    pub fn meta_mut(&mut self) -> Option<&mut Meta> {
        match self {
            Self::Empty(result) | Self::UpdateTask(result) => Some(&mut result.meta),
            Self::Initialize(result) => Some(&mut result.meta),
            Self::Discover(result) => Some(&mut result.meta),
            Self::ListTools(result) => Some(&mut result.meta),
            Self::CallTool(result) => Some(&mut result.meta),
            Self::ListResources(result) => Some(&mut result.meta),
            Self::ListResourceTemplates(result) => Some(&mut result.meta),
            Self::ReadResource(result) => Some(&mut result.meta),
            Self::ListPrompts(result) => Some(&mut result.meta),
            Self::GetPrompt(result) => Some(&mut result.meta),
            Self::Complete(result) => Some(&mut result.meta),
            Self::Listen(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            Self::CreateTask(result) => Some(&mut result.meta),
            Self::GetTask(result) => Some(&mut result.meta),
            Self::CancelTask(result) => Some(&mut result.meta),
            Self::ListTasks(result) => Some(&mut result.meta),
            Self::TaskPayload(_) | Self::Other(_) | Self::Written(_) => None,
        }
    }

    /// `resultType`, to be changed; none where the result is plain JSON or never has one.
    pub fn result_type_mut(&mut self) -> Option<&mut Option<ResultType>> {
        match self {
            Self::Empty(result) | Self::UpdateTask(result) => Some(&mut result.result_type),
            Self::Discover(result) => Some(&mut result.result_type),
            Self::ListTools(result) => Some(&mut result.result_type),
            Self::CallTool(result) => Some(&mut result.result_type),
            Self::ListResources(result) => Some(&mut result.result_type),
            Self::ListResourceTemplates(result) => Some(&mut result.result_type),
            Self::ReadResource(result) => Some(&mut result.result_type),
            Self::ListPrompts(result) => Some(&mut result.result_type),
            Self::GetPrompt(result) => Some(&mut result.result_type),
            Self::Complete(result) => Some(&mut result.result_type),
            Self::Listen(result) => Some(&mut result.result_type),
            Self::InputRequired(result) => Some(&mut result.result_type),
            Self::CreateTask(result) => Some(&mut result.result_type),
            Self::GetTask(result) => Some(&mut result.result_type),
            Self::CancelTask(result) => Some(&mut result.result_type),
            Self::ListTasks(result) => Some(&mut result.result_type),
            Self::Initialize(_) | Self::TaskPayload(_) | Self::Other(_) | Self::Written(_) => None,
        }
    }

    /// The caching hints, to be changed, where the result has them.
    pub fn caching_mut(&mut self) -> Option<&mut dyn Cacheable> {
        match self {
            Self::Discover(result) => Some(result.as_mut()),
            Self::ListTools(result) => Some(result),
            Self::ListResources(result) => Some(result),
            Self::ListResourceTemplates(result) => Some(result),
            Self::ReadResource(result) => Some(result),
            Self::ListPrompts(result) => Some(result),
            _ => None,
        }
    }
}

/// A notification, from either side.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// `notifications/initialized`.
    Initialized(Meta),
    /// `notifications/cancelled`.
    Cancelled(CancelledNotificationParams),
    /// `notifications/progress`.
    Progress(ProgressNotificationParams),
    /// `notifications/message`.
    Message(LoggingMessageNotificationParams),
    /// `notifications/resources/updated`.
    ResourceUpdated(ResourceUpdatedNotificationParams),
    /// `notifications/resources/list_changed`.
    ResourceListChanged(Meta),
    /// `notifications/tools/list_changed`.
    ToolListChanged(Meta),
    /// `notifications/prompts/list_changed`.
    PromptListChanged(Meta),
    /// `notifications/roots/list_changed`.
    RootsListChanged(Meta),
    /// `notifications/elicitation/complete`.
    ElicitationComplete(ElicitationCompleteNotificationParams),
    /// `notifications/tasks`.
    TaskStatus(Box<TaskStatusNotificationParams>),
    /// `notifications/subscriptions/acknowledged`.
    SubscriptionsAcknowledged(SubscriptionsAcknowledgedNotificationParams),
    /// A notification outside the specification.
    Other {
        /// The method's name.
        method: String,
        /// Its params, unread.
        params: Option<Box<RawValue>>,
    },
}

impl Notice {
    /// The method's name.
    pub fn method(&self) -> &str {
        match self {
            Self::Initialized(_) => "notifications/initialized",
            Self::Cancelled(_) => "notifications/cancelled",
            Self::Progress(_) => "notifications/progress",
            Self::Message(_) => "notifications/message",
            Self::ResourceUpdated(_) => "notifications/resources/updated",
            Self::ResourceListChanged(_) => "notifications/resources/list_changed",
            Self::ToolListChanged(_) => "notifications/tools/list_changed",
            Self::PromptListChanged(_) => "notifications/prompts/list_changed",
            Self::RootsListChanged(_) => "notifications/roots/list_changed",
            Self::ElicitationComplete(_) => "notifications/elicitation/complete",
            Self::TaskStatus(_) => "notifications/tasks",
            Self::SubscriptionsAcknowledged(_) => "notifications/subscriptions/acknowledged",
            Self::Other { method, .. } => method,
        }
    }

    /// `_meta`; absent where the params are unread.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Initialized(meta)
            | Self::ResourceListChanged(meta)
            | Self::ToolListChanged(meta)
            | Self::PromptListChanged(meta)
            | Self::RootsListChanged(meta) => meta,
            Self::Cancelled(params) => &params.meta,
            Self::Progress(params) => &params.meta,
            Self::Message(params) => &params.meta,
            Self::ResourceUpdated(params) => &params.meta,
            Self::ElicitationComplete(params) => &params.meta,
            Self::TaskStatus(params) => &params.meta,
            Self::SubscriptionsAcknowledged(params) => &params.meta,
            Self::Other { .. } => &ABSENT,
        }
    }

    /// `_meta`, to be changed; none where the params are unread.
    pub fn meta_mut(&mut self) -> Option<&mut Meta> {
        match self {
            Self::Initialized(meta)
            | Self::ResourceListChanged(meta)
            | Self::ToolListChanged(meta)
            | Self::PromptListChanged(meta)
            | Self::RootsListChanged(meta) => Some(meta),
            Self::Cancelled(params) => Some(&mut params.meta),
            Self::Progress(params) => Some(&mut params.meta),
            Self::Message(params) => Some(&mut params.meta),
            Self::ResourceUpdated(params) => Some(&mut params.meta),
            Self::ElicitationComplete(params) => Some(&mut params.meta),
            Self::TaskStatus(params) => Some(&mut params.meta),
            Self::SubscriptionsAcknowledged(params) => Some(&mut params.meta),
            Self::Other { .. } => None,
        }
    }
}

/// A request to a client.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ask {
    /// `ping`.
    Ping(Meta),
    /// `sampling/createMessage`.
    CreateMessage(CreateMessageRequestParams),
    /// `roots/list`.
    ListRoots(ListRootsRequestParams),
    /// `elicitation/create`.
    Elicit(ElicitRequestParams),
    /// `tasks/get`.
    GetTask(GetTaskRequestParams),
    /// `tasks/result`.
    GetTaskPayload(GetTaskPayloadRequestParams),
    /// `tasks/cancel`.
    CancelTask(CancelTaskRequestParams),
    /// `tasks/list`.
    ListTasks(PaginatedRequestParams),
}

impl Ask {
    /// The method's name.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Ping(_) => "ping",
            Self::CreateMessage(_) => "sampling/createMessage",
            Self::ListRoots(_) => "roots/list",
            Self::Elicit(_) => "elicitation/create",
            Self::GetTask(_) => "tasks/get",
            Self::GetTaskPayload(_) => "tasks/result",
            Self::CancelTask(_) => "tasks/cancel",
            Self::ListTasks(_) => "tasks/list",
        }
    }

    /// `_meta`.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Ping(meta) => meta,
            Self::CreateMessage(params) => &params.meta,
            Self::ListRoots(params) => &params.meta,
            Self::Elicit(params) => params.meta(),
            Self::GetTask(params) | Self::GetTaskPayload(params) | Self::CancelTask(params) => &params.meta,
            Self::ListTasks(params) => &params.meta,
        }
    }

    /// `_meta`, to be changed.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Ping(meta) => meta,
            Self::CreateMessage(params) => &mut params.meta,
            Self::ListRoots(params) => &mut params.meta,
            Self::Elicit(params) => params.meta_mut(),
            Self::GetTask(params) | Self::GetTaskPayload(params) | Self::CancelTask(params) => &mut params.meta,
            Self::ListTasks(params) => &mut params.meta,
        }
    }
}

impl From<InputRequest> for Ask {
    fn from(request: InputRequest) -> Self {
        match request {
            InputRequest::CreateMessage(params) => Self::CreateMessage(params),
            InputRequest::ListRoots(params) => Self::ListRoots(params),
            InputRequest::Elicit(params) => Self::Elicit(params),
        }
    }
}

/// Gives the ask back if it cannot be put into a result.
impl TryFrom<Ask> for InputRequest {
    type Error = Ask;

    fn try_from(ask: Ask) -> Result<Self, Ask> {
        match ask {
            Ask::CreateMessage(params) => Ok(Self::CreateMessage(params)),
            Ask::ListRoots(params) => Ok(Self::ListRoots(params)),
            Ask::Elicit(params) => Ok(Self::Elicit(params)),
            other => Err(other),
        }
    }
}

/// The result of an [`Ask`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// Of `ping`.
    Empty(EmptyResult),
    /// Of `sampling/createMessage`.
    CreateMessage(CreateMessageResult),
    /// Of `roots/list`.
    ListRoots(ListRootsResult),
    /// Of `elicitation/create`.
    Elicit(ElicitResult),
    /// A task of the client instead of an answer.
    CreateTask(Box<CreateTaskResult>),
    /// Of `tasks/get`.
    GetTask(Box<GetTaskResult>),
    /// Of `tasks/result`.
    TaskPayload(Value),
    /// Of `tasks/cancel`.
    CancelTask(Box<CancelTaskResult>),
    /// Of `tasks/list`.
    ListTasks(ListTasksResult),
}

static ABSENT: Meta = Meta::absent();
