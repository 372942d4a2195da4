//! A request that carries its client: no session stands behind it, and nothing is left of it when it ends.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, ClientCapabilities, Implementation, LoggingLevel, Meta, Notice};
use anpu_proto::session::{Peer, Route};
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::core::{Core, Origin};
use super::entry::{EntryKind, kind_of};
use super::exchange::{Exchange, Home};
use super::line::Line;
use super::outbox::Outbox;
use super::rounds::Rounds;
use super::run::{Run, run};
use super::state_handle::StateHandle;
use crate::handler::Facts;

pub(crate) struct Alone {
    pub(crate) core: Arc<Core>,
    /// Whether headers repeat parts of its body.
    pub(crate) headers: bool,
    /// The connection it shares with others.
    line: Option<Arc<Line>>,
    level: Option<LoggingLevel>,
    /// The last progress told; the next one is larger.
    progress: Mutex<f64>,
    /// What stands for the session that it does not have.
    pub(super) handle: StateHandle,
    cancelled: AtomicBool,
    fault: OnceLock<Fault>,
}

/// Where such a request came in.
#[derive(Clone)]
pub(crate) enum Way {
    /// By itself, with headers that repeat parts of its body.
    Headers,
    /// On a connection that it shares with others.
    Line(Arc<Line>),
}

/// What such a request says of itself.
pub(crate) struct Carried {
    /// Whether it is written in the version of its dialect; none if it does not say.
    pub(crate) same_version: Option<bool>,
    client: Result<Client, Fault>,
}

/// Who asks, and what it wants to hear.
#[derive(Clone)]
struct Client {
    peer: Arc<Peer>,
    level: Option<LoggingLevel>,
}

/// A request as it came in.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'m> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) id: &'m Id,
    pub(crate) method: &'m str,
    pub(crate) params: Option<&'m RawValue>,
    /// What it was read from, if that is shared: then nothing of it need be copied to be kept.
    pub(crate) body: Option<&'m Bytes>,
}

impl Asked<'_> {
    /// The call that this is, and what it says of itself.
    ///
    /// # Errors
    ///
    /// A method that there is not, or parameters that cannot be read.
    pub(crate) fn read(&self, core: &Core) -> Result<(Call, Carried), Fault> {
        let call = self.dialect.read_call(self.method, self.params, &|method| core.words.has_method(method))?;
        let carried = Carried::of(call.meta(), self.dialect);
        Ok((call, carried))
    }

    /// The parameters, for as long as the request goes on.
    pub(super) fn kept_params(&self) -> Option<Bytes> {
        let params = self.params?.get().as_bytes();
        Some(self.body.map_or_else(|| Bytes::copy_from_slice(params), |body| body.slice_ref(params)))
    }

    /// Makes the call ready to run.
    ///
    /// # Errors
    ///
    /// It does not say who asks, its request state is not ours, or there is no place for it.
    pub(crate) fn begin(
        self,
        core: &Arc<Core>,
        (mut call, carried): (Call, Carried),
        way: Way,
        origin: Origin,
        outbox: &Arc<Outbox>,
    ) -> Result<(Arc<Exchange>, Run), Fault> {
        if matches!(way, Way::Headers) {
            core.drain.admit_request()?;
        }
        core.reaper.start(core);
        let meta = call.meta().clone();
        let Client { peer, level } = carried.client?;
        let rounds = Rounds::of(core, &self, &mut call, origin.principal.as_ref())?;
        let facts = Facts {
            id: Some(self.id.clone()),
            dialect: self.dialect,
            peer,
            meta,
            headers: origin.headers,
            extensions: origin.extensions,
            principal: origin.principal,
            session: None,
            recovered: false,
            states: Arc::clone(&core.states),
        };
        let (headers, line) = match way {
            Way::Headers => (true, None),
            Way::Line(line) => (false, Some(line)),
        };
        let alone = Alone {
            core: Arc::clone(core),
            headers,
            line,
            level,
            progress: Mutex::new(f64::NEG_INFINITY),
            handle: StateHandle::default(),
            cancelled: AtomicBool::new(false),
            fault: OnceLock::new(),
        };
        let route = Route::Request(self.id.clone());
        let exchange = Exchange::new(Home::Alone(alone), route, Some(Arc::clone(outbox)), facts, rounds);
        if let Some(line) = exchange.alone().and_then(|alone| alone.line.as_ref()) {
            line.begin(self.id, &exchange, matches!(call, Call::Listen(_)))?;
        }
        exchange.start();
        Ok((Arc::clone(&exchange), run(exchange, self.id.clone(), call)))
    }
}

impl Carried {
    fn of(meta: &Meta, dialect: &Dialect) -> Self {
        let is_same = |version: &str| version == dialect.version;
        // All at once; only if that fails, one by one, to say which it was.
        match introduced(meta) {
            Some((version, client)) => Self { same_version: version.as_deref().map(is_same), client: Ok(client) },
            None => Self { same_version: meta.protocol_version().map(is_same), client: client(meta) },
        }
    }
}

/// The version and the client, if all of it can be read.
type Introduced = (Option<Arc<str>>, Client);

/// Bytes of a text that is remembered.
const MOST_REMEMBERED: usize = 1024;
/// Texts that each thread remembers.
const REMEMBERED: usize = 8;

thread_local! {
    /// What was said lately: a client says the same with each request, so it is read once. Of each thread its own, so
    /// that none waits for another.
    static LATELY: RefCell<VecDeque<(Box<str>, Introduced)>> = const { RefCell::new(VecDeque::new()) };
}

fn introduced(meta: &Meta) -> Option<Introduced> {
    // With a token or a trace it is another text each time.
    let changes = meta.progress_token().is_some() || meta.traceparent().is_some();
    let Some(text) = meta.text().filter(|text| text.len() <= MOST_REMEMBERED && !changes) else { return said(meta) };
    LATELY.with_borrow_mut(|lately| {
        if let Some((_, introduced)) = lately.iter().find(|(said, _)| **said == *text) {
            return Some(introduced.clone());
        }
        let introduced = said(meta)?;
        lately.truncate(REMEMBERED - 1);
        lately.push_front((text.into(), introduced.clone()));
        Some(introduced)
    })
}

fn said(meta: &Meta) -> Option<Introduced> {
    let Said { version, info, capabilities, level } = meta.read_as().ok()?;
    let peer = Arc::new(peer(info, capabilities?));
    Some((version.map(Arc::from), Client { peer, level }))
}

/// The members of `_meta` in which a request says something of itself.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", borrow)]
    version: Option<Cow<'a, str>>,
    #[serde(rename = "io.modelcontextprotocol/clientInfo", default, deserialize_with = "given")]
    info: Option<Implementation>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities", default, deserialize_with = "given")]
    capabilities: Option<ClientCapabilities>,
    #[serde(rename = "io.modelcontextprotocol/logLevel", default, deserialize_with = "given")]
    level: Option<LoggingLevel>,
}

/// Null is not the same as nothing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn peer(info: Option<Implementation>, capabilities: ClientCapabilities) -> Peer {
    Peer::new(info.unwrap_or_else(|| Implementation::new("unknown", "0")), capabilities)
}

/// What a request must say of its client, and what it may.
fn client(meta: &Meta) -> Result<Client, Fault> {
    let wrong = |key: &str, why: &dyn std::fmt::Display| Fault::InvalidParams(format!("params._meta.{key}: {why}"));
    let capabilities = meta.client_capabilities().map_err(|error| wrong(Meta::CLIENT_CAPABILITIES, &error))?;
    let missing = || wrong(Meta::CLIENT_CAPABILITIES, &"missing: every request says what its client can do");
    let capabilities = capabilities.ok_or_else(missing)?;
    let info = meta.client_info().map_err(|error| wrong(Meta::CLIENT_INFO, &error))?;
    let level = meta.log_level().map_err(|error| wrong(Meta::LOG_LEVEL, &error))?;
    Ok(Client { peer: Arc::new(peer(info, capabilities)), level })
}

impl Alone {
    /// The client wants nothing more of it: what runs is stopped, and nothing more is sent for it.
    pub(crate) fn cancel(&self, exchange: &Exchange) {
        self.cancelled.store(true, Ordering::Release);
        exchange.stop();
    }

    /// Why the request failed, if it did.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.fault.get()
    }

    pub(super) fn hears(&self, level: LoggingLevel) -> bool {
        self.level.is_some_and(|wanted| level >= wanted)
    }

    /// Tells the client something that belongs to this request; changes go to those who listen to them.
    pub(super) fn say(&self, exchange: &Exchange, notice: Notice) {
        let told = match &notice {
            Notice::Progress(params) => self.grows(params.progress),
            Notice::Message(params) => self.hears(params.level),
            Notice::Other { .. } => true,
            Notice::ToolListChanged(_)
            | Notice::PromptListChanged(_)
            | Notice::ResourceListChanged(_)
            | Notice::ResourceUpdated(_) => return self.core.tell(&notice),
            // There is nobody else whom it could concern.
            _ => return,
        };
        let Some(outbox) = exchange.outbox.as_ref().filter(|outbox| told && !outbox.is_mute()) else { return };
        let kind = kind_of(&notice);
        if let Some((method, params)) = exchange.dialect().write_notice(notice) {
            outbox.push(write::notification(&method, params.as_deref()), kind);
        }
    }

    pub(super) fn finished(&self, exchange: &Exchange, id: &Id, outcome: Result<(), &Fault>, text: Vec<u8>) {
        if let Err(fault) = outcome {
            // Once: a request has one answer.
            let _ = self.fault.set(fault.clone());
        }
        match &exchange.outbox {
            Some(outbox) if !self.cancelled.load(Ordering::Acquire) => {
                outbox.push(text, EntryKind::Reply);
            }
            outbox => outbox.iter().for_each(|outbox| outbox.forgo()),
        }
        self.end(exchange, id);
    }

    pub(super) fn dropped(&self, exchange: &Exchange, id: &Id) {
        exchange.outbox.iter().for_each(|outbox| outbox.forgo());
        self.end(exchange, id);
    }

    fn end(&self, exchange: &Exchange, id: &Id) {
        // Tasks that outlive their request learn that nobody listens.
        exchange.stop();
        if let Some(line) = &self.line {
            line.end(id);
        }
    }

    fn grows(&self, progress: f64) -> bool {
        let mut last = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let grows = progress > *last;
        if grows {
            *last = progress;
        }
        grows
    }
}
