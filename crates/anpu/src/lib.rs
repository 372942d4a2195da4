//! MCP servers whose clients never lose their place.
//!
//! Write plain async functions; they become tools, resources and prompts for every client of the
//! [Model Context Protocol](https://modelcontextprotocol.io), over stdio and Streamable HTTP, in every published version
//! of the specification on one endpoint.
//!
//! ```no_run
//! use anpu::prelude::*;
//!
//! /// Add two numbers.
//! #[tool]
//! async fn add(
//!     /// the first addend
//!     a: f64,
//!     /// the second addend
//!     b: f64,
//! ) -> f64 {
//!     a + b
//! }
//!
//! #[tokio::main]
//! async fn main() -> anpu::Result {
//!     Server::new("calculator", "1.0.0").with(components![add]).serve_stdio().await
//! }
//! ```
//!
//! # Where to look
//!
//! - What a handler takes: arguments, [`Cx`], [`State`], [`Session`], [`User`], [`Args`](struct@Args), [`Extension`], anything [`FromCx`].
//! - What it asks its client: [`Confirm`], [`Text`], [`Number`], [`Choice`], [`Choices`], [`Form`](struct@Form), [`Visit`],
//!   [`Sample`].
//! - What it returns: [`IntoReply`] for tools, [`IntoContents`] for resources, [`IntoMessages`] for prompts.
//! - Components by hand: [`Tool`], [`Resource`], [`ResourceTemplate`], [`Prompt`]; from elsewhere: [`Provider`].
//! - The server: [`Server`], its [`Limits`], its [`Hooks`]; from outside, while it runs: [`Handle`].
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `macros` | yes | `#[tool]`, `#[prompt]`, `#[resource]`, `derive(Args)`, `derive(Form)` |
//! | `stdio` | yes | [`Server::serve_stdio`] |
//! | `http` | yes | [`Server::serve_http`], [`Server::into_service`] |
//! | `schema` | yes | tools whose JSON schema is known only at run time |
//! | `redb` | no | `store::Redb`, a store in a file of its own |
//! | `testing` | no | a server and a client joined by memory; what every [`store`] must do |
//!
//! # Layout, lowest floor first
//!
//! `error` · `store` `auth` `seal` · `handler` · `component` · `server` · `transport` · `testing`. A module imports lower
//! floors only.

mod auth;
mod component;
mod error;
mod handler;
mod seal;
mod server;
pub mod store;
mod transport;

#[cfg(feature = "testing")]
pub mod testing;

pub mod prelude {
    //! What nearly every server needs: `use anpu::prelude::*`.

    #[doc(no_inline)]
    pub use anpu_proto::model::{Content, LoggingLevel, PromptMessage};

    #[doc(no_inline)]
    pub use crate::{
        Args, Audio, Choice, Choices, Completing, Components, Confirm, Cx, Embedded, Error, ErrorKind, Extension, Form,
        FromCx, Hooks, Image, Json, OrNotFound, Outcome, ResourceLink, Result, Sample, Server, Session, State, Text,
        User, Visit, components, declined, not_found, refused,
    };

    /// One message of a prompt, under its short name.
    pub use anpu_proto::model::PromptMessage as Message;

    #[cfg(feature = "macros")]
    #[doc(no_inline)]
    pub use crate::{prompt, resource, tool};
}

#[doc(no_inline)]
pub use anpu_proto::fault::Fault;
#[doc(no_inline)]
pub use anpu_proto::model;
#[doc(no_inline)]
pub use anpu_proto::model::{Annotations, Icon, PromptArgument, ToolAnnotations};
#[doc(hidden)]
pub use schemars;
#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use serde_json;

#[cfg(feature = "macros")]
pub use anpu_macros::{Args, Form, prompt, resource, tool};

pub use auth::{FromExtensions, Principal};
pub use component::{
    Argument, Caching, Completer, Completing, Completion, Component, ComponentKind, Components, Described,
    IntoCompletion, Listing, NoInput, Prompt, Provider, Resource, ResourceTemplate, Tool, Typed, Vars,
};
pub use error::{Error, ErrorKind, Result, declined, not_found, refused};
pub use handler::{
    Args, Asking, Audio, Choice, Choices, Confirm, Cx, Durable, Embedded, Extension, Field, Fields, Filled, Form,
    FormChoice, FormField, FormFields, FromCx, Image, IntoContents, IntoMessages, IntoReply, Json, Kept, Needs, Number,
    OrNotFound, Outcome, Probe, Question, ResourceLink, Roots, Sample, Session, State, Text, User, Visit,
};
pub use seal::Keys;
pub use server::{
    Ended, Handle, Hooks, Limits, Next, NotRecovered, Proof, ProtocolExtension, Recovering, Recovery, Server,
    SessionHandle,
};
pub use transport::Line;

#[cfg(any(feature = "http", feature = "stdio"))]
pub use transport::shutdown_signal;
#[cfg(feature = "http")]
pub use transport::{Body, Endpoint, HttpService, Layered, LegacySse, handed_over};
