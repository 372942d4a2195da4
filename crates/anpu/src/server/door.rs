//! Who may knock at an HTTP endpoint; the transport enforces it.

use std::sync::Arc;

/// What the builder says about the HTTP endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) public_url: Option<String>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) path: Option<String>,
    pub(crate) legacy_sse: bool,
    /// Where it says whether it lives, and whether it is ready.
    pub(crate) probes: Option<[Arc<str>; 2]>,
    /// Whether other processes may listen at the same port.
    pub(crate) shares_port: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            public_url: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            path: None,
            legacy_sse: false,
            probes: Some(["/live", "/ready"].map(Arc::from)),
            shares_port: false,
        }
    }
}
