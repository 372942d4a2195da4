//! The vocabulary: one chapter of the specification is one file, in the newest spelling, for all versions together.
//! It knows neither JSON-RPC nor versions; what a version says differently is that version's dialect.

mod annotations;
mod caching;
mod call;
mod cancellation;
mod capabilities;
mod completion;
mod content;
mod contents;
mod discover;
mod elicitation;
mod elicitation_choice;
mod elicitation_schema;
mod icons;
mod input_required;
mod lifecycle;
mod logging;
mod members;
mod meta;
mod object;
mod pagination;
mod progress;
mod prompts;
mod reading;
mod resources;
mod roots;
mod sampling;
mod sampling_message;
mod schema;
mod subscriptions;
mod tasks;
mod tools;
mod walked;
mod writing;

pub use annotations::{Annotations, Role};
pub use caching::{CacheScope, Cacheable};
pub use call::{Answer, Ask, Call, Notice, Reply};
pub use cancellation::CancelledNotificationParams;
pub use capabilities::{
    ClientCapabilities, ClientTaskRequests, ClientTasksCapability, ElicitationCapability, ElicitationTasks,
    PromptsCapability, ResourcesCapability, RootsCapability, SamplingCapability, SamplingTasks, ServerCapabilities,
    ServerTaskRequests, ServerTasksCapability, ToolTasks, ToolsCapability,
};
pub use completion::{
    CompleteArgument, CompleteContext, CompleteReference, CompleteRequestParams, CompleteResult, Completion,
    PromptReference, ResourceTemplateReference,
};
pub use content::{AudioContent, Content, EmbeddedResource, ImageContent, TextContent};
pub use contents::{
    BlobResourceContents, ReadResourceRequestParams, ReadResourceResult, ResourceContents,
    ResourceUpdatedNotificationParams, SubscribeRequestParams, TextResourceContents, UnsubscribeRequestParams,
};
pub use discover::{DiscoverParams, DiscoverResult};
pub use elicitation::{
    ElicitAction, ElicitMode, ElicitRequestFormParams, ElicitRequestParams, ElicitRequestUrlParams, ElicitResult,
    ElicitationCompleteNotificationParams,
};
pub use elicitation_choice::{
    EnumOption, EnumSchema, LegacyTitledEnumSchema, TitledItems, TitledMultiSelectEnumSchema,
    TitledSingleSelectEnumSchema, UntitledItems, UntitledMultiSelectEnumSchema, UntitledSingleSelectEnumSchema,
};
pub use elicitation_schema::{
    BooleanSchema, NumberKind, NumberSchema, PrimitiveSchemaDefinition, Properties, RequestedSchema, StringFormat,
    StringSchema,
};
pub use icons::{Icon, IconTheme};
pub use input_required::{InputRequest, InputRequests, InputRequiredResult, InputResponse, InputResponses};
pub use lifecycle::{Implementation, InitializeRequestParams, InitializeResult};
pub use logging::{LoggingLevel, LoggingMessageNotificationParams, SetLevelRequestParams};
pub use meta::{EmptyResult, Meta, NotificationParams, RequestId, RequestParams, ResultType};
pub(crate) use object::read_beside;
pub use object::read_object;
pub use pagination::PaginatedRequestParams;
pub use progress::{ProgressNotificationParams, ProgressToken};
pub use prompts::{GetPromptRequestParams, GetPromptResult, ListPromptsResult, Prompt, PromptArgument, PromptMessage};
pub use reading::JsonObject;
pub use resources::{ListResourceTemplatesResult, ListResourcesResult, Resource, ResourceLink, ResourceTemplate};
pub use roots::{ListRootsRequestParams, ListRootsResult, Root};
pub use sampling::{
    CreateMessageRequestParams, CreateMessageResult, IncludeContext, ModelHint, ModelPreferences, StopReason,
    ToolChoice, ToolChoiceMode,
};
pub use sampling_message::{
    SamplingContent, SamplingMessage, SamplingMessageContentBlock, ToolResultContent, ToolUseContent,
};
pub use schema::{NotAnObject, Schema};
pub use subscriptions::{
    SubscriptionFilter, SubscriptionsAcknowledgedNotificationParams, SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
};
pub use tasks::{
    CancelTaskRequestParams, CancelTaskResult, CreateTaskResult, DetailedTask, GetTaskPayloadRequestParams,
    GetTaskRequestParams, GetTaskResult, ListTasksResult, TASKS_EXTENSION, Task, TaskError, TaskMetadata,
    TaskRequestParams, TaskResult, TaskStatus, TaskStatusNotificationParams, UpdateTaskRequestParams,
};
pub use tools::{
    CallToolRequestParams, CallToolResult, ListToolsResult, TaskSupport, Tool, ToolAnnotations, ToolExecution,
};
pub(crate) use walked::read_params;
pub use writing::WrittenResult;
