//! Clients of both eras that answer by what they are asked, so that every way of running a handler gets the same answers.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use anpu::{Handle, Line};
use serde_json::{Map, Value, json};

pub(crate) const SESSIONS: &str = "2025-11-25";
pub(crate) const REQUESTS: &str = "2026-07-28";

/// What a call came to: its content, or its error.
pub(crate) type Came = Value;

/// What a person or a model says to this question. The same question gets the same answer.
pub(crate) fn answer(question: &Value, mood: u64) -> Value {
    let mut hasher = DefaultHasher::new();
    (mood, question["params"]["message"].as_str(), question["params"]["messages"].to_string()).hash(&mut hasher);
    let chance = hasher.finish();
    if question["method"] == "sampling/createMessage" {
        let text = format!("said {}", chance % 10);
        return json!({ "role": "assistant", "content": { "type": "text", "text": text }, "model": "m" });
    }
    let fields = question["params"]["requestedSchema"]["properties"].as_object().unwrap();
    let content = |value: &str| fields.keys().map(|key| (key.clone(), value.into())).collect::<Map<_, _>>();
    match chance % 10 {
        0 => json!({ "action": "decline" }),
        1 => json!({ "action": "cancel" }),
        // Not what the form asks for, if it asks for anything.
        2 => json!({ "action": "accept", "content": content("too long for it") }),
        other => json!({ "action": "accept", "content": content(&format!("x{other}")) }),
    }
}

/// A connection played by hand.
pub(crate) struct Client(Line);

impl Client {
    pub(crate) fn of(server: &Handle) -> Self {
        Self(server.connect().unwrap())
    }

    pub(crate) fn send(&self, message: &Value) {
        self.0.send(message.to_string());
    }

    pub(crate) async fn next(&self) -> Value {
        serde_json::from_str(&self.0.next().await.expect("the server says something")).unwrap()
    }

    /// All that comes until nothing more does. The clock is paused, so that is certain.
    async fn all(&self) -> Vec<Value> {
        let mut all = vec![self.next().await];
        while let Ok(text) = tokio::time::timeout(Duration::from_millis(200), self.0.next()).await {
            all.push(serde_json::from_str(&text.expect("the connection stands")).unwrap());
        }
        all
    }

    /// Calls the program in a session and answers what it asks.
    pub(crate) async fn in_session(&self, mood: u64) -> Came {
        let params = json!({ "protocolVersion": SESSIONS, "clientInfo": { "name": "laws", "version": "0" },
            "capabilities": { "elicitation": {}, "sampling": {} } });
        self.send(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }));
        assert_eq!(self.next().await["result"]["protocolVersion"], SESSIONS);
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "program" } }));
        loop {
            let mut all = self.all().await;
            // In another order than they came.
            all.reverse();
            for message in all {
                if message.get("method").is_none() {
                    assert_eq!(message["id"], 1, "{message}");
                    return came(&message);
                }
                let answer = answer(&message, mood);
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": answer }));
            }
        }
    }

    /// One round of the program.
    pub(crate) async fn round(&self, id: u64, carried: &Carried) -> Round {
        self.send(&carried.request(id));
        let message = self.next().await;
        assert_eq!(message["id"], id, "{message}");
        Round::of(&message)
    }
}

fn came(message: &Value) -> Came {
    match message.get("result") {
        Some(result) => json!({ "content": result["content"], "isError": result["isError"] == true }),
        None => message["error"].clone(),
    }
}

/// What a client brings to a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    pub(crate) state: Option<String>,
    pub(crate) responses: BTreeMap<String, Value>,
}

impl Carried {
    pub(crate) fn request(&self, id: u64) -> Value {
        let meta = json!({ "io.modelcontextprotocol/protocolVersion": REQUESTS,
            "io.modelcontextprotocol/clientInfo": { "name": "laws", "version": "0" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "sampling": {} } });
        let mut params = json!({ "_meta": meta, "name": "program" });
        if let Some(state) = &self.state {
            (params["requestState"], params["inputResponses"]) = (json!(state), json!(self.responses));
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    }
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Round {
    Over(Came),
    Asks { questions: Map<String, Value>, state: String },
}

impl Round {
    pub(crate) fn of(message: &Value) -> Self {
        let result = &message["result"];
        if result["resultType"] != "input_required" {
            return Self::Over(came(message));
        }
        let questions = result["inputRequests"].as_object().unwrap().clone();
        Self::Asks { questions, state: result["requestState"].as_str().unwrap().to_owned() }
    }

    /// The same but for the seal, which never is the same.
    pub(crate) fn seen(&self) -> Self {
        match self {
            Self::Asks { questions, .. } => Self::Asks { questions: questions.clone(), state: String::new() },
            over @ Self::Over(_) => over.clone(),
        }
    }

    /// What the client brings to the next round: answers, but not to those that it forgets.
    pub(crate) fn answered(&self, mood: u64, forgets: impl Fn(&str) -> bool) -> Carried {
        let Self::Asks { questions, state } = self else { panic!("nothing was asked: {self:?}") };
        let answered = questions.iter().filter(|(name, _)| !forgets(name));
        let responses = answered.map(|(name, question)| (name.clone(), answer(question, mood))).collect();
        Carried { state: Some(state.clone()), responses }
    }
}
