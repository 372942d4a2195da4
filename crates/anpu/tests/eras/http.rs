//! What only HTTP has: headers that repeat the body, statuses, and methods that there are no longer.

use std::env;

use anpu::Body;
use http::{Method, Response};
use serde_json::{Map, Value, json};

use crate::conversations::REQUEST_ERA;
use crate::endpoint::{Endpoint, Stream, said};
use crate::handlers;
use crate::judge::judge;
use crate::names::Names;
use crate::script::{Said, Script};
use crate::talk::expanded;

macro_rules! scripts {
    ($($name:ident)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                runs(concat!("http/", stringify!($name))).await;
            }
        )*
    };
}

scripts! { headers versions methods mirrored statuses }

/// Each request is a `post` of a message `with` headers beside those that repeat it (`null` leaves one out), or another
/// method with its headers; each response has its status, and what it says.
async fn runs(name: &'static str) {
    let script = Script::load(name);
    assert_eq!(script.versions(), [REQUEST_ERA], "{name}");
    let section = &script.sections[0];
    let endpoint = Endpoint::of(handlers::server());
    let mut names = Names::default();
    let mut now = section.clone();
    now.said.clear();
    for said in section.played() {
        let Said::Client(request) = said else { panic!("nothing happens by itself here: {said:?}") };
        now.said.push(said.clone());
        let request: Value = serde_json::from_str(&names.to_wire(&request.to_string())).unwrap();
        let response = sent(&endpoint, &request).await;
        judged(name, &request, &response);
        now.said.push(Said::Server(named(&mut names, response)));
    }
    if env::var_os("UPDATE").is_some() {
        return script.update(&[now]);
    }
    now.assert_is(section, name);
}

async fn sent(endpoint: &Endpoint, request: &Value) -> Value {
    let nothing = Map::new();
    let with = request.get("with").and_then(Value::as_object).unwrap_or(&nothing);
    let response = match request.get("post") {
        Some(message) => endpoint.post_alone(&expanded(message), with).await,
        None => {
            let (method, with) = request.as_object().unwrap().iter().next().unwrap();
            let method: Method = method.to_uppercase().parse().unwrap();
            endpoint.bare(method, with.as_object().unwrap()).await
        }
    };
    shown(response).await
}

/// A response as scripts have it.
async fn shown(response: Response<Body>) -> Value {
    let mut shown = json!({ "status": response.status().as_u16() });
    for header in ["allow", "mcp-session-id"] {
        if let Some(value) = response.headers().get(header) {
            shown[header] = value.to_str().unwrap().into();
        }
    }
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    match kind.as_deref() {
        Some("application/json") => shown["says"] = said(response).await,
        Some("text/event-stream") => shown["streams"] = Stream::of(response).heard().0.into(),
        Some(_) => shown["text"] = crate::endpoint::whole(response).await.into(),
        None => {}
    }
    shown
}

/// A response with the names of what is random.
fn named(names: &mut Names, mut response: Value) -> Value {
    if let Some(message) = response.get_mut("says") {
        *message = names.of(message);
    }
    response
}

fn judged(name: &str, request: &Value, response: &Value) {
    let streamed = response["streams"].as_array().into_iter().flatten();
    for message in response.get("says").into_iter().chain(streamed) {
        let asked = request["post"]["method"].as_str();
        let complaints = judge(REQUEST_ERA, |judge| judge.complaints(message, asked));
        assert_eq!(complaints, Vec::<String>::new(), "{name}: {request} {message}");
    }
}
