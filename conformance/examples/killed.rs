//! What `cargo xtask clients --kills` kills: a server with state, whose sessions are in a file, with calls that never end.
//! `killed ADDRESS FILE` says on its standard output when it serves, and when a call is held.

use std::env;
use std::io::{self, Write as _};
use std::time::Duration;

use anpu::prelude::*;
use anpu::store::Redb;
use anpu::{Handle, shutdown_signal};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Longer than anybody looks: an answer becomes a stream when its handler says something, and not by itself.
const NEVER: Duration = Duration::from_secs(3600);

/// How often the session's client called.
#[derive(Default, Serialize, Deserialize)]
struct Count {
    calls: u32,
}

/// How often a call that is run again ran.
#[derive(Default, Serialize, Deserialize)]
struct Runs {
    runs: u32,
}

/// Counts the session's calls.
#[tool]
async fn count(count: Session<Count>) -> Result<String> {
    let calls = count.update(|count| {
        count.calls += 1;
        Ok(count.calls)
    });
    Ok(calls.await?.to_string())
}

/// Tells everybody that the list of tools changed.
#[tool]
async fn touch(cx: Cx) -> Result<&'static str> {
    cx.server().as_ref().map(Handle::tools_changed).ok_or_else(|| refused("there is no server"))?;
    Ok("touched")
}

/// Says that it began if it is to, and never ends.
#[tool]
async fn hold(
    /// whether there is progress, with which the stream of the answer begins
    tell: bool,
    cx: Cx,
) -> Result<&'static str> {
    held(tell, &cx).await?;
    Ok("held")
}

/// The same, but run again it ends.
#[tool(replay)]
async fn hold_once(runs: Session<Runs>, cx: Cx) -> Result<String> {
    let run = runs.update(|runs| {
        runs.runs += 1;
        Ok(runs.runs)
    });
    let run = run.await?;
    if run == 1 {
        held(true, &cx).await?;
    }
    Ok(format!("run {run}"))
}

async fn held(tell: bool, cx: &Cx) -> Result {
    if tell {
        cx.progress(1.0, "began").await;
    }
    say("holds")?;
    tokio::time::sleep(NEVER).await;
    Ok(())
}

/// Says a line at once.
fn say(line: &str) -> Result {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

#[tokio::main]
async fn main() -> Result {
    let mut words = env::args().skip(1);
    let (Some(address), Some(file)) = (words.next(), words.next()) else { return Err(refused("killed ADDRESS FILE")) };
    let listener = TcpListener::bind(address).await?;
    let server = Server::new("killed", env!("CARGO_PKG_VERSION")).with(components![count, touch, hold, hold_once]);
    let server = server.stream_after(NEVER).store(Redb::open(file).await?).prepare().await?;
    say("serves")?;
    server.serve_listener(listener, shutdown_signal()).await
}
