//! Who the clients are: most sessions have a client of the same program, which is kept once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anpu_proto::session::Peer;

/// Programs that are known at once.
const MOST: usize = 1024;

/// The clients of all sessions, by what they say of themselves.
#[derive(Default)]
pub(crate) struct Peers(Mutex<HashMap<Box<str>, Weak<Peer>>>);

impl Peers {
    /// The same client, if another session has it already.
    pub(crate) fn share(&self, peer: &Arc<Peer>) -> Arc<Peer> {
        let Ok(said) = serde_json::to_string(peer) else { return Arc::clone(peer) };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known.get(said.as_str()).and_then(Weak::upgrade) {
            return same;
        }
        if known.len() >= MOST {
            known.retain(|_, peer| peer.strong_count() > 0);
        }
        if known.len() < MOST {
            known.insert(said.into(), Arc::downgrade(peer));
        }
        Arc::clone(peer)
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peers")
    }
}
