//! What the questions of one form have in common: how a form is asked, and how a form of one field is read.

use anpu_proto::model::{
    Answer, Ask, ClientCapabilities, ElicitAction, ElicitRequestParams, ElicitResult, JsonObject,
    PrimitiveSchemaDefinition, RequestedSchema,
};
use serde_json::{Value, json};

use super::{Outcome, check};
use crate::error::Result;

/// The name of the one field.
const NAME: &str = "value";

/// A form of one field.
pub(super) fn form(field: impl Into<PrimitiveSchemaDefinition>) -> RequestedSchema {
    RequestedSchema::new().required(NAME, field)
}

/// The one value of an answer to such a form.
pub(super) fn value(schema: &RequestedSchema, answer: Answer) -> Result<Outcome<Value>> {
    let filled = filled(schema, answer)?;
    Ok(filled.map(|mut content| content.remove(NAME).unwrap_or_default()))
}

/// Asks for a form to be filled in.
pub(super) fn ask(message: &str, schema: RequestedSchema) -> Ask {
    Ask::Elicit(ElicitRequestParams::form(message, schema))
}

/// What was filled in, checked.
pub(super) fn filled(schema: &RequestedSchema, answer: Answer) -> Result<Outcome<JsonObject>> {
    match outcome(answer)? {
        Outcome::Accepted(result) => check::content(schema, result.content.unwrap_or_default()).map(Outcome::Accepted),
        Outcome::Declined => Ok(Outcome::Declined),
        Outcome::Cancelled => Ok(Outcome::Cancelled),
    }
}

/// What a person did.
pub(super) fn outcome(answer: Answer) -> Result<Outcome<ElicitResult>> {
    match answer {
        Answer::Elicit(result) => Ok(match result.action {
            ElicitAction::Accept => Outcome::Accepted(result),
            ElicitAction::Decline => Outcome::Declined,
            ElicitAction::Cancel => Outcome::Cancelled,
        }),
        _ => Err(check::invalid("it is the answer to another kind of question")),
    }
}

/// What a client needs to be asked a form. Elicitation without a mode means forms, so that is what a client is told that
/// has none; one that only opens URLs is told what it lacks.
pub(super) fn required(client: &ClientCapabilities) -> Result<(), Value> {
    if client.elicits_form() {
        return Ok(());
    }
    Err(if client.elicits_url() { json!({ "elicitation": { "form": {} } }) } else { json!({ "elicitation": {} }) })
}
