//! What a handler sees of its request, what it takes from it and what it may return; knows no transport and no server.

mod ask;
mod blocking;
mod contents;
mod cx;
mod durable;
mod extract;
pub(crate) mod failure;
mod findings;
pub(crate) mod format;
mod logging;
mod media;
mod messages;
mod once;
mod outcome;
mod port;
mod probe;

pub use ask::{
    Asking, Choice, Choices, Confirm, Field, Fields, Filled, Form, FormChoice, FormField, FormFields, Number, Outcome,
    Question, Roots, Sample, Text, Visit,
};
pub(crate) use blocking::on_blocking_pool;
pub use contents::IntoContents;
pub use cx::Cx;
pub(crate) use durable::{Cell, Deleted, Document, LocalCell, Place};
pub use durable::{Durable, Kept, Session, User};
pub(crate) use extract::States;
pub use extract::{Args, Extension, FromCx, Needs, State};
pub(crate) use findings::Findings;
pub use media::{Audio, Embedded, Image, ResourceLink};
pub use messages::IntoMessages;
pub(crate) use outcome::error_of;
pub use outcome::{IntoReply, Json, OrNotFound};
pub(crate) use port::{BoxFuture, Effect, Facts, Port};
pub use probe::Probe;
