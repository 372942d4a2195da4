//! Who the server is, as every result of a peer without a session says it.

use anpu_proto::model::{Implementation, Meta, Reply};
use serde_json::{Value, json};

/// Name and version, written once.
#[derive(Debug)]
pub(crate) struct Signature {
    value: Value,
    /// As the last member of a result.
    member: Vec<u8>,
}

impl Signature {
    pub(crate) fn of(info: &Implementation) -> Self {
        let mut value = json!({ "name": info.name, "version": info.version });
        if let Some(title) = &info.title {
            value["title"] = title.as_str().into();
        }
        let member = format!(r#","_meta":{}}}"#, json!({ Meta::SERVER_INFO: value }));
        Self { value, member: member.into_bytes() }
    }

    /// Puts it into a reply that has `_meta` anyway. False if it has none.
    pub(crate) fn sign(&self, reply: &mut Reply) -> bool {
        match reply {
            Reply::Other(Value::Object(result)) => match result.get_mut("_meta").and_then(Value::as_object_mut) {
                Some(meta) => meta.entry(Meta::SERVER_INFO).or_insert_with(|| self.value.clone()).is_object(),
                None => result.contains_key("_meta"),
            },
            Reply::Other(_) | Reply::TaskPayload(_) => true,
            reply => match reply.meta_mut().filter(|meta| !meta.is_absent()) {
                Some(meta) => {
                    if meta.get(Meta::SERVER_INFO).is_none() {
                        meta.insert(Meta::SERVER_INFO, self.value.clone());
                    }
                    true
                }
                None => false,
            },
        }
    }

    /// Appends it to a written result without `_meta`.
    pub(crate) fn append(&self, out: &mut Vec<u8>) {
        // A result always has members: at least its type.
        if out.pop_if(|last| *last == b'}').is_some() {
            out.extend_from_slice(&self.member);
        }
    }
}
