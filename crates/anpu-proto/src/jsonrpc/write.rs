//! Envelopes as bytes, each written into one buffer.

use serde_json::Value;
use serde_json::value::RawValue;

use super::Id;

/// What stands in the place of an id that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// `"id":null`, as JSON-RPC itself has it.
    Null,
    /// No `id` member at all.
    Absent,
}

/// A response with a result that `write` appends to the buffer.
///
/// # Errors
///
/// Whatever `write` says.
pub fn result<E>(id: &Id, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Vec<u8>, E> {
    // Enough for a short text and what a server says of itself.
    let mut out = Vec::with_capacity(384);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(&mut out);
    out.extend_from_slice(br#","result":"#);
    write(&mut out)?;
    out.push(b'}');
    Ok(out)
}

/// A response with an error.
pub fn error(id: Result<&Id, Unread>, code: i32, message: &str, data: Option<&Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + message.len());
    out.extend_from_slice(br#"{"jsonrpc":"2.0","#);
    match id {
        Ok(id) => {
            out.extend_from_slice(br#""id":"#);
            id.write(&mut out);
            out.push(b',');
        }
        Err(Unread::Null) => out.extend_from_slice(br#""id":null,"#),
        Err(Unread::Absent) => {}
    }
    out.extend_from_slice(br#""error":{"code":"#);
    out.extend_from_slice(code.to_string().as_bytes());
    out.extend_from_slice(br#","message":"#);
    value(&mut out, &Value::from(message));
    if let Some(data) = data {
        out.extend_from_slice(br#","data":"#);
        value(&mut out, data);
    }
    out.extend_from_slice(b"}}");
    out
}

/// A notification.
pub fn notification(method: &str, params: Option<&RawValue>) -> Vec<u8> {
    call(None, method, params)
}

/// A request of ours.
pub fn request(id: &Id, method: &str, params: Option<&RawValue>) -> Vec<u8> {
    call(Some(id), method, params)
}

fn call(id: Option<&Id>, method: &str, params: Option<&RawValue>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + method.len() + params.map_or(0, |p| p.get().len()));
    out.extend_from_slice(br#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        out.extend_from_slice(br#""id":"#);
        id.write(&mut out);
        out.push(b',');
    }
    out.extend_from_slice(br#""method":"#);
    value(&mut out, &Value::from(method));
    if let Some(params) = params {
        out.extend_from_slice(br#","params":"#);
        out.extend_from_slice(params.get().as_bytes());
    }
    out.push(b'}');
    out
}

fn value(out: &mut Vec<u8>, value: &Value) {
    // A `Value` has string keys only and memory does not fail, so neither does this.
    let _ = serde_json::to_writer(out, value);
}
