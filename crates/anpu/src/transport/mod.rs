//! Bytes to messages and back, nothing else.

pub(crate) mod memory;

#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(any(feature = "http", feature = "stdio"))]
mod signal;
#[cfg(feature = "stdio")]
pub(crate) mod stdio;

pub use memory::Line;
#[cfg(any(feature = "http", feature = "stdio"))]
pub use signal::shutdown_signal;

#[cfg(feature = "http")]
pub use http::{Body, Endpoint, HttpService, Layered, LegacySse, handed_over};
