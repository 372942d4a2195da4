//! Who may knock at an HTTP endpoint; the transport enforces it.

/// What the builder says about the HTTP endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Door {
    pub(crate) public_url: Option<String>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) path: Option<String>,
    pub(crate) legacy_sse: bool,
}
