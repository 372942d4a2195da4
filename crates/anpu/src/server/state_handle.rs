//! What stands for a session where there are none: a handle that the first write makes, that the model is told, and
//! that it passes back as an argument.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use anpu_proto::fault::Fault;
use anpu_proto::model::{CallToolResult, Content};
use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::OnceCell;

use super::durable::Document;
use super::exchange::Exchange;
use super::record::hex;
use super::rounds;
use super::session_id::owner;
use crate::component::{ToolEntry, without_session};
use crate::error::{Error, ErrorKind, Result, refused};
use crate::handler::{self, BoxFuture, Cell, Cx, Deleted, failure};
use crate::store::{Expected, Stored, Swapped, handle_values};

/// The key in `_meta` of a result under which programs find the handle.
const META: &str = "io.github.anpu-rs/session";
/// What it is called among the effects that happen once in all rounds of a request.
const ONCE: &str = "anpu:session";
/// Random bytes of a handle, and the characters that they are written in.
const BYTES: usize = 15;
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The handle of one request; none unless its tool takes state of a session.
#[derive(Debug, Default)]
pub(crate) struct StateHandle {
    /// What the request brought, once its tool is known to take state.
    offered: OnceLock<Option<Box<str>>>,
    /// What was made for it.
    minted: OnceCell<Box<str>>,
}

/// Calls a tool that takes state of a session.
pub(super) async fn call(
    exchange: &Exchange,
    tool: &ToolEntry,
    arguments: Option<&RawValue>,
    cx: &Cx,
) -> Result<CallToolResult, Fault> {
    let Some(alone) = exchange.alone() else { return tool.call(arguments, cx).await };
    let (offered, arguments) = match without_session(arguments) {
        Ok(taken) => taken,
        Err(wrong) => return Ok(failure::tool_error(wrong)),
    };
    if let Some(handle) = &offered
        && let Err(error) = check(exchange, handle).await
    {
        return failure::of_tool(&error);
    }
    // Once: a request has one call.
    let _ = alone.handle.offered.set(offered);
    let mut result = tool.call(arguments.as_deref(), cx).await?;
    if let Some((handle, is_new)) = current(exchange) {
        if is_new {
            let text = format!("Session: {handle} (pass it as the argument `session` to go on with it)");
            result.content.push(Content::text(text));
        }
        result.meta.insert(META, &*handle);
    }
    Ok(result)
}

/// The place of what is kept for a handle.
///
/// # Errors
///
/// The request is none that can have a handle.
pub(super) fn cell(exchange: Arc<Exchange>) -> Result<Arc<dyn Cell>> {
    match exchange.alone().is_some_and(|alone| alone.handle.offered.get().is_some()) {
        true => Ok(Arc::new(OfHandle(exchange))),
        false => {
            let text = "there is no session in this version of the protocol, and only a tool that says that it takes \
                        `Session<T>` gets a handle in its place; take `User<T>`, which belongs to whoever asks";
            Err(Error::new(ErrorKind::Unsupported, text))
        }
    }
}

/// The handle of a request, and whether the model does not know it yet.
fn current(exchange: &Exchange) -> Option<(Cow<'_, str>, bool)> {
    let handle = &exchange.alone()?.handle;
    if let Some(offered) = handle.offered.get()?.as_deref() {
        return Some((offered.into(), false));
    }
    let minted = handle.minted.get().map(|minted| Cow::from(&**minted));
    let recorded = || exchange.rounds()?.recorded::<String>(ONCE).map(Cow::from);
    minted.or_else(recorded).map(|handle| (handle, true))
}

/// Whether there is something kept for this handle, and for whoever asks.
async fn check(exchange: &Exchange, handle: &str) -> Result {
    let known = handle.len() == BYTES * 8 / 5 && handle.bytes().all(|letter| LETTERS.contains(&letter));
    if known && load(exchange, handle).await?.is_some() { Ok(()) } else { Err(unknown()) }
}

/// What is kept for this handle, if it belongs to whoever asks.
async fn load(exchange: &Exchange, handle: &str) -> Result<Option<Stored>> {
    let Some(stored) = at(exchange, handle).get().await? else { return Ok(None) };
    let document = handler::Document::read(&stored.bytes)?;
    Ok(Some(stored).filter(|_| document.owner == Some(whose(exchange))))
}

fn unknown() -> Error {
    refused(
        "there is no session of this name: it has expired, or it was never there; leave the argument `session` out to \
         begin a new one",
    )
}

fn at(exchange: &Exchange, handle: &str) -> Document {
    let core = Arc::clone(exchange.core());
    let ttl = Some(core.times.retention);
    Document { core, key: handle_values(handle), ttl }
}

/// What a handle is bound to: the realm, and who asks.
fn whose(exchange: &Exchange) -> String {
    let principal = handler::Port::facts(exchange).principal.as_ref();
    format!("{}:{}", exchange.core().realm, hex(&owner(principal)))
}

fn random() -> Result<String> {
    let mut bits = [0; BYTES];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random bits: {error}")))?;
    Ok(base32(&bits))
}

fn base32(bytes: &[u8; BYTES]) -> String {
    let mut text = String::with_capacity(BYTES * 8 / 5);
    for five in bytes.chunks_exact(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for at in (0..8).rev() {
            text.push(char::from(LETTERS[usize::try_from(bits >> (at * 5) & 31).unwrap_or(0)]));
        }
    }
    text
}

/// What is kept for a handle.
struct OfHandle(Arc<Exchange>);

impl OfHandle {
    /// The first write makes the handle, once in all rounds of the request.
    async fn mint(&self, bytes: Bytes) -> Result<Swapped> {
        let Some(alone) = self.0.alone() else { return Ok(Swapped::Conflict) };
        let written = Arc::new(OnceLock::new());
        let (exchange, noted) = (Arc::clone(&self.0), Arc::clone(&written));
        let effect = async move {
            let handle = random()?;
            match at(&exchange, &handle).swap(Expected::Absent, bytes).await? {
                Swapped::Done(revision) => {
                    // Once: this runs once.
                    let _ = noted.set(revision);
                    Ok(to_raw_value(&handle)?)
                }
                Swapped::Conflict => Err(Error::new(ErrorKind::Store, "a random name was taken")),
            }
        };
        let making = async {
            let made = rounds::once(Arc::clone(&self.0), ONCE.to_owned(), Box::pin(effect)).await?;
            Result::<Box<str>>::Ok(serde_json::from_str(made.get())?)
        };
        alone.handle.minted.get_or_try_init(|| making).await?;
        // If somebody else made it, what is to be written here must be made from what they wrote.
        Ok(written.get().map_or(Swapped::Conflict, |revision| Swapped::Done(*revision)))
    }

    async fn get(&self) -> Result<Option<Stored>> {
        match current(&self.0) {
            Some((handle, _)) => load(&self.0, &handle).await?.ok_or_else(unknown).map(Some),
            None => Ok(None),
        }
    }

    async fn swap(&self, expected: Expected, bytes: Bytes) -> Result<Swapped> {
        match current(&self.0) {
            Some((handle, _)) => at(&self.0, &handle).swap(expected, bytes).await,
            None => self.mint(bytes).await,
        }
    }
}

impl Cell for OfHandle {
    fn largest(&self) -> usize {
        self.0.core().limits.state
    }

    fn blank(&self) -> handler::Document {
        let mut document = handler::Document::empty();
        document.owner = Some(whose(&self.0));
        document
    }

    fn get(&self) -> BoxFuture<'_, Result<Option<Stored>>> {
        Box::pin(OfHandle::get(self))
    }

    fn swap(&self, expected: Expected, bytes: Bytes) -> BoxFuture<'_, Result<Swapped>> {
        Box::pin(OfHandle::swap(self, expected, bytes))
    }

    fn delete(&self, _: Expected) -> BoxFuture<'_, Result<Deleted>> {
        // The model still has the handle.
        Box::pin(async { Ok(Deleted::Stays) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_24_characters_of_base32() {
        assert_eq!(base32(&[0; BYTES]), "a".repeat(24));
        assert_eq!(base32(&[255; BYTES]), "7".repeat(24));
        assert_eq!(base32(b"foobarfoobarfoo"), "mzxw6ytbojtg633cmfzgm33p");
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
