//! A request that carries its client: no session stands behind it, and nothing is left of it when it ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Call, Implementation, LoggingLevel, Meta, Notice};
use anpu_proto::session::{Peer, Route};
use serde_json::value::RawValue;

use super::core::{Core, Origin};
use super::exchange::{Exchange, Home};
use super::line::Line;
use super::outbox::{Outbox, kind_of};
use super::rounds::Rounds;
use super::run::{Run, run};
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
struct Carried {
    peer: Peer,
    level: Option<LoggingLevel>,
}

/// A request as it came in.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'m> {
    pub(crate) dialect: &'static Dialect,
    pub(crate) id: &'m Id,
    pub(crate) method: &'m str,
    pub(crate) params: Option<&'m RawValue>,
}

impl Asked<'_> {
    /// The call that this is.
    ///
    /// # Errors
    ///
    /// A method that there is not, or parameters that cannot be read.
    pub(crate) fn read(&self, core: &Core) -> Result<Call, Fault> {
        self.dialect.read_call(self.method, self.params, &|method| core.words.has_method(method))
    }

    /// Makes the call ready to run.
    ///
    /// # Errors
    ///
    /// It does not say who asks, its request state is not ours, or there is no place for it.
    pub(crate) fn begin(
        self,
        core: &Arc<Core>,
        mut call: Call,
        way: Way,
        origin: Origin,
        outbox: &Arc<Outbox>,
    ) -> Result<(Arc<Exchange>, Run), Fault> {
        core.reaper.start(core);
        let meta = call.meta().clone();
        let Carried { peer, level } = carried(&meta)?;
        let rounds = Rounds::of(core, &self, &mut call, origin.principal.as_ref())?;
        let facts = Facts {
            id: Some(self.id.clone()),
            dialect: self.dialect,
            peer: Arc::new(peer),
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

/// What a request must say of itself, and what it may.
fn carried(meta: &Meta) -> Result<Carried, Fault> {
    let wrong = |key: &str, why: &dyn std::fmt::Display| Fault::InvalidParams(format!("params._meta.{key}: {why}"));
    let capabilities = meta.client_capabilities().map_err(|error| wrong(Meta::CLIENT_CAPABILITIES, &error))?;
    let missing = || wrong(Meta::CLIENT_CAPABILITIES, &"missing: every request says what its client can do");
    let capabilities = capabilities.ok_or_else(missing)?;
    let info = meta.client_info().map_err(|error| wrong(Meta::CLIENT_INFO, &error))?;
    let level = meta.log_level().map_err(|error| wrong(Meta::LOG_LEVEL, &error))?;
    let info = info.unwrap_or_else(|| Implementation::new("unknown", "0"));
    Ok(Carried { peer: Peer::new(info, capabilities), level })
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
            _ => return self.core.tell(&notice),
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
                outbox.push(text, super::outbox::EntryKind::Reply);
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
