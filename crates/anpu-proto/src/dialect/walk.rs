//! Reaches every part of a message, however deep it lies, so that a page says what changes and not where. Knows no version.

use serde::Deserialize;
use serde_json::Value;

use super::Spoken;
use crate::model::*;

/// A part of a message. Outer parts come before the parts inside them, and these as the outer one was left.
pub(super) enum Part<'a> {
    Content(&'a mut Content),
    Block(&'a mut SamplingMessageContentBlock),
    Tool(&'a mut Tool),
    Implementation(&'a mut Implementation),
    ClientCapabilities(&'a mut ClientCapabilities),
    ServerCapabilities(&'a mut ServerCapabilities),
    CreateMessage(&'a mut CreateMessageRequestParams),
    Elicit(&'a mut ElicitRequestParams),
    Icons(&'a mut Vec<Icon>),
    /// A name for people, of whatever has one.
    Title(&'a mut Option<String>),
    Annotations(&'a mut Annotations),
    /// The `_meta` of a part; that of the message itself is reached by [`meta`].
    Meta(&'a mut Meta),
}

/// The `_meta` of the message itself.
pub(super) fn meta(said: Spoken<'_>) -> Option<&mut Meta> {
    match said {
        Spoken::Call(call) => call.meta_mut(),
        Spoken::Reply(reply) => reply.meta_mut(),
        Spoken::Notice(notice) => notice.meta_mut(),
        Spoken::Ask(ask) => Some(ask.meta_mut()),
        Spoken::Answer(answer) => match answer {
            Answer::Empty(result) => Some(&mut result.meta),
            Answer::CreateMessage(result) => Some(&mut result.meta),
            Answer::ListRoots(result) => Some(&mut result.meta),
            Answer::Elicit(result) => Some(&mut result.meta),
            Answer::CreateTask(result) => Some(&mut result.meta),
            Answer::GetTask(result) => Some(&mut result.meta),
            Answer::CancelTask(result) => Some(&mut result.meta),
            Answer::ListTasks(result) => Some(&mut result.meta),
            Answer::TaskPayload(_) => None,
        },
    }
}

/// Shows `see` every part of the message.
pub(super) fn parts(said: Spoken<'_>, see: &mut dyn FnMut(Part<'_>)) {
    match said {
        Spoken::Call(Call::Initialize(params)) => {
            see(Part::ClientCapabilities(&mut params.capabilities));
            implementation(&mut params.client_info, see);
        }
        Spoken::Call(Call::Complete(params)) => {
            if let CompleteReference::Prompt(prompt) = &mut params.reference {
                see(Part::Title(&mut prompt.title));
            }
        }
        Spoken::Reply(reply) => in_reply(reply, see),
        Spoken::Ask(Ask::CreateMessage(params)) => create_message(params, see),
        Spoken::Ask(Ask::Elicit(params)) => see(Part::Elicit(params)),
        Spoken::Answer(Answer::CreateMessage(result)) => sampling(&mut result.content, see),
        Spoken::Answer(Answer::ListRoots(result)) => {
            result.roots.iter_mut().for_each(|root| see(Part::Meta(&mut root.meta)));
        }
        Spoken::Notice(Notice::TaskStatus(params)) => detailed(&mut params.task, see),
        Spoken::Call(_) | Spoken::Notice(_) | Spoken::Ask(_) | Spoken::Answer(_) => {}
    }
}

fn in_reply(reply: &mut Reply, see: &mut dyn FnMut(Part<'_>)) {
    match reply {
        Reply::CallTool(result) => result.content.iter_mut().for_each(|it| content(it, see)),
        Reply::Initialize(result) => {
            see(Part::ServerCapabilities(&mut result.capabilities));
            implementation(&mut result.server_info, see);
        }
        Reply::Discover(result) => see(Part::ServerCapabilities(&mut result.capabilities)),
        Reply::ListTools(result) => result.tools.iter_mut().for_each(|it| tool(it, see)),
        Reply::ListResources(result) => {
            for Resource { title, annotations, icons, meta, .. } in &mut result.resources {
                listed(title, annotations.as_mut(), icons, meta, see);
            }
        }
        Reply::ListResourceTemplates(result) => {
            for ResourceTemplate { title, annotations, icons, meta, .. } in &mut result.resource_templates {
                listed(title, annotations.as_mut(), icons, meta, see);
            }
        }
        Reply::ReadResource(result) => result.contents.iter_mut().for_each(|it| contents(it, see)),
        Reply::ListPrompts(result) => {
            for Prompt { title, arguments, icons, meta, .. } in &mut result.prompts {
                listed(title, None, icons, meta, see);
                arguments.iter_mut().for_each(|argument| see(Part::Title(&mut argument.title)));
            }
        }
        Reply::GetPrompt(result) => result.messages.iter_mut().for_each(|message| content(&mut message.content, see)),
        Reply::InputRequired(result) => result.input_requests.iter_mut().for_each(|requests| questions(requests, see)),
        Reply::TaskPayload(payload) => outcome(payload, see),
        Reply::GetTask(result) => detailed(&mut result.task, see),
        _ => {}
    }
}

fn listed(
    title: &mut Option<String>,
    annotations: Option<&mut Annotations>,
    icons: &mut Vec<Icon>,
    meta: &mut Meta,
    see: &mut dyn FnMut(Part<'_>),
) {
    see(Part::Title(title));
    annotations.into_iter().for_each(|annotations| see(Part::Annotations(annotations)));
    see(Part::Icons(icons));
    see(Part::Meta(meta));
}

fn tool(tool: &mut Tool, see: &mut dyn FnMut(Part<'_>)) {
    see(Part::Tool(tool));
    listed(&mut tool.title, None, &mut tool.icons, &mut tool.meta, see);
}

fn implementation(who: &mut Implementation, see: &mut dyn FnMut(Part<'_>)) {
    see(Part::Implementation(who));
    see(Part::Title(&mut who.title));
    see(Part::Icons(&mut who.icons));
}

fn content(content: &mut Content, see: &mut dyn FnMut(Part<'_>)) {
    see(Part::Content(content));
    match content {
        Content::Text(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        Content::Image(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        Content::Audio(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        Content::ResourceLink(it) => {
            listed(&mut it.title, it.annotations.as_mut(), &mut it.icons, &mut it.meta, see);
        }
        Content::Resource(it) => {
            hints(it.annotations.as_mut(), &mut it.meta, see);
            contents(&mut it.resource, see);
        }
        Content::Other(_) => {}
    }
}

fn contents(contents: &mut ResourceContents, see: &mut dyn FnMut(Part<'_>)) {
    match contents {
        ResourceContents::Text(it) => see(Part::Meta(&mut it.meta)),
        ResourceContents::Blob(it) => see(Part::Meta(&mut it.meta)),
    }
}

fn hints(annotations: Option<&mut Annotations>, meta: &mut Meta, see: &mut dyn FnMut(Part<'_>)) {
    annotations.into_iter().for_each(|annotations| see(Part::Annotations(annotations)));
    see(Part::Meta(meta));
}

fn create_message(params: &mut CreateMessageRequestParams, see: &mut dyn FnMut(Part<'_>)) {
    see(Part::CreateMessage(params));
    params.tools.iter_mut().for_each(|it| tool(it, see));
    for message in &mut params.messages {
        see(Part::Meta(&mut message.meta));
        sampling(&mut message.content, see);
    }
}

fn sampling(content: &mut SamplingContent, see: &mut dyn FnMut(Part<'_>)) {
    match content {
        SamplingContent::One(it) => block(it, see),
        SamplingContent::Many(blocks) => blocks.iter_mut().for_each(|it| block(it, see)),
    }
}

fn block(block: &mut SamplingMessageContentBlock, see: &mut dyn FnMut(Part<'_>)) {
    see(Part::Block(block));
    match block {
        SamplingMessageContentBlock::Text(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        SamplingMessageContentBlock::Image(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        SamplingMessageContentBlock::Audio(it) => hints(it.annotations.as_mut(), &mut it.meta, see),
        SamplingMessageContentBlock::ToolUse(it) => see(Part::Meta(&mut it.meta)),
        SamplingMessageContentBlock::ToolResult(it) => {
            see(Part::Meta(&mut it.meta));
            it.content.iter_mut().for_each(|it| content(it, see));
        }
        SamplingMessageContentBlock::Other(_) => {}
    }
}

fn questions(requests: &mut InputRequests, see: &mut dyn FnMut(Part<'_>)) {
    for request in requests.values_mut() {
        match request {
            InputRequest::CreateMessage(params) => create_message(params, see),
            InputRequest::Elicit(params) => see(Part::Elicit(params)),
            InputRequest::ListRoots(_) => {}
        }
    }
}

fn detailed(task: &mut DetailedTask, see: &mut dyn FnMut(Part<'_>)) {
    task.input_requests.iter_mut().for_each(|requests| questions(requests, see));
    if let Some(result) = task.result.take() {
        let mut payload = Value::Object(result);
        outcome(&mut payload, see);
        task.result = payload.as_object().cloned();
    }
}

/// The result of what ran as a task: where it has content it is that of a tool, the only thing that runs as one.
fn outcome(payload: &mut Value, see: &mut dyn FnMut(Part<'_>)) {
    if payload.get("content").is_some()
        && let Ok(mut result) = CallToolResult::deserialize(&*payload)
    {
        result.content.iter_mut().for_each(|it| content(it, see));
        *payload = serde_json::to_value(&result).unwrap_or_default();
    }
}
