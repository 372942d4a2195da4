//! The published versions of the specification, one page each. A version is a value; nobody else compares versions.
//!
//! # Layout
//!
//! - `v….rs`: what one version added, spelled differently and took away. The pages do not know each other.
//! - `methods`, `notices`, `asks`: the words that versions choose theirs from, each with its reader.
//! - `params`: raw JSON into types, with the path of what is wrong.
//! - `walk`: reaches every part of a message, so that a page says what changes and not where it lies.
//! - `words`: what is said as text where a dialect has no other way to say it.
//!
//! # How one vocabulary speaks five dialects
//!
//! The [`model`](crate::model) is the union of all versions in the newest spelling. [`Dialect::adapt`] turns a value
//! of it into what one dialect can say: first every newer version takes its own additions out again, newest first
//! ([`Dialect::restate`]), then every version from the oldest up to this one takes out what it retired and fills in
//! what it requires ([`Dialect::settle`]). What we write and what we read go the same way.
//!
//! A new version that only adds is one new file and two lines in this one.

mod asks;
mod methods;
mod notices;
mod params;
mod v2024_11_05;
mod v2025_03_26;
mod v2025_06_18;
mod v2025_11_25;
mod v2026_07_28;
mod walk;
mod words;

pub use asks::AskWord;
pub use methods::Method;
pub use notices::NoticeWord;

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::fault::Fault;
use crate::model::{Answer, Ask, Call, Notice, Reply};

/// Every dialect this build speaks, newest first. A new version adds a line here.
#[rustfmt::skip]
pub static ALL: &[&Dialect] = &[
    &v2026_07_28::DIALECT,
    &v2025_11_25::DIALECT,
    &v2025_06_18::DIALECT,
    &v2025_03_26::DIALECT,
    &v2024_11_05::DIALECT,
];

/// The dialect of exactly this version.
pub fn named(version: &str) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.version == version)
}

/// The dialect to answer `initialize` with: the one asked for, else the newest allowed one of the session era.
///
/// If `allowed` has none of that era, the newest that there is; a caller that wants none refuses `initialize` itself.
pub fn negotiate(asked: &str, allowed: &[&'static Dialect]) -> &'static Dialect {
    let sessions = || ALL.iter().copied().filter(|dialect| dialect.era == Era::Session);
    let mut candidates = sessions().filter(|dialect| allowed.contains(dialect));
    let newest = candidates.next().or_else(|| sessions().next()).expect("ALL has a dialect of the session era");
    candidates.find(|dialect| dialect.version == asked).unwrap_or(newest)
}

/// Who remembers the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// `initialize` opens a session that remembers the peer.
    Session,
    /// Every request carries its peer in `_meta`.
    Request,
}

/// What a Streamable HTTP transport does differently; plain data, no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own; a table, not a state")]
pub struct HttpRules {
    /// A body may be an array of messages.
    pub batching: bool,
    /// `initialize` is answered with an `Mcp-Session-Id` that later requests carry.
    pub session_header: bool,
    /// GET opens a stream for what belongs to no request.
    pub get_stream: bool,
    /// DELETE ends the session.
    pub delete: bool,
    /// Events have ids, and GET with `Last-Event-ID` goes on after one.
    pub resumable: bool,
    /// A stream starts with an event that has an id and no data, and may be closed early with a `retry`.
    pub priming_event: bool,
    /// Requests after the first carry `MCP-Protocol-Version`; where this is false its absence is normal.
    pub version_header: bool,
    /// `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` repeat the body and must agree with it.
    pub method_headers: bool,
    /// A disconnect cancels the request.
    pub disconnect_cancels: bool,
}

/// One published version of the specification.
pub struct Dialect {
    /// Its name on the wire.
    pub version: &'static str,
    /// Whether it has sessions.
    pub era: Era,
    /// What it asks of HTTP.
    pub http: HttpRules,
    /// Whether its capabilities have a place for extensions.
    pub extensions: bool,
    /// Whether the id of an error whose request id could not be read is null; otherwise it is left out.
    pub null_error_id: bool,
    /// The requests a client may make.
    pub methods: &'static [Method],
    /// The notifications of either side.
    pub notices: &'static [NoticeWord],
    /// The questions to a client.
    pub asks: &'static [AskWord],
    /// Takes out of a value what this version added or spells differently, for peers older than it.
    /// Doing it twice is doing it once.
    pub restate: fn(Spoken<'_>),
    /// Takes out of a value what this version retired and fills in what it requires, for peers of this version and
    /// newer ones. Doing it twice is doing it once.
    pub settle: fn(Spoken<'_>),
    /// The numbers of faults that this version changed; `None` leaves the older answer standing.
    pub code: fn(&Fault) -> Option<i32>,
}

/// A value on its way to or from a peer.
#[derive(Debug)]
pub enum Spoken<'a> {
    /// A request to us.
    Call(&'a mut Call),
    /// Its result.
    Reply(&'a mut Reply),
    /// A notification, of either side.
    Notice(&'a mut Notice),
    /// A question to the client.
    Ask(&'a mut Ask),
    /// Its answer.
    Answer(&'a mut Answer),
}

impl Spoken<'_> {
    /// The same value, lent once more.
    pub fn reborrow(&mut self) -> Spoken<'_> {
        match self {
            Spoken::Call(call) => Spoken::Call(call),
            Spoken::Reply(reply) => Spoken::Reply(reply),
            Spoken::Notice(notice) => Spoken::Notice(notice),
            Spoken::Ask(ask) => Spoken::Ask(ask),
            Spoken::Answer(answer) => Spoken::Answer(answer),
        }
    }
}

/// Reading: an allow-list.
impl Dialect {
    /// Reads a request. What this dialect does not have is a [`Call::Other`] if the server registered it.
    ///
    /// # Errors
    ///
    /// [`Fault::MethodNotFound`], or [`Fault::InvalidParams`] that names the wrong field by its path.
    pub fn read_call(
        &self,
        method: &str,
        params: Option<&RawValue>,
        registered: &dyn Fn(&str) -> bool,
    ) -> Result<Call, Fault> {
        let Some(known) = self.methods.iter().find(|known| known.name == method) else {
            if registered(method) {
                return Ok(Call::Other { method: method.to_owned(), params: params.map(ToOwned::to_owned) });
            }
            return Err(Fault::MethodNotFound(method.to_owned()));
        };
        let mut call = (known.read)(params)?;
        self.adapt(Spoken::Call(&mut call));
        Ok(call)
    }

    /// Reads a notification. What this dialect does not have is a [`Notice::Other`].
    ///
    /// # Errors
    ///
    /// [`Fault::InvalidParams`] that names the wrong field by its path.
    pub fn read_notice(&self, method: &str, params: Option<&RawValue>) -> Result<Notice, Fault> {
        let Some(known) = self.notices.iter().find(|known| known.name == method) else {
            return Ok(Notice::Other { method: method.to_owned(), params: params.map(ToOwned::to_owned) });
        };
        let mut notice = (known.read)(params)?;
        self.adapt(Spoken::Notice(&mut notice));
        Ok(notice)
    }

    /// Reads the result that answers our question `ask_method`.
    ///
    /// # Errors
    ///
    /// [`Fault::MethodNotFound`] if this dialect has no such question, or [`Fault::InvalidParams`] that names the
    /// wrong field by its path.
    pub fn read_answer(&self, ask_method: &str, result: &RawValue) -> Result<Answer, Fault> {
        let known = self.asks.iter().find(|known| known.name == ask_method);
        let known = known.ok_or_else(|| Fault::MethodNotFound(ask_method.to_owned()))?;
        let mut answer = (known.answer)(result)?;
        self.adapt(Spoken::Answer(&mut answer));
        Ok(answer)
    }

    /// Whether a client may make this request.
    pub fn speaks_call(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known.name == method)
    }

    /// Whether there is this notification.
    pub fn speaks_notice(&self, method: &str) -> bool {
        self.notices.iter().any(|known| known.name == method)
    }

    /// Whether there is this question to a client.
    pub fn speaks_ask(&self, method: &str) -> bool {
        self.asks.iter().any(|known| known.name == method)
    }
}

/// Writing: nothing that this dialect does not know.
impl Dialect {
    /// Appends the result object of `reply`, as this dialect says it, to `out`.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`] if this dialect has no way to say it; then `out` is as it was.
    pub fn write_reply(&self, mut reply: Reply, out: &mut Vec<u8>) -> Result<(), Fault> {
        if let Reply::Written(result) = &reply {
            out.extend_from_slice(result.get().as_bytes());
            return Ok(());
        }
        if !self.says(&reply) {
            return Err(Fault::Internal(format!("a peer of version {} cannot be told this reply", self.version)));
        }
        self.adapt(Spoken::Reply(&mut reply));
        let start = out.len();
        serde_json::to_writer(&mut *out, &reply).map_err(|error| {
            out.truncate(start);
            Fault::Internal(error.to_string())
        })
    }

    /// The method and parameters of `notice`, as this dialect says it. `None`: it has no such word.
    ///
    /// A cancellation that names no request says nothing, so nothing is said.
    pub fn write_notice(&self, mut notice: Notice) -> Option<(Cow<'static, str>, Option<Box<RawValue>>)> {
        if let Notice::Other { method, params } = notice {
            return Some((Cow::Owned(method), params));
        }
        if matches!(&notice, Notice::Cancelled(params) if params.request_id.is_none()) {
            return None;
        }
        // Its name may change on the way.
        self.adapt(Spoken::Notice(&mut notice));
        let word = self.notices.iter().find(|known| known.name == notice.method())?;
        Some((Cow::Borrowed(word.name), notice.params().ok()?))
    }

    /// The method and parameters of `ask`, as this dialect says it. `None`: it has no such word.
    pub fn write_ask(&self, mut ask: Ask) -> Option<(&'static str, Option<Box<RawValue>>)> {
        let word = self.asks.iter().find(|known| known.name == ask.method())?;
        if !(word.says)(&ask) {
            return None;
        }
        self.adapt(Spoken::Ask(&mut ask));
        Some((word.name, ask.params().ok()?))
    }

    /// The number of `fault`.
    pub fn code(&self, fault: &Fault) -> i32 {
        let (_, mine_and_older) = self.neighbours();
        mine_and_older.iter().find_map(|dialect| (dialect.code)(fault)).unwrap_or_else(|| fault.base_code())
    }

    /// Turns a value of the whole vocabulary into one of this dialect's.
    ///
    /// Reading and writing do it by themselves; a session does it with the `initialize` it read before it knew
    /// which dialect would be spoken.
    pub fn adapt(&self, mut said: Spoken<'_>) {
        let (newer, mine_and_older) = self.neighbours();
        for dialect in newer {
            (dialect.restate)(said.reborrow());
        }
        for dialect in mine_and_older.iter().rev() {
            (dialect.settle)(said.reborrow());
        }
    }

    fn neighbours(&self) -> (&'static [&'static Self], &'static [&'static Self]) {
        let mine = ALL.iter().position(|dialect| *dialect == self).expect("every dialect is in ALL");
        ALL.split_at(mine)
    }

    /// Whether this dialect can say `reply` at all: an answer to a request that it has.
    fn says(&self, reply: &Reply) -> bool {
        if let Reply::InputRequired(_) = reply {
            return self.era == Era::Request;
        }
        methods::asked_by(reply).is_none_or(|method| self.speaks_call(method))
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Eq for Dialect {}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialect").field(&self.version).finish()
    }
}
