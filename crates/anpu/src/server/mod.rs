//! The server: sessions, requests and their answers; the door that transports knock at. Knows no transport.
//!
//! - [`builder`]: putting a server together; [`handle`]: the server from outside; [`settings`]: what can be set; [`hooks`],
//!   `events` and [`extension`]: what it does besides its components; `door`: who may knock.
//! - `core`: what all sessions share; `directory`: the sessions; `reaper`: what time does to them; `drain`: the end of it.
//! - `era`: whether a request belongs to a session or carries its client; `alone`: one that does; `signature`: what is said
//!   to it of the server; `announce`: what the server can do.
//! - `session`: one session, `live`: what of it is under its lock, `parked`: while nobody uses it; `passport`: what others can
//!   see of it, `peers`, `metadata` and `roots`: what is noted about it and its client; `hearing`: what the client says.
//! - `intake`: a message comes in; `exchange`: one living request; `run`: it from start to end; `dispatch`: from a call to its
//!   reply; `shelves` and `lists`: the components it sees; `completing`: completion.
//! - `asking` and `questions`: asking the client. `rounds`: a handler that is let go when it asks; `request_state`: what its
//!   client carries; `journal`: what it does once.
//! - `listens`: who hears of changes. `connection` and `line`: one full-duplex connection, and the ids that run on it.
//! - `outbox`: what waits to be sent on one stream, `entry`: a piece of it, `logged`: its other reader; `budget`: what all of
//!   them hold together; `event_id`: the name of a place on a stream.
//! - `session_id`: what an id says; `record`: what it does not; `recovery`: sessions that come back; `ring`: the keys.
//! - `keeping`: the store, with a deadline; `durable`: where state is kept; `state_handle`: what stands for a session without
//!   one. `nodes`: processes that share a store; `anywhere`: a session that they serve, too; `log`: streams that they can take
//!   up. `noting`: what is noted of a call that may run again in another process; `replayed`: it does.

mod alone;
mod announce;
mod anywhere;
mod asking;
mod budget;
mod builder;
mod completing;
mod connection;
mod core;
mod directory;
mod dispatch;
mod door;
mod drain;
mod durable;
mod entry;
mod era;
mod event_id;
mod events;
mod exchange;
mod extension;
mod handle;
mod hearing;
mod hooks;
mod intake;
mod journal;
mod keeping;
mod line;
mod listens;
mod lists;
mod live;
mod log;
mod logged;
mod metadata;
mod nodes;
mod noting;
mod outbox;
mod parked;
mod passport;
mod peers;
mod questions;
mod reaper;
mod record;
mod recovery;
mod replayed;
mod request_state;
mod ring;
mod roots;
mod rounds;
mod run;
mod session;
mod session_id;
mod settings;
mod shelves;
mod signature;
mod state_handle;
mod streams;

pub(crate) use self::alone::{Asked, Carried, Way};
pub(crate) use self::connection::{Connection, array};
pub(crate) use self::core::{Core, Origin};
pub(crate) use self::door::Door;
pub(crate) use self::entry::{End, Plain, Taken};
pub(crate) use self::era::{carries, named, unsupported, version};
pub(crate) use self::event_id::{EventId, lost_answers};
pub(crate) use self::exchange::Exchange;
pub(crate) use self::intake::{answers, receive, rejection, requests};
pub(crate) use self::log::follow;
pub(crate) use self::outbox::Outbox;
pub(crate) use self::recovery::{Lost, end, find};
pub(crate) use self::replayed::take_up;
pub(crate) use self::run::{Run, Runs, error_text};
pub(crate) use self::session::{Session, Wire};

pub use self::builder::Server;
pub use self::extension::ProtocolExtension;
pub use self::handle::{Handle, SessionHandle};
pub use self::hooks::{Ended, Hooks, Next};
pub use self::recovery::{NotRecovered, Proof, Recovering, Recovery};
pub use self::settings::Limits;
