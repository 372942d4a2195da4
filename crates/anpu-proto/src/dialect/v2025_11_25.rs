//! 2025-11-25: added icons, more about an implementation, built-in tasks, URL elicitation, more kinds of choices and
//! defaults in forms, tools in sampling, the content arrays of sampling, and streams that may be closed early.

use super::walk::{self, Part};
use super::{AskWord, Dialect, Era, HttpRules, Method, NoticeWord, Spoken, asks, methods, notices, words};
use crate::fault::Fault;
use crate::model::{
    Answer, Call, ClientCapabilities, CreateMessageRequestParams, ElicitRequestFormParams, ElicitRequestParams,
    EnumOption, EnumSchema, LegacyTitledEnumSchema, Meta, Notice, PrimitiveSchemaDefinition, SamplingContent,
    SamplingMessage, SamplingMessageContentBlock, UntitledSingleSelectEnumSchema,
};

pub(super) static DIALECT: Dialect = Dialect {
    version: "2025-11-25",
    era: Era::Session,
    http: HttpRules {
        batching: false,
        session_header: true,
        get_stream: true,
        delete: true,
        resumable: true,
        priming_event: true,
        version_header: true,
        method_headers: false,
        disconnect_cancels: false,
    },
    extensions: false,
    null_error_id: false,
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
    methods::GET_TASK,
    methods::GET_TASK_PAYLOAD,
    methods::CANCEL_TASK,
    methods::LIST_TASKS,
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
    notices::ELICITATION_COMPLETE,
    notices::TASKS_STATUS,
];

const ASKS: &[AskWord] = &[
    asks::PING,
    asks::CREATE_MESSAGE_OR_TASK,
    asks::LIST_ROOTS,
    asks::ELICIT_OR_TASK,
    asks::GET_TASK,
    asks::GET_TASK_PAYLOAD,
    asks::CANCEL_TASK,
    asks::LIST_TASKS,
];

fn restate(mut said: Spoken<'_>) {
    if let Some(meta) = walk::meta(said.reborrow()) {
        meta.remove(Meta::RELATED_TASK);
    }
    walk::parts(said.reborrow(), &mut |part| match part {
        Part::Icons(icons) => icons.clear(),
        Part::Implementation(who) => (who.description, who.website_url) = (None, None),
        Part::Tool(tool) => tool.execution = None,
        Part::ServerCapabilities(capabilities) => capabilities.tasks = None,
        Part::ClientCapabilities(capabilities) => plain(capabilities),
        Part::CreateMessage(params) => without_tools(params),
        Part::Elicit(ElicitRequestParams::Form(params)) => simple(params),
        Part::Block(block) => without_tool(block),
        _ => {}
    });
    match said {
        Spoken::Call(Call::CallTool(params)) => params.task = None,
        Spoken::Notice(Notice::Cancelled(params)) => params.meta = Meta::absent(),
        Spoken::Notice(Notice::Progress(params)) => params.meta = Meta::absent(),
        Spoken::Notice(Notice::Message(params)) => params.meta = Meta::absent(),
        Spoken::Notice(Notice::ResourceUpdated(params)) => params.meta = Meta::absent(),
        Spoken::Answer(Answer::CreateMessage(result)) => one_piece(&mut result.content),
        Spoken::Answer(Answer::Elicit(result)) => {
            result.content.iter_mut().for_each(|content| content.retain(|_, value| !value.is_array()));
        }
        _ => {}
    }
}

fn plain(capabilities: &mut ClientCapabilities) {
    capabilities.tasks = None;
    if let Some(sampling) = &mut capabilities.sampling {
        (sampling.context, sampling.tools) = (None, None);
    }
    if let Some(elicitation) = &mut capabilities.elicitation {
        (elicitation.form, elicitation.url) = (None, None);
    }
}

/// A message of several pieces becomes several messages; the order and who says what stay.
fn without_tools(params: &mut CreateMessageRequestParams) {
    (params.task, params.tool_choice, params.meta) = (None, None, Meta::absent());
    params.tools.clear();
    let messages = std::mem::take(&mut params.messages);
    params.messages = messages
        .into_iter()
        .flat_map(|SamplingMessage { role, content, .. }| {
            let pieces = match content {
                SamplingContent::One(piece) => vec![piece],
                SamplingContent::Many(pieces) => pieces,
            };
            pieces.into_iter().map(move |piece| SamplingMessage::new(role, piece))
        })
        .collect();
}

fn without_tool(block: &mut SamplingMessageContentBlock) {
    let words = match block {
        SamplingMessageContentBlock::ToolUse(it) => words::tool_use(it),
        SamplingMessageContentBlock::ToolResult(it) => words::tool_result(it),
        _ => return,
    };
    *block = SamplingMessageContentBlock::Text(words);
}

fn one_piece(content: &mut SamplingContent) {
    let SamplingContent::Many(pieces) = content else { return };
    let only = match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.iter().map(words::block).collect::<Vec<_>>().join("\n").into(),
    };
    *content = SamplingContent::One(only);
}

fn simple(params: &mut ElicitRequestFormParams) {
    (params.mode, params.task, params.meta) = (None, None, Meta::absent());
    params.requested_schema.schema = None;
    for (_, field) in params.requested_schema.properties.iter_mut() {
        match field {
            PrimitiveSchemaDefinition::String(field) => field.default = None,
            PrimitiveSchemaDefinition::Number(field) => field.default = None,
            PrimitiveSchemaDefinition::Enum(choice) => *choice = simple_choice(choice),
            PrimitiveSchemaDefinition::Boolean(_) => {}
        }
    }
}

/// The version before had one kind of choice: one of some values, with or without names. Several become one.
fn simple_choice(choice: &EnumSchema) -> EnumSchema {
    let named = |options: &[EnumOption], title: &Option<String>, description: &Option<String>| {
        let mut named = LegacyTitledEnumSchema::default();
        (named.title, named.description) = (title.clone(), description.clone());
        named.values = options.iter().map(|option| option.value.clone()).collect();
        named.enum_names = options.iter().map(|option| option.title.clone()).collect();
        EnumSchema::LegacyTitled(named)
    };
    let unnamed = |values: &[String], title: &Option<String>, description: &Option<String>| {
        let mut unnamed = UntitledSingleSelectEnumSchema::default();
        (unnamed.title, unnamed.description) = (title.clone(), description.clone());
        unnamed.values = values.to_vec();
        EnumSchema::UntitledSingle(unnamed)
    };
    match choice {
        EnumSchema::TitledSingle(field) => named(&field.one_of, &field.title, &field.description),
        EnumSchema::TitledMulti(field) => named(&field.items.any_of, &field.title, &field.description),
        EnumSchema::UntitledSingle(field) => unnamed(&field.values, &field.title, &field.description),
        EnumSchema::UntitledMulti(field) => unnamed(&field.items.values, &field.title, &field.description),
        EnumSchema::LegacyTitled(field) => {
            let mut field = field.clone();
            field.default = None;
            EnumSchema::LegacyTitled(field)
        }
    }
}

fn settle(_: Spoken<'_>) {}

fn code(fault: &Fault) -> Option<i32> {
    match fault {
        Fault::UrlElicitationRequired { .. } => Some(-32042),
        _ => None,
    }
}
