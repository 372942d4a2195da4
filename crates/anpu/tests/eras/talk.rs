//! A run of one section against a server: what is said, what happens meanwhile, and what comes back.

use std::time::Duration;

use anpu::{Component, Cx, Handle, Line, Server, Tool};
use serde_json::{Map, Value, json};

use crate::conversations::{BOTH, REQUEST_ERA};
use crate::endpoint::{Endpoint, Stream, said};
use crate::handlers;
use crate::names::Names;
use crate::script::{Said, Section};

/// How a section is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    /// On one full-duplex connection, and handlers wait where they can.
    Line,
    /// On one full-duplex connection, and handlers are always let go when they ask.
    Replaying,
    /// Each message is a POST.
    Http,
}

enum Wire {
    Line(Line),
    Http(Endpoint, Vec<Stream>),
}

struct Talk {
    handle: Handle,
    wire: Wire,
    names: Names,
    said: Vec<Said>,
}

impl Section {
    /// The same conversation, with what the server says now.
    ///
    /// The clock must be paused: then all that can happen has happened before a timer rings.
    pub(crate) async fn run(&self, how: How) -> Self {
        let mut talk = Talk::with(handlers::server(), how);
        let opens = |said: &Said| matches!(said, Said::Client(message) if message["method"] == "initialize");
        let played: Vec<_> = self.played().collect();
        if self.version != REQUEST_ERA && self.version != BOTH && !opens(played[0]) {
            talk.shake_hands(&self.version).await;
        }
        for said in played {
            match said {
                Said::Client(message) => talk.say(message).await,
                said => talk.let_happen(said).await,
            }
        }
        Self { version: self.version.clone(), said: talk.said }
    }
}

impl Talk {
    fn with(server: Server, how: How) -> Self {
        let server = if how == How::Replaying { server.always_replay() } else { server };
        let (handle, wire) = if how == How::Http {
            let endpoint = Endpoint::of(server);
            (endpoint.handle.clone(), Wire::Http(endpoint, Vec::new()))
        } else {
            let handle = server.build().unwrap();
            let line = handle.connect().unwrap();
            (handle, Wire::Line(line))
        };
        Self { handle, wire, names: Names::default(), said: Vec::new() }
    }

    async fn shake_hands(&mut self, version: &str) {
        let client = json!({ "name": "script", "version": "0" });
        let params =
            json!({ "protocolVersion": version, "capabilities": handlers::everything(version), "clientInfo": client });
        self.say(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })).await;
        let Some(Said::Server(answer)) = self.said.last() else { panic!("no answer to initialize") };
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        self.said.clear();
    }

    async fn say(&mut self, message: &Value) {
        self.said.push(Said::Client(message.clone()));
        let text = self.names.to_wire(&expanded(message).to_string());
        match &mut self.wire {
            Wire::Line(line) => line.send(text),
            Wire::Http(endpoint, streams) => {
                let response = endpoint.post_alone(&serde_json::from_str(&text).unwrap(), &Map::new()).await;
                if response.headers().get("content-type").is_some_and(|what| what == "text/event-stream") {
                    streams.push(Stream::of(response));
                } else {
                    let said = said(response).await;
                    self.hear(&said);
                }
            }
        }
        self.listen().await;
    }

    async fn let_happen(&mut self, said: &Said) {
        let Said::Event(event) = said else { panic!("{said:?} does not happen") };
        self.said.push(said.clone());
        let (what, which) = event.as_object().unwrap().iter().next().unwrap();
        match (what.as_str(), which.as_str().unwrap()) {
            ("changed", "tools") => self.handle.tools_changed(),
            ("changed", "prompts") => self.handle.prompts_changed(),
            ("changed", "resources") => self.handle.resources_changed(),
            ("insert", name) => self.handle.insert(tool(name)).unwrap(),
            ("updated", uri) => self.handle.resource_updated(uri),
            _ => panic!("nothing that happens: {event}"),
        }
        self.listen().await;
    }

    /// Hears all that comes now.
    async fn listen(&mut self) {
        const SOON: Duration = Duration::from_millis(1);
        loop {
            let heard = match &mut self.wire {
                Wire::Line(line) => match tokio::time::timeout(SOON, line.next()).await {
                    Ok(text) => vec![serde_json::from_str(&text.expect("the server goes on")).unwrap()],
                    Err(_) => Vec::new(),
                },
                Wire::Http(_, streams) => {
                    tokio::time::sleep(SOON).await;
                    streams.iter_mut().flat_map(|stream| stream.heard().0).collect()
                }
            };
            if heard.is_empty() {
                return;
            }
            heard.iter().for_each(|message| self.hear(message));
        }
    }

    fn hear(&mut self, message: &Value) {
        let message = self.names.of(message);
        self.said.push(Said::Server(message));
    }
}

/// A message of a script as it is meant: in `_meta`, `"...": "everything"` is what a client that can do all says of itself
/// in each request, and `"...": "nothing"` what one says that can do nothing.
pub(crate) fn expanded(message: &Value) -> Value {
    let mut message = message.clone();
    let meta = message.pointer_mut("/params/_meta").and_then(Value::as_object_mut);
    if let Some((meta, Value::String(what))) = meta.and_then(|meta| meta.remove("...").map(|what| (meta, what))) {
        let capabilities = match what.as_str() {
            "everything" => handlers::everything(REQUEST_ERA),
            "nothing" => json!({}),
            _ => panic!("no client can do {what}"),
        };
        meta.insert("io.modelcontextprotocol/protocolVersion".to_owned(), REQUEST_ERA.into());
        meta.insert("io.modelcontextprotocol/clientInfo".to_owned(), json!({ "name": "script", "version": "0" }));
        meta.insert("io.modelcontextprotocol/clientCapabilities".to_owned(), capabilities);
    }
    message
}

fn tool(name: &str) -> Component {
    Tool::new(name).handler(|_: Cx| async { "done" })
}
