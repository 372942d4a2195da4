//! Discovery: what a server speaks and offers, asked without opening anything.

use serde::{Deserialize, Serialize};

use super::caching::{CacheScope, cacheable};
use super::capabilities::ServerCapabilities;
use super::meta::{Meta, RequestParams, ResultType};
use super::reading;

/// The params of `server/discover`.
pub type DiscoverParams = RequestParams;

/// The result of `server/discover`. Who the server is, is in its `_meta`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/discover).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscoverResult {
    /// The versions the server speaks.
    pub supported_versions: Vec<String>,
    /// What it offers.
    pub capabilities: ServerCapabilities,
    /// How to use it, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// For how many milliseconds this is fresh.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_lifetime")]
    pub ttl_ms: Option<u64>,
    /// Who may share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_scope: Option<CacheScope>,
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl DiscoverResult {
    /// A server that speaks these versions.
    pub fn new<V: Into<String>>(versions: impl IntoIterator<Item = V>, capabilities: ServerCapabilities) -> Self {
        Self {
            supported_versions: versions.into_iter().map(Into::into).collect(),
            capabilities,
            instructions: None,
            ttl_ms: None,
            cache_scope: None,
            result_type: Some(ResultType::Complete),
            meta: Meta::absent(),
        }
    }

    /// How to use the server, for the model.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }
}

cacheable!(DiscoverResult);
