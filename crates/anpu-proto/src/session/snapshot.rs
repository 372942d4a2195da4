//! What of a session survives its process.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Change, Peer, Phase};
use crate::model::LoggingLevel;

/// What of a session survives its process, with the number of its own format.
///
/// Formats that were once written stay readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The number of this format.
    pub format: u32,
    /// The name of the dialect.
    pub version: String,
    /// How far the handshake was.
    pub phase: Phase,
    /// The client.
    pub peer: Arc<Peer>,
    /// The log level it set.
    pub level: Option<LoggingLevel>,
    /// The resources it watches.
    pub watches: BTreeSet<String>,
}

impl Snapshot {
    /// A session of which nothing is known but its client.
    pub fn opened(version: impl Into<String>, phase: Phase, peer: Peer) -> Self {
        let (format, version) = (Self::FORMAT, version.into());
        Self { format, version, phase, peer: Arc::new(peer), level: None, watches: BTreeSet::new() }
    }

    /// The same session after this change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Opened => self.phase = Phase::Ready,
            Change::Level(level) => self.level = Some(*level),
            Change::Watched(uri) => drop(self.watches.insert(uri.clone())),
            Change::Unwatched(uri) => drop(self.watches.remove(uri)),
        }
    }

    /// The format that this build writes.
    pub const FORMAT: u32 = 1;
}
