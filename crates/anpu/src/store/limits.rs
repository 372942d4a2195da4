//! What every backend takes as a key and as a value, checked in one place.

use crate::error::{Error, ErrorKind, Result};

/// The longest id, key, owner, log or topic, in bytes.
pub const MAX_KEY: usize = 512;

/// The largest value that a store takes unless it is told otherwise, in bytes: 1 MiB.
pub const MAX_VALUE: usize = 1024 * 1024;

/// The most records or events that one call answers with; asking for more gives this many.
pub const MAX_PAGE: usize = 1000;

/// Checks an id, key, owner, log or topic; `what` names it in the error.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] if it is empty or longer than [`MAX_KEY`] bytes.
pub fn check_key(what: &str, key: &str) -> Result {
    match key.len() {
        0 => Err(Error::new(ErrorKind::Invalid, format!("the {what} is empty"))),
        length if length > MAX_KEY => {
            let text = format!("the {what} has {length} bytes; a store takes {MAX_KEY}");
            Err(Error::new(ErrorKind::Invalid, text))
        }
        _ => Ok(()),
    }
}

/// Checks the size of a value against the largest that this store takes.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] if it is larger.
pub fn check_value(what: &str, value: &[u8], largest: usize) -> Result {
    if value.len() <= largest {
        return Ok(());
    }
    let text = format!("the {what} has {} bytes; this store takes {largest} (its max_value)", value.len());
    Err(Error::new(ErrorKind::Invalid, text))
}
