//! The tools through which the suite looks at how a request is served: its headers, capabilities, stream and log.

use anpu::prelude::*;

pub(crate) fn components() -> Components {
    components![test_missing_capability, test_streaming_elicitation, test_logging_tool, test_custom_header]
}

/// Cannot do without the client's model.
#[tool]
async fn test_missing_capability(cx: Cx) -> Result<String> {
    let said = cx.sample("sample", Sample::new("Are you there?").max_tokens(10)).await?;
    Ok(format!("LLM response: {}", said.text()))
}

/// Reports progress before and after it asks the client's user.
#[tool]
async fn test_streaming_elicitation(cx: Cx) -> Result<String> {
    cx.progress(0.5, "asking").await;
    let outcome = cx.ask("streaming", Confirm::new("Shall it go on?")).await?;
    cx.progress(1.0, "asked").await;
    Ok(format!("Streaming complete: {}", if outcome.accepted() { "accepted" } else { "not accepted" }))
}

/// Logs, which only those see who asked for it.
#[tool(read_only)]
async fn test_logging_tool(cx: Cx) -> &'static str {
    cx.info("Diagnostic trace logging activated").await;
    "Logging evaluated"
}

/// Answers the value that also travels as a header.
#[tool(read_only)]
fn test_custom_header(
    /// clients repeat it as `Mcp-Param-Value`
    #[arg(header = "Value")]
    value: String,
) -> String {
    format!("The value: {value}")
}

#[cfg(test)]
mod tests {
    use anpu::model::{ClientCapabilities, Implementation, Notice};
    use anpu::{Fault, Probe};
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_the_client_lacks_is_named() {
        let error = test_missing_capability(Cx::test()).await.unwrap_err();
        assert_eq!(error.fault(), Some(&Fault::MissingCapability(json!({ "sampling": {} }))));
    }

    #[tokio::test]
    async fn something_is_on_the_stream_before_the_question() {
        let capabilities: ClientCapabilities = serde_json::from_value(json!({ "elicitation": {} })).unwrap();
        let probe = Probe::new().client(Implementation::new("test", "1"), capabilities).progress_token("p");
        test_streaming_elicitation(probe.cx()).await.unwrap_err();
        assert!(matches!(probe.said().as_slice(), [Notice::Progress(_)]), "{:?}", probe.said());
    }
}
