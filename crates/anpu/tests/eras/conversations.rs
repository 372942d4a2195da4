//! Each script is what really happens, and each message of the server is one of its version.

use std::collections::HashMap;
use std::env;

use serde_json::Value;

use crate::judge::judge;
use crate::script::{Said, Script, Section};
use crate::talk::{How, expanded};

pub(crate) const VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", REQUEST_ERA];
/// The version in which each request carries its client.
pub(crate) const REQUEST_ERA: &str = "2026-07-28";
/// A section in which one connection is used for a session and for requests that carry their client.
pub(crate) const BOTH: &str = "2025-11-25 and 2026-07-28";

macro_rules! scripts {
    ($versions:expr, $($name:ident)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                runs(stringify!($name), $versions).await;
            }
        )*
    };
}

macro_rules! in_all_versions {
    ($($name:ident)*) => {
        /// Those with a section for each version.
        pub(crate) const SCRIPTS: &[&str] = &[$(stringify!($name)),*];

        scripts! { &VERSIONS, $($name)* }
    };
}

in_all_versions! {
    handshake ask confirm choices url sample roots join once ask_prompt ask_resource incapable watch
    progress log structured link audio embedded image tool tool_error resource prompt completion
}

scripts! { &[REQUEST_ERA], discover listen rounds }

scripts! { &[BOTH], probe cancel }

async fn runs(name: &'static str, versions: &[&str]) {
    let script = Script::load(name);
    assert_eq!(script.versions(), versions, "{name}: a section a version");
    let mut now = Vec::new();
    for section in &script.sections {
        let said = section.run(How::Line).await;
        section.run(How::Replaying).await.assert_is(&said, &format!("{name}, by replay"));
        if section.version == REQUEST_ERA {
            section.run(How::Http).await.assert_is(&said, &format!("{name}, over HTTP"));
        }
        judged(name, &said);
        now.push(said);
    }
    if env::var_os("UPDATE").is_some() {
        return script.update(&now);
    }
    for (section, now) in script.sections.iter().zip(&now) {
        now.assert_is(section, name);
    }
}

/// Every message of the server is one that the official schema has, and so is every one of the client that is taken.
fn judged(name: &str, section: &Section) {
    let (old, new) = section.version.split_once(" and ").unwrap_or((&*section.version, &*section.version));
    // By its id, what was asked last, and whether it carried its client.
    let mut asked: HashMap<String, (Value, bool)> = HashMap::new();
    for said in &section.said {
        let (message, complaints) = match said {
            Said::Event(_) => continue,
            Said::Client(message) => {
                let carries = message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion").is_some()
                    || message.pointer("/params/_meta/...").is_some();
                asked.insert(message["id"].to_string(), (expanded(message), carries));
                continue;
            }
            Said::Server(message) if message.get("method").is_some() => {
                let complaints = [old, new].map(|version| judge(version, |judge| judge.complaints(message, None)));
                (message, complaints.into_iter().min_by_key(Vec::len).unwrap_or_default())
            }
            Said::Server(message) => {
                let (request, carries) = asked.get(&message["id"].to_string()).cloned().unwrap_or_default();
                let asked = request["method"].as_str();
                let mut complaints = judge(if carries { new } else { old }, |judge| judge.complaints(message, asked));
                if carries && message.get("result").is_some() {
                    complaints.extend(judge(new, |judge| judge.complaints_of_request(&request)));
                }
                (message, complaints)
            }
        };
        assert_eq!(complaints, Vec::<String>::new(), "{name}, {}: {message}", section.version);
    }
}

/// All that the server says in the section of a version, as one text.
pub(crate) fn heard(name: &'static str, version: &str) -> String {
    let script = Script::load(name);
    let section = script.sections.iter().find(|section| section.version == version).unwrap();
    section.heard().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
