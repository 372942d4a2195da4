//! Streamable HTTP: one endpoint of POST, GET and DELETE.
//!
//! - `door`: refuses before the body is read, with `host`, `origin`, `accept`, `headers`, `cors`, `refusal`.
//! - `post`, `get`, `delete`: one method each; `era` and `alone`: a POST that belongs to no session; `in_place`: requests
//!   on the task of their connection; `stream`: the body of a response.
//! - `service`: the endpoint as a [`tower_service::Service`]; `serve`: the endpoint on a socket of its own, `site`: what
//!   is at which path there, `probes`: how it is;
//!   `listener`: the socket, `connections` and `leaving`: all of its connections, and one; `patience` and `together`: its
//!   clock and its socket.
//! - `legacy_sse`: the two endpoints of the wire before this one.

mod accept;
mod alone;
mod connections;
mod cors;
mod delete;
mod door;
mod era;
mod get;
mod headers;
mod host;
mod in_place;
mod leaving;
mod legacy_sse;
mod listener;
mod origin;
mod patience;
mod place;
mod post;
mod probes;
mod refusal;
mod serve;
mod service;
mod settings;
mod site;
mod sse;
mod stream;
mod together;

pub use legacy_sse::LegacySse;
pub use listener::handed_over;
pub use serve::Layered;
pub use service::HttpService;
pub use site::Endpoint;
pub use stream::Body;
