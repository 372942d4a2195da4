//! What the soak looks at and leans on; listed only with `--figures`.

use std::fs;
use std::time::Duration;

use anpu::prelude::*;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::sleep;

/// How long a question of the soak waits; most of them are never answered.
const BRIEF: Duration = Duration::from_secs(3);

pub(crate) fn components() -> Components {
    components![server_figures, ask_briefly, sample_briefly, touch_watched, poll_later]
}

/// What the server holds now: sessions but the caller's own, sockets of the process, living tasks.
#[tool(read_only)]
async fn server_figures(cx: Cx) -> Result<String> {
    let server = cx.server().ok_or_else(|| refused("there is no server"))?;
    let sessions = server.sessions().len().saturating_sub(1);
    let tasks = Handle::current().metrics().num_alive_tasks();
    Ok(json!({ "sessions": sessions, "sockets": sockets()?, "tasks": tasks }).to_string())
}

/// Asks the client's user, and does not wait long.
#[tool]
async fn ask_briefly(cx: Cx) -> Result<String> {
    let outcome = cx.ask("brief", Confirm::new("Go on?")).within(BRIEF).await?;
    Ok(format!("{outcome:?}"))
}

/// Asks the client's model, and does not wait long.
#[tool]
async fn sample_briefly(cx: Cx) -> Result<String> {
    let said = cx.sample("brief", Sample::new("Go on?").max_tokens(10)).within(BRIEF).await?;
    Ok(said.text())
}

/// Tells who watches the watched resource that it changed.
#[tool]
async fn touch_watched(cx: Cx) -> &'static str {
    cx.resource_updated("test://watched-resource");
    "touched"
}

/// Closes its stream, so that the client comes back for the answer.
#[tool]
async fn poll_later(cx: Cx) -> &'static str {
    cx.close_stream(Duration::from_millis(100));
    sleep(Duration::from_millis(300)).await;
    "polled"
}

/// Every open stream is one; the others are the listener, the runtime's own and connections between two requests.
fn sockets() -> Result<usize> {
    let open = fs::read_dir("/proc/self/fd")?.flatten();
    let links = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    Ok(links.filter(|link| link.to_string_lossy().starts_with("socket:")).count())
}
