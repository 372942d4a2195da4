//! What is kept of a session, as far as a person wants to know: read leniently, because the store may be of another
//! version.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anpu::store::Listed;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::table;

/// A session, and how its record is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) owner: Option<String>,
    /// Nothing if the record cannot be read.
    pub(super) record: Option<Record>,
    pub(super) idle_seconds: u64,
    pub(super) left_seconds: u64,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) session: Snapshot,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Snapshot {
    pub(super) version: String,
    pub(super) peer: Peer,
    level: Option<String>,
    #[serde(default)]
    watches: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Peer {
    pub(super) info: Info,
    #[serde(default)]
    capabilities: Value,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Info {
    pub(super) name: String,
    pub(super) version: String,
}

impl Session {
    pub(super) fn read(listed: &Listed) -> Self {
        Self {
            id: listed.id.clone(),
            owner: listed.owner.clone(),
            record: serde_json::from_slice(&listed.stored.bytes).ok(),
            idle_seconds: listed.idle.as_secs(),
            left_seconds: listed.left.as_secs(),
        }
    }

    /// The client, as it calls itself.
    pub(super) fn client(&self) -> String {
        match &self.record {
            Some(Record { session, .. }) => {
                table::plain(&format!("{} {}", session.peer.info.name, session.peer.info.version))
            }
            None => "(a record that cannot be read)".to_owned(),
        }
    }
}

/// What a session keeps.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Kept {
    values: BTreeMap<String, Entry>,
    /// It is there, but not as this build writes it.
    #[serde(skip)]
    unreadable: bool,
}

#[derive(Debug, Deserialize)]
struct Entry {
    version: u32,
    value: Box<RawValue>,
}

impl Kept {
    pub(super) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or(Self { values: BTreeMap::new(), unreadable: true })
    }

    /// The session and what it keeps, for programs.
    pub(super) fn beside(&self, session: &Session, with_values: bool) -> Value {
        let values = self.values.iter().map(|(key, entry)| {
            let mut shown = json!({ "key": key, "version": entry.version, "bytes": entry.value.get().len() });
            if with_values {
                shown["value"] = serde_json::from_str(entry.value.get()).unwrap_or_default();
            }
            shown
        });
        json!({ "session": session, "values": values.collect::<Vec<_>>(), "valuesReadable": !self.unreadable })
    }

    /// The session and what it keeps, for people.
    pub(super) fn below(&self, session: &Session, with_values: bool) -> String {
        let mut text = String::new();
        let mut line = |what: &str, said: &str| {
            // Writing into a text does not fail.
            let _ = writeln!(text, "{what:<8} {said}");
        };
        line("id", &session.id);
        line("owner", session.owner.as_deref().unwrap_or("nobody"));
        line("client", &session.client());
        if let Some(Record { created, session }) = &session.record {
            line("version", &table::plain(&session.version));
            line("created", &table::time(*created));
            line("can", &table::plain(&session.peer.capabilities.to_string()));
            line("level", &table::plain(session.level.as_deref().unwrap_or("-")));
            session.watches.iter().for_each(|uri| line("watches", &table::plain(uri)));
        }
        line("idle", &table::span(session.idle_seconds));
        line("left", &table::span(session.left_seconds));
        if self.unreadable {
            line("keeps", "something that cannot be read");
        }
        for (key, entry) in &self.values {
            let said = format!("{} (version {}, {} bytes)", table::plain(key), entry.version, entry.value.get().len());
            line("keeps", &said);
            if with_values {
                line("", &table::plain_whole(entry.value.get()));
            }
        }
        text
    }
}
