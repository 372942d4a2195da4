//! Completion of prompt arguments and template variables.

use anpu_proto::fault::Fault;
use anpu_proto::model::{CompleteReference, CompleteRequestParams};

use super::core::Core;
use super::dispatch::fault_of;
use super::shelves::Shelves;
use crate::component::{Completing, Completion, Component, ComponentKind, Kind};
use crate::handler::Cx;

/// What the component itself completes; `None` if it has nothing to complete this argument with.
pub(crate) async fn complete(
    core: &Core,
    cx: &Cx,
    params: &CompleteRequestParams,
) -> Result<Option<Completion>, Fault> {
    let argument = params.argument.name.as_str();
    let Some(component) = find(core, cx, &params.reference).await? else {
        // With hooks there may be components that nobody here knows.
        return match (&core.hooks, &params.reference) {
            (Some(_), _) => Ok(None),
            (None, CompleteReference::Prompt(prompt)) => Err(Fault::PromptNotFound(prompt.name.clone())),
            (None, CompleteReference::Resource(resource)) => Err(Fault::ResourceNotFound(resource.uri.clone())),
        };
    };
    let completing = Completing::new(params, cx.clone());
    let running = match component.kind() {
        Kind::Prompt(prompt) => prompt.complete(argument, completing),
        Kind::Template(template) => template.complete(argument, completing),
        Kind::Tool(_) | Kind::Resource(_) => None,
    };
    match running {
        Some(running) => running.await.map(Some).map_err(|error| fault_of(error, "the completion")),
        None => Ok(None),
    }
}

async fn find(core: &Core, cx: &Cx, reference: &CompleteReference) -> Result<Option<Component>, Fault> {
    let shelves = Shelves::of(core, cx);
    let (kind, name, own) = match reference {
        CompleteReference::Prompt(prompt) => {
            let own = shelves.prompt(&prompt.name).map(|entry| Component::of_prompt(&entry));
            (ComponentKind::Prompt, &prompt.name, own)
        }
        CompleteReference::Resource(resource) => {
            let uri = resource.uri.as_str();
            let by_uri = || shelves.template(uri).map(|(entry, _)| entry);
            let own = shelves.template_named(uri).or_else(by_uri).map(|entry| Component::of_template(&entry));
            let fixed = || shelves.resource(uri).map(|entry| Component::of_resource(&entry));
            (ComponentKind::ResourceTemplate, &resource.uri, own.or_else(fixed))
        }
    };
    if own.is_some() {
        return Ok(own);
    }
    for mount in &core.mounts {
        let found = mount.get(cx, kind, name).await.map_err(|error| fault_of(error, "the completion"))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
