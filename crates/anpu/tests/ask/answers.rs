//! Each outcome of a question, and each answer that is none.

use anpu::model::{IncludeContext, ModelPreferences, SamplingMessage, Tool, ToolChoiceMode};
use anpu::prelude::*;
use serde_json::{Value, json};

use super::client::{Client, NEWEST, all};

/// Ask for a confirmation.
#[tool]
async fn confirm(cx: Cx) -> Result<String> {
    Ok(format!("{:?}", cx.ask("sure", Confirm::new("Sure?")).await?))
}

/// Ask for a name, and say what kind of error came instead.
#[tool]
async fn name(cx: Cx) -> String {
    match cx.ask("name", Text::new("Who?").min_length(2).max_length(5)).await {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

/// Sample from the model.
#[tool]
async fn summarize(cx: Cx) -> Result<String> {
    let sample = Sample::new("Summarize.")
        .message(SamplingMessage::assistant("What?"))
        .system("Be brief.")
        .max_tokens(200)
        .prefer(ModelPreferences::new().hint("small").cost(1.0))
        .temperature(0.5)
        .stop(["END"])
        .tools([Tool::new("look")])
        .tool_choice(ToolChoiceMode::Required)
        .include_context(IncludeContext::ThisServer)
        .metadata("trace", "t");
    Ok(cx.sample("summary", sample).await?.text())
}

/// Ask, or go on without where that cannot be.
#[tool]
async fn unasked(cx: Cx) -> String {
    let name = cx.ask("name", Text::new("Who?").max_length(5)).or(Outcome::Accepted("nobody".into()));
    match name.await {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn server() -> Server {
    Server::new("asking", "1.0.0").with(components![confirm, name, summarize, unasked])
}

#[tokio::test(start_paused = true)]
async fn a_person_accepts_declines_or_cancels() {
    let client = Client::open(server(), all()).await;
    for (action, told) in [("accept", "Accepted(())"), ("decline", "Declined"), ("cancel", "Cancelled")] {
        client.call(1, "confirm");
        let question = client.question("elicitation/create").await;
        let form = json!({ "mode": "form", "message": "Sure?",
            "requestedSchema": { "type": "object", "properties": {} } });
        assert_eq!(question["params"], form);
        client.answer(&question, json!({ "action": action }));
        assert_eq!(client.text(1).await, told);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_checked_before_the_handler_sees_it() {
    let client = Client::open(server(), all()).await;
    let cases = [
        (json!({ "action": "accept", "content": { "value": "Zoë" } }), "Accepted(\"Zoë\")"),
        (json!({ "action": "accept", "content": { "value": "Z" } }), "Invalid: "),
        (json!({ "action": "accept", "content": { "value": "Zacharias" } }), "Invalid: "),
        (json!({ "action": "accept", "content": { "value": 5 } }), "Invalid: "),
        (json!({ "action": "accept", "content": { "value": "Zoë", "other": 1 } }), "Invalid: "),
        (json!({ "action": "accept", "content": {} }), "Invalid: "),
        (json!({ "action": "accept" }), "Invalid: "),
        (json!({ "action": "accept", "content": ["Zoë"] }), "Invalid: "),
        (json!({ "action": "maybe" }), "Invalid: "),
        (json!({ "roots": [] }), "Invalid: "),
        (json!([]), "Invalid: "),
        (json!("yes"), "Invalid: "),
        (json!(null), "Invalid: "),
    ];
    for (answer, told) in cases {
        client.call(1, "name");
        let question = client.question("elicitation/create").await;
        client.answer(&question, answer.clone());
        let text = client.text(1).await;
        assert!(text.starts_with(told), "{answer}: {text}");
    }
    client.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn an_error_for_an_answer_is_a_refusal_or_a_no() {
    let client = Client::open(server(), all()).await;
    for (code, told) in [(-1, "Declined: no, thanks"), (-32603, "Refused: "), (-32602, "Refused: ")] {
        client.call(1, "name");
        let question = client.question("elicitation/create").await;
        let error = json!({ "code": code, "message": "no, thanks" });
        client.send(json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }));
        let text = client.text(1).await;
        assert!(text.starts_with(told), "{code}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_model_is_asked_with_all_that_was_said() {
    let client = Client::open(server(), all()).await;
    client.call(1, "summarize");
    let question = client.question("sampling/createMessage").await;
    let expected = json!({
        "messages": [
            { "role": "user", "content": { "type": "text", "text": "Summarize." } },
            { "role": "assistant", "content": { "type": "text", "text": "What?" } },
        ],
        "systemPrompt": "Be brief.", "maxTokens": 200, "temperature": 0.5, "stopSequences": ["END"],
        "modelPreferences": { "hints": [{ "name": "small" }], "costPriority": 1 },
        "tools": [{ "name": "look", "inputSchema": { "type": "object" } }],
        "toolChoice": { "mode": "required" }, "includeContext": "thisServer", "metadata": { "trace": "t" },
    });
    assert_eq!(question["params"], expected);
    let pieces = json!([{ "type": "text", "text": "Long " }, { "type": "image", "data": "", "mimeType": "image/png" },
        { "type": "text", "text": "ago." }]);
    client.answer(&question, json!({ "role": "assistant", "model": "m", "content": pieces }));
    assert_eq!(client.text(1).await, "Long ago.");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_cannot_be_asked_is_told_what_it_lacks() {
    let cases = [
        ("confirm", json!({}), json!({ "elicitation": {} })),
        ("confirm", json!({ "elicitation": { "url": {} } }), json!({ "elicitation": { "form": {} } })),
        ("summarize", json!({}), json!({ "sampling": { "context": {}, "tools": {} } })),
        ("summarize", json!({ "sampling": { "tools": {} } }), json!({ "sampling": { "context": {} } })),
    ];
    for (tool, capabilities, missing) in cases {
        let client = Client::open(server(), capabilities).await;
        client.call(1, tool);
        let reply: Value = client.next().await;
        assert_eq!(reply["error"]["data"]["requiredCapabilities"], missing, "{reply}");
        client.is_quiet().await;
    }
    // The handler may see it, too.
    let client = Client::open(server(), json!({})).await;
    client.call(1, "name");
    assert!(client.text(1).await.starts_with("Unsupported: "));
}

#[tokio::test(start_paused = true)]
async fn a_version_without_the_question_is_a_client_without_the_capability() {
    for version in ["2024-11-05", "2025-03-26"] {
        let client = Client::speaking(version, server(), all()).await;
        client.call(1, "name");
        assert!(client.text(1).await.starts_with("Unsupported: "), "{version}");
        client.is_quiet().await;
    }
    let client = Client::speaking("2025-06-18", server(), all()).await;
    client.call(1, "confirm");
    let question = client.question("elicitation/create").await;
    assert_eq!(question["params"].get("mode"), None, "2025-06-18 has forms only");
    client.answer(&question, json!({ "action": "accept", "content": {} }));
    assert_eq!(client.text(1).await, "Accepted(())");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_stands_in_for_a_client_that_cannot_be_asked_and_for_nothing_else() {
    for (version, capabilities) in
        [(NEWEST, json!({})), (NEWEST, json!({ "elicitation": { "url": {} } })), ("2025-03-26", all())]
    {
        let client = Client::speaking(version, server(), capabilities).await;
        client.call(1, "unasked");
        assert_eq!(client.text(1).await, "Accepted(\"nobody\")", "{version}");
        client.is_quiet().await;
    }
    let client = Client::open(server(), all()).await;
    let given = [
        (json!({ "action": "accept", "content": { "value": "Zoë" } }), "Accepted(\"Zoë\")"),
        (json!({ "action": "accept", "content": { "value": "Zacharias" } }), "Invalid"),
        (json!({ "action": "decline" }), "Declined"),
        (json!({ "action": "cancel" }), "Cancelled"),
    ];
    for (answer, told) in given {
        client.call(1, "unasked");
        let question = client.question("elicitation/create").await;
        client.answer(&question, answer);
        assert_eq!(client.text(1).await, told);
    }
    client.call(1, "unasked");
    let question = client.question("elicitation/create").await;
    client.withdrawn(&question).await;
    assert_eq!(client.text(1).await, "TimedOut");
}
