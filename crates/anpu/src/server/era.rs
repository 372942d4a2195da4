//! Whether a request belongs to a session or carries its client: chosen once, where it comes in.

use std::borrow::Cow;
use std::sync::LazyLock;

use anpu_proto::dialect::{Dialect, Era};
use anpu_proto::fault::Fault;
use anpu_proto::model::Meta;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::core::Core;

/// A fault, and what it is written in.
pub(crate) type Wrong = (&'static Dialect, Fault);

/// The version that a request says it is written in; none if it says none.
pub(crate) fn version(params: Option<&RawValue>) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(rename = "_meta", borrow)]
        meta: Option<Carried<'a>>,
    }
    #[derive(Deserialize)]
    struct Carried<'a> {
        #[serde(rename = "io.modelcontextprotocol/protocolVersion", borrow)]
        version: Option<Cow<'a, str>>,
    }
    static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(Meta::PROTOCOL_VERSION));
    let params = params?.get();
    // Requests of sessions are the many, and they never have it.
    NAME.find(params.as_bytes())?;
    serde_json::from_str::<Params<'_>>(params).ok()?.meta?.version
}

/// The dialect of a request that carries its client, as far as its body says; none if it belongs to a session.
pub(crate) fn of(
    core: &Core,
    method: &str,
    params: Option<&RawValue>,
    in_session: bool,
) -> Option<Result<&'static Dialect, Wrong>> {
    match version(params) {
        Some(version) => Some(named(core, &version)),
        None if core.has_sessions() => None,
        None if in_session => None,
        None => Some(Err((core.newest(), stranger(core, method)))),
    }
}

/// The dialect of this version, if requests of it carry their client and it is spoken here.
pub(crate) fn named(core: &Core, version: &str) -> Result<&'static Dialect, Wrong> {
    carries(core, version).ok_or_else(|| (core.newest(), unsupported(core, version)))
}

/// As [`named`], where it is no fault that there is none.
pub(crate) fn carries(core: &Core, version: &str) -> Option<&'static Dialect> {
    let mut spoken = core.dialects.iter().filter(|dialect| dialect.era == Era::Request);
    spoken.find(|dialect| dialect.version == version).copied()
}

/// The fault for a version that is not spoken, or not in this way.
pub(crate) fn unsupported(core: &Core, version: &str) -> Fault {
    // A version that has sessions is supported, but not for a request that names it by itself.
    let supported = core.dialects.iter().map(|dialect| dialect.version).filter(|known| *known != version).collect();
    Fault::UnsupportedVersion { requested: version.chars().take(64).collect(), supported }
}

/// The fault for a request that says nothing of itself, where there are no sessions that would know.
fn stranger(core: &Core, method: &str) -> Fault {
    if method == "initialize" {
        // All that an old client shows its user is this text.
        return unsupported(core, "initialize");
    }
    Fault::InvalidParams(format!("params._meta.{}: missing: every request names its version", Meta::PROTOCOL_VERSION))
}
