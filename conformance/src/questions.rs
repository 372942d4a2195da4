//! The tools of the suite that ask the client, in the era of sessions.

use anpu::model::{
    BooleanSchema, EnumSchema, JsonObject, NumberSchema, PrimitiveSchemaDefinition, RequestedSchema, StringSchema,
};
use anpu::prelude::*;
use serde_json::{Value, json};

pub(crate) fn components() -> Components {
    components![test_sampling, test_elicitation, test_elicitation_sep1034_defaults, test_elicitation_sep1330_enums]
}

/// Asks the client's model.
#[tool]
async fn test_sampling(
    /// what to ask it
    prompt: String,
    cx: Cx,
) -> Result<String> {
    let said = cx.sample("sample", Sample::new(prompt).max_tokens(100)).await?;
    Ok(format!("LLM response: {}", said.text()))
}

/// Asks the client's user for a name and an address.
#[tool]
async fn test_elicitation(
    /// what to ask
    message: String,
    cx: Cx,
) -> Result<String> {
    let schema = RequestedSchema::new()
        .required("username", StringSchema::new().description("User's response"))
        .required("email", StringSchema::new().description("User's email address"));
    Ok(format!("User response: {}", told(cx.ask("user", Form::raw(message, schema)).await?)))
}

/// Asks the client's user with a default in each kind of field.
#[tool]
async fn test_elicitation_sep1034_defaults(cx: Cx) -> Result<String> {
    let mut status = EnumSchema::one_of(["active", "inactive", "pending"]);
    if let EnumSchema::UntitledSingle(field) = &mut status {
        field.default = Some("active".to_owned());
    }
    let schema = RequestedSchema::new()
        .optional("name", StringSchema::new().default_value("John Doe"))
        .optional("age", NumberSchema::integer().default_value(30.0))
        .optional("score", NumberSchema::number().default_value(95.5))
        .optional("status", status)
        .optional("verified", BooleanSchema::new().default_value(true));
    let outcome = cx.ask("defaults", Form::raw("Please look at the defaults.", schema)).await?;
    Ok(format!("Elicitation completed: {}", told(outcome)))
}

/// Asks the client's user with each kind of choice.
#[tool]
async fn test_elicitation_sep1330_enums(cx: Cx) -> Result<String> {
    let options = ["option1", "option2", "option3"];
    let titled = [("value1", "First Option"), ("value2", "Second Option"), ("value3", "Third Option")];
    // There is no constructor for the older spelling, because only a suite should use it.
    let legacy: PrimitiveSchemaDefinition = serde_json::from_value(json!({
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    }))?;
    let schema = RequestedSchema::new()
        .optional("untitledSingle", EnumSchema::one_of(options))
        .optional("titledSingle", EnumSchema::one_of_titled(titled))
        .optional("legacyEnum", legacy)
        .optional("untitledMulti", EnumSchema::some_of(options))
        .optional("titledMulti", EnumSchema::some_of_titled(titled));
    let outcome = cx.ask("enums", Form::raw("Please choose.", schema)).await?;
    Ok(format!("Elicitation completed: {}", told(outcome)))
}

fn told(outcome: Outcome<JsonObject>) -> String {
    match outcome {
        Outcome::Accepted(content) => format!("action=accept, content={}", Value::Object(content)),
        Outcome::Declined => "action=decline, content={}".to_owned(),
        Outcome::Cancelled => "action=cancel, content={}".to_owned(),
    }
}
