//! Without the feature `tls`, connections are not encrypted.

use crate::error::{Error, ErrorKind, Result};

/// Says that there is no TLS here.
pub(super) fn ready() -> Result {
    let text = "the URL of Redis cannot be used: it asks for TLS; build anpu with its feature `tls`";
    Err(Error::new(ErrorKind::Config, text))
}
