//! A question of a handler: out to the client, and back with its answer.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use anpu_proto::dialect::Dialect;
use anpu_proto::exchange::Outcome;
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{Id, write};
use anpu_proto::model::{Answer, Ask};
use anpu_proto::session::{Moment, Unanswered};
use serde_json::json;
use serde_json::value::RawValue;

use super::core::Core;
use super::exchange::{Exchange, Standing};
use super::questions::{RawAnswer, Waiting};
use super::rounds::Rounds;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};

/// Asks, and waits for the answer.
pub(super) async fn ask(exchange: Arc<Exchange>, ask: Ask, patience: Duration) -> Result<Answer> {
    let dialect = exchange.dialect();
    let method = ask.method();
    let id = question_id(exchange.core(), None);
    let raw = answered(put(&exchange, id, ask, patience).await?)?;
    read(dialect, method, &raw)
}

/// The answer to a question of this method.
pub(super) fn read(dialect: &Dialect, method: &str, raw: &RawValue) -> Result<Answer> {
    let wrong = |fault: Fault| Error::new(ErrorKind::Invalid, format!("the client's answer is none: {fault}"));
    dialect.read_answer(method, raw).map_err(wrong)
}

/// Asks all of these at once, and waits for all of their answers.
pub(super) async fn ask_all(
    exchange: &Arc<Exchange>,
    questions: Vec<(String, Ask, Duration)>,
) -> Vec<(String, Outcome)> {
    let ids = named(exchange, &questions).await;
    let asking = questions.into_iter().zip(ids);
    let mut asking: Vec<_> =
        asking.map(|((name, ask, patience), id)| (name, Box::pin(put(exchange, id, ask, patience)))).collect();
    let mut answers = Vec::with_capacity(asking.len());
    poll_fn(|cx| {
        asking.retain_mut(|(name, asking)| match asking.as_mut().poll(cx) {
            Poll::Ready(answer) => {
                answers.push((std::mem::take(name), outcome(answer)));
                false
            }
            Poll::Pending => true,
        });
        // A request that is over has nobody who could answer.
        if asking.is_empty() || exchange.poll_stopped(cx).is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers
}

/// The ids of questions. Where their request may run again, it is noted what is asked before it is.
async fn named(exchange: &Arc<Exchange>, questions: &[(String, Ask, Duration)]) -> Vec<Result<String>> {
    let core = exchange.core();
    let noting = exchange.rounds().and_then(Rounds::noting);
    let stream = noting.map(|noting| noting.stream);
    let ids: Vec<Result<String>> = questions.iter().map(|_| question_id(core, stream)).collect();
    if let Some(noting) = noting {
        let named = questions.iter().zip(&ids).filter_map(|((name, ..), id)| Some((name, id.as_ref().ok()?)));
        named.for_each(|(name, id)| noting.asks(id, name));
        noting.update(exchange, true).await;
    }
    ids
}

/// The error for a question in a request that has no way to ask any.
pub(super) fn impossible() -> Error {
    let text = "only tools, prompts and resources can ask their client in this version of the protocol";
    Error::new(ErrorKind::Unsupported, text)
}

/// The error for a question that the client's version of the protocol does not have.
pub(super) fn unspeakable(method: &str) -> Error {
    Fault::MissingCapability(capability(method)).into()
}

fn outcome(answer: Result<RawAnswer>) -> Outcome {
    match answer {
        Ok(Ok(raw)) => Outcome::Answered(raw),
        Ok(Err(Unanswered::Error(error))) => Outcome::Refused { code: error.code, message: error.message },
        Ok(Err(_)) | Err(_) => Outcome::TimedOut,
    }
}

/// Puts a question to the client of a session.
async fn put(exchange: &Arc<Exchange>, id: Result<String>, ask: Ask, patience: Duration) -> Result<RawAnswer> {
    let id = id?;
    let session = exchange.session().ok_or_else(impossible)?;
    let method = ask.method();
    let Some((name, params)) = session.dialect().write_ask(ask) else { return Err(unspeakable(method)) };
    let text = write::request(&Id::from(id.as_str()), name, params.as_deref());
    let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    let deadline = Moment(session.core.now().0.saturating_add(patience));
    let (waiting, answer) = Waiting::until(Some(deadline));
    let open = Open { session: Arc::clone(session), id, _standing: exchange.stand_still() };
    session.ask(&open.id, exchange.route.clone(), text, waiting);
    let answer = answer.await.unwrap_or(Err(Unanswered::Gone));
    drop(open);
    Ok(answer)
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

fn answered(answer: RawAnswer) -> Result<Box<RawValue>> {
    Err(match answer {
        Ok(raw) => return Ok(raw),
        Err(Unanswered::Error(error)) => refused(error.code, error.message),
        Err(Unanswered::TimedOut) => late(),
        Err(Unanswered::TooMany) => Error::new(ErrorKind::Overloaded, "too many questions are open in this session"),
        Err(_) => Error::new(ErrorKind::Cancelled, "the request that asked is over"),
    })
}

/// The error for a client that answered with one.
pub(super) fn refused(code: i64, message: String) -> Error {
    // The specification's code for a person who refused what was asked of the model.
    if code == -1 {
        return Error::new(ErrorKind::Declined, message);
    }
    Error::new(ErrorKind::Refused, format!("the client answered with an error: {message} ({code})"))
}

/// The error for a client that did not answer in time.
pub(super) fn late() -> Error {
    Error::new(ErrorKind::TimedOut, "the client did not answer in time; the question was withdrawn")
}

/// The capability that a client needs to be asked this, for one whose version has no such question.
fn capability(method: &str) -> serde_json::Value {
    match method {
        "sampling/createMessage" => json!({ "sampling": {} }),
        "roots/list" => json!({ "roots": {} }),
        _ => json!({ "elicitation": {} }),
    }
}

/// Random, so that it is unique over the life of the session and on all nodes. It names the process that asks and, if the
/// request may run again in another one, the stream of its answer.
fn question_id(core: &Core, stream: Option<u64>) -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random bits: {error}")))?;
    let mut id = format!("ask-{:016x}-{:032x}", core.node, u128::from_le_bytes(bits));
    if let Some(stream) = stream {
        id += &format!("-{stream:016x}");
    }
    Ok(id)
}

/// Whether another process asked this question, which may still wait for its answer.
pub(super) fn is_of_another(core: &Core, question: &str) -> bool {
    core.keeping.is_shared() && node_of(question).is_some_and(|node| node != core.node)
}

/// Whether this process asked this question.
pub(super) fn is_ours(core: &Core, question: &str) -> bool {
    node_of(question) == Some(core.node)
}

fn node_of(question: &str) -> Option<u64> {
    u64::from_str_radix(question.strip_prefix("ask-")?.split('-').next()?, 16).ok()
}

/// The stream of the answer to the request that asked this question, if the request may run again.
pub(super) fn stream_of(question: &str) -> Option<u64> {
    u64::from_str_radix(question.strip_prefix("ask-")?.split('-').nth(2)?, 16).ok()
}
