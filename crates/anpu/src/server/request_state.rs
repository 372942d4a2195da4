//! What a client carries from one round of a request to the next: sealed, and bound to the request and to who makes it.

use std::time::Duration;

use anpu_proto::fault::Fault;
use bytes::Bytes;
use serde_json::value::RawValue;

use super::core::Core;
use super::session_id::whose;
use crate::auth::Principal;
use crate::seal::{Purpose, params_digest};

/// Characters of a sealed state; clients keep it and send it back.
const MOST_SEALED: usize = 32 * 1024;
/// Bytes before what was recorded: when it expires, whose it is, and of which request.
const HEAD: usize = 8 + 32 + 32;
/// Bytes of what was recorded, so that it fits when it is sealed.
pub(super) const MOST_OPENED: usize = MOST_SEALED / 4 * 3 - HEAD - 64;

/// What a state is bound to.
pub(super) struct Bound {
    method: &'static str,
    /// Looked at only when there is a state to be sealed or opened.
    params: Option<Bytes>,
    principal: Option<Principal>,
}

impl Bound {
    pub(super) fn new(method: &'static str, params: Option<Bytes>, principal: Option<&Principal>) -> Self {
        Self { method, params, principal: principal.cloned() }
    }

    fn request(&self) -> Result<[u8; 32], Fault> {
        let params = self.params.as_deref().map(serde_json::from_slice::<&RawValue>).transpose();
        let params = params.map_err(|error| Fault::Internal(error.to_string()))?;
        params_digest(self.method, params).map_err(|error| Fault::InvalidParams(error.to_string()))
    }
}

/// Seals what was recorded.
pub(super) fn seal(core: &Core, bound: &Bound, recorded: &[u8]) -> Result<String, Fault> {
    let expires = core.unix_time().saturating_add(millis(core.times.request_state));
    let mut plain = Vec::with_capacity(HEAD + recorded.len());
    plain.extend_from_slice(&expires.to_be_bytes());
    plain.extend_from_slice(&whose(bound.principal.as_ref()));
    plain.extend_from_slice(&bound.request()?);
    plain.extend_from_slice(recorded);
    let sealed = core.seals.seal(Purpose::RequestState, &[], &plain);
    sealed.map_err(|error| Fault::Internal(error.to_string()))
}

/// What was recorded, if this is a state that this server gave to the same one for the same request, not long ago.
pub(super) fn open(core: &Core, bound: &Bound, sealed: &str) -> Result<Vec<u8>, Fault> {
    if sealed.len() > MOST_SEALED {
        return Err(refused("it is longer than any that this server makes"));
    }
    let plain = core.seals.open(Purpose::RequestState, &[], sealed).map_err(|why| {
        tracing::debug!(%why, "a request state was refused");
        refused("it was not made by this server, or it was changed")
    })?;
    let (Some((expires, rest)), true) = (plain.split_first_chunk::<8>(), plain.len() >= HEAD) else {
        return Err(refused("it was not made by this server, or it was changed"));
    };
    let (owner, rest) = rest.split_at(32);
    let (request, recorded) = rest.split_at(32);
    if owner != whose(bound.principal.as_ref()) {
        return Err(refused("it was given to somebody else"));
    }
    if request != bound.request()? {
        return Err(refused("it belongs to another request: a retry has the same method and params"));
    }
    if core.unix_time() >= u64::from_be_bytes(*expires) {
        return Err(refused("it has expired"));
    }
    Ok(recorded.to_vec())
}

fn refused(why: &str) -> Fault {
    Fault::InvalidParams(format!("params.requestState: {why}; make the request again without it"))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
