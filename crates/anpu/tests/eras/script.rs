//! Scripts: their text, as it is read and written.

use std::path::PathBuf;
use std::{fs, iter};

use serde_json::Value;

use crate::layout;

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
    /// What happens at the server meanwhile.
    Event(Value),
}

impl Script {
    pub(crate) fn load(name: &'static str) -> Self {
        let text = fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut parts = text.split("\n== ");
        let about = parts.next().unwrap().trim_end().to_owned();
        Self { name, about, sections: parts.map(section).collect() }
    }

    pub(crate) fn versions(&self) -> Vec<&str> {
        self.sections.iter().map(|section| section.version.as_str()).collect()
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
            Said::Event(event) => format!("! {}", layout::of(event)),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What the server says.
    pub(crate) fn heard(&self) -> impl Iterator<Item = &Value> {
        self.said.iter().filter_map(|said| match said {
            Said::Server(message) => Some(message),
            Said::Client(_) | Said::Event(_) => None,
        })
    }

    /// What the server does not say.
    pub(crate) fn played(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| !matches!(said, Said::Server(_)))
    }

    /// Both are the same, said in the same order.
    pub(crate) fn assert_is(&self, other: &Self, name: &str) {
        for (at, (one, other)) in self.said.iter().zip(&other.said).enumerate() {
            assert_eq!(one, other, "{name}, {}, message {at}", self.version);
        }
        assert_eq!(self.said.len(), other.said.len(), "{name}, {}: {:#?}", self.version, self.said);
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
            "! " => Said::Event(message),
            _ => panic!("a line begins with none of `> `, `< ` and `! `: {first}"),
        });
    }
    Section { version, said }
}
