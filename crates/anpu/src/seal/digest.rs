//! Digests: what a request asked for and who asked, in 32 bytes that only the same has.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::canonical;
use crate::error::Result;

/// The members of params that change between the rounds of one request, or say nothing of what is asked for.
const PASSING: &[&str] = &["_meta", "inputResponses", "requestState"];

/// The digest of a method and what it was called with, which is the same in each round of one request.
///
/// It is that of the canonical JSON of the params (see `canonical`) without `_meta`, `inputResponses` and
/// `requestState` at the top. No params are as good as empty ones. Refused are params that have no canonical form: half
/// a surrogate pair, a member twice, nesting beyond 128 levels.
pub(crate) fn params_digest(method: &str, params: Option<&RawValue>) -> Result<[u8; 32]> {
    let params = canonical::json(params.map_or("{}", RawValue::get), PASSING)?;
    Ok(digest(&[b"anpu params 1", method.as_bytes(), &params]))
}

/// The SHA-256 of parts, each behind its length, so that no two lists of parts have the same.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
