//! Callbacks: each of the hooks seen from the client's side.

use std::sync::{Arc, Mutex};

use anpu::model::{
    Call, CallToolRequestParams, CallToolResult, CompleteReference, CompleteRequestParams, GetPromptRequestParams,
    GetPromptResult, InitializeRequestParams, Notice, PromptMessage, ReadResourceResult, Reply, ResourceContents,
};
use anpu::testing::Client;
use anpu::{Completion, Cx, Ended, Fault, Hooks, Next, Result, Tool, refused};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::support::{server, text};

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Bouncer;

impl Hooks for Bouncer {
    async fn initialize(&self, _: &Cx, params: &InitializeRequestParams) -> Result {
        match params.client_info.name.as_str() {
            "guest" => Err(refused("guests are not served")),
            "clumsy" => Err(std::io::Error::other("secret path").into()),
            _ => Ok(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn initialize_may_refuse_a_client_with_a_text() {
    let handle = server().hooks(Bouncer).build().unwrap();
    let named = |name| Client::connect(&handle).info(anpu::model::Implementation::new(name, "1"));

    let error = named("guest").await.unwrap_err();
    assert!(error.to_string().contains("guests are not served"), "{error}");
    assert_eq!(error.fault().unwrap().base_code(), -32600);

    let error = named("clumsy").await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "what only happened to the hook stays in the log: {error}");

    assert!(named("friend").await.is_ok());
}

struct Watching(UnboundedSender<(String, Ended)>);

impl Hooks for Watching {
    async fn terminate(&self, session: &str, why: Ended) {
        self.0.send((session.to_owned(), why)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_session_is_told_once_with_its_reason() {
    let (sender, mut ended) = unbounded_channel();
    let handle = server().hooks(Watching(sender)).build().unwrap();

    let client = Client::connect(&handle).await.unwrap();
    let id = handle.sessions()[0].id();
    drop(client);
    assert_eq!(ended.recv().await.unwrap(), (id, Ended::Disconnected));

    let client = Client::connect(&handle).await.unwrap();
    let session = handle.sessions().remove(0);
    session.close();
    session.close();
    drop(client);
    assert_eq!(ended.recv().await.unwrap(), (session.id(), Ended::Closed));
    assert!(handle.sessions().is_empty() && handle.session(&session.id()).is_none());
    drop((handle, session));
    assert_eq!(ended.recv().await, None, "each end was told once");
}

struct Listening(UnboundedSender<String>);

impl Hooks for Listening {
    async fn notification(&self, cx: &Cx, notice: &Notice) {
        self.0.send(format!("{} from {}", notice.method(), cx.client().name)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_client_says_is_heard() {
    let (sender, mut heard) = unbounded_channel();
    let client = Client::connect(server().hooks(Listening(sender))).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "notifications/initialized from test");
    client.notify("notifications/roots/list_changed", Value::Null);
    assert_eq!(heard.recv().await.unwrap(), "notifications/roots/list_changed from test");
    client.notify("notifications/unheard-of", json!({ "any": 1 }));
    assert_eq!(heard.recv().await.unwrap(), "notifications/unheard-of from test");
}

struct Wrapping(Diary);

impl Hooks for Wrapping {
    async fn around(&self, cx: &Cx, call: Call, next: Next<'_>) -> Result<Reply, Fault> {
        let method = call.method().to_owned();
        if let Call::CallTool(params) = &call
            && params.name == "replaced"
        {
            return Ok(Reply::CallTool(CallToolResult::text("from the hook")));
        }
        let outcome = next.run(cx, call).await;
        self.0.write(format!("{method} {}", if outcome.is_ok() { "ok" } else { "failed" }));
        outcome
    }
}

#[tokio::test(start_paused = true)]
async fn around_observes_and_replaces() {
    let diary = Diary::default();
    let tool = |name: &str| Tool::new(name).handler(|_: Cx| async { "from the tool" });
    let server = server().hooks(Wrapping(diary.clone())).with([tool("plain"), tool("replaced")]);
    let client = Client::connect(server).await.unwrap();

    assert_eq!(text(&client.call_tool("plain", Value::Null).await.unwrap()), "from the tool");
    assert_eq!(text(&client.call_tool("replaced", Value::Null).await.unwrap()), "from the hook");
    assert!(client.call_tool("missing", Value::Null).await.is_err());

    assert_eq!(diary.lines(), ["initialize ok", "tools/call ok", "tools/call failed"]);
}

struct Fallbacks;

impl Hooks for Fallbacks {
    async fn call_tool(&self, _: &Cx, params: &CallToolRequestParams) -> Result<Option<CallToolResult>> {
        match params.name.as_str() {
            "broken" => Err(refused("broken indeed")),
            name => Ok(name.starts_with("echo_").then(|| CallToolResult::text(name))),
        }
    }

    async fn read_resource(&self, _: &Cx, uri: &str) -> Result<Option<ReadResourceResult>> {
        Ok(uri.starts_with("echo:").then(|| ReadResourceResult::new(vec![ResourceContents::text(uri, uri)])))
    }

    async fn get_prompt(&self, _: &Cx, params: &GetPromptRequestParams) -> Result<Option<GetPromptResult>> {
        let echo = || GetPromptResult::new(vec![PromptMessage::user(params.name.clone())]);
        Ok(params.name.starts_with("echo_").then(echo))
    }

    async fn complete(&self, _: &Cx, params: &CompleteRequestParams) -> Result<Option<Completion>> {
        Ok((params.argument.name == "echo").then(|| [format!("{}!", params.argument.value)].into()))
    }
}

#[tokio::test(start_paused = true)]
async fn fallbacks_have_what_nobody_else_has() {
    let own = Tool::new("echo_own").handler(|_: Cx| async { "own" });
    let client = Client::connect(server().hooks(Fallbacks).with(own)).await.unwrap();

    assert_eq!(text(&client.call_tool("echo_own", Value::Null).await.unwrap()), "own");
    assert_eq!(text(&client.call_tool("echo_x", Value::Null).await.unwrap()), "echo_x");
    let fault = client.call_tool("other", Value::Null).await.unwrap_err();
    assert_eq!(fault.base_code(), -32602);
    assert!(fault.to_string().contains("other"), "{fault}");

    let read = client.read_resource("echo:1").await.unwrap();
    assert_eq!(serde_json::to_value(&read.contents).unwrap(), json!([{ "uri": "echo:1", "text": "echo:1" }]));
    let fault = client.read_resource("note:1").await.unwrap_err();
    assert_eq!((fault.base_code(), fault.data()), (-32002, Some(json!({ "uri": "note:1" }))));

    let prompt = client.get_prompt("echo_p", Value::Null).await.unwrap();
    assert_eq!(prompt.messages[0].content.as_text(), Some("echo_p"));
    assert_eq!(client.get_prompt("other", Value::Null).await.unwrap_err().base_code(), -32602);

    let completed = client.complete(CompleteReference::prompt("any"), "echo", "he").await.unwrap();
    assert_eq!(completed.values, ["he!"]);
    let nothing = client.complete(CompleteReference::prompt("any"), "other", "he").await.unwrap();
    assert!(nothing.values.is_empty());
}

struct Picky;

impl Hooks for Picky {
    async fn subscribe(&self, _: &Cx, uri: &str) -> Result {
        if uri.contains("secret") { Err(refused("not this one")) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_subscription_is_none() {
    let client = Client::connect(server().hooks(Picky)).await.unwrap();
    let watch = async |uri: &str| client.request("resources/subscribe", json!({ "uri": uri })).await;

    watch("note:///1").await.unwrap();
    let fault = watch("note:///secret").await.unwrap_err();
    assert!(fault.to_string().contains("not this one"), "{fault}");

    client.server().resource_updated("note:///secret");
    client.server().resource_updated("note:///1");
    let Some(Notice::ResourceUpdated(params)) = client.notice().await else { panic!("no update") };
    assert_eq!(params.uri, "note:///1");

    client.request("resources/unsubscribe", json!({ "uri": "note:///1" })).await.unwrap();
    client.server().resource_updated("note:///1");
    client.request("ping", Value::Null).await.unwrap();
    assert!(client.notices().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handler_reaches_the_server_and_its_session() {
    let tool = Tool::new("look").handler(|cx: Cx| async move {
        let server = cx.server().unwrap();
        let session = server.session(cx.session_id().unwrap()).unwrap();
        format!("{} {} {}", session.client().name, session.version(), session.is_ready())
    });
    let client = Client::connect(server().with(tool)).version("2025-06-18").await.unwrap();
    assert_eq!(text(&client.call_tool("look", Value::Null).await.unwrap()), "test 2025-06-18 true");
}

struct Panicking(UnboundedSender<String>);

impl Hooks for Panicking {
    async fn around(&self, cx: &Cx, call: Call, next: Next<'_>) -> Result<Reply, Fault> {
        assert!(call.method() != "tools/list", "a secret");
        next.run(cx, call).await
    }

    async fn notification(&self, _: &Cx, notice: &Notice) {
        assert!(notice.method() != "notifications/roots/list_changed", "a secret");
        self.0.send(notice.method().to_owned()).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_ends_what_it_was_called_for_and_nothing_else() {
    let (sender, mut heard) = unbounded_channel();
    let client = Client::connect(server().hooks(Panicking(sender))).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "notifications/initialized");

    let fault = client.list_tools().await.unwrap_err();
    assert_eq!(fault.base_code(), -32603);
    assert!(!fault.to_string().contains("secret"), "{fault}");
    assert!(client.list_prompts().await.is_ok(), "the session goes on");

    client.notify("notifications/roots/list_changed", Value::Null);
    client.notify("notifications/unheard-of", Value::Null);
    assert_eq!(heard.recv().await.unwrap(), "notifications/unheard-of", "what comes after it is heard");
}
