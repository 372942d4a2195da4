//! The resources of the suite.

use anpu::prelude::*;
use serde_json::{Value, json};

use crate::media::PNG;

pub(crate) fn components() -> Components {
    components![static_text, static_binary, watched, asked, numbered]
}

/// A text.
#[resource("test://static-text", name = "static-text", title = "Static text", mime = "text/plain")]
fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// A picture.
#[resource("test://static-binary", name = "static-binary", title = "Static binary", mime = "image/png")]
fn static_binary() -> &'static [u8] {
    PNG
}

/// Something to subscribe to.
#[resource("test://watched-resource", name = "watched-resource", title = "Watched", mime = "text/plain")]
fn watched() -> &'static str {
    "Watched resource content"
}

/// What the client's user says.
#[resource("test://input-required-result", name = "input-required-result", title = "Asked", mime = "text/plain")]
async fn asked(cx: Cx) -> Result<String> {
    cx.ask("user_text", Text::new("What shall the resource say?")).await?.or_declined("no text")
}

/// What belongs to an id.
#[resource("test://template/{id}/data", name = "template-data", title = "Data by id", mime = "application/json")]
async fn numbered(#[complete(["123", "456"])] id: String) -> Json<Value> {
    Json(json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") }))
}
