//! Each script is what really happens, and each message of the server is one of its version.

use std::collections::HashMap;
use std::env;

use serde_json::Value;

use crate::judge::Judge;
use crate::script::{Said, Script, Section};

pub(crate) const VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

macro_rules! scripts {
    ($($name:ident)*) => {
        /// All there are.
        pub(crate) const SCRIPTS: &[&str] = &[$(stringify!($name)),*];

        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                runs(stringify!($name)).await;
            }
        )*
    };
}

scripts! {
    handshake ask confirm choices url sample roots progress log structured link audio embedded image tool tool_error
    resource prompt completion
}

async fn runs(name: &'static str) {
    let script = Script::load(name);
    let versions: Vec<_> = script.sections.iter().map(|section| section.version.as_str()).collect();
    assert_eq!(versions, VERSIONS, "{name}: a section a version");
    let mut now = Vec::new();
    for section in &script.sections {
        now.push(section.run().await);
    }
    now.iter().for_each(|section| judged(name, section));
    if env::var_os("UPDATE").is_some() {
        return script.update(&now);
    }
    for (section, now) in script.sections.iter().zip(&now) {
        for (at, (written, said)) in section.said.iter().zip(&now.said).enumerate() {
            assert_eq!(said, written, "{name}, {}, message {at}", section.version);
        }
        assert_eq!(now.said.len(), section.said.len(), "{name}, {}: {:#?}", section.version, now.said);
    }
}

/// Every message of the server is one that the official schema has.
fn judged(name: &str, section: &Section) {
    let Some(judge) = Judge::of(&section.version) else { return };
    let mut asked: HashMap<String, &str> = HashMap::new();
    for said in &section.said {
        match said {
            Said::Client(message) => {
                let method = message["method"].as_str().unwrap_or_default();
                asked.insert(message["id"].to_string(), method);
            }
            Said::Server(message) => {
                let complaints = judge.complaints(message, asked.get(&message["id"].to_string()).copied());
                assert_eq!(complaints, Vec::<String>::new(), "{name}, {}: {message}", section.version);
            }
        }
    }
}

/// All that the server says in the section of a version, as one text.
pub(crate) fn heard(name: &'static str, version: &str) -> String {
    let script = Script::load(name);
    let section = script.sections.iter().find(|section| section.version == version).unwrap();
    section.heard().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
