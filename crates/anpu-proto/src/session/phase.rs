//! How far a session's handshake is, and who the peer is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::model::{Call, ClientCapabilities, Implementation};

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing happened yet.
    New,
    /// `initialize` is being answered: nothing else is said.
    Opening,
    /// `initialize` was answered; the client has not confirmed it yet, but it may call, be told and be asked.
    Open,
    /// The client said `notifications/initialized`.
    Ready,
    /// Over.
    Closed,
}

impl Phase {
    /// Whether a call may come now.
    pub(super) fn admits(self, call: &Call) -> Result<(), Fault> {
        match (self, call) {
            (Self::Closed, _) => Err(Fault::SessionNotFound),
            (Self::New, Call::Initialize(_)) | (_, Call::Ping(_)) => Ok(()),
            (_, Call::Initialize(_)) => {
                Err(Fault::InvalidRequest("`initialize` was already received in this session".to_owned()))
            }
            (Self::New | Self::Opening, _) => Err(Fault::NotInitialized),
            (Self::Open | Self::Ready, _) => Ok(()),
        }
    }
}

/// The client of a session, as it introduced itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// Name and version.
    pub info: Implementation,
    /// What it can do.
    pub capabilities: ClientCapabilities,
}

impl Peer {
    /// A client with this name and these capabilities.
    pub fn new(info: Implementation, capabilities: ClientCapabilities) -> Self {
        Self { info, capabilities }
    }

    /// A client that has not introduced itself.
    pub fn unknown() -> Arc<Self> {
        Arc::new(Self { info: Implementation::new("unknown", "0"), capabilities: ClientCapabilities::default() })
    }
}
