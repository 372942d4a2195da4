//! Encrypted connections: what rustls needs before the first one is made.

use rustls::crypto::{CryptoProvider, ring};

use crate::error::Result;

/// Makes sure that this process has cryptography for TLS; one that the program chose itself stays.
pub(super) fn ready() -> Result {
    if CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, which is as good.
        let _ = ring::default_provider().install_default();
    }
    Ok(())
}
