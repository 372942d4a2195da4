//! A question of a handler: out to the client, and back with its answer.

use std::sync::Arc;
use std::time::Duration;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Answer, Ask};
use anpu_proto::session::{Moment, Unanswered};
use serde_json::json;

use super::exchange::{Exchange, Standing};
use super::questions::{RawAnswer, Waiting};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};

/// Asks, and waits for the answer.
pub(super) async fn ask(exchange: Arc<Exchange>, ask: Ask, patience: Duration) -> Result<Answer> {
    let session = &exchange.session;
    let dialect = session.dialect();
    let method = ask.method();
    let Some((name, params)) = dialect.write_ask(ask) else {
        let required = Fault::MissingCapability(capability(method));
        return Err(required.into());
    };
    let id = question_id()?;
    let text = write::request(&Id::from(id.as_str()), name, params.as_deref());
    let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    let deadline = Moment(session.core.now().0.saturating_add(patience));
    let (waiting, answer) = Waiting::until(Some(deadline));
    let open = Open { session: Arc::clone(session), id, _standing: exchange.stand_still() };
    session.ask(&open.id, exchange.route.clone(), text, waiting);
    let answer = answer.await.unwrap_or(Err(Unanswered::Gone));
    drop(open);
    let raw = answered(answer)?;
    let wrong = |fault: Fault| Error::new(ErrorKind::Invalid, format!("the client's answer is none: {fault}"));
    dialect.read_answer(name, &raw).map_err(wrong)
}

/// A question that is open. When the handler no longer waits for the answer, the client is told.
struct Open {
    session: Arc<Session>,
    id: String,
    _standing: Standing,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.session.unask(&self.id);
    }
}

fn answered(answer: RawAnswer) -> Result<Box<serde_json::value::RawValue>> {
    Err(match answer {
        Ok(raw) => return Ok(raw),
        // The specification's code for a person who refused what was asked of the model.
        Err(Unanswered::Error(error)) if error.code == -1 => Error::new(ErrorKind::Declined, error.message),
        Err(Unanswered::Error(error)) => {
            let text = format!("the client answered with an error: {} ({})", error.message, error.code);
            Error::new(ErrorKind::Refused, text)
        }
        Err(Unanswered::TimedOut) => {
            Error::new(ErrorKind::TimedOut, "the client did not answer in time; the question was withdrawn")
        }
        Err(Unanswered::TooMany) => Error::new(ErrorKind::Overloaded, "too many questions are open in this session"),
        Err(_) => Error::new(ErrorKind::Cancelled, "the request that asked is over"),
    })
}

/// The capability that a client needs to be asked this, for one whose version has no such question.
fn capability(method: &str) -> serde_json::Value {
    match method {
        "sampling/createMessage" => json!({ "sampling": {} }),
        "roots/list" => json!({ "roots": {} }),
        _ => json!({ "elicitation": {} }),
    }
}

/// Random, so that it is unique over the life of the session and on all nodes.
fn question_id() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random bits: {error}")))?;
    Ok(format!("ask-{:032x}", u128::from_le_bytes(bits)))
}
