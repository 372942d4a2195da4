//! Pagination: lists that come page by page.

use serde::{Deserialize, Serialize};

use super::meta::Meta;

/// The params of a request for one page of a list.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/pagination).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaginatedRequestParams {
    /// Where the page starts: the `nextCursor` of the page before, or none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl PaginatedRequestParams {
    /// The page that starts at `cursor`.
    pub fn at(cursor: impl Into<String>) -> Self {
        Self { cursor: Some(cursor.into()), meta: Meta::absent() }
    }
}

/// Defines a result that is one page of a list, with caching hints.
macro_rules! page_of {
    ($(#[$doc:meta])* $name:ident { $member:ident: $item:ty }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $name {
            /// What is on this page.
            pub $member: Vec<$item>,
            /// Where the next page starts, if there is one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub next_cursor: Option<String>,
            /// For how many milliseconds this is fresh.
            #[serde(
                default,
                skip_serializing_if = "Option::is_none",
                deserialize_with = "crate::model::reading::optional_lifetime"
            )]
            pub ttl_ms: Option<u64>,
            /// Who may share it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub cache_scope: Option<crate::model::CacheScope>,
            /// What kind of result this is.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub result_type: Option<crate::model::ResultType>,
            /// `_meta`.
            #[serde(rename = "_meta", default, skip_serializing_if = "crate::model::Meta::is_absent")]
            pub meta: crate::model::Meta,
        }

        impl $name {
            /// This page, with none after it.
            pub fn new($member: Vec<$item>) -> Self {
                Self {
                    $member,
                    next_cursor: None,
                    ttl_ms: None,
                    cache_scope: None,
                    result_type: Some(crate::model::ResultType::Complete),
                    meta: crate::model::Meta::absent(),
                }
            }

            /// Where the next page starts, if there is one.
            #[must_use]
            pub fn next_cursor(mut self, cursor: Option<String>) -> Self {
                self.next_cursor = cursor;
                self
            }
        }

        impl crate::model::Cacheable for $name {
            fn caching_mut(&mut self) -> (&mut Option<u64>, &mut Option<crate::model::CacheScope>) {
                (&mut self.ttl_ms, &mut self.cache_scope)
            }
        }
    };
}

pub(super) use page_of;
