//! 2024-11-05: the first version. It added nothing to an older one; what no version knows ends here.

use super::walk::{self, Part};
use super::{AskWord, Dialect, Era, HttpRules, Method, NoticeWord, Spoken, asks, methods, notices, words};
use crate::fault::Fault;
use crate::model::{Content, SamplingMessageContentBlock};

pub(super) static DIALECT: Dialect = Dialect {
    version: "2024-11-05",
    era: Era::Session,
    // Its own transport had two endpoints; on the one endpoint of later versions its peers live by their rules.
    http: HttpRules {
        batching: false,
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

fn restate(_: Spoken<'_>) {}

/// Content of a kind that no version has becomes text, for everyone.
fn settle(said: Spoken<'_>) {
    walk::parts(said, &mut |part| match part {
        Part::Content(content) => {
            if let Content::Other(unknown) = content {
                *content = Content::Text(words::unknown(unknown));
            }
        }
        Part::Block(block) => {
            if let SamplingMessageContentBlock::Other(unknown) = block {
                *block = SamplingMessageContentBlock::Text(words::unknown(unknown));
            }
        }
        _ => {}
    });
}

fn code(fault: &Fault) -> Option<i32> {
    match fault {
        Fault::ResourceNotFound(_) => Some(-32002),
        _ => None,
    }
}
