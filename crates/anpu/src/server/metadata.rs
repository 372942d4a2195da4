//! What a server notes about a session, to find it again: kept in memory, never sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::exchange::Exchange;
use super::handle::SessionHandle;
use crate::handler::Cx;

/// The notes about one session; nothing until there is one.
#[derive(Debug, Default)]
pub(crate) struct Metadata(Mutex<BTreeMap<String, Value>>);

impl Metadata {
    fn get(&self, key: &str) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn set(&self, key: String, value: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }
}

impl SessionHandle {
    /// What the server noted about this session under this key.
    pub fn metadata(&self, key: &str) -> Option<Value> {
        self.session.rare().metadata.get(key)
    }

    /// Notes something about this session, for instance to find it in [`Handle::broadcast`](crate::Handle::broadcast).
    /// It lives as long as the session and is never sent to the client.
    pub fn set_metadata(&self, key: impl Into<String>, value: impl Into<Value>) {
        self.session.rare().metadata.set(key.into(), value.into());
    }
}

impl Cx {
    /// Notes something about the session of this request, as [`SessionHandle::set_metadata`] does. Without a session
    /// (in a unit test) nothing happens.
    pub fn set_metadata(&self, key: impl Into<String>, value: impl Into<Value>) {
        let exchange = self.port().as_any().downcast_ref::<Exchange>();
        if let Some(session) = exchange.and_then(Exchange::session) {
            session.rare().metadata.set(key.into(), value.into());
        }
    }
}
