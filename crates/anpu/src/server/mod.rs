//! The server: sessions, requests and their answers; the door that transports knock at. Knows no transport.
//!
//! - [`builder`]: putting a server together; [`handle`]: the server from outside; [`settings`]: what can be set.
//! - `core`: what all sessions share; `directory`: the sessions; `reaper`: what time does to them.
//! - `session`: one session, `live`: what of it is under its lock, `metadata` and `roots`: what is noted about it;
//!   `exchange`: one living request; `run`: a request from start to end; `asking` and `questions`: asking the client.
//! - `intake`: a message comes in; `dispatch`: from a call to its reply; `shelves` and `lists`: the components it sees.
//! - `outbox`: what waits to be sent on one stream; `budget`: what all of them hold together.
//! - `connection`: the same for one full-duplex connection.

mod announce;
mod asking;
mod budget;
mod builder;
mod completing;
mod connection;
mod core;
mod directory;
mod dispatch;
mod door;
mod events;
mod exchange;
mod extension;
mod handle;
mod hooks;
mod intake;
mod lists;
mod live;
mod metadata;
mod outbox;
mod questions;
mod reaper;
mod roots;
mod run;
mod session;
mod settings;
mod shelves;

pub(crate) use self::connection::{Connection, array};
pub(crate) use self::core::{Core, Origin};
pub(crate) use self::door::Door;
pub(crate) use self::intake::{answers, receive, rejection};
pub(crate) use self::outbox::{End, Outbox, Plain, Taken};
pub(crate) use self::run::{Run, all, error_text, poll_all};
pub(crate) use self::session::{Session, Wire};

pub use self::builder::Server;
pub use self::extension::ProtocolExtension;
pub use self::handle::{Handle, SessionHandle};
pub use self::hooks::{Ended, Hooks, Next};
pub use self::settings::Limits;
