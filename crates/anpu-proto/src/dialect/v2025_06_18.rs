//! 2025-06-18: added titles, structured output, resource links, elicitation, `_meta` on the parts of messages,
//! `lastModified`, the context of completions and the version header; took batches away.

use super::walk::{self, Part};
use super::{AskWord, Dialect, Era, HttpRules, Method, NoticeWord, Spoken, asks, methods, notices, words};
use crate::fault::Fault;
use crate::model::{Call, Content, Meta, Reply, Tool, ToolAnnotations};

pub(super) static DIALECT: Dialect = Dialect {
    version: "2025-06-18",
    era: Era::Session,
    http: HttpRules {
        batching: false,
        session_header: true,
        get_stream: true,
        delete: true,
        resumable: true,
        priming_event: false,
        version_header: true,
        method_headers: false,
        disconnect_cancels: false,
    },
    extensions: false,
    null_error_id: true,
    methods: METHODS,
    notices: NOTICES,
    asks: ASKS,
    restate,
    settle,
    code,
};

const METHODS: &[Method] = &[
    methods::CALL_TOOL,
    methods::PING,
    methods::INITIALIZE,
    methods::LIST_TOOLS,
    methods::LIST_RESOURCES,
    methods::LIST_RESOURCE_TEMPLATES,
    methods::READ_RESOURCE,
    methods::SUBSCRIBE,
    methods::UNSUBSCRIBE,
    methods::LIST_PROMPTS,
    methods::GET_PROMPT,
    methods::COMPLETE,
    methods::SET_LEVEL,
];

const NOTICES: &[NoticeWord] = &[
    notices::INITIALIZED,
    notices::CANCELLED,
    notices::PROGRESS,
    notices::MESSAGE,
    notices::RESOURCE_UPDATED,
    notices::RESOURCE_LIST_CHANGED,
    notices::TOOL_LIST_CHANGED,
    notices::PROMPT_LIST_CHANGED,
    notices::ROOTS_LIST_CHANGED,
];

const ASKS: &[AskWord] = &[asks::PING, asks::CREATE_MESSAGE, asks::LIST_ROOTS, asks::ELICIT_FORM];

fn restate(mut said: Spoken<'_>) {
    walk::parts(said.reborrow(), &mut |part| match part {
        Part::Content(content) => {
            if let Content::ResourceLink(link) = content {
                *content = Content::Text(words::resource_link(link));
            }
        }
        Part::Tool(tool) => {
            title_as_a_hint(tool);
            tool.output_schema = None;
        }
        Part::Title(title) => *title = None,
        Part::Annotations(annotations) => annotations.last_modified = None,
        Part::Meta(meta) => *meta = Meta::absent(),
        Part::ClientCapabilities(capabilities) => capabilities.elicitation = None,
        _ => {}
    });
    match said {
        Spoken::Call(Call::Complete(params)) => params.context = None,
        Spoken::Reply(Reply::CallTool(result)) => {
            // Structured content should come with its text; where a tool gave none, its value must not be lost.
            if let (Some(value), true) = (result.structured_content.take(), result.content.is_empty()) {
                result.content.push(Content::text(value.to_string()));
            }
        }
        _ => {}
    }
}

/// The version before had a place for a tool's title too, among the hints.
fn title_as_a_hint(tool: &mut Tool) {
    if let Some(title) = tool.title.take() {
        tool.annotations.get_or_insert_with(ToolAnnotations::new).title.get_or_insert(title);
    }
}

fn settle(_: Spoken<'_>) {}

fn code(_: &Fault) -> Option<i32> {
    None
}
