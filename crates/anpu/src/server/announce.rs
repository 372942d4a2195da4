//! What a server says it can do, and what it therefore answers.

use anpu_proto::fault::Fault;
use anpu_proto::model::{Call, DiscoverResult, Meta, ServerCapabilities};

use super::core::Core;
use super::shelves::Shelves;
use crate::handler::Cx;

/// The capabilities of a server with the components it has or had: what was offered once stays offered.
///
/// Whoever has a provider or hooks may have anything, so everything is announced.
pub(crate) fn capabilities(core: &Core, cx: &Cx) -> ServerCapabilities {
    let shelves = Shelves::of(core, cx);
    let open = !core.mounts.is_empty() || core.hooks.is_some();
    let mut capabilities = ServerCapabilities::new().logging();
    if open || shelves.any(|shelf| shelf.ever.tools) {
        capabilities = capabilities.tools(true);
    }
    if open || shelves.any(|shelf| shelf.ever.prompts) {
        capabilities = capabilities.prompts(true);
    }
    if open || shelves.any(|shelf| shelf.ever.resources) {
        capabilities = capabilities.resources(true, true);
    }
    if capabilities.prompts.is_some() || capabilities.resources.is_some() {
        capabilities = capabilities.completions();
    }
    for (id, settings) in &core.words.extensions {
        capabilities.extensions.insert(id.clone(), settings.clone());
    }
    if let Some(announce) = &core.announce {
        announce(&mut capabilities);
    }
    capabilities
}

/// What a client without a session learns of the server.
pub(crate) fn discovery(core: &Core, cx: &Cx) -> DiscoverResult {
    let versions = core.dialects.iter().map(|dialect| dialect.version);
    let mut result = DiscoverResult::new(versions, capabilities(core, cx));
    result.instructions.clone_from(&core.instructions);
    // All of it, here only: the other results say who made them, not what it looks like.
    if let Err(error) = result.meta.insert_json(Meta::SERVER_INFO, &core.info) {
        tracing::warn!(%error, "what the server says of itself could not be written");
    }
    core.caching.of_lists(&core.mounts).apply(&mut result);
    result
}

/// Refuses a call that belongs to a capability which was not announced.
pub(crate) fn offered(core: &Core, cx: &Cx, call: &Call) -> Result<(), Fault> {
    let offered = match call {
        Call::ListTools(_) => capabilities(core, cx).tools.is_some(),
        Call::ListPrompts(_) | Call::GetPrompt(_) => capabilities(core, cx).prompts.is_some(),
        Call::ListResources(_) | Call::ListResourceTemplates(_) | Call::ReadResource(_) => {
            capabilities(core, cx).resources.is_some()
        }
        Call::Subscribe(_) | Call::Unsubscribe(_) => {
            capabilities(core, cx).resources.is_some_and(|resources| resources.subscribe)
        }
        Call::Complete(_) => capabilities(core, cx).completions.is_some(),
        Call::SetLevel(_) => capabilities(core, cx).logging.is_some(),
        _ => true,
    };
    if offered { Ok(()) } else { Err(Fault::MethodNotFound(call.method().to_owned())) }
}
