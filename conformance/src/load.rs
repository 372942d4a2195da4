//! What the load generator calls.

use anpu::model::Notice;
use anpu::prelude::*;

pub(crate) fn components() -> Components {
    components![echo, add, get_blob, notify_all]
}

/// Answers the text it was given.
#[tool(read_only)]
fn echo(text: String) -> String {
    text
}

/// Adds two numbers.
#[tool(read_only)]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

/// Answers a text of a given size.
#[tool(read_only)]
fn get_blob(
    /// KiB
    #[arg(max = 65536)]
    size: usize,
) -> String {
    "x".repeat(size * 1024)
}

/// Tells every session that the list of tools changed.
#[tool]
async fn notify_all(cx: Cx) -> Result<String> {
    let server = cx.server().ok_or_else(|| refused("there is no server"))?;
    server.broadcast(|_| true, &Notice::ToolListChanged(Default::default()));
    Ok(format!("told {} sessions", server.sessions().len()))
}
