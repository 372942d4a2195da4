//! A message comes in: what it is decides what it starts.

use std::sync::Arc;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::write::Unread;
use anpu_proto::jsonrpc::{Id, Message, Rejected};
use anpu_proto::model::Call;
use anpu_proto::session::Route;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::core::Origin;
use super::entry::EntryKind;
use super::exchange::{Exchange, Home};
use super::noting::Noting;
use super::outbox::Outbox;
use super::rounds::Rounds;
use super::run::{Run, Runs, error_text, run};
use super::session::Session;

/// Bytes of what a client says of itself, because that is kept as long as its session.
const MOST_HELLO: usize = 128 * 1024;

/// What a message started.
#[derive(Default)]
pub(crate) struct Begun {
    /// To be driven by the caller.
    pub(crate) runs: Runs,
    /// Why a single request was refused; its answer is in the outbox.
    pub(crate) refused: Option<Fault>,
}

/// Takes in one message of a session. Answers go into the outbox.
pub(crate) fn receive(session: &Arc<Session>, message: Message<'_>, origin: Origin, outbox: &Arc<Outbox>) -> Begun {
    session.touch();
    match message {
        Message::Batch(messages) => {
            let mut begun = Begun::default();
            for message in messages {
                match message {
                    Ok(message) => begun.runs.extend(receive(session, message, origin.clone(), outbox).runs),
                    Err(rejected) => refuse(session, &rejected, outbox),
                }
            }
            begun
        }
        Message::Request { id, method, params } => match begin(session, &id, &method, params, origin, outbox) {
            Ok(run) => Begun { runs: run.into(), refused: None },
            Err(fault) => {
                outbox.push(error_text(session.dialect(), Ok(&id), &fault), EntryKind::Reply);
                Begun { runs: Runs::default(), refused: Some(fault) }
            }
        },
        Message::Notice { method, params } => {
            match session.dialect().read_notice(&method, params) {
                Ok(notice) => session.notice(notice),
                // A notification is never answered, not even a broken one.
                Err(fault) => tracing::debug!(%method, %fault, "a notification could not be read and was dropped"),
            }
            Begun::default()
        }
        Message::Response { id, outcome } => {
            session.answered(id.as_ref(), outcome);
            Begun::default()
        }
    }
}

/// Answers a text that is no message.
pub(crate) fn refuse(session: &Session, rejected: &Rejected, outbox: &Outbox) {
    outbox.push(rejection(session.dialect(), rejected), EntryKind::Reply);
}

/// The answer to a text that is no message.
pub(crate) fn rejection(dialect: &Dialect, rejected: &Rejected) -> Vec<u8> {
    let unread = if dialect.null_error_id { Unread::Null } else { Unread::Absent };
    error_text(dialect, rejected.id.as_ref().ok_or(unread), &fault(rejected))
}

/// The fault of a text that is no message.
pub(crate) fn fault(rejected: &Rejected) -> Fault {
    if rejected.parse { Fault::Parse(rejected.reason.clone()) } else { Fault::InvalidRequest(rejected.reason.clone()) }
}

/// The requests in a message, by their ids.
pub(crate) fn requests(message: &Message<'_>) -> Vec<Id> {
    match message {
        Message::Request { id, .. } => vec![id.clone()],
        Message::Batch(messages) => messages.iter().flatten().flat_map(requests).collect(),
        Message::Notice { .. } | Message::Response { .. } => Vec::new(),
    }
}

/// How many answers a message wants.
pub(crate) fn answers(message: &Message<'_>) -> usize {
    match message {
        Message::Request { .. } => 1,
        Message::Batch(messages) => messages
            .iter()
            .map(|message| match message {
                Ok(message) => answers(message),
                Err(_) => 1,
            })
            .sum(),
        Message::Notice { .. } | Message::Response { .. } => 0,
    }
}

fn begin(
    session: &Arc<Session>,
    id: &Id,
    method: &str,
    params: Option<&RawValue>,
    origin: Origin,
    outbox: &Arc<Outbox>,
) -> Result<Run, Fault> {
    let core = &session.core;
    let dialect = dialect_for(session, method, params);
    if method == "initialize" && params.is_some_and(|params| params.get().len() > MOST_HELLO) {
        return Err(Fault::InvalidParams(format!("params: `initialize` takes at most {MOST_HELLO} bytes")));
    }
    let call = dialect.read_call(method, params, &|method| core.words.has_method(method))?;
    if let Call::Initialize(params) = &call {
        session.settle(dialect);
        session.introduce(dialect, params)?;
    }
    let facts = core.facts(session, Some((id, call.meta(), origin)));
    let route = Route::Request(id.clone());
    let noting = Noting::of(session, id, &call, params, outbox);
    noting.iter().for_each(|noting| outbox.set_noting(noting));
    let rounds = (core.always_replays && can_ask(&call) || noting.is_some()).then(|| Rounds::in_place(dialect, noting));
    let home = Home::Session(Arc::clone(session));
    let exchange = Exchange::new(home, route, Some(Arc::clone(outbox)), facts, rounds);
    session.request(id, &call, &exchange)?;
    Ok(run(exchange, id.clone(), call))
}

fn can_ask(call: &Call) -> bool {
    matches!(call, Call::CallTool(_) | Call::GetPrompt(_) | Call::ReadResource(_))
}

/// The session's dialect; for `initialize` the one it will settle, because that is the one it is written in.
fn dialect_for(session: &Session, method: &str, params: Option<&RawValue>) -> &'static Dialect {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        protocol_version: String,
    }
    if method != "initialize" || session.is_settled() {
        return session.dialect();
    }
    let asked = params.and_then(|params| serde_json::from_str::<Asked>(params.get()).ok());
    let asked = asked.map(|asked| asked.protocol_version).unwrap_or_default();
    dialect::negotiate(&asked, &session.core.dialects)
}
