//! Tools that make the server tell everybody who listens that something changed.

use anpu::Handle;
use anpu::prelude::*;

pub(crate) fn components() -> Components {
    components![
        test_trigger_tool_change,
        test_trigger_prompt_change,
        test_trigger_resource_change,
        test_trigger_resource_update,
    ]
}

/// Tells that the list of tools changed.
#[tool]
async fn test_trigger_tool_change(cx: Cx) -> Result<&'static str> {
    tell(&cx, Handle::tools_changed)
}

/// Tells that the list of prompts changed.
#[tool]
async fn test_trigger_prompt_change(cx: Cx) -> Result<&'static str> {
    tell(&cx, Handle::prompts_changed)
}

/// Tells that the list of resources changed.
#[tool]
async fn test_trigger_resource_change(cx: Cx) -> Result<&'static str> {
    tell(&cx, Handle::resources_changed)
}

/// Tells that the watched resource changed.
#[tool]
async fn test_trigger_resource_update(cx: Cx) -> Result<&'static str> {
    tell(&cx, |server| server.resource_updated("test://watched-resource"))
}

/// The lists themselves stay as they are: the suite also looks whether they are the same each time.
fn tell(cx: &Cx, change: impl FnOnce(&Handle)) -> Result<&'static str> {
    change(&cx.server().ok_or_else(|| refused("there is no server"))?);
    Ok("Mutation triggered")
}
