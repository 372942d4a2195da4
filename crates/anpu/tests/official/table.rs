//! Who sends what is in which folder.

use serde_json::Value;

use crate::{Examples, client, errors, notices, results};

/// What the examples of a folder are, and so how they are checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part {
    /// A client sends it as it is.
    ClientRequest,
    /// The params of a client's request of this method.
    ClientParams(&'static str),
    ClientNotification,
    /// What a client is asked for: an answer, or a part of one.
    ClientAnswer,
    /// What a client says of itself with each request.
    ClientCapabilities,
    /// A result for the request of this folder.
    ServerResult(&'static str),
    /// A result in its envelope.
    ServerResponse(&'static str),
    /// What asks a client for something, in a result.
    ServerQuestion,
    ServerNotification,
    ServerError,
    /// A piece of a result or a question.
    ServerPiece,
}

use Part::{
    ClientAnswer, ClientCapabilities, ClientNotification, ClientParams, ClientRequest, ServerError, ServerNotification,
    ServerPiece, ServerQuestion, ServerResponse, ServerResult,
};

pub(crate) const FOLDERS: &[(&str, Part)] = &[
    ("AudioContent", ServerPiece),
    ("BlobResourceContents", ServerPiece),
    ("BooleanSchema", ServerPiece),
    ("CallToolRequest", ClientRequest),
    ("CallToolRequestParams", ClientParams("tools/call")),
    ("CallToolResult", ServerResult("CallToolRequest")),
    ("CallToolResultResponse", ServerResponse("CallToolRequest")),
    ("CancelledNotification", ClientNotification),
    ("CancelledNotificationParams", ClientNotification),
    ("ClientCapabilities", ClientCapabilities),
    ("CompleteRequest", ClientRequest),
    ("CompleteRequestParams", ClientParams("completion/complete")),
    ("CompleteResult", ServerResult("CompleteRequest")),
    ("CompleteResultResponse", ServerResponse("CompleteRequest")),
    ("CreateMessageRequest", ServerQuestion),
    ("CreateMessageRequestParams", ServerQuestion),
    ("CreateMessageResult", ClientAnswer),
    ("DiscoverRequest", ClientRequest),
    ("DiscoverResult", ServerResult("DiscoverRequest")),
    ("DiscoverResultResponse", ServerResponse("DiscoverRequest")),
    ("ElicitRequest", ServerQuestion),
    ("ElicitRequestFormParams", ServerQuestion),
    ("ElicitRequestURLParams", ServerQuestion),
    ("ElicitResult", ClientAnswer),
    ("EmbeddedResource", ServerPiece),
    ("GetPromptRequest", ClientRequest),
    ("GetPromptRequestParams", ClientParams("prompts/get")),
    ("GetPromptResult", ServerResult("GetPromptRequest")),
    ("GetPromptResultResponse", ServerResponse("GetPromptRequest")),
    ("HeaderMismatchError", ServerError),
    ("ImageContent", ServerPiece),
    ("InputRequests", ServerQuestion),
    ("InputRequiredResult", ServerQuestion),
    ("InputResponses", ClientAnswer),
    ("InternalError", ServerError),
    ("InvalidParamsError", ServerError),
    ("ListPromptsRequest", ClientRequest),
    ("ListPromptsResult", ServerResult("ListPromptsRequest")),
    ("ListPromptsResultResponse", ServerResponse("ListPromptsRequest")),
    ("ListResourceTemplatesRequest", ClientRequest),
    ("ListResourceTemplatesResult", ServerResult("ListResourceTemplatesRequest")),
    ("ListResourceTemplatesResultResponse", ServerResponse("ListResourceTemplatesRequest")),
    ("ListResourcesRequest", ClientRequest),
    ("ListResourcesResult", ServerResult("ListResourcesRequest")),
    ("ListResourcesResultResponse", ServerResponse("ListResourcesRequest")),
    ("ListRootsRequest", ServerQuestion),
    ("ListRootsResult", ClientAnswer),
    ("ListToolsRequest", ClientRequest),
    ("ListToolsResult", ServerResult("ListToolsRequest")),
    ("ListToolsResultResponse", ServerResponse("ListToolsRequest")),
    ("LoggingMessageNotification", ServerNotification),
    ("LoggingMessageNotificationParams", ServerNotification),
    ("MethodNotFoundError", ServerError),
    ("MissingRequiredClientCapabilityError", ServerError),
    ("ModelPreferences", ServerPiece),
    ("NumberSchema", ServerPiece),
    ("PaginatedRequestParams", ClientParams("tools/list")),
    ("ParseError", ServerError),
    ("ProgressNotification", ServerNotification),
    ("ProgressNotificationParams", ServerNotification),
    ("PromptListChangedNotification", ServerNotification),
    ("ReadResourceRequest", ClientRequest),
    ("ReadResourceResult", ServerResult("ReadResourceRequest")),
    ("ReadResourceResultResponse", ServerResponse("ReadResourceRequest")),
    ("Resource", ServerPiece),
    ("ResourceLink", ServerPiece),
    ("ResourceListChangedNotification", ServerNotification),
    ("ResourceUpdatedNotification", ServerNotification),
    ("ResourceUpdatedNotificationParams", ServerNotification),
    ("Root", ClientAnswer),
    ("SamplingMessage", ServerPiece),
    ("ServerCapabilities", ServerPiece),
    ("StringSchema", ServerPiece),
    ("SubscriptionsAcknowledgedNotification", ServerNotification),
    ("SubscriptionsListenRequest", ClientRequest),
    ("SubscriptionsListenResult", ServerResult("SubscriptionsListenRequest")),
    ("SubscriptionsListenResultResponse", ServerResponse("SubscriptionsListenRequest")),
    ("TextContent", ServerPiece),
    ("TextResourceContents", ServerPiece),
    ("TitledMultiSelectEnumSchema", ServerPiece),
    ("TitledSingleSelectEnumSchema", ServerPiece),
    ("Tool", ServerPiece),
    ("ToolListChangedNotification", ServerNotification),
    ("ToolResultContent", ServerPiece),
    ("ToolUseContent", ClientAnswer),
    ("UnsupportedProtocolVersionError", ServerError),
    ("UntitledMultiSelectEnumSchema", ServerPiece),
    ("UntitledSingleSelectEnumSchema", ServerPiece),
];

pub(crate) fn part(kind: &str) -> Option<Part> {
    FOLDERS.iter().find(|(folder, _)| *folder == kind).map(|(_, part)| *part)
}

impl Part {
    /// What is counted.
    pub(crate) fn label(self) -> &'static str {
        match self {
            ClientRequest | ClientParams(_) => "requests of clients",
            ClientNotification => "notifications of clients",
            ClientAnswer => "answers of clients",
            ClientCapabilities => "capabilities of clients",
            ServerResult(_) | ServerResponse(_) => "results",
            ServerQuestion => "questions",
            ServerNotification => "notifications",
            ServerError => "errors",
            ServerPiece => "parts of results and questions",
        }
    }

    pub(crate) async fn check(self, all: &Examples, kind: &str, name: &str, example: &Value) -> Result<(), String> {
        match self {
            ClientRequest => client::request(all, example).await,
            ClientParams(method) => client::params(all, method, example).await,
            ClientNotification => client::notification(kind, example).await,
            ClientAnswer => client::answer(all, kind, name, example).await,
            ClientCapabilities => client::capabilities(example).await,
            ServerResult(of) => results::result(all, kind, of, example).await,
            ServerResponse(of) => results::response(all, kind, of, example).await,
            ServerQuestion => results::question(all, kind, example).await,
            ServerNotification => notices::notification(all, kind, example).await,
            ServerError => errors::error(kind, name, example).await,
            ServerPiece => results::piece(kind, example).await,
        }
    }
}
