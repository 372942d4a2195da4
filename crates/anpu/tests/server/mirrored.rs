//! An argument that clients repeat as a header, and that may be left out.

use anpu::HttpService;
use anpu::prelude::*;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower_service::Service as _;

/// Where it runs.
#[tool]
async fn place(
    #[arg(header = "Region")] region: Option<String>,
    #[arg(header = "Floor")] floor: Option<i64>,
    #[arg(header = "Open")] open: Option<bool>,
) -> String {
    format!("{region:?} {floor:?} {open:?}")
}

/// Status and answer to a request of a client that carries itself.
async fn post(service: &HttpService, method: &str, params: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut request = Request::post("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    if let Some(name) = params["name"].as_str() {
        request = request.header("mcp-name", name);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let response = service.clone().call(request).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_argument_in_a_header_may_be_optional() {
    let (service, _handle) = super::support::server().with(components![place]).into_service().unwrap();
    let (_, listed) = post(&service, "tools/list", &json!({}), &[]).await;
    let schema = json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "floor": { "type": "integer", "x-mcp-header": "Floor" },
        "open": { "type": "boolean", "x-mcp-header": "Open" },
    } });
    assert_eq!(
        listed["result"]["tools"][0]["inputSchema"], schema,
        "clients drop a header on anything but one plain type"
    );

    let all = json!({ "region": "eu", "floor": 2, "open": true });
    let told = [("mcp-param-region", "eu"), ("mcp-param-floor", "2"), ("mcp-param-open", "true")];
    let good = [
        (json!({}), &told[..0], "None None None"),
        (json!({ "region": null }), &told[..0], "None None None"),
        (json!({ "region": "eu" }), &told[..1], r#"Some("eu") None None"#),
        (all.clone(), &told[..], r#"Some("eu") Some(2) Some(true)"#),
    ];
    for (arguments, headers, said) in good {
        let call = json!({ "name": "place", "arguments": arguments });
        let (status, reply) = post(&service, "tools/call", &call, headers).await;
        assert_eq!((status, reply["result"]["content"][0]["text"].as_str()), (200, Some(said)), "{arguments}: {reply}");
    }
    let bad = [(json!({}), &told[..1]), (json!({ "region": "us" }), &told[..1]), (all, &told[..2])];
    for (arguments, headers) in bad {
        let call = json!({ "name": "place", "arguments": arguments });
        let (status, reply) = post(&service, "tools/call", &call, headers).await;
        assert_eq!((status, reply["error"]["code"].as_i64()), (400, Some(-32020)), "{arguments}: {reply}");
    }
}
