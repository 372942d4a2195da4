//! The one server of all conversations: each tool, resource and prompt says something that not every version knows.

use std::time::Duration;

use anpu::model::{IconTheme, ModelPreferences, Role, SamplingMessage, SamplingMessageContentBlock};
use anpu::prelude::*;
use anpu::{
    Annotations, Caching, Component, Form, FormFields, Icon, Prompt, PromptArgument, Resource, ResourceTemplate,
};
use anpu::{ErrorKind, Fields, Filled, Roots, Tool, ToolAnnotations, Vars};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::askers::askers;

pub(crate) fn server() -> Server {
    Server::new("eras", "1.0.0")
        .title("Eras")
        .description("Says everything once")
        .website("https://example.com")
        .icon(icon())
        .instructions("Ask for anything.")
        .cache_lists(Caching::private(Duration::from_secs(60)))
        .with(Components::from_iter(tools().into_iter().chain(questions()).chain(others()).chain(askers())))
}

fn icon() -> Icon {
    Icon::new("https://example.com/icon.png").mime_type("image/png").size("48x48").theme(IconTheme::Dark)
}

#[derive(Serialize, JsonSchema)]
struct Weather {
    degrees: f64,
    sky: &'static str,
}

fn tools() -> Vec<Component> {
    vec![
        Tool::new("described")
            .title("Described")
            .description("Says what it can about itself.")
            .annotations(ToolAnnotations::new().read_only(true).open_world(false))
            .icon(icon())
            .meta("example.com/color", "blue")
            .handler(|_: Cx| async { "described" }),
        Tool::new("structured").handler(|_: Cx| async { Json(Weather { degrees: 21.5, sky: "clear" }) }),
        Tool::new("scalar").handler(|_: Cx| async { Json(json!([1, 2])) }),
        Tool::new("link").handler(|_: Cx| async {
            ResourceLink::new("note:///1", "note-1").title("Note 1").mime("text/plain").description("What to buy.")
        }),
        Tool::new("audio").handler(|_: Cx| async { Audio::wav("RIFF") }),
        Tool::new("embedded").handler(|_: Cx| async {
            let annotations =
                Annotations::new().audience(Role::User).priority(0.5).last_modified("2025-01-02T03:04:05Z");
            let content: Content = Embedded::text("note:///1", "buy milk").mime("text/plain").into();
            vec![content.annotations(annotations).meta("example.com/page", 1)]
        }),
        Tool::new("image").handler(|_: Cx| async { Image::png("PNG") }),
        Tool::new("fails").handler(|_: Cx| async { Err::<String, _>("the shop is closed") }),
        Tool::new("progress").handler(|cx: Cx| async move {
            cx.progress_of(1.0, Some(2.0), Some("halfway")).await;
            cx.progress_of(2.0, Some(2.0), None).await;
            "done"
        }),
        Tool::new("log").handler(|cx: Cx| async move {
            cx.debug("a detail").await;
            cx.log_as(LoggingLevel::Warning, Some("shop"), json!({ "left": 1 })).await;
            "logged"
        }),
    ]
}

/// What a person fills in.
struct Order {
    size: String,
    name: String,
    count: u8,
}

impl FormFields for Order {
    fn fields() -> Fields {
        Fields::new()
            .field::<Size>("size", |field| field.title("Size"))
            .field::<String>("name", |field| field.max_length(20).default_value("Ann"))
            .field::<u8>("count", |field| field.default_value(1))
    }

    fn read(filled: &mut Filled) -> Result<Self> {
        let size: Size = filled.take("size")?;
        Ok(Self { size: format!("{size:?}"), name: filled.take("name")?, count: filled.take("count")? })
    }
}

#[derive(anpu::Form, Clone, Copy, Debug)]
enum Size {
    #[form(title = "fits a child")]
    Small,
    #[form(title = "fits all")]
    Large,
}

/// What came of a question that the handler can live without.
fn told<T: std::fmt::Debug>(answer: Result<T>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) if error.kind() == ErrorKind::Unsupported => "the client cannot be asked this".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

fn questions() -> Vec<Component> {
    vec![
        Tool::new("order").handler(|cx: Cx| async move {
            let order = cx.ask("order", Form::<Order>::new("Your order:")).await;
            told(order.map(|order| order.map(|order| format!("{} of {} for {}", order.count, order.size, order.name))))
        }),
        Tool::new("choose").handler(|cx: Cx| async move {
            let sizes = [("s", "Small"), ("l", "Large")];
            told(cx.ask("some", Choices::titled("Which sizes?", sizes).min_items(1).default_values(["s"])).await)
        }),
        Tool::new("confirm").handler(|cx: Cx| async move {
            cx.ask("sure", Confirm::new("Sure?")).await.map(|outcome| told_kindly(&outcome))
        }),
        Tool::new("visit").handler(|cx: Cx| async move {
            let visit = async { Ok::<_, Error>(Visit::with_id("Connect.", |id| format!("https://example.com/{id}"))) };
            // Its id is the same in each run.
            let visit: Visit = cx.once("visit", visit).await?;
            let id = visit.id().to_owned();
            let outcome = cx.ask("visit", visit).await;
            if outcome.is_ok() {
                cx.elicitation_complete(&id).await;
            }
            Ok::<_, Error>(told(outcome))
        }),
        Tool::new("visit-first").handler(|cx: Cx| async move {
            let visit = Visit::with_id("Connect.", |id| format!("https://example.com/{id}"));
            Err::<String, _>(cx.visit_first("Connect first.", [visit]))
        }),
        Tool::new("sample").handler(|cx: Cx| async move {
            let pieces = ["first", "second"].map(SamplingMessageContentBlock::text).to_vec();
            let sample = Sample::new("Go on.")
                .message(SamplingMessage::assistant(pieces))
                .message(SamplingMessage::user(SamplingMessageContentBlock::Audio(anpu::model::AudioContent::new(
                    "UklGRg==",
                    "audio/wav",
                ))))
                .system("Be brief.")
                .max_tokens(50)
                .prefer(ModelPreferences::new().hint("small").speed(0.5))
                .temperature(0.5)
                .stop(["END"])
                .metadata("trace", "t");
            told(cx.sample("sample", sample).await.map(|answer| answer.text()))
        }),
        Tool::new("sample-tools").handler(|cx: Cx| async move {
            let sample = Sample::new("Look it up.").tools([anpu::model::Tool::new("look")]);
            told(cx.sample("sample", sample).await.map(|answer| answer.text()))
        }),
        Tool::new("roots").handler(|cx: Cx| async move {
            let roots = cx.ask("roots", Roots).await;
            told(roots.map(|roots| roots.into_iter().map(|root| root.uri).collect::<Vec<_>>()))
        }),
    ]
}

fn told_kindly(outcome: &Outcome<()>) -> &'static str {
    match outcome {
        Outcome::Accepted(()) => "sure",
        Outcome::Declined => "not sure",
        Outcome::Cancelled => "no answer",
    }
}

fn others() -> Vec<Component> {
    let note = || async { "buy milk" };
    vec![
        Resource::new("note:///1")
            .name("note-1")
            .title("Note 1")
            .description("What to buy.")
            .mime("text/plain")
            .size(8)
            .annotations(Annotations::new().priority(1.0).last_modified("2025-01-02T03:04:05Z"))
            .icon(icon())
            .meta("example.com/page", 1)
            .cache(Caching::public(Duration::from_secs(3600)))
            .handler(move |_: Cx| note()),
        ResourceTemplate::new("page:///{number}").name("page").title("Page").icon(icon()).handler(
            |vars: Vars, _: Cx| async move { vars.get::<u32>("number").map(|number| format!("page {number}")) },
        ),
        Prompt::new("review")
            .title("Review")
            .description("Ask for a review.")
            .icon(icon())
            .argument(PromptArgument::new("language").title("Language").required(true))
            .argument(PromptArgument::new("framework").title("Framework"))
            .complete("language", ["python", "rust"])
            .complete("framework", |asked: Completing| async move {
                match asked.context.get("language").map(String::as_str) {
                    Some("rust") => vec!["anpu"],
                    Some(_) => vec![],
                    None => vec!["anpu", "flask"],
                }
            })
            .handler(|vars: Vars, _: Cx| async move {
                let language: String = vars.get("language")?;
                let link = ResourceLink::new("note:///1", "note-1").title("Note 1");
                let messages = vec![Message::user(format!("Review this {language}.")), Message::user(link)];
                Ok::<_, anpu::Error>(messages)
            }),
    ]
}

/// What the client of a version can be asked.
pub(crate) fn everything(version: &str) -> Value {
    match version {
        "2024-11-05" | "2025-03-26" => json!({ "roots": { "listChanged": true }, "sampling": {} }),
        "2025-06-18" => json!({ "elicitation": {}, "roots": { "listChanged": true }, "sampling": {} }),
        "2025-11-25" => json!({ "elicitation": { "form": {}, "url": {} }, "roots": { "listChanged": true },
            "sampling": { "context": {}, "tools": {} } }),
        _ => {
            json!({ "elicitation": { "form": {}, "url": {} }, "roots": {}, "sampling": { "context": {}, "tools": {} } })
        }
    }
}
