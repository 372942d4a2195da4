//! What is not compared, because each server has its own, and nothing else.

use serde_json::{Value, json};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Ours, with what the example cannot have made equal to it.
///
/// - Ours says who it is in the `_meta` of every result: that is left out where the example does not say it.
/// - A cursor and a request state are the server's own: compared is whether there is one.
/// - One example leaves out how long its result is good, which its schema requires: ours then says "not at all".
/// - A form is a form with `mode` and without.
/// - A message that travels in a result has no id and no envelope.
pub(crate) fn fitted(ours: &Value, example: &Value) -> Value {
    let mut ours = ours.clone();
    if let Some(result) = ours.as_object_mut() {
        if example.pointer("/_meta").and_then(|meta| meta.get(SERVER_INFO)).is_none()
            && let Some(meta) = result.get_mut("_meta").and_then(Value::as_object_mut)
        {
            meta.remove(SERVER_INFO);
            if meta.is_empty() {
                result.remove("_meta");
            }
        }
        for own in ["nextCursor", "requestState"] {
            if let (Some(Value::String(_)), Some(theirs @ Value::String(_))) = (result.get(own), example.get(own)) {
                result.insert(own.to_owned(), theirs.clone());
            }
        }
        let not_kept = result.get("ttlMs") == Some(&json!(0)) && result.get("cacheScope") == Some(&json!("private"));
        if not_kept && example.get("ttlMs").is_none() && example.get("cacheScope").is_none() {
            result.remove("ttlMs");
            result.remove("cacheScope");
        }
    }
    fit_questions(&mut ours, example);
    ours
}

fn fit_questions(ours: &mut Value, example: &Value) {
    let Some(questions) = ours.get_mut("inputRequests").and_then(Value::as_object_mut) else { return };
    for (name, question) in questions {
        let theirs = example.pointer("/inputRequests").and_then(|all| all.get(name)).unwrap_or(&Value::Null);
        *question = fitted_question(question, theirs);
    }
}

/// One question.
pub(crate) fn fitted_question(ours: &Value, example: &Value) -> Value {
    let mut ours = ours.clone();
    for envelope in ["id", "jsonrpc"] {
        if let Some(theirs) = example.get(envelope) {
            ours[envelope] = theirs.clone();
        }
    }
    if let Some(params) = ours.get_mut("params").and_then(Value::as_object_mut)
        && example.pointer("/params/mode").is_none()
        && params.get("mode") == Some(&json!("form"))
    {
        params.remove("mode");
    }
    ours
}

/// Whether ours is what the example is, by the rules.
pub(crate) fn same(ours: &Value, example: &Value) -> Result<(), String> {
    let fitted = fitted(ours, example);
    if fitted == *example { Ok(()) } else { Err(format!("\n  the example is {example}\n  and ours is    {fitted}")) }
}

/// Exactly, without rules.
pub(crate) fn exactly(ours: &Value, example: &Value) -> Result<(), String> {
    if ours == example { Ok(()) } else { Err(format!("\n  the example is {example}\n  and ours is    {ours}")) }
}
