//! POST of a request that carries its client: headers repeat parts of it, and it ends when its client goes away.

use std::sync::Arc;

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Message;
use anpu_proto::model::{Call, Meta};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::accept::Accepts;
use super::headers::{self, MCP_METHOD, MCP_NAME};
use super::in_place::InPlace;
use super::place;
use super::post::event_stream;
use super::stream::{Body, Reader};
use crate::component::unwrapped;
use crate::server::{Asked, Carried, Core, Exchange, Origin, Outbox, Plain, Way, version};

/// Answers one POST whose message, read from `body`, belongs to no session.
pub(super) async fn post(
    core: &Arc<Core>,
    dialect: &'static Dialect,
    message: Message<'_>,
    body: &Bytes,
    origin: Origin,
    accepts: Accepts,
) -> Response<Body> {
    let (id, method, params) = match message {
        Message::Request { id, method, params } => (id, method, params),
        // Nothing that a client could tell apart from a request; cancelling is done by going away.
        Message::Notice { .. } => return place::empty(StatusCode::ACCEPTED),
        Message::Batch(_) => {
            let text = format!("version {} of the protocol has no batches", dialect.version);
            return place::refused(dialect, None, &Fault::InvalidRequest(text));
        }
        Message::Response { .. } => {
            let text = format!("version {} of the protocol has no responses of clients", dialect.version);
            return place::refused(dialect, None, &Fault::InvalidRequest(text));
        }
    };
    let asked = Asked { dialect, id: &id, method: &method, params, body: Some(body) };
    let outbox = Arc::new(Outbox::new(0, &core.limits, &core.budget, false, Some(1)));
    if !accepts.event_stream {
        outbox.set_mute();
    }
    let read = asked.read(core);
    let same = same_version(&asked, read.as_ref().ok().map(|(_, carried)| carried));
    let begun = same.and_then(|()| same_method(&origin.headers, &method)).and(read).and_then(|read| {
        same_name(&origin.headers, &read.0)?;
        asked.begin(core, read, Way::Headers, origin, &outbox)
    });
    let (exchange, run) = match begun {
        Ok(begun) => begun,
        Err(fault) => return place::refused(dialect, Some(&id), &fault),
    };
    match InPlace::alone(&exchange, run, &outbox, accepts, core.times.upgrade).await {
        Plain::More => stream(core, exchange, outbox),
        Plain::All => plain(&exchange, &outbox),
    }
}

/// The version as the header has it, by which the dialect was chosen. What cannot be read otherwise may still say it.
fn same_version(asked: &Asked<'_>, carried: Option<&Carried>) -> Result<(), Fault> {
    let slowly = || version(asked.params).map(|version| version == asked.dialect.version);
    match carried.and_then(|carried| carried.same_version).or_else(slowly) {
        Some(true) => Ok(()),
        Some(false) => {
            Err(mismatch(&format!("MCP-Protocol-Version differs from {} in the body", Meta::PROTOCOL_VERSION)))
        }
        None => {
            let text = format!("params._meta.{}: missing: every request names its version", Meta::PROTOCOL_VERSION);
            Err(Fault::InvalidParams(text))
        }
    }
}

/// The method as the header has it.
fn same_method(headers: &HeaderMap, method: &str) -> Result<(), Fault> {
    match headers::single(headers, &MCP_METHOD) {
        Ok(Some(said)) if said == method => Ok(()),
        Ok(Some(_)) => Err(mismatch("Mcp-Method differs from `method` in the body")),
        Ok(None) => Err(mismatch("Mcp-Method is missing: it repeats `method` of the body")),
        Err(refusal) => Err(mismatch(&refusal.text)),
    }
}

/// The name of what is called, as the header has it.
fn same_name(headers: &HeaderMap, call: &Call) -> Result<(), Fault> {
    let (name, place) = match call {
        Call::CallTool(params) => (&params.name, "params.name"),
        Call::GetPrompt(params) => (&params.name, "params.name"),
        Call::ReadResource(params) => (&params.uri, "params.uri"),
        _ => return Ok(()),
    };
    let said = headers::single(headers, &MCP_NAME).map_err(|refusal| mismatch(&refusal.text))?;
    let said = said.ok_or_else(|| mismatch(&format!("Mcp-Name is missing: it repeats `{place}` of the body")))?;
    match unwrapped(said) {
        Some(said) if said == *name => Ok(()),
        Some(_) => Err(mismatch(&format!("Mcp-Name differs from `{place}` in the body"))),
        None => Err(mismatch("Mcp-Name has a Base64 that cannot be decoded")),
    }
}

fn mismatch(text: &str) -> Fault {
    Fault::HeaderMismatch(text.to_owned())
}

fn plain(exchange: &Exchange, outbox: &Outbox) -> Response<Body> {
    let Some(reply) = outbox.take_reply() else { return place::empty(StatusCode::ACCEPTED) };
    let mut response = place::json(reply);
    if let Some(fault) = exchange.alone().and_then(|alone| alone.fault()) {
        place::mark_alone(&mut response, fault);
    }
    response
}

fn stream(core: &Core, exchange: Arc<Exchange>, outbox: Arc<Outbox>) -> Response<Body> {
    // Nobody read it before, so it begins at its first entry.
    let Some(turn) = outbox.attach(None) else { return place::empty(StatusCode::ACCEPTED) };
    core.reaper.keep_alive(&outbox);
    event_stream(Body::events(Reader::Alone(exchange), outbox, turn, false))
}
