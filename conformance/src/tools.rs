//! The tools of the suite that ask the client nothing.

use std::time::Duration;

use anpu::prelude::*;
use tokio::time::sleep;

use crate::media::{PNG, WAV};

/// How far apart the messages of a tool are.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn components() -> Components {
    components![
        test_simple_text,
        test_image_content,
        test_audio_content,
        test_embedded_resource,
        test_multiple_content_types,
        test_error_handling,
        test_tool_with_logging,
        test_tool_with_progress,
        test_reconnection,
        slow_compute,
    ]
}

/// Answers a text.
#[tool(read_only)]
fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Answers a picture.
#[tool(read_only)]
fn test_image_content() -> Image {
    Image::png(PNG)
}

/// Answers a sound.
#[tool(read_only)]
fn test_audio_content() -> Audio {
    Audio::wav(WAV)
}

/// Answers a resource with its contents.
#[tool(read_only)]
fn test_embedded_resource() -> Embedded {
    Embedded::text("test://embedded-resource", "This is an embedded resource content.").mime("text/plain")
}

/// Answers a text, a picture and a resource.
#[tool(read_only)]
fn test_multiple_content_types() -> Vec<Content> {
    let resource = Embedded::text("test://mixed-content-resource", r#"{"test":"data","value":123}"#);
    vec![
        Content::text("Multiple content types test:"),
        Image::png(PNG).into(),
        resource.mime("application/json").into(),
    ]
}

/// Fails.
#[tool]
fn test_error_handling() -> Result {
    Err(refused("This tool intentionally returns an error for testing"))
}

/// Sends three log messages while it runs.
#[tool]
async fn test_tool_with_logging(cx: Cx) -> &'static str {
    cx.info("Tool execution started").await;
    sleep(PAUSE).await;
    cx.info("Tool processing data").await;
    sleep(PAUSE).await;
    cx.info("Tool execution completed").await;
    "Tool with logging executed successfully"
}

/// Reports its progress three times while it runs.
#[tool]
async fn test_tool_with_progress(cx: Cx) -> &'static str {
    for done in [0.0, 50.0, 100.0] {
        let message = format!("Completed step {done} of 100");
        cx.progress_of(done, Some(100.0), Some(&message)).await;
        sleep(PAUSE).await;
    }
    "Tool with progress executed successfully"
}

/// Closes its stream before it answers, so that the client must come back for the answer.
#[tool]
async fn test_reconnection(cx: Cx) -> &'static str {
    cx.close_stream(Duration::from_millis(500));
    sleep(PAUSE).await;
    "Reconnection test completed successfully"
}

/// Takes its time; stops early when it is cancelled.
#[tool(timeout = "1h")]
async fn slow_compute(
    /// how long
    #[arg(min = 0, max = 3600)]
    seconds: f64,
    /// what to call it
    label: Option<String>,
    cx: Cx,
) -> Result<String> {
    let label = label.unwrap_or_else(|| "computation".to_owned());
    tokio::select! {
        () = sleep(Duration::from_secs_f64(seconds)) => Ok(format!("{label}: done after {seconds} s")),
        () = cx.cancelled() => Err(refused(format!("{label}: cancelled"))),
    }
}
