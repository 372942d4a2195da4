//! Scripts: their text, and a run of one section against a server.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, iter};

use anpu::Line;
use serde_json::{Value, json};

use crate::{handlers, layout};

/// The conversations with one handler.
#[derive(Debug, PartialEq)]
pub(crate) struct Script {
    name: &'static str,
    /// What it begins with, for its readers.
    about: String,
    pub(crate) sections: Vec<Section>,
}

/// The conversation in one version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    pub(crate) version: String,
    pub(crate) said: Vec<Said>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Client(Value),
    Server(Value),
}

impl Script {
    pub(crate) fn load(name: &'static str) -> Self {
        let text = fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut parts = text.split("\n== ");
        let about = parts.next().unwrap().trim_end().to_owned();
        Self { name, about, sections: parts.map(section).collect() }
    }

    /// Writes it with these sections in the place of its own.
    pub(crate) fn update(&self, sections: &[Section]) {
        let mut text = self.about.clone();
        for section in sections {
            text.push_str(&format!("\n\n== {}\n", section.version));
            text.push_str(&section.text());
        }
        text.push('\n');
        fs::write(path(self.name), text).unwrap();
    }
}

impl Section {
    fn text(&self) -> String {
        let lines = self.said.iter().map(|said| match said {
            Said::Client(message) => format!("> {}", layout::of(message)),
            Said::Server(message) => format!("< {}", layout::of(message)),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What the server says.
    pub(crate) fn heard(&self) -> impl Iterator<Item = &Value> {
        self.said.iter().filter_map(|said| match said {
            Said::Server(message) => Some(message),
            Said::Client(_) => None,
        })
    }

    /// The same conversation, with what the server says now.
    ///
    /// The clock must be paused: then all that can happen has happened before a timer rings.
    pub(crate) async fn run(&self) -> Self {
        let line = handlers::server().build().unwrap().connect().unwrap();
        let mut talk = Talk { line, names: Vec::new(), said: Vec::new() };
        let messages = self.said.iter().filter_map(|said| match said {
            Said::Client(message) => Some(message),
            Said::Server(_) => None,
        });
        let messages: Vec<_> = messages.collect();
        if messages[0]["method"] != "initialize" {
            talk.shake_hands(&self.version).await;
        }
        for message in messages {
            talk.say(message).await;
        }
        Self { version: self.version.clone(), said: talk.said }
    }
}

struct Talk {
    line: Line,
    /// What was random, and how the script calls it.
    names: Vec<(String, String)>,
    said: Vec<Said>,
}

impl Talk {
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
        let text = self.names.iter().fold(message.to_string(), |text, (random, name)| text.replace(name, random));
        self.said.push(Said::Client(message.clone()));
        self.line.send(text);
        while let Ok(text) = tokio::time::timeout(Duration::from_millis(1), self.line.next()).await {
            let text = text.expect("the server goes on");
            self.hear(&serde_json::from_str(&text).unwrap());
        }
    }

    fn hear(&mut self, message: &Value) {
        if message.get("method").is_some() {
            self.name("ask", message.get("id"));
        }
        self.name("visit", message.pointer("/params/elicitationId"));
        self.name("visit", message.pointer("/error/data/elicitations/0/elicitationId"));
        let text = self.names.iter().fold(message.to_string(), |text, (random, name)| text.replace(random, name));
        self.said.push(Said::Server(serde_json::from_str(&text).unwrap()));
    }

    fn name(&mut self, kind: &str, random: Option<&Value>) {
        let Some(random) = random.and_then(Value::as_str) else { return };
        assert!(random.len() >= 32, "{random}: an id that can be guessed");
        if self.names.iter().all(|(known, _)| known != random) {
            let before = self.names.iter().filter(|(_, name)| name.starts_with(kind)).count();
            self.names.push((random.to_owned(), format!("{kind}-{}", before + 1)));
        }
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/eras/scripts/{name}.txt"))
}

fn section(text: &str) -> Section {
    let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
    let version = lines.next().unwrap().to_owned();
    let mut said = Vec::new();
    while let Some(first) = lines.next() {
        let more = iter::from_fn(|| lines.next_if(|line| line.starts_with(' ')));
        let (mark, message) = first.split_at(2);
        let message: String = iter::once(message).chain(more).collect();
        let message = serde_json::from_str(&message).unwrap_or_else(|error| panic!("{message}: {error}"));
        said.push(match mark {
            "> " => Said::Client(message),
            "< " => Said::Server(message),
            _ => panic!("a line begins with neither `> ` nor `< `: {first}"),
        });
    }
    Section { version, said }
}
