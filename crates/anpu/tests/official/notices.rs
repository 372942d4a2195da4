//! What servers tell: on the stream of a request, and on subscriptions.

use anpu::prelude::*;
use anpu::{Resource, Tool};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::components::{read, server};
use crate::doors::{Open, ask, call, events, headers, request};
use crate::{Examples, rules};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// The first thing that is said to one who listens.
pub(crate) async fn listening(server: Server, listen: &Value) -> Value {
    let open = Open::of(server);
    open.send(listen);
    open.next().await
}

/// A server that has all that changes can be told of.
fn changing() -> Server {
    let resource = |uri: &str| Resource::new(uri).name(uri).handler(|_: Cx| async { "it" });
    server()
        .with(Tool::new("it").handler(|_: Cx| async { "it" }))
        .with(anpu::Prompt::new("it").handler(|_: anpu::Vars, _: Cx| async { "it" }))
        .with(resource("file:///project/src/main.rs"))
        .with(resource("file:///project/config.json"))
}

pub(crate) async fn notification(all: &Examples, kind: &str, example: &Value) -> Result<(), String> {
    let whole = |method: &str| json!({ "jsonrpc": "2.0", "method": method, "params": example });
    let wanted = match kind {
        "LoggingMessageNotificationParams" => whole("notifications/message"),
        "ProgressNotificationParams" => whole("notifications/progress"),
        "ResourceUpdatedNotificationParams" => whole("notifications/resources/updated"),
        _ => example.clone(),
    };
    let mut ours = match wanted["method"].as_str().unwrap() {
        "notifications/message" | "notifications/progress" => of_request(&wanted).await,
        "notifications/subscriptions/acknowledged" => {
            listening(changing(), all.only("SubscriptionsListenRequest")).await
        }
        change => of_subscription(change, &wanted).await,
    };
    if wanted["params"].get("_meta").is_none()
        && let Some(params) = ours["params"].as_object_mut()
    {
        // Bare params belong to no subscription; ours are always sent on one.
        params.remove("_meta");
    }
    rules::exactly(&ours, &wanted)
}

/// What a handler tells while it works.
async fn of_request(wanted: &Value) -> Value {
    let params = wanted["params"].clone();
    let mut request = call("talks");
    request["params"]["_meta"]["progressToken"] = json!("oivaizmir");
    request["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = json!("debug");
    let talks = || {
        let params = params.clone();
        let tool = Tool::new("talks").handler(move |cx: Cx| {
            let params = params.clone();
            async move {
                if let Some(progress) = params["progress"].as_f64() {
                    cx.progress_of(progress, params["total"].as_f64(), params["message"].as_str()).await;
                } else {
                    let level: LoggingLevel = read(&params["level"]);
                    cx.log_as(level, params["logger"].as_str(), params["data"].clone()).await;
                }
            }
        });
        server().with(tool)
    };
    let mut came = ask(talks, &request).await;
    assert_eq!(came.notices.len(), 1, "{came:?}");
    came.notices.remove(0)
}

/// What is told to one who listens to everything.
async fn of_subscription(change: &str, wanted: &Value) -> Value {
    let id = wanted["params"]["_meta"].get(SUBSCRIPTION).cloned().unwrap_or_else(|| json!("listen-1"));
    let uri = wanted["params"]["uri"].as_str();
    let everything = json!({ "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": uri.into_iter().collect::<Vec<_>>() });
    let open = Open::of(changing());
    open.send(&request(&id, "subscriptions/listen", &json!({ "notifications": everything })));
    assert_eq!(open.next().await["method"], "notifications/subscriptions/acknowledged");
    match change {
        "notifications/tools/list_changed" => open.handle.tools_changed(),
        "notifications/prompts/list_changed" => open.handle.prompts_changed(),
        "notifications/resources/list_changed" => open.handle.resources_changed(),
        "notifications/resources/updated" => open.handle.resource_updated(uri.unwrap()),
        _ => panic!("nothing changes by {change}"),
    }
    open.next().await
}

/// The last word of a subscription whose server ends: over a socket, because it is the listener that ends.
pub(crate) async fn ended(listen: &Value) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(changing().serve_listener(listener, async move { drop(stopped.await) }));
    let stream = TcpStream::connect(address).await.unwrap();
    let (reader, mut writer) = stream.into_split();
    let body = listen.to_string();
    let lines: String = headers(listen).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\n{lines}content-length: {}\r\n\r\n", body.len());
    writer.write_all((head + &body).as_bytes()).await.unwrap();

    let (mut reader, mut text) = (BufReader::new(reader), String::new());
    while !text.contains("notifications/subscriptions/acknowledged") {
        assert_ne!(reader.read_line(&mut text).await.unwrap(), 0, "{text}");
    }
    stop.send(()).unwrap();
    reader.read_to_string(&mut text).await.unwrap();
    serving.await.unwrap().unwrap();
    let messages = events(&text);
    let [acknowledged, cancelled, answer] = &messages[..] else { panic!("{messages:#?}") };
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(cancelled["method"], "notifications/cancelled");
    answer.clone()
}
