//! What is kept of one session, handle or principal: its values by their keys, each with the version of its type.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};

/// All values of one session, handle or principal. Formats that were once written stay readable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    format: u32,
    /// Whose it is, where the key alone does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    pub(super) values: BTreeMap<String, Entry>,
}

/// One value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The version of its type.
    pub(super) version: u32,
    pub(super) value: Box<RawValue>,
}

impl Document {
    const FORMAT: u32 = 1;

    /// One without values.
    pub(crate) fn empty() -> Self {
        Self { format: Self::FORMAT, owner: None, values: BTreeMap::new() }
    }

    /// # Errors
    ///
    /// It is damaged, or of a newer format than this build reads.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let document: Self = serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))?;
        if document.format > Self::FORMAT {
            let text = format!("it has format {}, and this build reads up to {}", document.format, Self::FORMAT);
            return Err(unreadable(&text));
        }
        Ok(document)
    }

    pub(crate) fn write(&self) -> Result<Bytes> {
        Ok(serde_json::to_vec(self)?.into())
    }
}

fn unreadable(why: &str) -> Error {
    tracing::error!(why, "kept state cannot be read");
    Error::new(ErrorKind::Other, format!("the state that is kept cannot be read, and stays as it is: {why}"))
}
