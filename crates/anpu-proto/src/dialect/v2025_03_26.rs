//! 2025-03-26: added audio, tool annotations, the message of progress, the completions capability, batches, and one
//! endpoint for HTTP.

use super::walk::{self, Part};
use super::{AskWord, Dialect, Era, HttpRules, Method, NoticeWord, Spoken, asks, methods, notices, words};
use crate::fault::Fault;
use crate::model::{Content, Notice, SamplingMessageContentBlock};

pub(super) static DIALECT: Dialect = Dialect {
    version: "2025-03-26",
    era: Era::Session,
    http: HttpRules {
        batching: true,
        session_header: true,
        get_stream: true,
        delete: true,
        resumable: true,
        priming_event: false,
        version_header: false,
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

const ASKS: &[AskWord] = &[asks::PING, asks::CREATE_MESSAGE, asks::LIST_ROOTS];

fn restate(mut said: Spoken<'_>) {
    walk::parts(said.reborrow(), &mut |part| match part {
        Part::Content(content) => {
            if let Content::Audio(audio) = content {
                *content = Content::Text(words::audio(audio));
            }
        }
        Part::Block(block) => {
            if let SamplingMessageContentBlock::Audio(audio) = block {
                *block = SamplingMessageContentBlock::Text(words::audio(audio));
            }
        }
        Part::Tool(tool) => tool.annotations = None,
        Part::ServerCapabilities(capabilities) => capabilities.completions = None,
        _ => {}
    });
    if let Spoken::Notice(Notice::Progress(params)) = said {
        params.message = None;
    }
}

fn settle(_: Spoken<'_>) {}

fn code(_: &Fault) -> Option<i32> {
    None
}
